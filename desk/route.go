package desk

import (
	"cmp"
	"slices"

	"baton/handoff"
)

// route offers a session that nobody holds to the agents of its queue, or gives
// it to one of them where the queue says so. When nobody can take it, it waits.
func (w *work) route() {
	c := &w.conv
	if c.Phase != handoff.Waiting || c.Offer.Open() || w.passed || w.now.Before(w.d.waiting[c.Local].again) {
		return
	}
	if s := w.b.staged[c.Local]; s != nil && s.passed { // in this batch
		return
	}
	q, ok := w.d.Directory().Queue(c.Queue)
	if !ok {
		return
	}
	who := w.candidates(q.Name, "", handoff.Warm)
	if len(who) == 0 {
		return
	}
	if !w.due && w.overtakes() {
		w.d.rerouted = true // asked for in their order, right after this batch
		return
	}
	t := w.ledger(Transfer{ByName: w.d.Directory().Title(q.Name), Target: Target{Queue: q.Name}})
	var err error
	if q.Auto {
		t.Deadline = w.now
		err = w.step(handoff.Assign{ID: t.ID, To: who[0]}, nil)
	} else {
		err = w.step(handoff.Transfer{ID: t.ID, Candidates: who, All: q.RingAll,
			Timeout: w.d.Policy().OfferTimeout}, nil)
		t.Deadline = c.Offer.Until()
	}
	if err != nil {
		w.d.cfg.Log.Error("routing", "conversation", c.Local, "error", err)
		return
	}
	w.transfers = append(w.transfers, t)
}

// overtakes reports whether others wait longer for the same queue and could be
// offered now.
func (w *work) overtakes() bool {
	own, waits := w.d.waiting[w.conv.Local]
	for local, other := range w.d.waiting {
		c := w.d.convs[local]
		if local != w.conv.Local && (!waits || other.order < own.order) && c.Queue == w.conv.Queue &&
			!c.Offer.Open() && !w.now.Before(other.again) {
			return true
		}
	}
	return false
}

// candidates returns the agents of a queue who can take one more session now,
// whoever has least to do first, else in the directory's order. Guests and the
// agent who is consulted may take over, and have room for what they are in.
func (w *work) candidates(queue, skill string, mode handoff.Mode) []handoff.Party {
	var who []handoff.Party
	for _, a := range w.d.Directory().Agents {
		if slices.Contains(a.Queues, queue) && (skill == "" || slices.Contains(a.Skills, skill)) &&
			a.JID != w.conv.Holder && a.JID != w.conv.Caller && !w.spared(a.JID) && w.canTake(a, mode) {
			who = append(who, a.JID)
		}
	}
	slices.SortStableFunc(who, func(a, b handoff.Party) int {
		return cmp.Compare(w.loadOf(a), w.loadOf(b))
	})
	return who
}

func (w *work) canTake(a Agent, mode handoff.Mode) bool {
	if w.conv.Has(a.JID) {
		return mode <= handoff.Blind && w.d.present[a.JID]
	}
	return w.free(a) == nil
}

// spared reports whether p returned the session a moment ago.
func (w *work) spared(p handoff.Party) bool {
	wait := w.d.waiting[w.conv.Local]
	s := w.b.staged[w.conv.Local]
	return p == w.not || s != nil && p == s.spared || p == wait.spared && w.now.Before(wait.until)
}

// free returns why an agent cannot take one more session now, or nil.
func (w *work) free(a Agent) error {
	if !w.d.present[a.JID] {
		return refuse(ErrUnavailable, "%s is not available now.", a.Name)
	}
	if a.Capacity > 0 && w.loadOf(a.JID) >= a.Capacity {
		return refuse(ErrBusy, "%s has as many chats as they can take (%d).", a.Name, a.Capacity)
	}
	return nil
}

// prevented reports whether p, who was free once, cannot take the session any
// more. Whose presence is not known yet, after a start, may still answer.
func (w *work) prevented(p handoff.Party) bool {
	a, ok := w.d.Directory().Agent(p)
	here, known := w.d.present[p]
	return !ok || known && !here || a.Capacity > 0 && w.loadOf(p) >= a.Capacity && !w.conv.Has(p)
}

// loadOf returns how many sessions p holds or is asked to take.
func (w *work) loadOf(p handoff.Party) int { return len(w.d.busy[p]) + w.b.load[p] }
