//go:build clients

package web

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/program"
	"baton/integration/prosody"
)

const (
	domain  = "example.com"
	service = "handoff.example.com"
	desk    = "desk@" + service

	identitySecret = "0123456789abcdef0123456789abcdef"

	// patience is how long anything may take before a test calls it broken.
	patience = 45 * time.Second
)

// world is a server, the program with its page, and agents.
type world struct {
	t       *testing.T
	server  *prosody.Server
	dir     string
	address string // of the page's server, host:port
	embed   []string
	baton   *program.Process
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), address: program.FreeAddress(t)}
	opts := prosody.Options{Domain: domain, Component: service, Secret: "secret"}
	for _, u := range []string{"alice", "bob"} {
		opts.Accounts = append(opts.Accounts, prosody.Account{User: u, Password: "pw"})
	}
	var err error
	w.server, err = prosody.Start(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.server.Stop() })
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
		"queues": []any{
			map[string]any{"name": "support", "title": "Support", "greeting": "Hello, one moment please.", "form": []any{
				map[string]any{"name": "name", "label": "Your name"}, map[string]any{"name": "order", "label": "Order number"}}},
			map[string]any{"name": "billing", "title": "Billing", "hours": "mo 00:00-00:01 Europe/Berlin", "away": "We are back on Monday."}},
		"chat": map[string]any{"settle": "0s"},
		"http": map[string]any{"listen": w.address},
		"web":  map[string]any{"enabled": true, "embed_origins": w.embed, "identity_secret": identitySecret, "messages": "600/m", "sessions": "600/h"},
	})
	w.baton = program.Serve(w.t, binary, file, program.Options{Patience: patience})
}

func (w *world) url(path string) string { return "http://" + w.address + path }

// agent logs one in and waits until the program knows.
func (w *world) agent(user string) *client.Client {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	c, err := client.Dial(ctx, client.Options{JID: user + "@" + domain, Password: "pw", Resource: "desk", Addr: w.server.C2S})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = c.Close() })
	program.Available(w.t, c, desk, patience)
	return c
}

// expect waits for the next match behind a client's cursor.
func (w *world) expect(c *client.Client, what string, match func(client.Event) bool) client.Event {
	w.t.Helper()
	e, err := c.Expect(w.t.Context(), what, match)
	require.NoError(w.t, err)
	return e
}

func (w *world) send(c *client.Client, to, text string, opts ...client.SendOption) {
	w.t.Helper()
	_, err := c.Send(to, text, opts...)
	require.NoError(w.t, err)
}

// takes accepts the offer that comes, and returns the conversation's address.
func (w *world) takes(c *client.Client) string {
	w.t.Helper()
	w.expect(c, "the offer", client.Message(desk, "Take it?"))
	w.send(c, desk, "y")
	e := w.expect(c, "the handover message", func(e client.Event) bool {
		return client.Message("", "Customer:")(e) && !strings.HasPrefix(e.From, desk)
	})
	bare, _, _ := strings.Cut(e.From, "/")
	return bare
}

func (w *world) eventually(what string, ask func() bool) {
	w.t.Helper()
	require.Eventually(w.t, ask, patience, 20*time.Millisecond, what)
}

func quoted(text string) string { return fmt.Sprintf("%q", text) }
