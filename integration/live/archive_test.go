package live

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

const askArchive = "<query xmlns='urn:xmpp:mam:2'/>"

// inArchive reads a conversation's archive, a page of two lines after the other:
// who said what, as the reader's client shows it.
func (w *world) inArchive(c *client.Client, conv string) (texts, ids, archiveIDs []string) {
	w.t.Helper()
	all, err := c.Archive(w.t.Context(), client.ArchiveQuery{At: conv, Max: 2})
	require.NoError(w.t, err)
	for _, a := range all {
		require.False(w.t, a.Stamp.IsZero())
		side := "they"
		if bare(a.From) == bare(c.JID()) {
			side = "I"
			require.Equal(w.t, conv, a.To)
		} else {
			require.Equal(w.t, conv, bare(a.From))
		}
		texts = append(texts, side+": "+a.Body)
		_, rest, _ := strings.Cut(a.XML[:strings.IndexByte(a.XML, '>')], " id=")
		ids = append(ids, rest[1:1+strings.IndexByte(rest[1:], rest[0])])
		archiveIDs = append(archiveIDs, a.ID)
	}
	return texts, ids, archiveIDs
}

// The archive of a conversation belongs to whoever holds it: when the session
// moves, so does the right to read it.
func TestArchiveMoves(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, func(s settings) settings {
			bert := s["agents"].(map[string]any)["list"].([]any)[2].(map[string]any)
			bert["roles"], bert["queues"] = []string{"supervisor"}, []string{}
			return s
		})
		alice, bob, ann := w.agent("alice", "gajim", nil), w.agent("bob", "dino", nil), w.dial("ann", "phone", nil)
		bert := w.dial("bert", "office", nil)

		conv := bare(w.open(ann, alice, "Hi, I was charged twice").From)
		sent := w.say(alice, conv, "let me check")
		w.expect(ann, "the reply", client.Message(support, "let me check"))
		w.say(ann, support, "thanks & <regards>")
		live := w.expect(alice, "the caller", client.Message(conv, "regards"))

		texts, ids, before := w.inArchive(alice, conv)
		require.Equal(t, []string{"they: Hi, I was charged twice", "I: let me check", "they: thanks & <regards>"}, texts)
		require.Equal(t, []string{sent, live.ID}, ids[1:], "her client knows them for what it has")
		info, err := alice.IQ(t.Context(), conv, "get", "<query xmlns='http://jabber.org/protocol/disco#info'/>")
		require.NoError(t, err)
		require.Contains(t, info.XML, "urn:xmpp:mam:2#extended")
		w.refused(bob, conv, askArchive, "item-not-found")

		w.say(alice, conv, "!transfer billing wants a refund")
		w.expect(bob, "the offer", client.Message(desk, "Take it?"))
		handed := []string{"they: Hi, I was charged twice", "they: [Alice] let me check", "they: thanks & <regards>"}
		texts, _, _ = w.inArchive(bob, conv)
		require.Equal(t, handed, texts, "the target, while the offer rings")
		w.say(bob, desk, "y")
		w.expect(bob, "the handover message", client.Message(conv, "Handed over by Alice"))

		w.refused(alice, conv, askArchive, "forbidden")
		w.refused(alice, conv, fmt.Sprintf("<query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'><after>%s</after></set></query>",
			before[0]), "forbidden")
		w.refused(ann, conv, askArchive, "item-not-found")
		texts, _, after := w.inArchive(bob, conv)
		require.Equal(t, handed, texts)
		require.Equal(t, before, after, "the identifiers stay")
		w.say(ann, support, "hello?")
		live = w.expect(bob, "the caller", client.Message(conv, "hello?"))
		texts, ids, _ = w.inArchive(bob, conv)
		require.Equal(t, append(handed, "they: hello?"), texts)
		require.Equal(t, live.ID, ids[3])
		texts, _, _ = w.inArchive(bert, conv)
		require.Equal(t, append(handed, "they: hello?"), texts, "a supervisor")

		w.say(bob, conv, "!done")
		w.expect(bob, "the end", client.Message(conv, "closed"))
		w.refused(bob, conv, askArchive, "forbidden")
		w.settled(alice, bob, ann)
		own, err := bob.Archive(t.Context(), client.ArchiveQuery{})
		require.NoError(t, err)
		for _, a := range own {
			require.NotContains(t, a.XML, "urn:xmpp:mam:2", "what was asked for is not archived again")
		}
	})
}

// A library that nobody here wrote reads the archive with its own paging.
func TestForeignClientReadsArchive(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, nil)
		saw := w.played("archive.py")
		conv := w.text("SELECT local FROM conversations") + "@" + service
		var read []string
		for _, f := range saw["alice"] {
			if f.Saw == "archived" {
				require.Contains(t, []string{conv, "alice@example.com"}, f.Sender)
				read = append(read, f.Text)
			}
		}
		forth := []string{"line 1", "line 2", "line 3", "line 4", "line 5", "so many lines"}
		require.Equal(t, append(forth, "so many lines", "line 5"), read)
	})
}
