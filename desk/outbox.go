package desk

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"
)

// OutboxOptions tunes an outbox. The zero value is right for production.
type OutboxOptions struct {
	Window  int           // most items of a lane under way; 0: 64
	Tries   int           // attempts before an item is given up; 0: 8
	Backoff time.Duration // pause before the second attempt, doubled for each further one; 0: 1 s
}

// maxBackoff bounds the pause between two attempts: what failed for whatever
// reason goes on half a minute after the reason is gone.
const maxBackoff = 20 * time.Second

func (o OutboxOptions) withDefaults() OutboxOptions {
	if o.Window == 0 {
		o.Window = 64
	}
	if o.Tries == 0 {
		o.Tries = 8
	}
	if o.Backoff == 0 {
		o.Backoff = time.Second
	}
	return o
}

// Outbox performs committed items: at least once, those of one lane in order,
// several under way at a time. When one fails, it and what was begun after it
// are performed again, in order and with the same ids.
type Outbox struct {
	opt    OutboxOptions
	store  Store
	log    *slog.Logger
	obs    Observer
	now    func() time.Time // for pauses: steps of the wall clock do not reach them
	wall   func() time.Time
	domain string

	confirmed chan []int64  // to the desk
	wake      chan struct{} // there is something to do

	mu      sync.Mutex
	channel Channel
	up      bool
	lanes   map[Lane]*lane
	ready   []*lane // lanes to look at
	done    []int64 // confirmed, on their way to the desk
	failed  []failure
	next    time.Time // when a lane that pauses goes on; zero: none does
	last    int64     // the newest item it was given
}

// lane is the queue of one receiver in one conversation.
type lane struct {
	key    Lane
	items  []Item
	begun  int       // items[:begun] are under way
	run    int       // rises when they are begun anew: older failures do not count
	until  time.Time // nothing further is begun before
	queued bool      // in Outbox.ready
}

type failure struct {
	lane *lane
	run  int
	item Item
	err  error
}

func newOutbox(cfg Config) *Outbox {
	return &Outbox{
		opt: cfg.Outbox.withDefaults(), store: cfg.Store, log: cfg.Log, obs: cfg.Observer,
		now: time.Now, wall: cfg.Now, domain: cfg.Domain,
		confirmed: make(chan []int64),
		wake:      make(chan struct{}, 1),
		lanes:     map[Lane]*lane{},
	}
}

// Up says that c can carry items: all that is not confirmed is begun, again
// where it had been begun already.
func (o *Outbox) Up(c Channel) {
	o.mu.Lock()
	o.channel, o.up = c, true
	for _, l := range o.lanes {
		l.restart(time.Time{})
		o.look(l)
	}
	o.mu.Unlock()
	o.poke()
}

// Down says that nothing can be carried for now.
func (o *Outbox) Down() {
	o.mu.Lock()
	o.up = false
	o.mu.Unlock()
}

// Pending returns how many items are not confirmed yet.
func (o *Outbox) Pending() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, l := range o.lanes {
		n += len(l.items)
	}
	return n
}

// add queues committed items.
func (o *Outbox) add(items []Item) {
	if len(items) == 0 {
		return
	}
	o.mu.Lock()
	for _, it := range items {
		l := o.lanes[it.Lane()]
		if l == nil {
			l = &lane{key: it.Lane()}
			o.lanes[it.Lane()] = l
		}
		l.items = append(l.items, it)
		if it.Kind == KindBind { // news: what failed before need not be waited for
			l.until = time.Time{}
		}
		o.last = max(o.last, it.ID)
		o.look(l)
	}
	o.mu.Unlock()
	o.poke()
}

// reload adds what the store holds and the outbox does not know: the items of
// a commit that succeeded without our learning of it.
func (o *Outbox) reload(ctx context.Context) {
	s, err := o.store.Restore(ctx, o.domain)
	if err != nil {
		o.log.Error("cannot load the outbox again; restart to deliver what is in it", "error", err)
		return
	}
	o.mu.Lock()
	last := o.last
	o.mu.Unlock()
	o.add(slices.DeleteFunc(s.Items, func(it Item) bool { return it.ID <= last }))
}

// look queues a lane to be looked at. The caller holds mu.
func (o *Outbox) look(l *lane) {
	if !l.queued {
		l.queued = true
		o.ready = append(o.ready, l)
	}
}

func (o *Outbox) poke() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// restart makes everything begun be begun again, no earlier than at.
func (l *lane) restart(at time.Time) {
	l.begun, l.until = 0, at
	l.run++
}

// run performs items until ctx ends.
func (o *Outbox) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		o.pump(ctx)
		done, failed := o.collect()
		for _, f := range failed {
			o.fail(ctx, f)
		}
		if len(done) > 0 {
			select {
			case o.confirmed <- done:
			case <-ctx.Done():
				o.mu.Lock()
				o.done = append(done, o.done...) // the desk collects them
				o.mu.Unlock()
				return
			}
			continue
		}
		if len(failed) > 0 {
			continue
		}
		timer.Reset(o.pause())
		select {
		case <-o.wake:
		case <-timer.C:
			o.lookAtAll()
		case <-ctx.Done():
			return
		}
	}
}

// pause returns how long no lane that pauses goes on.
func (o *Outbox) pause() time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.next.IsZero() {
		return time.Hour
	}
	return max(o.next.Sub(o.now()), 0)
}

// pump begins what can be begun.
func (o *Outbox) pump(ctx context.Context) {
	for {
		o.mu.Lock()
		if !o.up || len(o.ready) == 0 {
			for _, l := range o.ready {
				l.queued = false
			}
			o.ready = nil
			o.mu.Unlock()
			return
		}
		l, ch := o.ready[0], o.channel
		wait := l.until.Sub(o.now())
		if l.begun >= len(l.items) || l.begun >= o.opt.Window || wait > 0 {
			o.ready = o.ready[1:]
			l.queued = false
			o.rest(l, wait)
			o.mu.Unlock()
			continue
		}
		item, run := l.items[l.begun], l.run
		l.begun++
		o.mu.Unlock()
		began := o.now()
		hold := ch.Perform(ctx, item, func(err error) { o.finished(l, run, item, began, err) })
		if hold > 0 {
			o.mu.Lock()
			if l.run == run {
				l.until = o.now().Add(hold)
			}
			o.mu.Unlock()
		}
	}
}

// rest is what a lane does that has nothing to begin now: it asks to be looked
// at when its pause is over, or goes away. The caller holds mu.
func (o *Outbox) rest(l *lane, wait time.Duration) {
	idle := len(l.items) == 0
	switch {
	case wait <= 0 && idle:
		delete(o.lanes, l.key)
	case wait > 0 && (idle || l.begun < len(l.items)) && (o.next.IsZero() || l.until.Before(o.next)):
		o.next = l.until
	}
}

// lookAtAll queues every lane that has something left to begin, or nothing left
// at all.
func (o *Outbox) lookAtAll() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.next = time.Time{}
	for _, l := range o.lanes {
		if l.begun < len(l.items) || len(l.items) == 0 {
			o.look(l)
		}
	}
}

// finished notes what became of an item.
func (o *Outbox) finished(l *lane, run int, item Item, began time.Time, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.poke()
	if err != nil {
		o.failed = append(o.failed, failure{l, run, item, err})
		return
	}
	if o.remove(l, item) {
		o.done = append(o.done, item.ID)
		if o.obs != nil {
			o.obs.Delivered(item.Kind, o.now().Sub(began))
		}
	}
}

// remove takes an item out of its lane; false if it was out already. The
// caller holds mu.
func (o *Outbox) remove(l *lane, item Item) bool {
	i := slices.IndexFunc(l.items, func(it Item) bool { return it.ID == item.ID })
	if i < 0 {
		return false
	}
	l.items = slices.Delete(l.items, i, i+1)
	if i < l.begun {
		l.begun--
	}
	o.look(l)
	return true
}

func (o *Outbox) collect() ([]int64, []failure) {
	o.mu.Lock()
	defer o.mu.Unlock()
	done, failed := o.done, o.failed
	o.done, o.failed = nil, nil
	return done, failed
}

// fail deals with an item that could not be carried out: it is begun again
// after a pause, or given up.
func (o *Outbox) fail(ctx context.Context, f failure) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f.run != f.lane.run {
		return // its lane was begun anew since
	}
	if errors.Is(f.err, ErrDown) {
		f.lane.restart(time.Time{})
		return
	}
	i := slices.IndexFunc(f.lane.items, func(it Item) bool { return it.ID == f.item.ID })
	if i < 0 {
		return
	}
	it := &f.lane.items[i]
	it.Tries++
	if errors.Is(f.err, ErrNever) || it.Tries >= o.opt.Tries {
		o.bury(ctx, f.lane, Dead{Item: *it, Reason: f.err.Error(), At: o.wall()})
		return
	}
	pause := min(o.opt.Backoff<<min(it.Tries-1, 16), maxBackoff) // a larger shift would overflow
	if err := o.store.Retry(ctx, it.ID, it.Tries); err != nil {
		o.log.Error("cannot count an attempt", "item", it.ID, "error", err)
	}
	o.log.Warn("not delivered, trying again", "kind", it.Kind, "to", it.To, "tries", it.Tries,
		"in", pause, "error", f.err)
	l := f.lane
	if it.Kind == KindUnbind && !l.key.Bind {
		l = o.aside(l, i)
	}
	l.restart(o.now().Add(pause))
	o.look(l)
}

// aside moves an item to the lane of rosters and returns that. A contact that
// cannot be taken out of a roster must not hold up an offer or a line to the
// same receiver, to whom the session may come back. The caller holds mu.
func (o *Outbox) aside(from *lane, i int) *lane {
	key := from.key
	key.Bind = true
	to := o.lanes[key]
	if to == nil {
		to = &lane{key: key}
		o.lanes[key] = to
	}
	to.items = append(to.items, from.items[i])
	from.items = slices.Delete(from.items, i, i+1)
	if i < from.begun {
		from.begun--
	}
	o.look(from)
	return to
}

// bury gives an item up. The caller holds mu.
func (o *Outbox) bury(ctx context.Context, l *lane, d Dead) {
	if err := o.store.Bury(ctx, d); err != nil && !errors.Is(err, ErrNotFound) {
		o.log.Error("cannot bury an item, trying it again later", "item", d.Item.ID, "error", err)
		l.restart(o.now().Add(maxBackoff))
		o.look(l)
		return
	}
	o.remove(l, d.Item)
	o.log.Error("given up, see the dead letters", "kind", d.Item.Kind, "to", d.Item.To,
		"conversation", d.Item.Conversation, "tries", d.Item.Tries, "reason", d.Reason)
	if o.obs != nil {
		o.obs.Buried(d)
	}
}
