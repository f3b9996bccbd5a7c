package sms

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/program"
	"baton/integration/prosody"
	"baton/integration/sms/smsc"
)

const (
	domain  = "example.com"
	service = "handoff.example.com"
	desk    = "desk@" + service
	ours    = "+15550001111"
	phone   = "+15551234567"

	// patience is how long anything may take before a test calls it broken.
	patience = 45 * time.Second
)

// world is a Jabber server, a message centre, and the program between them.
type world struct {
	t      *testing.T
	server *prosody.Server
	smsc   *smsc.SMSC
	dir    string
	listen string         // of the program's web server
	sms    map[string]any // its section
	baton  *program.Process
}

func newWorld(t *testing.T, o smsc.Options) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), listen: program.FreeAddress(t)}
	var err error
	w.smsc, err = smsc.Start(o)
	require.NoError(t, err)
	t.Cleanup(w.smsc.Close)
	opts := prosody.Options{Domain: domain, Component: service, Secret: "secret"}
	for _, u := range []string{"alice", "bob"} {
		opts.Accounts = append(opts.Accounts, prosody.Account{User: u, Password: "pw"})
	}
	w.server, err = prosody.Start(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.server.Stop() })
	w.sms = map[string]any{"smpp": []any{map[string]any{"name": "main", "address": w.smsc.Addr(), "system_id": "baton",
		"password": "secret", "numbers": []string{ours + " support en"}}}}
	return w
}

// serve writes the configuration and starts the program.
func (w *world) serve() {
	w.t.Helper()
	agent := func(user, name, queue string) any {
		return map[string]any{"jid": user + "@" + domain, "name": name, "queues": []string{queue}}
	}
	file := program.Configure(w.t, w.dir, map[string]any{
		"component": map[string]any{"domain": service, "address": w.server.ComponentAddr, "secret": "secret"},
		"data_dir":  w.dir,
		"agents":    map[string]any{"domains": []string{domain}, "list": []any{agent("alice", "Alice", "support"), agent("bob", "Bob", "billing")}},
		"queues": []any{map[string]any{"name": "support", "title": "Support", "greeting": "Hello, one moment please."},
			map[string]any{"name": "billing", "title": "Billing"}},
		"chat": map[string]any{"settle": "0s"},
		"http": map[string]any{"listen": w.listen},
		"sms":  w.sms,
	})
	w.baton = program.Serve(w.t, binary, file, program.Options{Patience: patience})
}

// agent logs an agent in and waits until the program knows.
func (w *world) agent(user string) *client.Client {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	c, err := client.Dial(ctx, client.Options{JID: user + "@" + domain, Password: "pw", Resource: "desk", Addr: w.server.Addr().C2S})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = c.Close() })
	program.Available(w.t, c, desk, patience)
	return c
}

func (w *world) expect(c *client.Client, what string, match func(client.Event) bool) client.Event {
	w.t.Helper()
	e, err := c.Expect(w.t.Context(), what, match)
	require.NoError(w.t, err)
	return e
}

func (w *world) say(c *client.Client, to, text string, opts ...client.SendOption) string {
	w.t.Helper()
	id, err := c.Send(to, text, opts...)
	require.NoError(w.t, err)
	return id
}

// eventually asks until the answer is yes.
func (w *world) eventually(what string, ask func() bool) {
	w.t.Helper()
	require.Eventually(w.t, ask, patience, 10*time.Millisecond, "waited in vain for %s", what)
}

// shows waits until the phone shows n messages, and returns the last.
func (w *world) shows(n int) smsc.Shown {
	w.t.Helper()
	w.eventually("the phone to show it", func() bool { return len(w.smsc.Shown(phone)) >= n })
	all := w.smsc.Shown(phone)
	require.Len(w.t, all, n)
	return all[n-1]
}

// bare takes the resource off an address.
func bare(addr string) string {
	b, _, _ := strings.Cut(addr, "/")
	return b
}
