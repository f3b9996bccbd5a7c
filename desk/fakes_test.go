package desk_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"baton/desk"
	"baton/handoff"
)

var (
	errBroken = errors.New("the disk is gone")
	errBounce = errors.New("bounced")
)

// verdict is what becomes of an item; the zero verdict confirms it at once.
type verdict struct {
	err  error
	keep bool          // not answered until somebody does by hand
	late time.Duration // answered after that time
	hold time.Duration
}

// courier is a channel that remembers what it carried.
type courier struct {
	mu   sync.Mutex
	rule func(desk.Item) verdict
	log  []desk.Item
	when []time.Time
	kept []errand
}

type errand struct {
	desk.Item
	done func(error)
}

func (c *courier) Perform(_ context.Context, item desk.Item, done func(error)) time.Duration {
	c.mu.Lock()
	c.log = append(c.log, item)
	c.when = append(c.when, time.Now())
	v := verdict{}
	if c.rule != nil {
		v = c.rule(item)
	}
	if v.keep {
		c.kept = append(c.kept, errand{item, done})
	}
	c.mu.Unlock()
	switch {
	case v.keep:
	case v.late > 0:
		time.AfterFunc(v.late, func() { done(v.err) })
	default:
		done(v.err)
	}
	return v.hold
}

// does sets what becomes of items from now on.
func (c *courier) does(rule func(desk.Item) verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rule = rule
}

// keeps answers nothing from now on.
func (c *courier) keeps() { c.does(func(desk.Item) verdict { return verdict{keep: true} }) }

// answer answers the oldest kept item that says so with err.
func (c *courier) answer(err error, what string) {
	c.mu.Lock()
	i := slices.IndexFunc(c.kept, func(e errand) bool { return words(e.Item) == what })
	if i < 0 {
		c.mu.Unlock()
		panic("nothing kept says " + what)
	}
	e := c.kept[i]
	c.kept = slices.Delete(c.kept, i, i+1)
	c.mu.Unlock()
	e.done(err)
}

// answerAll answers everything kept with err.
func (c *courier) answerAll(err error) {
	c.mu.Lock()
	kept := c.kept
	c.kept = nil
	c.mu.Unlock()
	for _, e := range kept {
		e.done(err)
	}
}

// forget drops what is kept: its desk is no more.
func (c *courier) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = nil
}

func (c *courier) all() []desk.Item {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.log)
}

func (c *courier) to(p handoff.Party) []desk.Item {
	return slices.DeleteFunc(c.all(), func(it desk.Item) bool { return it.To != p })
}

// times returns when the items that say so were carried, from the first on.
func (c *courier) times(what string) []time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	var first time.Time
	var ds []time.Duration
	for i, it := range c.log {
		if words(it) == what {
			if len(ds) == 0 {
				first = c.when[i]
			}
			ds = append(ds, c.when[i].Sub(first))
		}
	}
	return ds
}

// words says what an item is, for people.
func words(it desk.Item) string {
	switch e := it.Effect.(type) {
	case handoff.Opened:
		return fmt.Sprintf("opened %d", e.Session)
	case handoff.Line:
		return fmt.Sprintf("%d %s: %s", e.Seq, name(e.By), it.Line.Body)
	case handoff.Ring:
		return "ring"
	case handoff.Outcome:
		if e.By == "" {
			return "outcome " + string(e.State)
		}
		return fmt.Sprintf("outcome %s by %s", e.State, name(e.By))
	case handoff.Bind:
		return fmt.Sprintf("bind epoch %d", e.Epoch)
	case handoff.Replay:
		return fmt.Sprintf("replay %d-%d", e.First, e.Through)
	case handoff.Unbind:
		return fmt.Sprintf("unbind epoch %d", e.Epoch)
	case handoff.Leave:
		return "leave " + e.Reason
	case handoff.Moved:
		return "moved to " + name(e.To)
	case handoff.Notice:
		said := []string{}
		for _, p := range e.Says {
			who := ""
			if p.Args["Who"] != "" {
				who = " " + p.Args["Who"]
			}
			said = append(said, fmt.Sprint(p.Name, p.Words, p.Args["Place"], p.Args["Count"], who))
		}
		return strings.Join(said, " ")
	case handoff.Copy:
		return fmt.Sprintf("hears %d of %s", e.Seq, name(e.By))
	case handoff.Surrender:
		return "surrender of " + name(e.To) + " to " + name(e.Heir)
	}
	if e, ok := it.Effect.(handoff.Undelivered); ok {
		return e.What + " of " + name(e.By) + " not delivered to " + name(e.Who)
	}
	return fmt.Sprintf("%T", it.Effect)
}

// wobbly is a store that fails when it is told to.
type wobbly struct {
	desk.Store
	mu      sync.Mutex
	broken  error                   // everything that writes fails with it
	unread  error                   // what looks something up fails with it
	before  func(*desk.Batch) error // asked before each commit
	unsure  bool                    // commits and does not know
	gate    chan struct{}           // a commit waits until it is closed
	commits int
	dead    []desk.Dead
}

func (w *wobbly) Commit(ctx context.Context, b *desk.Batch) error {
	w.mu.Lock()
	gate := w.gate
	w.mu.Unlock()
	if gate != nil {
		<-gate
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.broken != nil {
		return w.broken
	}
	if w.before != nil {
		if err := w.before(b); err != nil {
			return err
		}
	}
	w.commits++
	if w.unsure {
		copied := copyOf(b)
		if err := w.Store.Commit(ctx, copied); err != nil {
			return err
		}
		w.dead = append(w.dead, b.Buried...)
		return desk.ErrUnknownOutcome
	}
	err := w.Store.Commit(ctx, b)
	if err == nil {
		w.dead = append(w.dead, b.Buried...)
	}
	return err
}

// copyOf keeps a commit from telling the desk the keys it gave.
func copyOf(b *desk.Batch) *desk.Batch {
	out := *b
	out.Conversations, out.Items = nil, nil
	for _, c := range b.Conversations {
		cc := *c
		out.Conversations = append(out.Conversations, &cc)
	}
	for _, it := range b.Items {
		ii := *it
		out.Items = append(out.Items, &ii)
	}
	return &out
}

func (w *wobbly) Retry(ctx context.Context, id int64, tries int) error {
	if err := w.fault(); err != nil {
		return err
	}
	return w.Store.Retry(ctx, id, tries)
}

func (w *wobbly) fault() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken
}

// blind makes looking things up fail; nil mends it.
func (w *wobbly) blind(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unread = err
}

func looked[E any](w *wobbly, get func() (E, error)) (E, error) {
	w.mu.Lock()
	err := w.unread
	w.mu.Unlock()
	if err != nil {
		var none E
		return none, err
	}
	return get()
}

func (w *wobbly) ByCaller(ctx context.Context, domain, entry string, who handoff.Party) (desk.Conversation, error) {
	return looked(w, func() (desk.Conversation, error) { return w.Store.ByCaller(ctx, domain, entry, who) })
}

func (w *wobbly) ByLocal(ctx context.Context, domain, local string) (desk.Conversation, error) {
	return looked(w, func() (desk.Conversation, error) { return w.Store.ByLocal(ctx, domain, local) })
}

func (w *wobbly) Held(ctx context.Context, domain, local string, who handoff.Party) (session, epoch uint64, err error) {
	type held struct{ session, epoch uint64 }
	h, err := looked(w, func() (h held, err error) {
		h.session, h.epoch, err = w.Store.Held(ctx, domain, local, who)
		return h, err
	})
	return h.session, h.epoch, err
}

func (w *wobbly) TransferByID(ctx context.Context, domain, id string) (desk.Transfer, error) {
	return looked(w, func() (desk.Transfer, error) { return w.Store.TransferByID(ctx, domain, id) })
}

func (w *wobbly) LineByOrigin(ctx context.Context, domain, local string, by handoff.Party, id string) (desk.Line, error) {
	return looked(w, func() (desk.Line, error) { return w.Store.LineByOrigin(ctx, domain, local, by, id) })
}

// breakDown makes everything that writes fail; nil mends it.
func (w *wobbly) breakDown(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.broken = err
}

func (w *wobbly) asks(before func(*desk.Batch) error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.before = before
}

// asksNoMore is for what is asked before a commit.
func (w *wobbly) asksNoMore() { w.before = nil }

func (w *wobbly) forgets(unsure bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unsure = unsure
}

// stall makes commits wait until the function it returns is called.
func (w *wobbly) stall() (open func()) {
	gate := make(chan struct{})
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gate = gate
	return func() {
		w.mu.Lock()
		w.gate = nil
		w.mu.Unlock()
		close(gate)
	}
}

func (w *wobbly) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.commits
}

func (w *wobbly) graves() []desk.Dead {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.dead)
}

// watch is an observer that counts.
type watch struct {
	mu                         sync.Mutex
	batches, requests, lines   int
	delivered, buried, biggest int
}

func (w *watch) Committed(requests, lines int, _ time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batches++
	w.requests += requests
	w.lines += lines
	w.biggest = max(w.biggest, requests)
}

func (w *watch) Delivered(desk.Kind, time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.delivered++
}

func (w *watch) Buried(desk.Dead) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buried++
}
