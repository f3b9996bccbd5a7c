package desk

import (
	"errors"
	"time"

	"baton/handoff"
)

// Routing is what is remembered of a conversation so that it finds an agent, and
// its end.
type Routing struct {
	Since time.Time     // when it began to wait; zero unless it waits
	Skill string        // what whoever takes it should have; empty: nothing
	Heard time.Time     // when something last happened in it; zero: before this was kept
	Last  handoff.Party // who held it last

	Place    int       // the place in the queue that the caller was told, 0: none
	PlacedAt time.Time // when they were
	Closed   time.Time // until when the caller of this session was told that the queue is closed
}

// remember keeps what is remembered true to what the request has done so far.
func (w *work) remember() {
	c, r := &w.conv, &w.conv.Route
	was := w.was
	if s := w.b.staged[c.Local]; s != nil {
		was = s.now
	}
	if was == nil || was.Phase != c.Phase || was.Seq != c.Seq || was.Epoch != c.Epoch ||
		was.Offer.ID != c.Offer.ID {
		r.Heard = w.now
	}
	if c.Holder != "" {
		r.Last = c.Holder
	}
	if c.Phase != handoff.Waiting {
		r.Since, r.Place, r.PlacedAt = time.Time{}, 0, time.Time{}
	} else if r.Since.IsZero() {
		r.Since = w.now
	}
}

// forgets reports whether the caller has been away for longer than they are
// remembered.
func (w *work) forgets() (bool, error) {
	memory := w.d.Policy().Memory
	if memory <= 0 || w.conv.Phase != handoff.Idle || w.was == nil {
		return false, nil
	}
	heard := w.conv.Route.Heard
	if heard.IsZero() { // kept by an older version
		l, err := w.line(w.conv.Seq)
		if errors.Is(err, ErrNotFound) {
			return false, nil
		} else if err != nil {
			return false, err
		}
		heard = l.At
	}
	return !w.now.Before(heard.Add(memory)), nil
}
