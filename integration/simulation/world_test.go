package simulation

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"baton/component"
	"baton/desk"
	"baton/handoff"
	"baton/store"
)

// Who there is.
const (
	ann  = handoff.Party("ann@example.com")
	ben  = handoff.Party("ben@example.com")
	cat  = handoff.Party("cat@example.com")
	robo = handoff.Party("robo@example.com")

	offerTimeout = 20 * time.Second
	grace        = 40 * time.Second
)

var (
	staff   = []handoff.Party{ann, ben, cat, robo}
	callers = []handoff.Party{"dora@example.net", "emil@example.net", "fred@example.net"}
	queues  = []string{"support", "billing"}
)

func directory() *desk.Directory {
	return &desk.Directory{
		Queues: []desk.Queue{
			{Name: "support", Title: "Support", Greeting: "Welcome."},
			{Name: "billing", Title: "Billing", RingAll: true},
		},
		Agents: []desk.Agent{
			{JID: ann, Name: "Ann", Queues: queues[:1]},
			{JID: ben, Name: "Ben", Queues: queues},
			{JID: cat, Name: "Cat", Queues: queues[1:], Capacity: 2},
			{JID: robo, Name: "Robo", Queues: queues[:1], Bot: true, Capacity: 3},
		},
	}
}

// world is one history being played.
type world struct {
	mutant mutant
	dir    string // of the database; empty: the store is in memory
	boots  int
	book   *book
	server *server

	store interface {
		desk.Store
		io.Closer
	}
	keeper     *keeper
	desk       *desk.Desk
	component  *component.Component
	halt       func() // ends the process
	killBefore bool   // the next kill comes before its commit, not behind it
	dead       atomic.Bool
	disturbed  atomic.Bool  // a fault of this step may have lost something
	offset     atomic.Int64 // of the clock that was stepped
	latest     int64        // the largest it was: no deadline is beyond it
	buried     atomic.Int64
	ids        atomic.Int64

	at     atomic.Int64 // the step
	began  time.Time
	told   *[]string // the history as it is told; nil: nobody listens
	talk   []*said
	fresh  []*said
	asked  []asked
	tokens int
	pen    sync.Mutex // of told and errs
	errs   []string

	heldBack *out // by a mutant
}

func newWorld(m mutant, dir string, told *[]string) *world {
	w := &world{mutant: m, dir: dir, book: newBook(), began: time.Now(), told: told}
	w.server = &server{w: w, users: map[string]*user{}}
	add := func(p handoff.Party, agent bool) {
		w.server.users[string(p)] = &user{jid: p, full: string(p) + "/x", agent: agent, native: p == robo, online: true,
			roster: map[string]bool{}, items: map[string]string{}, first: map[string]int{}, newest: map[string]uint64{}, answers: map[string][]string{}}
	}
	for _, p := range staff {
		add(p, true)
	}
	for _, p := range callers {
		add(p, false)
	}
	return w
}

func (w *world) user(p handoff.Party) *user { return w.server.users[string(p)] }

// say tells the history.
func (w *world) say(who handoff.Party, format string, args ...any) {
	if w.told != nil {
		w.pen.Lock()
		defer w.pen.Unlock()
		*w.told = append(*w.told, fmt.Sprintf("%3d %9s  %s %s", w.at.Load(), time.Since(w.began).Round(time.Millisecond),
			cmp.Or(name(who), "–"), fmt.Sprintf(format, args...)))
	}
}

func name(p handoff.Party) string {
	for i := range p {
		if p[i] == '@' {
			return string(p[:i])
		}
	}
	return string(p)
}

func (w *world) wrong(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.pen.Lock()
	w.errs = append(w.errs, text)
	w.pen.Unlock()
	w.say("", "WRONG: %s", text)
}

// killed is what happens at the moment the process is.
func (w *world) killed() {
	w.dead.Store(true)
	w.disturbed.Store(true)
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	w.say("", "the process is killed")
	w.server.hung = true
}

// Committed, Delivered and Buried make the world a desk.Observer.
func (w *world) Committed(int, int, time.Duration)  {}
func (w *world) Delivered(desk.Kind, time.Duration) {}
func (w *world) Buried(desk.Dead)                   { w.buried.Add(1) }
func (w *world) now() time.Time                     { return time.Now().Add(time.Duration(w.offset.Load())) }
func (w *world) newID() string                      { return fmt.Sprintf("i%07d", w.ids.Add(1)) }
func (w *world) database() string                   { return filepath.Join(w.dir, fmt.Sprintf("boot%d.db", w.boots)) }
func (w *world) wait(d time.Duration)               { synctest.Wait(); time.Sleep(d); synctest.Wait() }
func (s *server) locked(do func())                  { s.mu.Lock(); defer s.mu.Unlock(); do() }

// start runs the process on what was committed, as cmd/baton does.
func (w *world) start() error {
	ctx := context.Background()
	switch {
	case w.dir != "":
		file, err := store.Open(ctx, store.Source{Path: w.database()}, store.Options{})
		if err != nil {
			return err
		}
		w.store = file
	case w.store == nil:
		w.store = newMemory()
	}
	w.keeper = &keeper{Store: w.store, w: w}
	w.desk = desk.New(desk.Config{Domain: domain, Store: w.keeper, Directory: directory(), Observer: w,
		Policy: desk.Policy{OfferTimeout: offerTimeout, MaxHops: 8, Grace: grace, TellCaller: true},
		NewID:  w.newID, Now: w.now})
	if err := w.desk.Restore(ctx); err != nil {
		return err
	}
	w.component = component.New(component.Config{Domain: domain, Secret: secret, Dial: w.server.dial, Desk: w.desk,
		Log: slog.New(slog.DiscardHandler), Prefix: "!", Mark: "⚙ ", Settle: 300 * time.Millisecond,
		Jitter: func(d time.Duration) time.Duration { return d / 2 }})
	link, stopLink := context.WithCancel(ctx)
	inner, stopDesk := context.WithCancel(ctx)
	linked, decided := make(chan error, 1), make(chan error, 1)
	go func() { linked <- w.component.Run(link) }()
	go func() { decided <- w.desk.Run(inner) }()
	w.halt = func() {
		stopLink()
		<-linked
		stopDesk()
		<-decided
	}
	return nil
}

// restart ends the process, in order or not, and starts it anew after a while.
func (w *world) restart(down time.Duration) error {
	w.disturbed.Store(true)
	w.keeper.mu.Lock()
	killed := w.keeper.dead
	w.keeper.mu.Unlock()
	if killed && w.dir != "" {
		if err := w.copyDatabase(); err != nil {
			return err
		}
	}
	if killed {
		w.server.locked(func() { w.server.cut("as the process is dead") })
		w.server.locked(func() { w.server.up = time.Time{} })
	}
	w.halt()
	w.wait(0)
	if w.dir != "" {
		if err := w.store.Close(); err != nil {
			return err
		}
		if killed {
			w.boots++
		}
	}
	w.dead.Store(false)
	time.Sleep(down)
	w.say("", "the process starts")
	return w.start()
}

// copyDatabase keeps what is on the disk at this moment for the next boot.
func (w *world) copyDatabase() error {
	from := w.database()
	w.boots++
	to := w.database()
	w.boots--
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(from + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(to+suffix, b, 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
