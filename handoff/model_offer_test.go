package handoff

import "slices"

// offers is invariants 10 and 14: an offer is opened by a Transfer, rings
// whoever it rings once, and leaves open once, by an answer in time or without
// a new holder.
func (h *history) offers(s stride) error {
	if err := h.answers(s); err != nil {
		return err
	}
	if err := h.rings(s); err != nil {
		return err
	}
	b, a := s.before.Offer, s.after.Offer
	if b.Open() && a.ID != b.ID {
		if s.after.Last.ID != b.ID || s.after.Last.State == "" {
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
	return nil
}

// answers checks who may take the session, and what a repeated accept does.
func (h *history) answers(s stride) error {
	switch e := s.event.(type) {
	case Accept:
		t := h.transfer(e.ID)
		if t == nil {
			return breaks(10, "%q accepted %q, which was never made", e.By, e.ID)
		}
		if !s.took() {
			if t.taker != e.By || s.before.Phase != Active || h.reigns[len(h.reigns)-1].holder != e.By || len(s.fx) > 0 || !sameConversation(s.before, s.after) {
				return breaks(10, "the accept of %s by %q was taken for a repeat", e.ID, e.By)
			}
			return nil
		}
		if t.over || !s.now.Before(t.deadline) || !slices.Contains(t.asked, e.By) || t.told[laneOf(e.By)] > 0 {
			return breaks(10, "%q accepted %s, which was over for them", e.By, e.ID)
		}
		t.taker = e.By
	case Assign:
		if h.transfer(e.ID) != nil {
			return breaks(10, "%s was assigned twice", e.ID)
		}
		h.transfers = append(h.transfers, transfer{id: e.ID, asked: []Party{e.To}, over: true, taker: e.To})
	default:
		if s.took() {
			return breaks(10, "%T moved the session", s.event)
		}
	}
	return h.refusals(s)
}

// refusals checks who may end an offer, or the session under it.
func (h *history) refusals(s stride) error {
	switch e := s.event.(type) {
	case Cancel:
		if t := h.transfer(e.ID); t == nil || t.over || t.by != e.By {
			return breaks(10, "%q took %s back, which wasn't theirs", e.By, e.ID)
		}
	case Decline:
		if t := h.transfer(e.ID); t == nil || t.over || !slices.Contains(t.asked, e.By) || t.told[laneOf(e.By)] > 0 {
			return breaks(10, "%q declined %s, which did not ring for them", e.By, e.ID)
		}
	case Disconnect:
		if e.By != "" && e.By != s.before.Caller && (e.By != s.before.Holder || s.before.Phase != Active) {
			return breaks(8, "%q ended %q's session", e.By, s.before.Holder)
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
		e, made := s.event.(Transfer)
		if h.transfer(r.Transfer) == nil && made && e.ID == r.Transfer {
			h.transfers = append(h.transfers, transfer{id: e.ID, by: e.By})
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
// transfer is over for them, and everybody exactly once when it is.
func (h *history) outcomes(s stride) error {
	for _, f := range s.fx {
		o, ok := f.(Outcome)
		if !ok {
			continue
		}
		t := h.transfer(o.Transfer)
		if t == nil || (o.Role == AsHolder && o.To != t.by) || (o.Role == AsTarget && !slices.Contains(t.asked, o.To)) {
			return breaks(10, "%q has no part in %s", o.To, o.Transfer)
		}
		if t.told[laneOf(o.To)]++; t.told[laneOf(o.To)] > 1 {
			return breaks(10, "%q is told of the end of %s again", o.To, o.Transfer)
		}
		if t.over && (o.Role == AsHolder || s.took()) && o.State != s.after.Last.State {
			return breaks(10, "%q hears that %s was %s, and it was %s", o.To, o.Transfer, o.State, s.after.Last.State)
		}
	}
	for i := range h.transfers {
		if err := h.transfers[i].balanced(s.after); err != nil {
			return err
		}
	}
	return nil
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
