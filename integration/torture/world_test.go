package torture

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/program"
	"baton/integration/server"
)

const (
	domain   = "example.com"
	service  = "handoff.example.com"
	queue    = "support@" + service
	desk     = "desk@" + service
	patience = 60 * time.Second // how long anything may take before it counts as broken
)

// world is a server, the program, and everybody.
type world struct {
	t       *testing.T
	server  server.Server
	proxy   *proxy
	rand    *rand.Rand
	dir     string // of the program's data
	copies  string
	baton   *program.Process
	proxied bool // its link goes over the proxy
	callers []*caller
	agents  []*agent
	people  []*person
	calm    atomic.Bool // agents say nothing

	mu       sync.Mutex
	did      int           // lines said in this cycle
	due      int           // when that many were said
	reached  chan struct{} // this is closed
	journal  *journal
	faults   []*struck
	reckoned map[string]bool // attempts that were in some fault's window
}

// begin starts server, program and people.
func begin(t *testing.T, make string, seed uint64) *world {
	t.Helper()
	w := &world{t: t, rand: rand.New(rand.NewPCG(seed, 0)), dir: filepath.Join(t.TempDir(), "data"),
		copies: t.TempDir(), journal: newJournal(), reckoned: map[string]bool{}}
	require.NoError(t, os.Mkdir(w.dir, 0o700))
	for _, name := range []string{"ann", "carl", "dora"} {
		c := newCaller(w, name)
		w.callers, w.people = append(w.callers, c), append(w.people, c.person)
	}
	for i, name := range []string{"alice", "bob", "bert"} {
		a := newAgent(w, name, i == 0, seed+uint64(i)+1)
		w.agents, w.people = append(w.agents, a), append(w.people, a.person)
	}
	o := server.Options{Domain: domain, Component: service, Secret: "secret"}
	for _, p := range w.people {
		o.Accounts = append(o.Accounts, server.Account{User: p.name, Password: "pw"})
	}
	var err error
	w.server, err = server.Start(t.Context(), make, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.server.Stop()) })
	w.proxy = newProxy(t, w.server.Addr().ComponentAddr)
	for _, p := range w.people {
		p.login()
	}
	t.Cleanup(func() {
		for _, p := range w.people {
			p.logout()
		}
	})
	t.Cleanup(func() {
		if w.baton != nil {
			w.baton.Kill()
			if t.Failed() {
				out := w.baton.Output()
				t.Logf("the program printed last:\n%s", out[max(0, len(out)-4000):])
			}
		}
	})
	return w
}

// start starts the program; its link goes over the proxy where it will be cut.
func (w *world) start(proxied bool) {
	w.t.Helper()
	w.proxied = proxied
	address := w.server.Addr().ComponentAddr
	if proxied {
		address = w.proxy.addr
	}
	var list []any
	for _, a := range w.agents {
		list = append(list, map[string]any{"jid": a.jid(), "name": strings.ToUpper(a.name[:1]) + a.name[1:],
			"queues": []string{"support"}, "capacity": 50})
	}
	file := program.Configure(w.t, w.dir, map[string]any{
		"component": map[string]any{"domain": service, "address": address, "secret": "secret"},
		"data_dir":  w.dir,
		"agents":    map[string]any{"domains": []string{domain}, "list": list},
		"queues":    []any{map[string]any{"name": "support", "title": "Support", "assign": "auto"}},
		"offer":     map[string]any{"timeout": "2s"},
		"chat":      map[string]any{"settle": "0s"},
		"roster":    map[string]any{"strategy": "none"},
		"transfer":  map[string]any{"max_hops": 100},
		"limits":    map[string]any{"rate": "100000/s", "inbox": 10000},
		"http":      map[string]any{"listen": ""},
	})
	w.baton = program.Launch(w.t, binary, program.Options{Args: []string{"serve", "--config", file}, Patience: patience, Quiet: true})
}

// resume waits for the link, behind a mark in what the program printed, and has
// everybody say what must be said anew.
func (w *world) resume(from int) {
	w.t.Helper()
	w.baton.SaysSince(w.t, from, "msg=connected")
	for _, a := range w.agents {
		a.show() // it was said to one that is gone
	}
	for _, c := range w.callers {
		c.repeat()
	}
}

// orderly stops the program in order and starts it again: what the server alone
// answered for is done with then, not only after half a minute.
func (w *world) orderly() {
	w.t.Helper()
	w.baton.Stop(w.t)
	w.start(w.proxied)
	w.resume(0)
}

// Between these the outbox is when the next fault strikes. One that grows would be sent
// again whole after every restart, and the machine would do nothing else.
const (
	tooMuch = 300
	enough  = 60

	impatience = 3 * time.Second
)

// drain waits, where much is under way, until less is.
func (w *world) drain() {
	w.t.Helper()
	if w.pending() < tooMuch {
		return
	}
	late, soon := time.After(patience), time.After(impatience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for w.pending() > enough {
		select {
		case <-tick.C:
		case <-soon:
			w.orderly()
		case <-late:
			w.t.Errorf("the outbox does not get empty: %d items after %v", w.pending(), patience)
			return
		}
	}
}

func (w *world) pending() int {
	w.t.Helper()
	return w.count("SELECT count(*) FROM outbox")
}

// progress counts lines said.
func (w *world) progress(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.did += n; w.did >= w.due && w.reached != nil {
		close(w.reached)
		w.reached = nil
	}
}

// underLoad has everybody talk, calls f when n lines were said and delay is over,
// and returns when all are silent.
func (w *world) underLoad(n int, delay time.Duration, f func()) {
	w.t.Helper()
	reached := make(chan struct{})
	w.mu.Lock()
	w.did, w.due, w.reached = 0, n, reached
	w.mu.Unlock()
	w.calm.Store(false)
	ctx, cancel := context.WithCancel(w.t.Context())
	var work sync.WaitGroup
	for _, c := range w.callers {
		work.Go(func() { c.load(ctx) })
	}
	stop := func() {
		cancel()
		work.Wait()
		w.calm.Store(true)
	}
	defer stop()
	select {
	case <-reached:
	case <-w.baton.Done():
		require.Failf(w.t, "the program ended by itself", "%s", w.baton.Output())
	case <-time.After(patience):
		require.Failf(w.t, "the load stands still", "%d of %d said", w.did, n)
	}
	select {
	case <-time.After(delay): // callers speak in answer to what they get; a fault should not
	case <-w.baton.Done():
	}
	f()
}

// flush returns when everybody has got what their server sent them so far.
func (w *world) flush() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	for _, p := range w.people {
		require.NoError(w.t, p.now().Ping(ctx, ""))
	}
}
