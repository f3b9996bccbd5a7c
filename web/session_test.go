package web_test

import (
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
	"baton/web"
)

func (w *world) send(token, id, text string) map[string]any {
	w.t.Helper()
	return w.ask(http.StatusOK, "/api/messages", token, fields{"id": id, "text": text})
}

// A visitor talks with an agent, is handed to another, and ends it.
func TestSession(t *testing.T) {
	w := newWorld(t)
	w.arrive(alice, bob)
	token := w.begin("a", fields{"fields": fields{"name": "Carol Jones", "order": "4711", "topic": "Invoice"}})
	w.held(alice)
	conv := w.only()
	require.Equal(t, "Carol Jones", conv.Name)
	require.Equal(t, []desk.Field{{Var: "order", Label: "Order", Value: "4711"}, {Var: "topic", Label: "Topic", Value: "Invoice"}}, conv.Info)
	require.Equal(t, desk.Web, desk.WayTo(domain, conv.Caller))

	s := w.follow(token, 0)
	s.text("one moment please")
	require.Equal(t, []string{"you: charged twice", "service: Hello, one moment please."}, s.texts())
	w.says(alice, "let me check")
	e := s.text("let me check")
	require.Equal(t, "Alice", e.Name)
	w.send(token, "message-1", "thank you <3")
	require.Equal(t, "<body>thank you &lt;3</body>", string(w.heard(alice, "thank you <3").Payload))
	require.Equal(t, "message-1", s.text("thank you").ID)

	// A transfer in mid-sentence.
	w.do(desk.Handoff{Local: conv.Local, By: alice, Target: desk.Target{Agent: bob}})
	w.send(token, "message-2", "so it is about")
	w.do(desk.Accept{Answer: desk.Answer{By: bob}})
	w.send(token, "message-3", "my refund")
	require.Equal(t, bob, w.heard(bob, "my refund").To)
	require.Equal(t, alice, w.heard(alice, "so it is about").To)
	w.says(bob, "it is on its way")
	require.Equal(t, "Bob", s.text("it is on its way").Name)
	i := slices.IndexFunc(s.seen, func(e said) bool { return e.Kind == "moved" })
	require.Positive(t, i)
	require.Equal(t, []any{"You are now talking with Bob.", handoff.ReasonTransferred, uint64(2)},
		[]any{s.seen[i].Text, s.seen[i].Reason, s.seen[i].Epoch})
	text := w.body(w.request("GET", "/html/log?download=1", token, nil)) // in the order in which it happened
	require.Regexp(t, `(?s)so it is about.*now talking with Bob.*my refund.*on its way`, text)

	st := w.ask(http.StatusOK, "/api/session", token, nil)
	require.Equal(t, map[string]any{"queue": "support", "name": "Carol Jones", "open": true, "waiting": false, "agent": "Bob"}, st)
	st = w.ask(http.StatusOK, "/api/end", token, fields{"rating": 5, "email": "carol@example.net"})
	require.Equal(t, false, st["open"])
	require.Equal(t, "ended", s.next("the end", func(e said) bool { return e.Kind == "ended" }).Kind)
	require.Equal(t, handoff.Idle, w.only().Phase)
	w.ask(http.StatusOK, "/api/end", token, fields{}) // again is nothing more
	w.until("the agent is told", func() bool {
		for _, it := range w.agents {
			if it.Kind == desk.KindLeave && it.To == bob {
				return true
			}
		}
		return false
	})

	// Writing again opens a new session of the same conversation.
	w.send(token, "message-4", "one more thing")
	s.text("one more thing")
	require.Equal(t, uint64(2), w.only().Session)
}

func TestAgentEnds(t *testing.T) {
	w := newWorld(t)
	w.arrive(alice)
	token := w.begin("a", fields{"lang": "de"})
	s := w.follow(token, 0)
	w.held(alice)
	w.do(desk.Disconnect{Local: w.only().Local, By: alice, Reason: "done"})
	e := s.next("the end", func(e said) bool { return e.Kind == "ended" })
	require.Equal(t, "Dieser Chat ist beendet. Schreiben Sie jederzeit wieder.", e.Text)
	require.Equal(t, false, w.ask(http.StatusOK, "/api/session", token, nil)["open"])
}

// Lines that change others say which.
func TestCorrections(t *testing.T) {
	w := newWorld(t)
	w.arrive(alice)
	token := w.begin("a")
	w.held(alice)
	w.send(token, "message-1", "hello?")
	first := w.says(alice, "helo")
	s := w.follow(token, 0)
	short := w.only().Local[strings.LastIndex(w.only().Local, ".")+1:]
	copyOf := short + "-c" + string("0123456789"[first.Seq])
	w.says(alice, "hello", "<replace xmlns='urn:xmpp:message-correct:0' id='"+copyOf+"'/>")
	e := s.next("the correction", func(e said) bool { return e.How != "" })
	require.Equal(t, []any{"replace", first.Seq, "hello"}, []any{e.How, e.About, e.Text})
	kept := w.body(w.request("GET", "/html/log?download=1", token, nil))
	require.Equal(t, 1, strings.Count(kept, "Alice: "), kept)
	require.Contains(t, kept, "Alice: hello\n")
	w.says(alice, "", "<retract xmlns='urn:xmpp:message-retract:1' id='"+copyOf+"'/>")
	e = s.next("the retraction", func(e said) bool { return e.How == "retract" })
	require.Equal(t, first.Seq, e.About)
	w.says(alice, "", "<reactions xmlns='urn:xmpp:reactions:0' id='message-1'><reaction>👍</reaction></reactions>")
	e = s.next("the reaction", func(e said) bool { return e.How == "react" })
	require.Equal(t, []any{uint64(2), []string{"👍"}}, []any{e.About, e.Set})
	w.says(alice, "https://files.example.com/a/price.pdf", "<x xmlns='jabber:x:oob'><url>https://files.example.com/a/price.pdf</url></x>")
	e = s.next("the file", func(e said) bool { return e.File != nil })
	require.Equal(t, []any{"", "https://files.example.com/a/price.pdf", "price.pdf", false}, []any{e.Text, e.File.URL, e.File.Name, e.File.Image})
	for _, bad := range []string{"javascript:alert(1)", "javascript://x/%0aalert(1)", "file://x/etc/passwd", "//x/y"} {
		w.says(alice, "evil "+bad, "<x xmlns='jabber:x:oob'><url>"+bad+"</url></x>")
		require.Nil(t, s.text("evil "+bad).File, bad)
	}
	text := w.body(w.request("GET", "/html/log?download=1", token, nil))
	require.Contains(t, text, "Alice: This message was withdrawn.")
	require.NotContains(t, text, "helo")
}

// What agents say among themselves is not for the page.
func TestPrivateLines(t *testing.T) {
	w := newWorld(t)
	w.arrive(alice, bob)
	token := w.begin("a")
	w.held(alice)
	conv := w.only()
	w.do(desk.Handoff{Local: conv.Local, By: alice, Target: desk.Target{Agent: bob}, Mode: handoff.Consult})
	w.do(desk.Accept{Answer: desk.Answer{By: bob}})
	w.says(alice, "is she a good customer")
	w.heard(bob, "is she a good customer")
	w.do(desk.Cancel{Local: conv.Local, By: alice})
	w.says(alice, "back with you")
	s := w.follow(token, 0)
	s.text("back with you")
	require.Equal(t, []string{"you: charged twice", "service: Hello, one moment please.", "agent: back with you"}, s.texts())
}

// Typing and read go both ways.
func TestSigns(t *testing.T) {
	w := newWorld(t)
	w.arrive(alice)
	token := w.begin("a")
	w.held(alice)
	s := w.follow(token, 0)
	s.text("charged twice")
	w.ask(http.StatusNoContent, "/api/typing", token, fields{"state": "composing"})
	w.ask(http.StatusNoContent, "/api/typing", token, fields{"read": 1})
	w.until("the signs", func() bool {
		return len(w.signs) == 2 && w.signs[0].State == "composing" && w.signs[0].To == alice && w.signs[1].Read == 1
	})
	w.ask(http.StatusBadRequest, "/api/typing", token, fields{"state": "gone"})
	conv := w.only()
	w.desk.Show(desk.Sign{Conversation: conv, To: conv.Caller, State: "composing"})
	e := s.next("typing", func(e said) bool { return e.Event == "sign" })
	require.Equal(t, []any{"composing", 0}, []any{e.State, e.N})
	w.desk.Show(desk.Sign{Conversation: conv, To: conv.Caller, Read: 1})
	require.Equal(t, uint64(1), s.next("read", func(e said) bool { return e.Read > 0 }).Read)
	second := w.follow(token, 0)
	second.text("charged twice")
	for _, e := range second.seen {
		require.Empty(t, e.Event, "a sign passes")
	}
}

func TestAway(t *testing.T) {
	now := time.Date(2026, 3, 1, 22, 0, 0, 0, time.UTC)
	w := newWorld(t, func(c *web.Config) {
		c.Now = func() time.Time { return now }
		c.Queues[0].Open, c.Queues[0].Away = func(at time.Time) bool { return at.Hour() < 18 }, "Back at nine."
	})
	w.arrive(alice)
	page := w.body(w.request("GET", "/chat", "", nil))
	require.Contains(t, page, "Back at nine.")
	require.Contains(t, page, `name="email"`)
	for _, bad := range []fields{{"email": "nonsense"}, {"email": ""}, {"text": " "}} {
		b := fields{"queue": "support", "id": startID("x"), "fields": fields{}, "text": "call me", "email": "carol@example.net"}
		for k, v := range bad {
			b[k] = v
		}
		require.Equal(t, "form", w.ask(http.StatusUnprocessableEntity, "/api/offline", "", b)["error"])
	}
	st := w.ask(http.StatusOK, "/api/offline", "", fields{"queue": "support", "id": startID("x"), "fields": fields{}, "text": "call me", "email": "carol@example.net"})
	require.Equal(t, "Back at nine.", st["closed"])
	require.Equal(t, "Customer", st["name"])
	w.held(alice)
	require.Equal(t, []desk.Field{{Var: "email", Label: "Email", Value: "carol@example.net"}}, w.only().Info)
	now = now.Add(12 * time.Hour)
	require.NotContains(t, w.body(w.request("GET", "/chat", "", nil)), "Back at nine.")
}

// A site vouches for who its visitors are.
func TestIdentity(t *testing.T) {
	w := newWorld(t)
	w.arrive(alice)
	until := time.Now().Add(time.Hour).Unix()
	sign := func(id, name string, until int64) fields {
		return fields{"id": id, "name": name, "expires": until, "signature": hex.EncodeToString(web.Sign([]byte(secret), id, name, until))}
	}
	good := sign("u-17", "Carol Jones", until)
	first := w.begin("a", fields{"identity": good, "fields": fields{"name": "Somebody Else"}})
	w.held(alice)
	conv := w.only()
	require.Equal(t, "Carol Jones", conv.Name)
	require.Equal(t, []desk.Field{{Var: "user", Label: "User", Value: "u-17"}}, conv.Info)
	require.Contains(t, string(conv.Caller), "web-u")
	require.NotContains(t, string(conv.Caller), "u-17")
	second := w.begin("b", fields{"identity": good, "text": "from my phone"})
	require.NotEqual(t, first, second)
	w.follow(first, 0).text("from my phone") // one conversation

	forged := sign("u-17", "Carol Jones", until)
	forged["id"] = "u-18"
	for name, bad := range map[string]fields{"forged": forged, "expired": sign("u-17", "Carol", time.Now().Add(-time.Minute).Unix()),
		"no signature": {"id": "u-17", "name": "x", "expires": until, "signature": ""}, "nobody": sign("", "x", until),
		"moved border": {"id": "u\n17", "name": "x", "expires": until, "signature": hex.EncodeToString(web.Sign([]byte(secret), "u\n17", "x", until))},
	} {
		body := fields{"queue": "support", "id": startID("f" + strings.ReplaceAll(name, " ", "")), "fields": fields{}, "text": "x", "identity": bad}
		require.Equal(t, "session", w.ask(http.StatusForbidden, "/api/session", "", body)["error"], name)
	}
	// Nobody can call themselves the user in the form.
	w.begin("c", fields{"fields": fields{"user": "u-17"}})
	other, err := w.file.ByNumber(context.Background(), domain, 2)
	require.NoError(t, err)
	require.Empty(t, other.Info)
}

func TestFormIsChecked(t *testing.T) {
	w := newWorld(t, func(c *web.Config) {
		c.Queues[0].Form = []web.Field{{Name: "name", Required: true}, {Name: "mail", Kind: web.Email}, {Name: "phone", Kind: web.Phone},
			{Name: "topic", Kind: web.Choice, Options: []string{"A", "B"}, Required: true}}
	})
	good := fields{"name": "Carol", "topic": "A"}
	for name, bad := range map[string]fields{
		"name missing": {"name": " "}, "mail": {"mail": "x"}, "phone": {"phone": "call me"}, "topic": {"topic": "C"}, "no topic": {"topic": ""},
		"long": {"name": strings.Repeat("x", 501)},
	} {
		f := fields{}
		for k, v := range good {
			f[k] = v
		}
		for k, v := range bad {
			f[k] = v
		}
		body := fields{"queue": "support", "id": startID("a"), "fields": f, "text": "hi"}
		require.Equal(t, "form", w.ask(http.StatusUnprocessableEntity, "/api/session", "", body)["error"], name)
	}
	for name, body := range map[string]fields{
		"queue": {"queue": "secret", "id": startID("a"), "fields": good, "text": "hi"},
		"id":    {"queue": "support", "id": "short", "fields": good, "text": "hi"},
	} {
		require.Equal(t, "form", w.ask(http.StatusUnprocessableEntity, "/api/session", "", body)["error"], name)
	}
	w.begin("a", fields{"fields": fields{"name": "Carol", "topic": "B", "mail": "c@example.net", "phone": "+49 30 1234"}})
}

// What the desk says while one waits is on the page, in its language.
func TestNotices(t *testing.T) {
	w := newWorld(t)
	token := w.begin("a", fields{"lang": "de"})
	conv := w.only()
	perform := func(id int64, n handoff.Notice) error {
		done := make(chan error, 1)
		w.web.Perform(context.Background(), desk.Item{ID: id, Domain: domain, Conversation: conv.Local, Kind: desk.KindNotice,
			To: conv.Caller, Effect: n}, func(err error) { done <- err })
		return <-done
	}
	place := []handoff.Phrase{{Name: "caller_place", Args: map[string]string{"Place": "3"}}, {Words: "Thank you."}}
	for range 2 { // performed again it is there once
		require.NoError(t, perform(901, handoff.Notice{To: conv.Caller, Session: 1, Says: place, Waiting: true}))
	}
	require.NoError(t, perform(902, handoff.Notice{To: conv.Caller, Session: 7, Says: place, Waiting: true})) // over
	require.NoError(t, perform(903, handoff.Notice{To: conv.Caller, Session: 1, Says: []handoff.Phrase{{Words: "The end."}}}))
	s := w.follow(token, 0)
	s.text("The end.")
	texts := strings.Join(s.texts(), "\n")
	require.Equal(t, 1, strings.Count(texts, "Thank you."), texts)
	require.NotContains(t, texts, "caller_place")
}
