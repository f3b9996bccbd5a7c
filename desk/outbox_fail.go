package desk

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"baton/fault"
)

// failure is an item that could not be carried out.
type failure struct {
	lane *lane
	run  int
	item Item
	err  error
}

func (o *Outbox) failures() []failure {
	o.mu.Lock()
	defer o.mu.Unlock()
	failed := o.failed
	o.failed = nil
	return failed
}

// fail deals with an item that could not be carried out: it is begun again
// after a pause, or given up. How often it was tried survives a restart.
func (o *Outbox) fail(ctx context.Context, f failure) {
	it, pause := o.judge(f)
	if it == nil {
		return
	}
	fault.Point("outbox.retry.before")
	if err := o.store.Retry(ctx, it.ID, it.Tries); err != nil {
		o.log.Error("cannot count an attempt", "item", it.ID, "error", err)
	}
	level := slog.LevelWarn
	if it.Tries > 1 { // once is enough until it is given up
		level = slog.LevelDebug
	}
	o.log.Log(ctx, level, "not delivered, trying again", "kind", it.Kind, "to", it.To, "tries", it.Tries,
		"in", pause, "error", f.err)
}

// judge decides what becomes of a failed item, and returns it with its pause
// where it is begun again.
func (o *Outbox) judge(f failure) (*Item, time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f.run != f.lane.run {
		return nil, 0 // its lane was begun anew since
	}
	if errors.Is(f.err, ErrDown) {
		f.lane.restart(time.Time{})
		return nil, 0
	}
	i := slices.IndexFunc(f.lane.items, f.item.same)
	if i < 0 {
		return nil, 0
	}
	f.lane.items[i].Tries++
	it := f.lane.items[i]
	unreachable := errors.Is(f.err, ErrUnreachable)
	if o.enough(it.Tries, f.err) || unreachable && f.lane.gone {
		f.lane.gone = unreachable
		o.giveUp(f.lane, Dead{Item: it, Reason: f.err.Error(), At: o.wall(), Unreachable: unreachable})
		return nil, 0
	}
	pause := min(o.opt.Backoff<<min(it.Tries-1, 16), maxBackoff) // a larger shift would overflow
	l := f.lane
	if it.Kind == KindUnbind && !l.key.Bind {
		l = o.aside(l, i)
	}
	l.restart(o.now().Add(pause))
	o.look(l)
	return &it, pause
}

// enough reports whether an item that failed that often is given up.
func (o *Outbox) enough(tries int, err error) bool {
	switch {
	case errors.Is(err, ErrNever):
		return true
	case errors.Is(err, ErrLater):
		return tries >= o.opt.Later
	}
	return tries >= o.opt.Tries
}

// aside moves an item to the lane of rosters and returns that. A contact that
// cannot be taken out of a roster must not hold up an offer or a line to the
// same receiver, to whom the session may come back. The caller holds mu.
func (o *Outbox) aside(from *lane, i int) *lane {
	key := from.key
	key.Bind = true
	to := o.lane(key)
	to.items = append(to.items, from.items[i])
	o.remove(from, from.items[i])
	return to
}

// giveUp takes an item out of its lane; the desk buries it and sees to it that
// somebody learns of it. The caller holds mu.
func (o *Outbox) giveUp(l *lane, d Dead) {
	o.remove(l, d.Item)
	o.dying++
	o.report.given = append(o.report.given, d)
	o.log.Error("given up, see the dead letters", "kind", d.Item.Kind, "to", d.Item.To,
		"conversation", d.Item.Conversation, "tries", d.Item.Tries, "reason", d.Reason)
}

// buried says that an item is among the dead letters.
func (o *Outbox) buried() {
	fault.Point("desk.bury.after")
	o.mu.Lock()
	o.dying--
	o.mu.Unlock()
}

// buryLater reports an item once more that could not be buried. Should the
// program end meanwhile, it is in the store's outbox still.
func (o *Outbox) buryLater(d Dead) {
	time.AfterFunc(maxBackoff, func() { o.again(report{given: []Dead{d}}) })
}

// again reports once more what could not be committed.
func (o *Outbox) again(r report) {
	o.mu.Lock()
	o.report = r.and(o.report)
	o.mu.Unlock()
	o.poke()
}
