package desk_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
	"baton/store"
	"baton/store/storetest"
)

const (
	domain  = "handoff.example.com"
	patient = 30 * time.Second // how long an offer rings
)

// Who takes part. Callers speak from elsewhere; agents are configured.
const (
	carol   = handoff.Party("carol@example.net")
	dave    = handoff.Party("dave@example.net")
	alice   = handoff.Party("alice@example.com") // support
	adam    = handoff.Party("adam@example.com")  // support
	bob     = handoff.Party("bob@example.com")   // billing, night
	ben     = handoff.Party("ben@example.com")   // billing, night
	robo    = handoff.Party("robo@example.com")  // front, a bot
	mallory = handoff.Party("mallory@example.org")
)

func agents() []desk.Agent {
	return []desk.Agent{
		{JID: alice, Name: "Alice", Queues: []string{"support"}, Capacity: 2},
		{JID: adam, Name: "Adam", Queues: []string{"support"}, Capacity: 2},
		{JID: bob, Name: "Bob", Queues: []string{"billing", "night"}, Skills: []string{"fr"}, Capacity: 2},
		{JID: ben, Name: "Ben", Queues: []string{"billing", "night"}, Capacity: 2},
		{JID: robo, Name: "Robo", Queues: []string{"front"}, Bot: true},
	}
}

func queues() []desk.Queue {
	return []desk.Queue{
		{Name: "support", Title: "Support"},
		{Name: "billing", Title: "Billing", Share: desk.Share{Last: 20}},
		{Name: "night", RingAll: true},
		{Name: "front", Auto: true, Greeting: "Welcome."},
		{Name: "attic"}, // nobody works there
	}
}

// T is what a scene needs of a test, also of a property's.
type T interface {
	require.TestingT
	Helper()
}

// scene is one desk on a real store, with a fake channel, in virtual time.
type scene struct {
	t         T
	path      string // the database
	directory *desk.Directory
	outbox    desk.OutboxOptions
	hops      int
	grace     time.Duration
	idle      time.Duration
	memory    time.Duration
	figures   []desk.Figures // as told
	clock     clock

	file    *store.SQLite
	store   *wobbly // around file
	desk    *desk.Desk
	courier *courier
	watch   *watch
	cut     bool // the channel is not up after a start
	ids     int
	looked  map[handoff.Party]int // performances that sees has compared
	stop    func()

	first    desk.Request // asked before the desk runs
	firstErr error
}

// story runs a scene in a bubble of virtual time.
func story(t *testing.T, tell func(t *testing.T, s *scene), options ...func(*scene)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, filepath.Join(t.TempDir(), "desk.db"))
		for _, o := range options {
			o(s)
		}
		s.start()
		defer func() { s.stop() }()
		tell(t, s)
	})
}

func newScene(t T, path string) *scene {
	return &scene{t: t, path: path, hops: 8, looked: map[handoff.Party]int{}, courier: &courier{}, watch: &watch{},
		directory: &desk.Directory{Agents: agents(), Queues: queues()}}
}

// start opens the store and runs a desk on it.
func (s *scene) start() {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	require.NoError(s.t, storetest.Fresh(s.path))
	var err error
	s.file, err = store.Open(ctx, store.Source{Path: s.path}, store.Options{})
	require.NoError(s.t, err)
	s.store = &wobbly{Store: s.file}
	s.desk = desk.New(desk.Config{
		Domain: domain, Store: s.store, Directory: s.directory, Outbox: s.outbox, Observer: s.watch,
		Policy: desk.Policy{OfferTimeout: patient, MaxHops: s.hops, Grace: s.grace, Idle: s.idle, Memory: s.memory},
		Log:    slog.New(slog.DiscardHandler),
		NewID:  func() string { s.ids++; return fmt.Sprintf("id%06d", s.ids) },
		Now:    s.clock.now,
	})
	s.desk.OnFigures(func(f *desk.Figures) { s.figures = append(s.figures, *f) })
	s.desk.KeepWarm(1) // so that they are packed and unpacked all the time
	require.NoError(s.t, s.desk.Restore(ctx))
	if !s.cut {
		s.desk.Outbox().Up(desk.XMPP, s.courier)
	}
	if s.first != nil {
		answer := func(_ desk.Result, err error) { s.firstErr = err }
		require.NoError(s.t, s.desk.Submit(ctx, s.first, answer))
	}
	over := make(chan error, 1)
	go func() { over <- s.desk.Run(ctx) }()
	s.stop = func() {
		cancel()
		require.NoError(s.t, <-over)
		require.NoError(s.t, s.file.Close())
		s.stop = func() {}
	}
	s.settle()
}

// restart ends the desk in good order and starts it again on what it left.
func (s *scene) restart() {
	s.t.Helper()
	s.stop()
	s.courier.forget()
	s.start()
}

// crash ends the desk as a power cut does: from now on nothing reaches the
// disk any more.
func (s *scene) crash() {
	s.t.Helper()
	s.store.breakDown(errBroken)
	s.restart()
}

// settle waits until everything that can happen now has happened.
func (s *scene) settle() { synctest.Wait() }

// pass lets time go by.
func (s *scene) pass(d time.Duration) {
	time.Sleep(d)
	s.settle()
}

// flush lets confirmations reach the store.
func (s *scene) flush() { s.pass(20 * time.Millisecond) }

func (s *scene) do(req desk.Request) (desk.Result, error) {
	res, err := s.desk.Do(context.Background(), req)
	s.settle()
	return res, err
}

func (s *scene) must(req desk.Request) desk.Result {
	s.t.Helper()
	res, err := s.do(req)
	require.NoError(s.t, err)
	return res
}

// refused checks that req is refused with want, and that nothing came of it.
func (s *scene) refused(want error, req desk.Request) error {
	s.t.Helper()
	s.flush()
	commits, carried := s.store.count(), len(s.courier.all())
	res, err := s.do(req)
	require.ErrorIs(s.t, err, want)
	require.Equal(s.t, desk.Result{}, res)
	require.Equal(s.t, commits, s.store.count(), "a refusal was committed")
	require.Len(s.t, s.courier.all(), carried, "a refusal made something leave")
	return err
}

// submit queues requests without waiting in between, so that they share a
// batch, and returns their answers.
func (s *scene) submit(reqs ...desk.Request) ([]desk.Result, []error) {
	s.t.Helper()
	results, errs := make([]desk.Result, len(reqs)), make([]error, len(reqs))
	answered := 0
	open := s.store.stall()
	require.NoError(s.t, s.desk.Submit(context.Background(), desk.Connect{Caller: desk.Caller{Entry: "attic",
		Party: "somebody@example.net"}}, func(desk.Result, error) {}))
	s.settle() // that one's commit stands still
	for i, r := range reqs {
		require.NoError(s.t, s.desk.Submit(context.Background(), r, func(res desk.Result, err error) {
			results[i], errs[i] = res, err
			answered++
		}))
	}
	open()
	s.settle()
	require.Equal(s.t, len(reqs), answered, "every request is answered once")
	return results, errs
}

func (s *scene) arrive(who ...handoff.Party) {
	s.t.Helper()
	for _, p := range who {
		s.must(desk.Presence{Agent: p, Available: true, Online: true})
	}
}

func (s *scene) leave(who ...handoff.Party) {
	s.t.Helper()
	for _, p := range who {
		s.must(desk.Presence{Agent: p})
	}
}

// sees checks what was carried to p since the last look, in order.
func (s *scene) sees(p handoff.Party, want ...string) {
	s.t.Helper()
	all := s.courier.to(p)
	fresh := all[s.looked[p]:]
	s.looked[p] = len(all)
	got := []string{}
	for _, it := range fresh {
		got = append(got, words(it))
	}
	require.Equal(s.t, append([]string{}, want...), got, "what %s sees", p)
}

// ignore skips what was carried so far.
func (s *scene) ignore() {
	for _, it := range s.courier.all() {
		s.looked[it.To] = len(s.courier.to(it.To))
	}
}

// atRest checks that nothing is pending, here and on the disk.
func (s *scene) atRest() {
	s.t.Helper()
	s.flush()
	require.Zero(s.t, s.desk.Outbox().Pending())
	stats, err := s.file.Stats(context.Background())
	require.NoError(s.t, err)
	require.Zero(s.t, stats.Outbox, "items on the disk")
}
