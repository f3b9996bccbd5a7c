package sms

import (
	"bytes"
	"context"
	"encoding/json"
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

// output is what a program printed.
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

// world is a Jabber server, a message centre, and the program between them.
type world struct {
	t      *testing.T
	server *prosody.Server
	smsc   *smsc.SMSC
	dir    string
	listen string         // of the program's web server
	sms    map[string]any // its section
	cmd    *exec.Cmd
	log    *output
}

func newWorld(t *testing.T, o smsc.Options) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), log: &output{}, listen: freeAddress(t)}
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
	t.Cleanup(func() {
		w.stop(syscall.SIGTERM)
		if t.Failed() {
			t.Logf("the program printed:\n%s", w.log)
		}
	})
	w.sms = map[string]any{"smpp": []any{map[string]any{"name": "main", "address": w.smsc.Addr(), "system_id": "baton",
		"password": "secret", "numbers": []string{ours + " support en"}}}}
	return w
}

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
		"queues": []any{map[string]any{"name": "support", "title": "Support", "greeting": "Hello, one moment please."},
			map[string]any{"name": "billing", "title": "Billing"}},
		"chat": map[string]any{"settle": "0s"},
		"http": map[string]any{"listen": w.listen},
		"sms":  w.sms,
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

// stop ends the program, by SIGKILL as a crash does.
func (w *world) stop(how syscall.Signal) {
	if w.cmd == nil {
		return
	}
	_ = w.cmd.Process.Signal(how) // it may have ended
	_ = w.cmd.Wait()
	w.cmd = nil
}

// agent logs an agent in and waits until the program knows.
func (w *world) agent(user string) *client.Client {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	c, err := client.Dial(ctx, client.Options{JID: user + "@" + domain, Password: "pw", Resource: "desk", Addr: w.server.Addr().C2S})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = c.Close() })
	if !slices.ContainsFunc(c.Roster(), func(i client.RosterItem) bool { return i.JID == desk }) {
		_, err := c.ExpectSince(w.t.Context(), 0, "the desk in the roster", client.Roster(desk, "both"))
		require.NoError(w.t, err)
	}
	require.NoError(w.t, c.SetPresence("", ""))
	for range 2 {
		require.NoError(w.t, c.Ping(w.t.Context(), desk))
	}
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
