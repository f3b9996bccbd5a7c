package desk

import (
	"slices"
	"time"

	"baton/handoff"
)

// Take takes a session that waits, without being asked: an agent one of a queue
// they work in, a supervisor any. Neither presence nor a pause prevents it, a
// full capacity does. With neither Local nor Number it is the one that waits
// longest in a queue of theirs.
type Take struct {
	By     handoff.Party
	Local  string // the conversation
	Number int64  // or its short number
}

func (r Take) apply(w *work) (Result, error) {
	a, ok := w.d.Directory().Agent(r.By)
	if !ok {
		return Result{}, ErrHidden
	}
	local, err := r.find(w, a)
	if err != nil {
		return Result{}, err
	}
	if err := w.byLocal(local); err != nil {
		return Result{}, err
	}
	if w.conv.Offer.Rings(r.By) {
		return Accept{Answer{By: r.By, Local: local}}.apply(w)
	}
	if err := r.may(w, a); err != nil {
		return Result{}, err
	}
	if w.conv.Offer.Open() && !slices.Contains(w.conv.Offer.Passed, r.By) {
		// They join those it rings for, who then learn who took it.
		id := w.conv.Offer.ID
		w.conv.Offer.Ringing = append(slices.Clone(w.conv.Offer.Ringing), r.By)
		if err := w.step(handoff.Accept{ID: id, By: r.By}, nil); err != nil {
			return Result{}, err
		}
		return w.accepted(id, r.By)
	}
	for w.conv.Offer.Open() { // they let it pass, and have the outcome: it takes another
		if err := w.step(handoff.Gone{Who: w.conv.Offer.Ringing[0]}, nil); err != nil {
			return Result{}, err
		}
	}
	t := w.ledger(Transfer{ByName: a.Name, Target: Target{Agent: r.By}})
	if err := w.step(handoff.Assign{ID: t.ID, To: r.By}, nil); err != nil {
		return Result{}, err
	}
	return w.opened(t), nil
}

// find returns the conversation that is meant.
func (r Take) find(w *work, a Agent) (string, error) {
	if r.Local != "" {
		return r.Local, nil
	}
	if r.Number != 0 {
		return w.numbered(r.Number)
	}
	best := ""
	for local, wait := range w.d.waiting {
		if (best == "" || wait.order < w.d.waiting[best].order) && w.worksIn(a, wait.queue, wait.since) {
			best = local
		}
	}
	if best == "" {
		return "", refuse(handoff.ErrNoSession, "Nobody is waiting.")
	}
	return best, nil
}

// may refuses who cannot take the session.
func (r Take) may(w *work, a Agent) error {
	c := &w.conv
	s, err := w.standing(r.By)
	switch {
	case err != nil:
		return err
	case r.By == c.Caller:
		return refuse(handoff.ErrIsHolder, "You are the caller of this session.")
	case s == Stranger && !w.worksFor(a, c):
		return refuse(ErrHidden, "There is no #%d here.", c.Number)
	case c.Phase == handoff.Idle:
		return refuse(handoff.ErrNoSession, "The session of %s has ended.", c.Tag())
	case s == Holder:
		return refuse(handoff.ErrIsHolder, "You hold this session already.")
	case c.Phase == handoff.Active:
		return refuse(handoff.ErrHeld, "%s has been taken by %s.", c.Tag(), w.d.Directory().NameOf(c.Holder))
	case !w.worksFor(a, c) && !a.Supervises():
		return refuse(handoff.ErrNotTarget, "%s waits for %s, where you do not work.", c.Tag(), w.d.Directory().Title(c.Queue))
	case !c.Has(r.By):
		return w.room(a)
	}
	return nil
}

// worksFor reports whether the agent works in the session's queue, or in one that
// serves it, too.
func (w *work) worksFor(a Agent, c *Conversation) bool { return w.worksIn(a, c.Queue, c.Route.Since) }

func (w *work) worksIn(a Agent, queue string, since time.Time) bool {
	serving, _ := w.d.servingQueue(queue, since, w.now)
	return slices.Contains(a.Queues, queue) || slices.ContainsFunc(serving, func(q string) bool {
		return slices.Contains(a.Queues, q)
	})
}
