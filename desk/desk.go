// Package desk is the durable shell around package handoff: it loads a
// conversation, steps it, commits state, line and effects in one transaction,
// and only then lets anything leave.
//
// One goroutine, [Desk.Run], owns every decision: requests come in by
// [Desk.Submit] and [Desk.Do], whatever is queued is stepped in arrival order and
// committed as one batch, and each caller is answered after the commit. What must
// leave is in the outbox (see [Outbox]), which performs it at least once and in
// order for each receiver.
package desk

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"baton/fault"
	"baton/handoff"
)

// maxBatch bounds how many requests one transaction holds.
const maxBatch = 256

// confirmDelay is how long confirmations may wait for a batch to ride in. A
// crash meanwhile repeats those items, with the same ids.
const confirmDelay = 10 * time.Millisecond

// tickRetry is how soon a deadline is tried again that could not be committed.
const tickRetry = time.Second

// Config is what a Desk is made of. Domain, Store and Directory are a must.
type Config struct {
	Domain    string
	Store     Store
	Directory *Directory
	Policy    Policy
	Log       *slog.Logger     // nil: silent
	Observer  Observer         // may be nil
	NewID     func() string    // 8 base32 characters nobody can guess; nil: from the system's randomness
	Now       func() time.Time // nil: time.Now
	Outbox    OutboxOptions
}

// Desk steps conversations and commits what follows.
type Desk struct {
	cfg    Config
	outbox *Outbox
	calls  chan call
	stop   chan struct{} // closed when Run is over
	news   chan struct{} // there is another configuration
	gate   sync.RWMutex  // held for reading in Submit
	dir    atomic.Pointer[Directory]
	policy atomic.Pointer[Policy]
	signs  map[Way]func(Sign)

	besides   besides
	kinds     kinds
	figures   atomic.Pointer[Figures]
	onFigures []func(*Figures)

	// Written by Run alone, under mu; a record once published never changes.
	mu    sync.RWMutex
	shelf *shelf // open sessions, as committed

	// Owned by Run.
	busy      map[handoff.Party]*busy     // who has something to do
	present   map[handoff.Party]bool      // who is available, or known not to be
	absent    map[handoff.Party]time.Time // who is offline, since when we know it
	paused    map[handoff.Party]time.Time // who takes a break, since when
	freed     map[handoff.Party]uint64    // when they were last done with something, counted in such events
	waiting   map[string]wait             // sessions nobody holds
	ranks     ranks                       // their order
	arrivals  uint64                      // how many ever waited
	alarms    alarms                      // when an offer expires, or a waiting session may be offered again
	after     []call                      // what follows from the batch, run next
	rerouted  bool                        // somebody became free: look at the waiting
	number    int64                       // the next short number
	committed time.Time                   // when the last batch was
	confirms  []int64                     // confirmed items the store does not know of yet
	stale     bool                        // the figures may have changed

	waits map[string][]time.Duration // the last ones, by queue
	turns uint64                     // counts who was done with something
}

type callerKey struct {
	entry  string
	caller handoff.Party
}

// wait is a session's place in its queue.
type wait struct {
	order uint64

	queue    string // this and what follows as in its conversation
	since    time.Time
	number   int64
	asked    bool // an offer of it is open
	busy     bool // it is, or somebody takes part
	place    int
	placedAt time.Time

	from  uint64    // the last line before it began to wait
	again time.Time // not offered again before; zero: at any time
	next  time.Time // when others may serve it, for which an alarm is set

	spared handoff.Party // who returned it, not to be asked before until
	until  time.Time
}

type call struct {
	req  Request
	done func(Result, error)
}

// Request is something asked of the desk. The types in this package that
// implement it are all there are.
type Request interface {
	apply(w *work) (Result, error)
}

// Result is what a request led to.
type Result struct {
	Conversation Conversation   // as committed
	Transfer     Transfer       // the transfer opened, where one was
	Line         Line           // the line journalled, where one was
	Position     int            // place in the queue, from 1; 0 when not waiting
	Found        []Conversation // what Find found
	To           handoff.Party  // whom a signal goes to; nobody: it is dropped
	Duplicate    bool           // it had been committed before; nothing was done
	Resumed      bool           // the holder speaks to the caller again
	Standing     Standing       // what the asker is to the conversation
	On           bool           // what was switched is on now
}

// New makes a desk and its outbox, which performs nothing before Run.
func New(cfg Config) *Desk {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	now := cfg.Now // no finer than the store keeps it: a restart must not move a deadline
	cfg.Now = func() time.Time { return now().Truncate(time.Microsecond) }
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.NewID == nil {
		cfg.NewID = RandomID
	}
	d := &Desk{
		cfg:     cfg,
		calls:   make(chan call, maxBatch),
		stop:    make(chan struct{}),
		signs:   map[Way]func(Sign){},
		news:    make(chan struct{}, 1),
		shelf:   newShelf(),
		busy:    map[handoff.Party]*busy{},
		present: map[handoff.Party]bool{},
		absent:  map[handoff.Party]time.Time{},
		paused:  map[handoff.Party]time.Time{},
		freed:   map[handoff.Party]uint64{},
		waits:   map[string][]time.Duration{},
		waiting: map[string]wait{},
		ranks:   ranks{},
	}
	d.figures.Store(&Figures{})
	d.Configure(cfg.Directory, cfg.Policy)
	d.outbox = newOutbox(cfg)
	return d
}

// Directory returns who and what is configured.
func (d *Desk) Directory() *Directory { return d.dir.Load() }

// Policy returns the settings in force.
func (d *Desk) Policy() Policy { return *d.policy.Load() }

// Configure puts another directory and other settings in force, from the next
// request on. Sessions and offers that are open stay as they are, but whoever is no
// agent any more leaves the sessions that others hold, and is asked no more. Whoever
// becomes a bot, or a person, is one from their next session on: see [Desk.IsBot].
func (d *Desk) Configure(dir *Directory, p Policy) {
	p.IDFormat = cmp.Or(p.IDFormat, "{name}.{id}")
	dir.index()
	d.kinds.keep(d, dir)
	d.dir.Store(dir)
	d.policy.Store(&p)
	select {
	case d.news <- struct{}{}: // somebody may take what waits
	default:
	}
}

// Store returns the desk's store, for reading.
func (d *Desk) Store() Store { return d.cfg.Store }

// Domain returns the component domain the desk serves.
func (d *Desk) Domain() string { return d.cfg.Domain }

// Outbox returns the desk's outbox.
func (d *Desk) Outbox() *Outbox { return d.outbox }

// Conversation returns the conversation with that localpart as last committed;
// ErrNotFound when there is none.
func (d *Desk) Conversation(ctx context.Context, local string) (Conversation, error) {
	d.mu.RLock()
	c := d.shelf.byLocal(local)
	d.mu.RUnlock()
	if c != nil {
		return *c, nil
	}
	return d.cfg.Store.ByLocal(ctx, d.cfg.Domain, local)
}

// OpenOf returns the caller's conversation at a queue while a session is open;
// ErrNotFound when none is.
func (d *Desk) OpenOf(entry string, caller handoff.Party) (Conversation, error) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	c := d.shelf.byCaller(callerKey{entry, caller})
	if c == nil {
		return Conversation{}, ErrNotFound
	}
	return *c, nil
}

// Submit queues req and returns; done is called after the commit, or with the
// refusal, on the desk's goroutine and must not block. Requests of one goroutine
// are stepped in the order submitted. It waits while the queue is full and fails
// only when ctx ends or the desk closes; done is not called then.
func (d *Desk) Submit(ctx context.Context, req Request, done func(Result, error)) error {
	d.gate.RLock()
	defer d.gate.RUnlock()
	select {
	case <-d.stop: // for sure, not only as likely as room in the queue
		return ErrStopped
	default:
	}
	select {
	case d.calls <- call{req, done}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-d.stop:
		return ErrStopped
	}
}

// Do submits req and waits for its result.
func (d *Desk) Do(ctx context.Context, req Request) (Result, error) {
	type answer struct {
		res Result
		err error
	}
	ch := make(chan answer, 1)
	if err := d.Submit(ctx, req, func(r Result, err error) { ch <- answer{r, err} }); err != nil {
		return Result{}, err
	}
	select {
	case a := <-ch:
		return a.res, a.err
	case <-ctx.Done():
		return Result{}, ctx.Err()
	case <-d.stop:
		select {
		case a := <-ch:
			return a.res, a.err
		default:
			return Result{}, ErrStopped
		}
	}
}

// Restore loads what was open when the desk last ran. Call it once, before Run.
func (d *Desk) Restore(ctx context.Context) error {
	s, err := d.refill(ctx)
	if err != nil {
		return fmt.Errorf("desk: restore: %w", err)
	}
	d.number = max(s.NextNumber, 1)
	d.takeBreaks(s.Paused)
	d.rerouted, d.stale = true, true
	d.count()
	d.outbox.add(s.Items)
	d.cfg.Log.Info("restored", "sessions", d.shelf.open, "outbox", len(s.Items))
	return nil
}

// Run steps and commits until ctx ends, then answers what is queued and
// returns. The outbox runs inside it.
func (d *Desk) Run(ctx context.Context) error {
	over := make(chan struct{})
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	go func() { defer close(over); d.outbox.run(out) }()
	halt := func() { cancel(); <-over }
	defer d.close()

	timer := time.NewTimer(0)
	defer timer.Stop()
	flush := time.NewTimer(confirmDelay)
	defer flush.Stop()
	looked := time.Now()
	for {
		select {
		case c := <-d.calls:
			d.pace()
			d.run(ctx, d.gather(c))
		case r := <-d.outbox.reports:
			if len(d.confirms) == 0 {
				flush.Reset(confirmDelay)
			}
			fault.Point("desk.confirm.taken")
			d.confirms = append(d.confirms, r.done...)
			d.after = append(d.after, d.burials(r.given)...)
		case <-flush.C:
			d.run(ctx, nil)
			if len(d.confirms) > 0 {
				flush.Reset(tickRetry)
			}
		case <-timer.C:
			d.run(ctx, d.overdue())
			looked = time.Now()
			d.stale = true    // hours
			d.rerouted = true // a clock that was stepped and put right rings no alarm
		case <-d.news:
			d.rerouted, d.stale = true, true
			d.review()
		case <-ctx.Done():
			d.drain(context.WithoutCancel(ctx), halt)
			return nil
		}
		for d.rerouted || len(d.after) > 0 {
			next := d.after
			d.after, d.rerouted = nil, false
			d.run(ctx, append(next, d.reroute()...))
		}
		d.count()
		timer.Reset(min(d.alarms.wait(d.cfg.Now()), max(0, maxWait-time.Since(looked))))
	}
}

// gather takes what is queued behind c, so that one commit serves it all.
func (d *Desk) gather(c call) []call {
	batch := []call{c}
	for len(batch) < maxBatch {
		select {
		case c := <-d.calls:
			batch = append(batch, c)
		default:
			return batch
		}
	}
	return batch
}

// drain commits what was already queued, ends the outbox, and commits what was
// confirmed.
func (d *Desk) drain(ctx context.Context, halt func()) {
	var last report
	for {
		select {
		case c := <-d.calls:
			d.run(ctx, d.gather(c))
		case r := <-d.outbox.reports:
			last = last.and(r)
		default:
			fault.Point("desk.drained")
			halt()
			last = last.and(d.outbox.collect())
			d.confirms = append(d.confirms, last.done...)
			d.run(ctx, d.burials(last.given))
			return
		}
	}
}

// close lets no more requests in and refuses those that came after drain.
func (d *Desk) close() {
	close(d.stop)
	d.gate.Lock() // nobody is in Submit any more
	late := len(d.calls)
	d.gate.Unlock()
	for range late {
		c := <-d.calls
		c.done(Result{}, ErrStopped)
	}
}
