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
	serving, _ := w.d.serving(c, w.now)
	who := w.candidates(serving, c.Route.Skill, handoff.Warm)
	if len(who) == 0 {
		return
	}
	if !w.due && w.overtakes(serving) {
		w.d.rerouted = true // asked for in their order, right after this batch
		return
	}
	t := w.ledger(Transfer{ByName: w.d.Directory().Title(q.Name), Target: Target{Queue: q.Name, Skill: c.Route.Skill}})
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

// overtakes reports whether others wait longer for one of the same queues and
// could be offered now.
func (w *work) overtakes(serving []string) bool {
	own, waits := w.d.waiting[w.conv.Local]
	for local, other := range w.d.waiting {
		if local != w.conv.Local && (!waits || other.order < own.order) &&
			!other.asked && !w.now.Before(other.again) && w.shares(other, serving) {
			return true
		}
	}
	return false
}

// shares reports whether a session that waits is served by one of these queues.
func (w *work) shares(other wait, queues []string) bool {
	others, _ := w.d.servingQueue(other.queue, other.since, w.now)
	return slices.ContainsFunc(others, func(q string) bool { return slices.Contains(queues, q) })
}

// candidates returns the agents of the queues who can take one more session now,
// in the order they are asked: who held it last, then those of the first queue,
// whoever has least to do, whoever was done with something longest ago, else in
// the directory's order. Guests and the agent who is consulted may take over, and
// have room for what they are in.
func (w *work) candidates(queues []string, skill string, mode handoff.Mode) []handoff.Party {
	var who []handoff.Party
	rank := map[handoff.Party]int{}
	agents := w.d.Directory().Agents
	for i := range agents { // there may be hundreds, and hundreds may wait
		a := &agents[i]
		if r := w.rank(a, queues); r < len(queues) && (skill == "" || slices.Contains(a.Skills, skill)) &&
			a.JID != w.conv.Holder && a.JID != w.conv.Caller && !w.spared(a.JID) && w.canTake(a, mode) {
			rank[a.JID] = r
			who = append(who, a.JID)
		}
	}
	slices.SortStableFunc(who, func(a, b handoff.Party) int {
		return cmp.Or(cmp.Compare(rank[a], rank[b]), cmp.Compare(w.loadOf(a), w.loadOf(b)),
			cmp.Compare(w.d.freed[a], w.d.freed[b]))
	})
	return who
}

// rank returns the first of the queues that the agent works in, or how many
// there are; less for who held the session last.
func (w *work) rank(a *Agent, queues []string) int {
	i := slices.IndexFunc(queues, func(q string) bool { return slices.Contains(a.Queues, q) })
	switch {
	case i < 0:
		return len(queues)
	case a.JID == w.conv.Route.Last:
		return -1
	}
	return i
}

func (w *work) canTake(a *Agent, mode handoff.Mode) bool {
	if w.conv.Has(a.JID) {
		return mode <= handoff.Blind && w.here(a.JID)
	}
	return w.here(a.JID) && w.free(*a) == nil
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
	if w.paused(a.JID) {
		return refuse(ErrUnavailable, "%s takes a break.", a.Name)
	}
	return w.room(a)
}

// room returns why an agent cannot take one more session, wherever they are, or
// nil.
func (w *work) room(a Agent) error {
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
	return !ok || known && !here || w.paused(p) || a.Capacity > 0 && w.loadOf(p) >= a.Capacity && !w.conv.Has(p)
}

// loadOf returns how many sessions p holds or is asked to take.
func (w *work) loadOf(p handoff.Party) int { return w.d.load(p) + w.b.load[p] }
