//go:build clients && linux

package clients

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/program"
	"baton/integration/prosody"
)

// Addresses of these tests.
const (
	domain  = "example.com"
	service = "handoff." + domain
	support = "support@" + service
	desk    = "desk@" + service
	node    = "urn:xmpp:handoff:0#" // of ad-hoc commands, before their word
)

// Names that agents read.
const (
	theDesk = "Transfer desk"
	carolIs = "Carol Jones · #1"
	carolAt = "carol-jones." // how the address of that chat begins
)

// world is a server, the program, and whoever logs in.
type world struct {
	t      *testing.T
	server *prosody.Server
}

// newWorld starts a server and the program: Alice is an agent of support, Bob of billing, Carol a customer.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t}
	opts := prosody.Options{Domain: domain, Component: service, Secret: "secret"}
	for _, u := range []string{"alice", "bob", "carol.jones"} {
		opts.Accounts = append(opts.Accounts, prosody.Account{User: u, Password: "pw"})
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var err error
	w.server, err = prosody.Start(ctx, opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.server.Stop()) })
	w.serve()
	return w
}

// serve writes the configuration and starts the program. What is not here is as people have it who set nothing.
func (w *world) serve() {
	w.t.Helper()
	dir := w.t.TempDir()
	agent := func(user, name, queue string) any {
		return map[string]any{"jid": user + "@" + domain, "name": name, "queues": []string{queue}}
	}
	file := program.Configure(w.t, dir, map[string]any{
		"component": map[string]any{"domain": service, "address": w.server.ComponentAddr, "secret": "secret"},
		"data_dir":  dir,
		"agents":    map[string]any{"domains": []string{domain}, "list": []any{agent("alice", "Alice", "support"), agent("bob", "Bob", "billing")}},
		"queues": []any{
			map[string]any{"name": "support", "title": "Support", "greeting": "Hello, one moment please."},
			map[string]any{"name": "billing", "title": "Billing"}},
		"http": map[string]any{"listen": ""},
	})
	program.Serve(w.t, binary, file, program.Options{Patience: patience})
}

// dial logs somebody in with our own client.
func (w *world) dial(user string) *client.Client {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	c, err := client.Dial(ctx, client.Options{JID: user + "@" + domain, Password: "pw", Resource: "test", Addr: w.server.C2S})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = c.Close() })
	return c
}

// agent logs an agent in with our own client and waits until the program knows.
func (w *world) agent(user string) *client.Client {
	w.t.Helper()
	c := w.dial(user)
	program.Available(w.t, c, desk, patience)
	return c
}

// transfers has an agent offer a chat to billing, which the program refuses while it knows of nobody there.
func (w *world) transfers(c *client.Client, chat string) {
	w.t.Helper()
	w.eventually("somebody of billing", func() bool {
		before := c.Mark()
		w.say(c, chat, "!transfer billing wants a refund")
		answer := w.since(c, before, "the answer to !transfer", client.Message(bare(chat), "Billing"))
		return strings.Contains(answer.Body, "Offered to Billing; you keep this chat until it is accepted.")
	})
}

// takes accepts the offer that comes, which holds these texts, and returns the handover message.
func (w *world) takes(c *client.Client, texts ...string) client.Event {
	w.t.Helper()
	offer := w.expect(c, "the offer", client.Message(desk, "Take it?"))
	for _, text := range texts {
		require.Contains(w.t, offer.Body, text)
	}
	w.say(c, desk, "y")
	return w.expect(c, "the handover message", func(e client.Event) bool {
		return client.Message("", "\nCustomer: ")(e) && bare(e.From) != desk
	})
}

// expect waits for the next match behind a client's cursor.
func (w *world) expect(c *client.Client, what string, match func(client.Event) bool) client.Event {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	e, err := c.Expect(ctx, what, match)
	require.NoError(w.t, err)
	w.t.Logf("%s got %s", c.Bare(), what)
	return e
}

func (w *world) since(c *client.Client, m client.Mark, what string, match func(client.Event) bool) client.Event {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	e, err := c.ExpectSince(ctx, m, what, match)
	require.NoError(w.t, err)
	return e
}

// gets waits for a line of the dialog, exactly as it was said.
func (w *world) gets(c *client.Client, from, text string) client.Event {
	w.t.Helper()
	return w.expect(c, "“"+text+"”", func(e client.Event) bool { return client.Message(from, "")(e) && e.Body == text })
}

func (w *world) say(c *client.Client, to, text string) {
	w.t.Helper()
	_, err := c.Send(to, text)
	require.NoError(w.t, err)
}

func (w *world) eventually(what string, yes func() bool) {
	w.t.Helper()
	require.True(w.t, within(patience, yes), "waited in vain for %s", what)
}

func bare(address string) string {
	b, _, _ := strings.Cut(address, "/")
	return b
}
