package web_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/web"
)

// A stream that breaks goes on behind the last event: nothing twice, nothing lost.
func TestLastEventID(t *testing.T) {
	w := newWorld(t)
	w.arrive(alice)
	token := w.begin("a")
	w.held(alice)
	want := []string{"you: charged twice", "service: Hello, one moment please."}
	var got []string
	last := 0
	for i := range 12 {
		s := w.follow(token, last)
		w.says(alice, fmt.Sprintf("agent %02d", i))
		w.send(token, fmt.Sprintf("message-%d", i), fmt.Sprintf("visitor %02d", i))
		if i%3 == 2 {
			w.restart()
			w.arrive(alice)
			s.ended()
			for e := range s.in {
				s.seen = append(s.seen, e)
			}
		} else {
			s.next("two lines", func(said) bool { return len(s.seen) >= i%2 }) // broken off at another place each time
			s.close()
		}
		for _, e := range s.seen {
			require.Equal(t, last+1, e.N)
			last = e.N
		}
		got = append(got, s.texts()...)
		want = append(want, fmt.Sprintf("agent: agent %02d", i), fmt.Sprintf("you: visitor %02d", i))
	}
	s := w.follow(token, last)
	w.says(alice, "the end")
	s.text("the end")
	got = append(got, s.texts()...)
	require.ElementsMatch(t, append(want, "agent: the end"), got)

	all := w.follow(token, 0)
	all.text("the end")
	require.Equal(t, got, all.texts(), "a reload shows the same")
	for i, e := range all.seen {
		require.Equal(t, i+1, e.N)
	}
}

// Whoever gets no answer asks again: there is one session, and one line.
func TestRepetitions(t *testing.T) {
	w := newWorld(t)
	w.arrive(alice)
	first := w.begin("a")
	token := w.begin("a")
	require.NotEqual(t, first, token)
	w.ask(http.StatusUnauthorized, "/api/session", first, nil) // only the last secret is good
	for range 3 {
		a := w.send(token, "message-1", "hello?")
		require.Equal(t, 2.0, a["seq"])
	}
	w.restart()
	require.Equal(t, 2.0, w.send(token, "message-1", "hello?")["seq"])
	w.says(alice, "yes")
	s := w.follow(token, 0)
	s.text("yes")
	require.Equal(t, []string{"you: charged twice", "service: Hello, one moment please.", "you: hello?", "agent: yes"}, s.texts())
	_, err := w.file.ByNumber(context.Background(), domain, 2)
	require.ErrorIs(t, err, desk.ErrNotFound)
}

// failing is a mailbox that cannot be written now and then.
type failing struct {
	desk.Mailbox
	on *atomic.Bool
}

func (f failing) PostWeb(ctx context.Context, domain string, events []desk.WebEvent) error {
	if f.on.Load() {
		return errors.New("the disk is full")
	}
	return f.Mailbox.PostWeb(ctx, domain, events)
}

// The end of the program between the desk's commit and the mailbox loses nothing,
// with and without a repetition.
func TestCutBetweenCommits(t *testing.T) {
	w := newWorld(t)
	broken := &atomic.Bool{}
	w.wrap = func(m desk.Mailbox) desk.Mailbox { return failing{m, broken} }
	w.restart()
	w.arrive(alice)
	token := w.begin("a")
	w.held(alice)
	broken.Store(true)
	require.Equal(t, "later", w.ask(http.StatusServiceUnavailable, "/api/messages", token, fields{"id": "message-1", "text": "repeated"})["error"])
	w.ask(http.StatusServiceUnavailable, "/api/messages", token, fields{"id": "message-2", "text": "given up"})
	w.heard(alice, "repeated") // it is committed
	w.heard(alice, "given up")
	w.says(alice, "for the mailbox")
	broken.Store(false)
	w.send(token, "message-1", "repeated")
	w.restart()
	s := w.follow(token, 0)
	for range 5 {
		s.next("a line", func(said) bool { return true })
	}
	require.ElementsMatch(t, []string{"you: charged twice", "service: Hello, one moment please.", "you: repeated",
		"you: given up", "agent: for the mailbox"}, s.texts())
	require.Eventually(t, func() bool { return w.desk.Outbox().Pending() == 0 }, patience, 10*time.Millisecond)
}

// Other tabs see what one says.
func TestTabs(t *testing.T) {
	w := newWorld(t)
	token := w.begin("a")
	var tabs []*stream
	for range 3 {
		tabs = append(tabs, w.follow(token, 0))
	}
	w.send(token, "message-1", "from one tab")
	for _, s := range tabs {
		require.Equal(t, "message-1", s.text("from one tab").ID)
	}
}

// What is kept of a session's secret does not open it.
func TestSecretsAreHashed(t *testing.T) {
	w := newWorld(t)
	token := w.begin("a")
	ws, err := w.file.WebSession(context.Background(), hashOf(token), now(), now().AddDate(-1, 0, 0))
	require.NoError(t, err)
	require.NotContains(t, string(ws.Token), token)
	for _, bad := range []string{"", "x", token[:42] + "x", token + "x", hex.EncodeToString(ws.Token), base64.RawURLEncoding.EncodeToString(ws.Token)} {
		w.ask(http.StatusUnauthorized, "/api/messages", bad, fields{"id": "message-1", "text": "x"})
	}
}

func TestSecretsExpire(t *testing.T) {
	at := now()
	w := newWorld(t, func(c *web.Config) { c.Now = clock(&at); c.Remember = 48 * hours })
	token := w.begin("a")
	for range 3 { // every use counts
		at = at.Add(47 * hours)
		w.ask(http.StatusOK, "/api/session", token, nil)
	}
	at = at.Add(49 * hours)
	w.ask(http.StatusUnauthorized, "/api/session", token, nil)
}
