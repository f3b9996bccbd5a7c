package handoff

import "slices"

// answers is the first half of invariants 10 and 14: who may open, take or end
// an offer, and until when. It notes the transfers that are made.
func (h *history) answers(s stride) error {
	switch e := s.event.(type) {
	case Transfer:
		return h.made(s, e)
	case Reclaim:
		return h.ledger(transfer{id: e.ID, by: e.By, mode: Reclaimed, over: h.who.holder == "", taker: e.By, epoch: h.epochs + 1})
	case Assign:
		return h.ledger(transfer{id: e.ID, asked: []Party{e.To}, over: true, taker: e.To, epoch: h.epochs + 1})
	case Release:
		return h.ledger(transfer{id: e.ID, by: h.who.holder, over: true})
	case Accept:
		return h.accepted(s, e)
	case Cancel:
		if t := h.transfer(e.ID); t == nil || t.over || t.by != e.By || t.mode == Blind {
			return breaks(10, "%q took %s back, which wasn't theirs", e.By, e.ID)
		}
	case Decline:
		if t := h.transfer(e.ID); t == nil || !t.rings(e.By) {
			return breaks(10, "%q declined %s, which did not ring for them", e.By, e.ID)
		}
	case Tick:
		if t := h.transfer(s.before.Offer.ID); t != nil && s.now.Before(t.deadline) && len(s.fx) > 0 {
			return breaks(14, "the tick came early for %s and did %v", t.id, s.fx)
		}
	}
	return nil
}

func (t *transfer) rings(p Party) bool {
	return !t.over && slices.Contains(t.asked, p) && t.told[laneOf(p)] == 0
}

func (h *history) ledger(t transfer) error {
	if h.transfer(t.id) != nil {
		return breaks(10, "transfer %s was made twice", t.id)
	}
	h.transfers = append(h.transfers, t)
	return nil
}

func (h *history) made(s stride, e Transfer) error {
	if s.before.Offer.Open() || !h.who.open || e.By != h.who.holder {
		return breaks(11, "%q opened %s under %q, offer %q", e.By, e.ID, h.who.holder, s.before.Offer.ID)
	}
	if e.By != "" && e.Mode <= Blind && e.MaxHops > 0 && h.hops >= e.MaxHops {
		return breaks(0, "transfer %s after %d hops", e.ID, h.hops)
	}
	t := transfer{id: e.ID, by: e.By, mode: e.Mode}
	if h.atOnce(e) {
		h.hops++
		t.asked, t.over, t.taker, t.epoch = []Party{h.who.aside}, true, h.who.aside, h.epochs+1
	}
	return h.ledger(t)
}

// accepted checks who may take the session.
func (h *history) accepted(s stride, e Accept) error {
	t := h.transfer(e.ID)
	switch {
	case t == nil:
		return breaks(10, "%q accepted %q, which was never made", e.By, e.ID)
	case h.repeated(t, e, s):
		return nil
	case !t.rings(e.By) || !s.now.Before(t.deadline):
		return breaks(10, "%q accepted %s, which was over for them", e.By, e.ID)
	}
	t.taker = e.By
	if t.mode != Consult && t.mode != Join {
		t.epoch = h.epochs + 1
	}
	if t.mode <= Blind && t.by != "" {
		h.hops++
	}
	return nil
}

// repeated reports whether an accept is the one that brought what is now, said
// again, and nothing followed from it.
func (h *history) repeated(t *transfer, e Accept, s stride) bool {
	if !t.over || t.taker != e.By || len(s.fx) > 0 || !sameConversation(s.before, s.after) {
		return false
	}
	if t.epoch > 0 {
		return t.epoch == h.epochs && h.who.holder != ""
	}
	return h.who.has(e.By)
}

// offers is invariant 11, and what is left of 10: an offer rings whoever it
// rings once and leaves open once.
func (h *history) offers(was who, s stride) error {
	b, a := s.before.Offer, s.after.Offer
	h.letGo(was, b)
	if err := h.rings(s); err != nil {
		return err
	}
	if b.Open() && a.ID != b.ID {
		_, asked := s.event.(Reclaim) // whose own end is the last
		if !asked && (s.after.Last.ID != b.ID || s.after.Last.State == "") {
			return breaks(10, "offer %s ended, but the last is %+v", b.ID, s.after.Last)
		}
		h.transfer(b.ID).over = true
	}
	if !a.Open() {
		return nil
	}
	t := h.transfer(a.ID)
	if t == nil || t.over {
		return breaks(10, "offer %s is open, which was never made or is over", a.ID)
	}
	if _, ok := s.event.(Tick); ok && !s.now.Before(t.deadline) {
		return breaks(14, "offer %s outlived the tick that was due", a.ID)
	}
	return h.fits(t, s.after)
}

// letGo turns a warm offer of a holder who left into a blind one.
func (h *history) letGo(was who, b Offer) {
	if t := h.transfer(b.ID); t != nil && was.holder != "" && h.who.holder == "" && h.who.open && t.mode == Warm {
		t.mode = Blind
	}
}

// fits is invariant 11: an open offer is one that the holder of now, or nobody,
// can have made, and asks only who can take it.
func (h *history) fits(t *transfer, c Conversation) error {
	o := c.Offer
	ok := o.By == t.by && o.Mode == t.mode && len(o.Ringing) > 0
	switch o.Mode {
	case Warm:
		ok = ok && h.who.open && o.By == h.who.holder
	case Blind:
		ok = ok && h.who.phase() == Waiting && o.By != ""
	case Reclaimed:
		ok = ok && o.By != "" && o.By != h.who.holder && slices.Equal(o.Ringing, []Party{h.who.holder}) && len(o.Next) == 0
	default:
		ok = ok && o.By == h.who.holder && o.By != ""
	}
	if !ok {
		return breaks(11, "%v offer %s by %q to %v is open in phase %v under %q", o.Mode, o.ID, o.By, o.Ringing, c.Phase, h.who.holder)
	}
	for _, group := range [...][]Party{o.Ringing, o.Next} {
		for _, p := range group {
			in := p == h.who.holder || o.Mode > Blind && h.who.has(p)
			if o.Mode != Reclaimed && (p == "" || in || p == c.Caller || slices.Contains(o.Passed, p)) {
				return breaks(11, "%v offer %s asks %q while %q holds and %v have passed", o.Mode, o.ID, p, h.who.holder, o.Passed)
			}
		}
	}
	return nil
}

// rings notes who was asked and until when.
func (h *history) rings(s stride) error {
	for _, f := range s.fx {
		r, ok := f.(Ring)
		if !ok {
			continue
		}
		t := h.transfer(r.Transfer)
		if t == nil || t.over || slices.Contains(t.asked, r.To) {
			return breaks(10, "%s rings %q after its end or once more", r.Transfer, r.To)
		}
		t.asked = append(slices.Clip(t.asked), r.To)
		t.deadline = r.Expires
	}
	return nil
}

// outcomes is the other half of invariant 10: nobody is told before the
// transfer is over for them, everybody exactly once when it is, and the truth.
func (h *history) outcomes(s stride) error {
	for _, f := range s.fx {
		o, ok := f.(Outcome)
		if !ok {
			continue
		}
		t := h.transfer(o.Transfer)
		if t == nil || (o.Role == AsHolder) != (o.To == t.by) || (o.Role == AsTarget) != slices.Contains(t.asked, o.To) {
			return breaks(10, "%q has no such part (%d) in %s", o.To, o.Role, o.Transfer)
		}
		if t.told[laneOf(o.To)]++; t.told[laneOf(o.To)] > 1 {
			return breaks(10, "%q is told of the end of %s again", o.To, o.Transfer)
		}
		want, epoch := ends(s, o.Transfer), s.before.Epoch // an offer ends before another moves the session
		if want == Accepted {
			epoch = s.after.Epoch
		}
		if o.State != want || o.Epoch != epoch {
			return breaks(10, "%q hears of %s: %s, epoch %d; it was %s, %d", o.To, o.Transfer, o.State, o.Epoch, want, epoch)
		}
	}
	for i := range h.transfers {
		if err := h.transfers[i].balanced(s.after); err != nil {
			return err
		}
	}
	return nil
}

// ends returns the state in which s ends the transfer id.
func ends(s stride, id string) State {
	switch e := s.event.(type) {
	case Decline:
		return Declined
	case Tick:
		return Expired
	case Cancel:
		return Cancelled
	case Disconnect:
		if e.By != "" && e.By == s.before.Offer.By {
			return Cancelled
		}
		return Failed
	case Reclaim:
		if e.ID != id {
			return Cancelled
		}
	case Release:
		if e.ID != id {
			return Failed
		}
	case Gone:
		return Failed
	}
	return Accepted
}

func (t *transfer) balanced(c Conversation) error {
	for i, p := range parties {
		concerned := p != "" && (p == t.by || slices.Contains(t.asked, p))
		waits := !t.over && (p == t.by || c.Offer.Rings(p))
		if told := t.told[i]; concerned && (told == 0) != waits {
			return breaks(10, "%q was told %d times of %s (over: %v)", p, told, t.id, t.over)
		}
	}
	return nil
}
