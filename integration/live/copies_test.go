package live

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/server"
)

// archiveModule is the module for Prosody as we ship it.
func archiveModule(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../contrib/prosody/mod_baton_archive.lua")
	require.NoError(t, err)
	return string(text)
}

// copying is serve with servers that can take former holders' copies.
func copying(t *testing.T, on, mode string, o server.Options, change func(settings) settings) *world {
	t.Helper()
	if o.Modules == nil {
		o.Modules = map[string]string{}
	}
	o.Modules["baton_archive"] = archiveModule(t)
	w := &world{t: t, server: startServer(t, on, o), dir: dataDir(t)}
	w.configure(w.server.Addr().ComponentAddr, func(s settings) settings {
		s = s.with("archive.server_copy", mode)
		if change != nil {
			s = change(s)
		}
		return s
	})
	w.start()
	w.baton.Says(t, "msg=connected")
	return w
}

// moves reports whether lines get into the new holder's own archive.
func (w *world) moves() bool {
	return w.server.Facts().MovesArchive && w.config["archive"].(map[string]any)["server_copy"] == "move"
}

// own reads what a client's own server archived with somebody.
func (w *world) own(c *client.Client, with string) []client.Archived {
	w.t.Helper()
	all, err := c.Archive(w.t.Context(), client.ArchiveQuery{With: with, Max: 10})
	require.NoError(w.t, err)
	return all
}

// bodies returns the texts of archived messages; the service's own are left out.
func bodies(archived []client.Archived) []string {
	out := []string{}
	for _, a := range archived {
		if a.Body != "" && !strings.HasPrefix(a.Body, "⚙ ") && !strings.HasPrefix(a.Body, "!") {
			out = append(out, a.Body)
		}
	}
	return out
}

// whole returns a row as it must stay.
func whole(archived []client.Archived) []string {
	out := []string{}
	for _, a := range archived {
		out = append(out, fmt.Sprint(a.Stamp, a.ID, a.From, a.To, a.Body)) // the order of attributes is any
	}
	return out
}

// hand has one agent hand the session on to another.
func (w *world) hand(conv string, from, to *client.Client, toName string) {
	w.t.Helper()
	w.say(from, conv, "!transfer "+strings.ToLower(toName))
	w.expect(to, "the offer", client.Message(desk, "Take it?"))
	w.say(to, desk, "y")
	w.expect(to, "the handover message", client.Message(conv, "Handed over by"))
}

// After a transfer the former holder's own archive has nothing of the
// conversation, and the new holder's has the dialog; what else is in either
// stays as it was.
func TestServerCopies(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		for name, c := range map[string]struct {
			mode string
			sql  bool
		}{"remove": {mode: "remove"}, "move": {mode: "move"}, "move in SQL": {mode: "move", sql: true}} {
			if c.sql && on != server.Prosody { // there it is SQL always
				continue
			}
			t.Run(name, func(t *testing.T) { copiesMove(t, on, c.mode, server.Options{SQLArchive: c.sql}) })
		}
	})
}

func copiesMove(t *testing.T, on, mode string, o server.Options) {
	w := copying(t, on, mode, o, nil)
	w.baton.Says(t, "msg=\"archive copies\" host=example.com server_copy="+map[bool]string{true: "move", false: "remove"}[w.moves()])
	alice, bob, ann, bert := w.agent("alice", "gajim", nil), w.agent("bob", "dino", nil), w.dial("ann", "phone", nil), w.agent("bert", "x", nil)
	w.say(alice, "bob@example.com", "lunch?")
	w.say(ann, "alice@example.com", "a word in private")
	conv := bare(w.open(ann, alice, "Hi, I was charged twice").From)
	w.say(alice, conv, "let me check")
	w.expect(ann, "the reply", client.Message(support, "let me check"))
	w.say(ann, support, "[Alice] I am <she>")
	w.expect(alice, "the caller", client.Message(conv, "I am <she>"))
	w.say(alice, conv, "!consult bert")
	w.expect(bert, "the offer", client.Message(desk, "Reply y"))
	w.say(bert, desk, "y")
	w.expect(alice, "the consultation", client.Message(conv, "talking with Bert now"))
	w.say(alice, conv, "a difficult customer")
	w.expect(bert, "the question", client.Message(conv, "a difficult customer"))
	w.say(bert, conv, "I know")
	w.expect(alice, "the advice", client.Message(conv, "I know"))
	w.say(bert, conv, "!done")
	w.expect(alice, "the end of the advice", client.Message(conv, "left"))
	w.say(alice, conv, "!resume")
	w.settled(alice, bob, ann, bert)
	before := w.own(alice, conv)
	said := []string{"let me check", "[Alice] I am <she>"}
	require.Subset(t, bodies(before), said)
	require.Empty(t, w.own(bob, conv))
	others := whole(append(w.own(alice, "bob@example.com"), w.own(alice, "ann@example.com")...))
	require.Len(t, others, 2)
	theirs := whole(w.own(bob, "alice@example.com"))

	w.hand(conv, alice, bob, "Bob")
	w.settled(alice, bob, ann, bert)
	require.Empty(t, w.own(alice, conv), "the former holder's copy")
	require.Equal(t, others, whole(append(w.own(alice, "bob@example.com"), w.own(alice, "ann@example.com")...)), "other rows stay")
	require.Equal(t, theirs, whole(w.own(bob, "alice@example.com")))
	w.dialogOf(bob, conv, before)

	// A client of the new holder that has never been online before finds it.
	second := w.dial("bob", "second", nil)
	w.dialogOf(second, conv, before)
	require.NoError(t, second.Close())

	// And back: what she had is hers again, and what Bob had is gone.
	w.say(bob, conv, "refunded")
	w.expect(ann, "the reply", client.Message(support, "refunded"))
	w.hand(conv, bob, alice, "Alice")
	w.settled(alice, bob, ann, bert)
	require.Empty(t, w.own(bob, conv))
	if w.moves() {
		var own []string
		for _, a := range w.own(alice, conv) {
			if bare(a.From) == "alice@example.com" {
				own = append(own, a.Body)
			}
		}
		require.Contains(t, own, "let me check")
		require.Contains(t, bodies(w.own(alice, conv)), "[Bob] refunded")
	}
}

// dialogOf checks what the new holder's own archive has: the dialog in the
// handover message, and where lines move, each of them as it was, with who spoke
// and nothing that was said in private.
func (w *world) dialogOf(c *client.Client, conv string, before []client.Archived) {
	w.t.Helper()
	now := w.own(c, conv)
	handover := ""
	for _, a := range now {
		if strings.Contains(a.Body, "Handed over by Alice") {
			handover = a.Body
		}
		require.NotContains(w.t, a.XML, "difficult")
		require.NotContains(w.t, a.XML, "I know")
	}
	for _, text := range []string{"Hi, I was charged twice", "Alice: let me check", "I am <she>"} {
		require.Contains(w.t, handover, text)
	}
	if !w.moves() {
		return
	}
	for text, as := range map[string]struct{ body, from string }{
		"let me check":       {"[Alice] let me check", conv + "/Alice"},
		"[Alice] I am <she>": {`\[Alice] I am <she>`, conv + "/chat"},
	} {
		was, is := only(w.t, before, text), only(w.t, now, as.body)
		require.Equal(w.t, was.Stamp, is.Stamp, "its time stamp stays")
		require.Equal(w.t, as.from, is.From)
		require.Equal(w.t, bare(c.JID()), bare(is.To))
	}
}

// What a transfer does not share does not come with the copy either.
func TestServerCopiesShareNoMore(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := copying(t, on, "move", server.Options{}, func(s settings) settings { return auto(s).with("transfer.share", "last 2") })
		alice, bob, ann := w.agent("alice", "a", nil), w.agent("bob", "b", nil), w.dial("ann", "c", nil)
		conv := w.held(ann, alice)
		for _, text := range numbers("caller", 1, 5) {
			w.say(ann, support, text)
		}
		w.expect(alice, "the last", client.Message(conv, "caller 005"))
		w.hand(conv, alice, bob, "Bob")
		w.settled(alice, bob, ann)
		require.Empty(t, w.own(alice, conv))
		if w.moves() {
			require.Equal(t, []string{"caller 004", "caller 005"}, grep(bodies(w.own(bob, conv)), "caller"))
		}
		for _, a := range w.own(bob, conv) {
			require.NotContains(t, a.XML, "caller 003")
		}
	})
}

// withModule runs a test on the make of server that contrib/prosody is for.
func withModule(t *testing.T, test func(t *testing.T, on string)) {
	t.Parallel()
	test(t, server.Prosody)
}

// A new holder whose archive is full gets the lines in place of its oldest.
func TestServerCopiesIntoFullArchive(t *testing.T) {
	withModule(t, func(t *testing.T, on string) {
		w := copying(t, on, "move", server.Options{}, auto)
		file := w.server.Addr().ConfigFile
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Contains(t, string(text), "_limit = 10000000")
		require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), "_limit = 10000000", "_limit = 200", 1)), 0o600))
		from := w.baton.Here()
		require.NoError(t, w.server.Restart(t.Context()))
		w.baton.SaysSince(t, from, "msg=connected")
		alice, bob, ann := w.agent("alice", "a", nil), w.agent("bob", "b", nil), w.dial("ann", "c", nil)
		conv := w.held(ann, alice)
		for _, text := range numbers("filler", 1, 220) {
			w.say(ann, "bob@example.com", text)
		}
		w.expect(bob, "the last", client.Message("ann@example.com", "filler 220"))
		for _, text := range numbers("caller", 1, 20) {
			w.say(ann, support, text)
		}
		w.expect(alice, "the last", client.Message(conv, "caller 020"))
		w.hand(conv, alice, bob, "Bob")
		w.settled(alice, bob, ann)
		require.Equal(t, numbers("caller", 1, 20), grep(bodies(w.own(bob, conv)), "caller"))
		require.Empty(t, w.own(alice, conv))
	})
}

// only returns the one message with that text.
func only(t *testing.T, archived []client.Archived, body string) client.Archived {
	t.Helper()
	var found []client.Archived
	for _, a := range archived {
		if a.Body == body {
			found = append(found, a)
		}
	}
	require.Len(t, found, 1, "%q among %q", body, bodies(archived))
	return found[0]
}

// Whoever comes back before their copy was taken keeps it.
func TestServerCopyOfWhoIsBack(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := copying(t, on, "remove", server.Options{}, auto)
		line := newTap(t, w.server.Addr().C2S)
		alice := w.agent("alice", "a", func(o *client.Options) { o.Addr = line.addr })
		bob, ann := w.agent("bob", "b", nil), w.dial("ann", "c", nil)
		conv := w.held(ann, alice)
		w.say(ann, support, "remember this")
		w.expect(alice, "the line", client.Message(conv, "remember this"))
		w.say(alice, conv, "!transfer bob")
		w.expect(bob, "the offer", client.Message(desk, "Take it?"))
		w.settled(alice, bob, ann)
		line.hold()
		w.say(ann, support, "not confirmed")
		w.expect(alice, "the line", client.Message(conv, "not confirmed"))
		w.say(bob, desk, "y")
		w.expect(bob, "the handover message", client.Message(conv, "Handed over by Alice"))
		w.say(bob, conv, "!transfer alice")
		w.expect(alice, "the offer", client.Message(desk, "Take it?"))
		other := w.dial("alice", "phone", func(o *client.Options) { o.Addr = w.server.Addr().C2S })
		w.say(other, desk, "y")
		w.since(alice, 0, "the handover message", client.Message(conv, "Handed over by Bob"))
		line.release()
		w.settled(alice, bob, ann)
		only(t, w.own(alice, conv), "remember this")
		require.Empty(t, w.own(bob, conv), "whoever has it no more has no copy")
	})
}

// The module serves the component and nobody else, and that only its own
// addresses.
func TestModuleServesTheComponentOnly(t *testing.T) {
	withModule(t, func(t *testing.T, on string) {
		w := copying(t, on, "move", server.Options{}, auto)
		alice, ann := w.agent("alice", "a", nil), w.dial("ann", "c", nil)
		conv := w.held(ann, alice)
		w.settled(alice, ann)
		before := whole(w.own(alice, conv))
		require.NotEmpty(t, before)
		for _, payload := range []string{
			"<remove xmlns='urn:xmpp:handoff:archive:0' user='alice' with='" + conv + "'/>",
			"<copy xmlns='urn:xmpp:handoff:archive:0' user='alice' to='ann' with='" + conv + "'><row key='x' id='y'/></copy>",
		} {
			w.refused(ann, domain, payload, "forbidden")
			w.refused(alice, domain, payload, "forbidden")
			_, err := ann.IQ(t.Context(), "alice@"+domain, "set", payload)
			require.Error(t, err)
		}
		for _, name := range []string{"query", "rows"} {
			_, err := ann.IQ(t.Context(), domain, "get", "<"+name+" xmlns='urn:xmpp:handoff:archive:0' user='alice' with='"+conv+"'/>")
			var refusal *client.StanzaError
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, "forbidden", refusal.Condition)
		}
		require.Equal(t, before, whole(w.own(alice, conv)))
	})
}

// Without anything to take copies with they stay, and the log says once what to
// change.
func TestServerCopiesStay(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := &world{t: t, server: lendServer(t, on), dir: dataDir(t)}
		w.configure(w.server.Addr().ComponentAddr, func(s settings) settings {
			return auto(s).with("archive.server_copy", "remove").with("roster.ejabberd_api", "").with("roster.strategy", "none")
		})
		w.start()
		said := w.baton.Says(t, `msg="archive copies"`)
		require.Contains(t, said, "server_copy=keep")
		require.Contains(t, said, "load mod_baton_archive")
		require.Contains(t, said, "remove_mam_for_user_with_peer")
	})
}
