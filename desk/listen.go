package desk

import (
	"context"
	"slices"

	"baton/handoff"
)

// maxUnheard is how many copies may be on their way to a listener. One who is
// further behind does not listen any more.
const maxUnheard = 64

// ModeListen is the mode of the ledger's line of a supervisor who listened. Its
// outcome, with the reason, is written when that ends; there is none where a
// restart ended it.
const ModeListen = "listen"

// Why somebody does not listen any more.
const (
	UnheardLeft        = "left"        // they said so
	UnheardEntered     = "entered"     // they take part now
	UnheardOver        = "over"        // the session is
	UnheardRole        = "role"        // they may not any more
	UnheardGone        = "gone"        // offline
	UnheardBehind      = "behind"      // too much is on its way to them
	UnheardUnreachable = "unreachable" // what is said cannot be brought to them
)

// listener is a supervisor who is shown what is said, and takes no part in it.
type listener struct {
	who      handoff.Party
	transfer string // the line of the ledger
}

// Listen has a supervisor shown every line of an open session from now on, notes
// and what is said in private too, and nobody told of it; or no longer. It is
// written in the ledger. A restart ends it.
type Listen struct {
	Oversight
	Session string // the session meant; empty: the open one
	Off     bool
}

func (r Listen) apply(w *work) (Result, error) {
	if err := r.load(w); err != nil {
		return Result{}, err
	}
	a, _ := w.d.Directory().Agent(r.By)
	heard := w.seen().hears(r.By)
	switch {
	case !a.Supervises(): // an administrator: it is a way of reading
		return Result{}, refuse(handoff.ErrNotHolder, "That is for supervisors.")
	case r.Session != "" && r.Session != w.conv.SessionID():
		return Result{}, w.noSession(r.Session)
	case heard == !r.Off:
		return Result{Duplicate: true, On: heard}, nil
	case r.Off:
		w.unhear(r.By, UnheardLeft)
		w.changed = true
		return Result{}, nil
	case w.conv.Has(r.By):
		return Result{}, refuse(handoff.ErrIsHolder, "You are in this chat already.")
	}
	t := w.ledger(Transfer{By: r.By, ByName: a.Name, Target: Target{Agent: r.By}, Mode: ModeListen})
	t.Deadline = w.now
	w.transfers = append(w.transfers, t)
	b := w.own()
	b.listeners = append(b.listeners, listener{r.By, t.ID})
	w.changed = true
	w.d.cfg.Log.Info("a supervisor listens", "session", w.conv.SessionID(), "supervisor", r.By)
	return Result{On: true}, nil
}

// Listens reports whether who listens to a session.
func (d *Desk) Listens(local string, who handoff.Party) bool { return d.besides.of(local).hears(who) }

// HeardBy returns the sessions that who listens to, by their numbers.
func (d *Desk) HeardBy(ctx context.Context, who handoff.Party) []Conversation {
	d.besides.mu.RLock()
	var locals []string
	for local, b := range d.besides.by {
		if b.hears(who) {
			locals = append(locals, local)
		}
	}
	d.besides.mu.RUnlock()
	var heard []Conversation
	for _, local := range locals {
		if c, err := d.Conversation(ctx, local); err == nil && c.Phase != handoff.Idle {
			heard = append(heard, c)
		}
	}
	sortByNumber(heard)
	return heard
}

func (b *beside) hears(who handoff.Party) bool {
	return b != nil && slices.ContainsFunc(b.listeners, func(l listener) bool { return l.who == who })
}

// overhear brings what the request journalled to who listens, and ends it for
// those for whom it is over.
func (w *work) overhear() {
	if len(w.own().listeners) == 0 {
		return
	}
	told := w.overseen()
	for _, l := range slices.Clone(w.own().listeners) {
		reason := w.deafens(l.who)
		if reason == "" || reason == UnheardOver {
			w.copies(l.who)
			w.tell(l.who, told)
		}
		if reason == "" {
			continue
		}
		w.unhear(l.who, reason)
		switch reason {
		case UnheardOver, UnheardGone, UnheardBehind:
			w.items = append(w.items, w.heard(KindUnheard, l.who, handoff.Leave{To: l.who, Reason: reason,
				Epoch: w.conv.Epoch, Session: w.conv.Session}))
		}
	}
}

// deafens returns why somebody does not listen any more; empty: they do.
func (w *work) deafens(who handoff.Party) string {
	a, _ := w.d.Directory().Agent(who)
	_, absent := w.d.absent[who]
	switch {
	case !a.Supervises():
		return UnheardRole
	case w.conv.Has(who):
		return UnheardEntered
	case w.conv.Phase == handoff.Idle:
		return UnheardOver
	case absent:
		return UnheardGone
	case w.d.outbox.waiting(Lane{Conversation: w.conv.Local, To: who, Heard: true}) >= maxUnheard:
		return UnheardBehind
	}
	return ""
}

// copies shows the request's lines to somebody, but not their own.
func (w *work) copies(to handoff.Party) {
	for i, l := range w.lines {
		if l.By != to {
			it := w.heard(KindHeard, to, handoff.Copy{Seq: l.Seq, Epoch: l.Epoch, By: l.By, To: to})
			it.Line = &w.lines[i]
			w.items = append(w.items, it)
		}
	}
}

func (w *work) heard(k Kind, to handoff.Party, e handoff.Effect) *Item {
	return &Item{Domain: w.conv.Domain, Conversation: w.conv.Local, Kind: k, To: to, Effect: e, At: w.now}
}

// unhear has somebody listen no more.
func (w *work) unhear(who handoff.Party, reason string) {
	b := w.own()
	i := slices.IndexFunc(b.listeners, func(l listener) bool { return l.who == who })
	if i < 0 {
		return
	}
	id := b.listeners[i].transfer
	b.listeners = slices.Delete(b.listeners, i, i+1)
	w.outcomes = append(w.outcomes, Outcome{Transfer: id, Domain: w.conv.Domain, Conversation: w.conv.Local, At: w.now,
		Outcome: handoff.Outcome{Transfer: id, To: who, Role: handoff.AsTarget, State: handoff.Accepted, By: who,
			Epoch: w.conv.Epoch, Reason: reason}})
	w.d.cfg.Log.Info("a supervisor does not listen any more", "session", w.conv.SessionID(), "supervisor", who, "reason", reason)
}

// unheard is what becomes of a copy for a listener that was given up: no dead
// letter, because nothing is lost that the archive does not have, and nobody else
// is told. Who cannot be reached does not listen any more, and what is on its way
// to them is dropped.
type unheard struct{ dead Dead }

func (r unheard) apply(w *work) (Result, error) {
	it := r.dead.Item
	w.d.confirms = append(append(w.d.confirms, it.ID), w.d.outbox.discard(it.Lane())...)
	if err := w.byLocal(it.Conversation); err != nil {
		return Result{}, nil // erased meanwhile, or ended long ago
	}
	if w.seen().hears(it.To) {
		w.unhear(it.To, UnheardUnreachable)
		w.changed = true
	}
	return Result{}, nil
}

// waiting returns how many items of a lane are not confirmed.
func (o *Outbox) waiting(key Lane) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if l := o.lanes[key]; l != nil {
		return len(l.items)
	}
	return 0
}

// discard empties a lane and returns what was in it.
func (o *Outbox) discard(key Lane) []int64 {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := o.lanes[key]
	if l == nil {
		return nil
	}
	var ids []int64
	for _, it := range l.items {
		ids = append(ids, it.ID)
	}
	l.items = nil
	l.restart(l.until)
	o.look(l)
	return ids
}
