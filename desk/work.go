package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"baton/fault"
	"baton/handoff"
)

// work is one request being stepped. It touches one conversation.
type work struct {
	d   *Desk
	ctx context.Context
	now time.Time
	b   *batch

	was     *Conversation // as committed; nil for a new one
	conv    Conversation
	changed bool
	moved   bool          // the caller writes from elsewhere now
	passed  bool          // everybody asked let the session pass
	due     bool          // look whether a waiting session can be offered
	not     handoff.Party // who is not to be asked to take it

	lines     []Line
	epochs    []Epoch
	transfers []Transfer
	outcomes  []Outcome
	items     []*Item
	buried    []Dead
	forgotten *Conversation // their caller begins another one
	beside    *beside       // what goes with the session, where the request changes it
}

// byLocal loads the conversation with that localpart, as far as the batch has
// taken it.
func (w *work) byLocal(local string) error {
	if s, ok := w.b.staged[local]; ok {
		w.was, w.conv = s.was, *s.now
		return nil
	}
	if c := w.d.shelf.byLocal(local); c != nil {
		w.was, w.conv = c, *c
		return nil
	}
	return w.loaded(w.d.cfg.Store.ByLocal(w.ctx, w.d.cfg.Domain, local))
}

// byCaller loads the conversation of a caller at a queue.
func (w *work) byCaller(entry string, caller handoff.Party) error {
	key := callerKey{entry, caller}
	if local, ok := w.b.callers[key]; ok {
		return w.byLocal(local)
	}
	if c := w.d.shelf.byCaller(key); c != nil {
		if _, ok := w.b.staged[c.Local]; ok {
			return w.byLocal(c.Local)
		}
		w.was, w.conv = c, *c
		return nil
	}
	return w.loaded(w.d.cfg.Store.ByCaller(w.ctx, w.d.cfg.Domain, entry, caller))
}

func (w *work) loaded(c Conversation, err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrHidden
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	w.was, w.conv = &c, c
	return nil
}

// step takes one step and notes what must be committed with it. said is the
// line's content where the event journals one.
func (w *work) step(e handoff.Event, said *Line) error {
	next, fx, err := w.conv.Step(w.now, e)
	if err != nil {
		return err
	}
	before, quiet := w.conv.Offer, w.conv.Quiet
	w.conv.Conversation = next
	if _, ok := e.(handoff.Connect); ok {
		w.conv.Route = Routing{Last: w.conv.Route.Last}
	}
	w.changed = w.changed || len(fx) > 0 || len(before.Next) != len(next.Offer.Next) || quiet != next.Quiet
	if before.Open() && before.Mode <= handoff.Blind && !next.Offer.Open() && next.Phase == handoff.Waiting {
		w.passedOver(before)
	}
	for _, f := range fx {
		w.note(f, said)
	}
	return nil
}

// passedOver notes that nobody took what was offered. The queue has let it pass,
// unless one agent was meant; who let go of it is not asked right away.
func (w *work) passedOver(o handoff.Offer) {
	w.passed = true
	if o.By == "" {
		return
	}
	w.not = o.By
	if t, err := w.transfer(o.ID); err == nil && t.Target.Agent != "" {
		w.passed = false
	}
}

// pass steps an event that may let an offer go on to the next in line. Who can
// no longer take the session is left out.
func (w *work) pass(e handoff.Event) error {
	for {
		next, _, err := w.conv.Step(w.now, e)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(next.Offer.Ringing, func(p handoff.Party) bool {
			return !w.conv.Offer.Rings(p) && w.prevented(p)
		})
		if i < 0 {
			return w.step(e, nil)
		}
		if err := w.step(handoff.Gone{Who: next.Offer.Ringing[i]}, nil); err != nil {
			return err
		}
	}
}

// note turns an effect into the rows it leaves.
func (w *work) note(f handoff.Effect, said *Line) {
	c := &w.conv
	var line *Line
	switch g := f.(type) {
	case handoff.Line:
		l := *said
		l.Conversation, l.Session, l.At = c.Local, c.Session, w.now
		l.Seq, l.Epoch, l.By, l.To, l.Private = g.Seq, g.Epoch, g.By, g.To, g.Private
		w.lines = append(w.lines, l)
		line = &l
	case handoff.Copy: // of the line just journalled, and carried like it
		l := w.lines[len(w.lines)-1]
		line = &l
		f = handoff.Line{Seq: g.Seq, Epoch: g.Epoch, By: g.By, To: g.To}
	case handoff.Replay:
		if g.To == c.Holder { // a guest's stream belongs to no epoch of theirs
			w.epochs = append(w.epochs, Epoch{Conversation: c.Local, Epoch: g.Epoch, Session: c.Session,
				Holder: g.To, Transfer: g.Transfer, First: g.First, Through: g.Through, At: w.now})
		}
	case handoff.Outcome:
		w.outcomes = append(w.outcomes, Outcome{Transfer: g.Transfer, Domain: c.Domain,
			Conversation: c.Local, Outcome: g, At: w.now})
	}
	if kind, to, ok := kindOf(f, c.Caller); ok && w.leaves(f) {
		w.items = append(w.items, &Item{Domain: c.Domain, Conversation: c.Local, Kind: kind,
			To: to, Effect: f, Line: line, At: w.now})
	}
	w.surrender(f)
}

// leaves reports whether an effect has anything to say here.
func (w *work) leaves(f handoff.Effect) bool {
	switch f := f.(type) {
	case handoff.Opened:
		q, _ := w.d.Directory().Queue(w.conv.Entry)
		open, _ := w.d.serving(&w.conv, w.now)
		return q.Greeting != "" && len(open) > 0 // else the caller is told so instead
	case handoff.Moved:
		return f.From != "" // the first agent is nothing to tell the caller of
	}
	return true
}

// merge adds the request's rows to the batch.
func (w *work) merge() {
	c := w.conv
	s, ok := w.b.staged[c.Local]
	if !ok {
		s = &staged{was: w.was, now: w.was}
		w.b.staged[c.Local] = s
	}
	if s.now != nil {
		for _, p := range concerned(*s.now) {
			w.b.load[p]--
		}
	}
	for _, p := range concerned(c) {
		w.b.load[p]++
	}
	s.now = &c
	s.passed = s.passed || w.passed
	s.spared = cmp.Or(w.not, s.spared)
	w.b.callers[callerKey{c.Entry, c.Caller}] = c.Local
	w.b.Lines = append(w.b.Lines, w.lines...)
	w.b.Epochs = append(w.b.Epochs, w.epochs...)
	w.b.Transfers = append(w.b.Transfers, w.transfers...)
	w.b.Outcomes = append(w.b.Outcomes, w.outcomes...)
	w.b.Items = append(w.b.Items, w.items...)
	w.b.Buried = append(w.b.Buried, w.buried...)
	if w.beside != nil {
		w.b.beside[c.Local] = w.beside
	}
	if w.forgotten != nil {
		w.b.Forgotten = append(w.b.Forgotten, w.forgotten)
	}
}

// tick looks whether something is due for a conversation: an offer that
// expired, somebody who has been offline for too long, or a session that can be
// offered again.
type tick struct{ local string }

func (r tick) apply(w *work) (Result, error) {
	fault.Point("desk.tick")
	if err := w.byLocal(r.local); err != nil {
		return Result{}, err
	}
	if err := w.pass(handoff.Tick{}); err != nil {
		return Result{}, err
	}
	if err := w.lose(); err != nil {
		return Result{}, err
	}
	if err := w.hush(); err != nil {
		return Result{}, err
	}
	w.d.wake(&w.conv, w.now)
	w.due = true
	return Result{}, nil
}
