package desk

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"baton/fault"
)

// OutboxOptions tunes an outbox. The zero value is right for production.
type OutboxOptions struct {
	Window  int           // most items of a lane under way; 0: 64
	Tries   int           // attempts before an item is given up; 0: 8
	Later   int           // the same where only the way is closed; 0: 180, an hour
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
	if o.Later == 0 {
		o.Later = 180
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

	reports chan report   // to the desk
	wake    chan struct{} // there is something to do

	mu     sync.Mutex
	ways   map[Way]Channel // those that are up
	lanes  map[Lane]*lane
	ready  []*lane // lanes to look at
	report report  // on its way to the desk
	failed []failure
	next   time.Time // when a lane that pauses goes on; zero: none does
	last   int64     // the newest item it was given
	dying  int       // given up, and not buried yet
}

// report is what the desk must commit.
type report struct {
	done  []int64 // confirmed
	given []Dead  // given up
}

func (r report) empty() bool { return len(r.done)+len(r.given) == 0 }

func (r report) and(more report) report {
	return report{append(r.done, more.done...), append(r.given, more.given...)}
}

// lane is the queue of one receiver in one conversation.
type lane struct {
	key    Lane
	way    Way
	items  []Item
	begun  int                // items[:begun] are under way
	soft   map[int64]struct{} // those of them that have arrived, though not for good
	run    int                // rises when they are begun anew: older failures do not count
	until  time.Time          // nothing further is begun before
	gone   bool               // the receiver could not be reached: what follows is not tried as long
	queued bool               // in Outbox.ready
}

func newOutbox(cfg Config) *Outbox {
	return &Outbox{
		opt: cfg.Outbox.withDefaults(), store: cfg.Store, log: cfg.Log, obs: cfg.Observer,
		now: time.Now, wall: cfg.Now, domain: cfg.Domain,
		reports: make(chan report),
		wake:    make(chan struct{}, 1),
		ways:    map[Way]Channel{},
		lanes:   map[Lane]*lane{},
	}
}

// Up says that c can carry items that go that way: all of them that are not
// confirmed are begun, again where they had been begun already.
func (o *Outbox) Up(w Way, c Channel) {
	o.mu.Lock()
	o.ways[w] = c
	for _, l := range o.oldestFirst() {
		if l.way == w {
			l.restart(time.Time{})
			o.look(l)
		}
	}
	o.mu.Unlock()
	o.poke()
}

// Down says that nothing can be carried that way for now.
func (o *Outbox) Down(w Way) {
	o.mu.Lock()
	delete(o.ways, w)
	o.mu.Unlock()
}

// lane returns the lane of that key, made where there is none. The caller holds
// mu.
func (o *Outbox) lane(key Lane) *lane {
	l := o.lanes[key]
	if l == nil {
		l = &lane{key: key, way: WayTo(o.domain, key.To)}
		o.lanes[key] = l
	}
	return l
}

// Pending returns how many items are not confirmed yet.
func (o *Outbox) Pending() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := o.dying
	for _, l := range o.lanes {
		n += len(l.items)
	}
	return n
}

// Provisional returns how many of those pending have arrived, though not for
// good.
func (o *Outbox) Provisional() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, l := range o.lanes {
		n += len(l.soft)
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
		l := o.lane(it.Lane())
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
	s, err := o.store.Restore(ctx, o.domain, nil)
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
	clear(l.soft)
	l.run++
}

// run performs items until ctx ends.
func (o *Outbox) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		o.pump(ctx)
		failed := o.failures()
		for _, f := range failed {
			o.fail(ctx, f)
		}
		if r := o.collect(); !r.empty() {
			select {
			case o.reports <- r:
			case <-ctx.Done():
				o.again(r) // the desk collects it
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
		if len(o.ready) == 0 {
			o.mu.Unlock()
			return
		}
		l := o.ready[0]
		ch, up := o.ways[l.way]
		wait := l.until.Sub(o.now())
		if !up || l.begun >= len(l.items) || l.begun-len(l.soft) >= o.opt.Window || wait > 0 || o.awaits(l) {
			o.ready = o.ready[1:]
			l.queued = false
			if up || len(l.items) == 0 {
				o.rest(l, wait)
			}
			o.mu.Unlock()
			continue
		}
		item, run := l.items[l.begun], l.run
		l.begun++
		o.mu.Unlock()
		began := o.now()
		fault.Point("outbox.perform.before")
		hold := ch.Perform(ctx, item, func(err error) { o.finished(l, run, item, began, err) })
		fault.Point("outbox.perform.after")
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
	for _, l := range o.oldestFirst() {
		if l.begun < len(l.items) || len(l.items) == 0 {
			o.look(l)
		}
	}
}

// oldestFirst returns the lanes, whose next item is the oldest first. The caller
// holds mu.
func (o *Outbox) oldestFirst() []*lane {
	next := func(l *lane) int64 {
		if len(l.items) == 0 {
			return 0
		}
		return l.items[0].ID
	}
	return slices.SortedFunc(maps.Values(o.lanes), func(a, b *lane) int { return cmp.Compare(next(a), next(b)) })
}

// finished notes what became of an item.
func (o *Outbox) finished(l *lane, run int, item Item, began time.Time, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	defer o.poke()
	switch {
	case errors.Is(err, ErrProvisional):
		o.soften(l, run, item)
	case err != nil:
		o.failed = append(o.failed, failure{l, run, item, err})
	case o.remove(l, item):
		l.gone = false
		o.report.done = append(o.report.done, item.ID)
		fault.Point("outbox.confirmed")
		if o.obs != nil {
			o.obs.Delivered(item.Kind, o.now().Sub(began))
		}
	}
}

// soften lets what follows an item go on that is confirmed but for good. The
// caller holds mu.
func (o *Outbox) soften(l *lane, run int, item Item) {
	if run != l.run || !slices.ContainsFunc(l.items[:l.begun], item.same) {
		return
	}
	if l.soft == nil {
		l.soft = map[int64]struct{}{}
	}
	l.soft[item.ID] = struct{}{}
	o.look(l)
}

// remove takes an item out of its lane; false if it was out already. The
// caller holds mu.
func (o *Outbox) remove(l *lane, item Item) bool {
	i := slices.IndexFunc(l.items, item.same)
	if i < 0 {
		return false
	}
	l.items = slices.Delete(l.items, i, i+1)
	delete(l.soft, item.ID)
	if i < l.begun {
		l.begun--
	}
	o.look(l)
	if s := o.lanes[surrenders(item.Conversation)]; s != nil {
		o.look(s)
	}
	return true
}

// collect takes what must be reported.
func (o *Outbox) collect() report {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.report
	o.report = report{}
	return r
}
