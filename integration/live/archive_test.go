package live

import (
	"crypto/sha1" // #nosec: XEP-0153 asks for it
	"encoding/base64"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/server"
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
		texts, ids, after = w.inArchive(bob, conv)
		require.Equal(t, append(handed, "they: hello?"), texts)
		require.Equal(t, live.ID, ids[3])
		var here []string // of the stanza-ids, those that are the conversation's to give: of us, not of Bob's server
		for _, sid := range live.Root().FindAll("urn:xmpp:sid:0", "stanza-id") {
			if sid.Attr("by") == conv {
				here = append(here, sid.Attr("id"))
			}
		}
		require.Equal(t, after[3:], here, "the live copy has the archive's identifier")
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

// page asks for one page of a conversation's archive: fields is XML of the form's,
// rsm of the set's. It returns the texts, their identifiers, and what closes the page.
func (w *world) page(c *client.Client, conv, fields, rsm string) (texts, ids []string, fin client.Element) {
	w.t.Helper()
	from := c.Mark()
	e, err := c.IQ(w.t.Context(), conv, "set", "<query xmlns='urn:xmpp:mam:2' queryid='p'><x xmlns='jabber:x:data' type='submit'>"+
		"<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field>"+fields+
		"</x><set xmlns='http://jabber.org/protocol/rsm'>"+rsm+"</set></query>")
	require.NoError(w.t, err, fields)
	fin, _ = e.Find("urn:xmpp:mam:2", "fin")
	for _, e := range c.Since(from) {
		if result, ok := e.Root().Child("urn:xmpp:mam:2", "result"); ok && bare(e.From) == conv && result.Attr("queryid") == "p" {
			ids = append(ids, result.Attr("id"))
			body, _ := result.Find("jabber:client", "body")
			texts = append(texts, body.Text)
		}
	}
	return texts, ids, fin
}

func field(name string, values ...string) string {
	return "<field var='" + name + "'><value>" + strings.Join(values, "</value><value>") + "</value></field>"
}

// Everything that a query can ask for, through a real server: pages in both
// directions, before and after a line or a time, by identifiers and addresses, the
// count alone, the form and the metadata.
func TestArchiveQueries(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, nil)
		alice, ann := w.agent("alice", "gajim", nil), w.dial("ann", "phone", nil)
		conv := bare(w.open(ann, alice, "one").From)
		for _, text := range []string{"two", "three", "four", "five"} {
			w.say(ann, support, text)
			w.expect(alice, text, client.Message(conv, text))
		}
		all := []string{"one", "two", "three", "four", "five"}
		texts, ids, fin := w.page(alice, conv, "", "")
		require.Equal(t, all, texts)
		require.Equal(t, "true", fin.Attr("complete"))
		at := w.text("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', (at - at % 1000) / 1e6, 'unixepoch') FROM dialog WHERE seq = 4")

		for _, c := range []struct {
			fields, rsm string
			want        []string
		}{
			{"", "<max>2</max>", all[:2]},
			{"", "<max>2</max><after>" + ids[1] + "</after>", all[2:4]},
			{"", "<max>2</max><before/>", all[3:]},
			{"", "<max>2</max><before>" + ids[3] + "</before>", all[1:3]},
			{"", "<max>0</max>", nil},
			{field("after-id", ids[2]), "", all[3:]},
			{field("before-id", ids[2]), "", all[:2]},
			{field("after-id", ids[0]) + field("before-id", ids[3]), "<max>1</max>", all[1:2]},
			{field("ids", ids[4], ids[1]), "", []string{"two", "five"}},
			{field("start", at), "", all[3:]},
			{field("with", "ann@example.com"), "", all},
			{field("with", "bob@example.com"), "", nil},
			{field("start", "2001-01-01T00:00:00Z") + field("end", "2001-01-02T00:00:00Z"), "", nil},
		} {
			texts, _, fin := w.page(alice, conv, c.fields, c.rsm)
			require.Equal(t, c.want, texts, "%s %s", c.fields, c.rsm)
			count, counted := fin.Find("http://jabber.org/protocol/rsm", "count")
			require.Equal(t, !strings.Contains(c.fields, "'with'"), counted, c.fields)
			if c.fields == "" {
				require.Equal(t, "5", count.Text)
			}
		}
		_, err := alice.IQ(t.Context(), conv, "set", "<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'>"+
			"<field var='FORM_TYPE' type='hidden'><value>urn:xmpp:mam:2</value></field>"+field("ids", "nobody-s")+"</x></query>")
		require.ErrorContains(t, err, "item-not-found")

		form, err := alice.IQ(t.Context(), conv, "get", "<query xmlns='urn:xmpp:mam:2'/>")
		require.NoError(t, err)
		for _, name := range []string{"start", "end", "with", "before-id", "after-id", "ids"} {
			require.Contains(t, strings.ReplaceAll(form.XML, "\"", "'"), "var='"+name+"'")
		}
		meta, err := alice.IQ(t.Context(), conv, "get", "<metadata xmlns='urn:xmpp:mam:2'/>")
		require.NoError(t, err)
		start, _ := meta.Find("urn:xmpp:mam:2", "start")
		end, _ := meta.Find("urn:xmpp:mam:2", "end")
		require.Equal(t, []string{ids[0], ids[4]}, []string{start.Attr("id"), end.Attr("id")})
	})
}

// What is exported for another server is taken in by Prosody's own reader of
// XEP-0227, and is then in the new holder's archive there, with its times.
func TestExportIntoProsody(t *testing.T) {
	t.Parallel()
	t.Log("not on ejabberd: it takes in no archives of XEP-0227")
	w := serve(t, server.Prosody, nil)
	alice, bob, ann := w.agent("alice", "gajim", nil), w.agent("bob", "dino", nil), w.dial("ann", "phone", nil)
	conv := bare(w.open(ann, alice, "Hi, I was charged twice").From)
	w.say(alice, conv, "one moment & <wait>")
	w.expect(ann, "the reply", client.Message(support, "one moment"))
	w.say(alice, conv, "!transfer billing")
	w.expect(bob, "the offer", client.Message(desk, "Take it?"))
	w.say(bob, desk, "y")
	w.expect(bob, "the handover message", client.Message(conv, "Handed over by Alice"))
	w.say(bob, conv, "what did you order?")
	w.expect(ann, "the new agent", client.Message(support, "what did you order?"))
	want, err := bob.Archive(t.Context(), client.ArchiveQuery{At: conv})
	require.NoError(t, err)

	out, err := exec.CommandContext(t.Context(), binary, "export", "--format", "xep0227",
		"--conversation", strings.TrimSuffix(conv, "@"+service), "--config", w.config.write(t, w.dir)).Output()
	require.NoError(t, err)
	other := &world{t: t, server: startServer(t, server.Prosody, server.Options{Modules: map[string]string{"take_in": `
local driver = require "core.storagemanager".load_driver(module.host, "xep0227");
local document = assert(require "util.xml".parse([==[` + string(out) + `]==]));
local from = assert(driver:open_xep0227("archive", "archive", {
	get_user_xml = function () return document end, set_user_xml = function () return nil, "read-only" end }));
local to = assert(module:open_store("archive", "archive"));
for id, item, when, with in from:find("bob") do assert(to:append("bob", id, item, when, with)); end
`}})}
	taken, err := other.dial("bob", "elsewhere", nil).Archive(t.Context(), client.ArchiveQuery{With: conv})
	require.NoError(t, err)
	require.Len(t, taken, 3)
	for i, a := range taken {
		require.Equal(t, want[i].Body, a.Body)
		require.Equal(t, []string{want[i].From, want[i].To}, []string{a.From, a.To})
		require.Equal(t, want[i].Stamp.Truncate(time.Second), a.Stamp.Truncate(time.Second))
	}
}

// Through a real server a contact looks the same from all sides: the picture whose
// hash is in its presence is the one on its card, and its caps are what it answers.
func TestContactLooks(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, nil)
		alice, ann := w.agent("alice", "gajim", nil), w.dial("ann", "phone", nil)
		conv := bare(w.open(ann, alice, "Hi").From)
		shows := w.since(alice, 0, "the contact", func(e client.Event) bool {
			return e.Kind == client.KindPresence && bare(e.From) == conv && e.Type == "" && e.Has("http://jabber.org/protocol/caps", "c")
		})
		photo, _ := shows.Find("vcard-temp:x:update", "photo")
		card, err := alice.IQ(t.Context(), conv, "get", "<vCard xmlns='vcard-temp'/>")
		require.NoError(t, err)
		data, _ := card.Find("vcard-temp", "BINVAL")
		picture, err := base64.StdEncoding.DecodeString(data.Text)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("%x", sha1.Sum(picture)), photo.Text)
		caps, _ := shows.Find("http://jabber.org/protocol/caps", "c")
		info, err := alice.IQ(t.Context(), shows.From, "get",
			"<query xmlns='http://jabber.org/protocol/disco#info' node='"+caps.Attr("node")+"#"+caps.Attr("ver")+"'/>")
		require.NoError(t, err)
		for _, feature := range []string{"urn:xmpp:mam:2", "urn:xmpp:sid:0", "http://jabber.org/protocol/rsm"} {
			require.True(t, slices.ContainsFunc(info.Root().FindAll("http://jabber.org/protocol/disco#info", "feature"),
				func(e client.Element) bool { return e.Attr("var") == feature }), feature)
		}
	})
}
