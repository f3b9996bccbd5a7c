package live

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/program"
	"baton/integration/server"
)

// Addresses of everybody and everything in these tests.
const (
	domain  = "example.com"
	service = "handoff.example.com"
	secret  = "secret-of-the-test" // never to be seen in what the program prints
	support = "support@" + service
	billing = "billing@" + service
	desk    = "desk@" + service
	ns      = "urn:xmpp:handoff:0"
)

// world is a server, the program, and whoever logs in.
type world struct {
	t      *testing.T
	server server.Server
	dir    string // data and configuration of the program
	config settings
	baton  *program.Process
}

// onEach runs a test on every make of server.
func onEach(t *testing.T, test func(t *testing.T, on string)) {
	t.Parallel()
	for _, name := range server.Makes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, name)
		})
	}
}

// serve starts a server of that make and the program, connected.
func serve(t *testing.T, on string, change func(settings) settings) *world {
	t.Helper()
	w := &world{t: t, server: lendServer(t, on), dir: dataDir(t)}
	w.configure(w.server.Addr().ComponentAddr, change)
	w.start()
	w.baton.Says(t, "msg=connected")
	return w
}

// configure makes the program's configuration for a server that is reached at
// that address.
func (w *world) configure(address string, change func(settings) settings) {
	w.config = standard(address, w.dir)
	if w.server.Facts().RosterByAPI {
		w.config = w.config.with("roster.ejabberd_api", "http://"+w.server.Addr().HTTP+"/api")
	}
	if change != nil {
		w.config = change(w.config)
	}
}

// dataDir makes a folder for the program's data.
func dataDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	require.NoError(t, os.Mkdir(dir, 0o700))
	return dir
}

// start starts the program, for the first time or again.
func (w *world) start() {
	w.t.Helper()
	w.baton = launch(w.t, binary, "serve", "--config", w.config.write(w.t, w.dir))
	baton := w.baton
	w.t.Cleanup(func() { // before launch's own, which kills
		select {
		case <-baton.Done(): // the test ended it
		default:
			baton.Term(w.t)
			require.Zero(w.t, baton.Exits(w.t), "exit status")
		}
		orderly(w.t, baton)
	})
}

// restart starts the program again and waits until it is connected.
func (w *world) restart() {
	w.t.Helper()
	w.start()
	w.baton.Says(w.t, "msg=connected")
}

// dial logs somebody in.
func (w *world) dial(user, resource string, change func(*client.Options)) *client.Client {
	w.t.Helper()
	o := client.Options{JID: user + "@" + domain, Password: "pw", Resource: resource, Addr: w.server.Addr().C2S}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	c, err := client.Dial(ctx, o)
	require.NoError(w.t, err)
	w.t.Cleanup(func() {
		if w.t.Failed() {
			w.t.Logf("%s got:\n%s", c.JID(), lines(c.Events()))
		}
		_ = c.Close() // the test may have ended the server
	})
	return c
}

// agent logs an agent in and waits until the program knows.
func (w *world) agent(user, resource string, change func(*client.Options)) *client.Client {
	w.t.Helper()
	c := w.dial(user, resource, change)
	w.known(c)
	return c
}

// known waits until the program knows that an agent is available. It may have
// put the desk into the roster only after the login, so the presence is sent
// again; the first pong is behind the program's question what the client can
// do, the second behind its having read the answer.
func (w *world) known(c *client.Client) {
	w.t.Helper()
	isDesk := func(i client.RosterItem) bool { return i.JID == desk }
	if !slices.ContainsFunc(c.Roster(), isDesk) {
		_, err := c.ExpectSince(w.t.Context(), 0, "the desk in the roster", client.Roster(desk, "both"))
		require.NoError(w.t, err)
	}
	require.NoError(w.t, c.SetPresence("", ""))
	for range 2 {
		require.NoError(w.t, c.Ping(w.t.Context(), desk))
	}
}

// native makes a client announce the protocol.
func native(o *client.Options) { o.Features = []string{ns} }

// expect waits for the next match behind a client's cursor.
func (w *world) expect(c *client.Client, what string, match func(client.Event) bool) client.Event {
	w.t.Helper()
	e, err := c.Expect(w.t.Context(), what, match)
	require.NoError(w.t, err)
	return e
}

// since waits for a match anywhere behind a mark.
func (w *world) since(c *client.Client, m client.Mark, what string, match func(client.Event) bool) client.Event {
	w.t.Helper()
	e, err := c.ExpectSince(w.t.Context(), m, what, match)
	require.NoError(w.t, err)
	return e
}

// say sends a text.
func (w *world) say(c *client.Client, to, text string, opts ...client.SendOption) string {
	w.t.Helper()
	id, err := c.Send(to, text, opts...)
	require.NoError(w.t, err)
	return id
}

// ask sends a native request of one element and returns the answer's payload.
func (w *world) ask(c *client.Client, to, payload string) client.Element {
	w.t.Helper()
	e, err := c.IQ(w.t.Context(), to, "set", payload)
	require.NoError(w.t, err, payload)
	answer, _ := e.Payload()
	return answer
}

// refused sends a native request that must be refused with that condition.
func (w *world) refused(c *client.Client, to, payload, condition string) {
	w.t.Helper()
	_, err := c.IQ(w.t.Context(), to, "set", payload)
	var refusal *client.StanzaError
	require.ErrorAs(w.t, err, &refusal, payload)
	require.Equal(w.t, condition, refusal.Condition, refusal.Error())
	require.NotEmpty(w.t, refusal.Text, "a refusal says what to do: %s", refusal.XML)
}

// open has ann begin a session that alice takes by word, and returns the
// conversation's address and the handover message.
func (w *world) open(ann, alice *client.Client, text string) client.Event {
	w.t.Helper()
	w.say(ann, support, text)
	w.expect(alice, "the offer", client.Message(desk, "Take it?"))
	w.say(alice, desk, "y")
	e := w.expect(alice, "the handover message", client.Message("", "New session"))
	require.Contains(w.t, e.Body, text)
	return e
}

// settled waits until the outbox is empty and returns when every client has got
// all that was sent to it: what is to be counted can be counted then.
func (w *world) settled(clients ...*client.Client) {
	w.t.Helper()
	w.eventually("an empty outbox", func() bool { return w.count("SELECT count(*) FROM outbox") == 0 })
	require.Zero(w.t, w.count("SELECT count(*) FROM dead_letters"), "dead letters")
	for _, c := range clients {
		require.NoError(w.t, c.Ping(w.t.Context(), ""))
	}
}

// eventually asks until the answer is yes.
func (w *world) eventually(what string, ask func() bool) {
	w.t.Helper()
	eventually(w.t, what, ask)
}

func eventually(t *testing.T, what string, ask func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ask() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			require.Failf(t, "waited in vain", "for %s", what)
		}
	}
}

// bare takes the resource off an address.
func bare(addr string) string {
	b, _, _ := strings.Cut(addr, "/")
	return b
}

// lines shows events for people.
func lines(events []client.Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "  %s\n", e)
	}
	return b.String()
}

// messages returns the texts that came from an address, in order.
func messages(c *client.Client, from string) []string {
	var out []string
	for _, e := range c.Events() {
		if client.Message(from, "")(e) && e.Carbon == "" {
			out = append(out, e.Body)
		}
	}
	return out
}

// all returns the events that match.
func all(c *client.Client, match func(client.Event) bool) []client.Event {
	return slices.DeleteFunc(c.Events(), func(e client.Event) bool { return !match(e) })
}
