//go:build clients

package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
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
	cmd     *exec.Cmd
	log     *output
}

// output is what the program printed.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), log: &output{}, address: freeAddress(t)}
	opts := prosody.Options{Domain: domain, Component: service, Secret: "secret"}
	for _, u := range []string{"alice", "bob"} {
		opts.Accounts = append(opts.Accounts, prosody.Account{User: u, Password: "pw"})
	}
	var err error
	w.server, err = prosody.Start(t.Context(), opts)
	require.NoError(t, err)
	t.Cleanup(func() { _ = w.server.Stop() })
	t.Cleanup(func() {
		w.stop()
		if t.Failed() {
			t.Logf("the program printed:\n%s", w.log)
		}
	})
	return w
}

// freeAddress finds a port for the page.
func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}

// serve writes the configuration and starts the program.
func (w *world) serve() {
	w.t.Helper()
	agent := func(user, name, queue string) any {
		return map[string]any{"jid": user + "@" + domain, "name": name, "queues": []string{queue}}
	}
	cfg, err := json.MarshalIndent(map[string]any{
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
	}, "", " ")
	require.NoError(w.t, err)
	file := filepath.Join(w.dir, "baton.json")
	require.NoError(w.t, os.Chmod(w.dir, 0o700))
	require.NoError(w.t, os.WriteFile(file, cfg, 0o600))
	w.cmd = exec.Command(binary, "serve", "--config", file)
	w.cmd.Stdout, w.cmd.Stderr = w.log, w.log
	before := len(w.log.String())
	require.NoError(w.t, w.cmd.Start())
	w.eventually("the program to be connected", func() bool { return strings.Contains(w.log.String()[before:], "msg=connected") })
}

// stop ends the program in order.
func (w *world) stop() {
	if w.cmd == nil {
		return
	}
	_ = w.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	_ = w.cmd.Wait()
	w.cmd = nil
}

// kill ends it as a crash does.
func (w *world) kill() {
	w.t.Helper()
	require.NoError(w.t, w.cmd.Process.Kill())
	_ = w.cmd.Wait()
	w.cmd = nil
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
	w.known(c)
	return c
}

// known waits until the program knows that an agent is available.
func (w *world) known(c *client.Client) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	if !slices.ContainsFunc(c.Roster(), func(i client.RosterItem) bool { return i.JID == desk }) {
		_, err := c.ExpectSince(ctx, 0, "the desk in the roster", client.Roster(desk, "both"))
		require.NoError(w.t, err)
	}
	require.NoError(w.t, c.SetPresence("", ""))
	for range 2 {
		require.NoError(w.t, c.Ping(ctx, desk))
	}
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
