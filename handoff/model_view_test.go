package handoff

import (
	"slices"
	"time"
)

// shown checks what reaches a party's eyes for the first time, given what they
// saw before: invariants 2, 3, 5 and 6.
func (h *history) shown(p Party, before []row, fx Effect) error {
	switch f := fx.(type) {
	case Replay:
		if f.To != p || !slices.Contains(h.stays, f) {
			return breaks(3, "%q is shown %+v, which never began", p, f)
		}
		if slices.ContainsFunc(before, func(r row) bool { return seqOf(r.fx) > f.Through }) {
			return breaks(5, "%q sees the replay through line %d after the lines that follow it", p, f.Through)
		}
	case Line:
		return h.shownLine(p, before, f.Seq, h.is(f))
	case Copy:
		return h.shownLine(p, before, f.Seq, h.is(Line{Seq: f.Seq, Epoch: f.Epoch, By: f.By}))
	case Outcome:
		for _, r := range before {
			if o, ok := r.fx.(Outcome); ok && o.Transfer == f.Transfer {
				return breaks(6, "%q sees two outcomes of %s", p, f.Transfer)
			}
		}
	}
	return nil
}

// seqOf returns the number of the line that fx shows; 0 for anything else.
func seqOf(fx Effect) uint64 {
	switch f := fx.(type) {
	case Line:
		return f.Seq
	case Copy:
		return f.Seq
	}
	return 0
}

// is reports whether the journal has the line; without To, as a copy has it.
func (h *history) is(f Line) bool {
	if f.Seq == 0 || f.Seq > uint64(len(h.lines)) {
		return false
	}
	l := h.lines[f.Seq-1].Line
	if f.To == "" {
		l.To = ""
	}
	return l == f
}

// shownLine checks a line that p sees: one of those said while p took part, in
// order, and behind the dialog before it.
func (h *history) shownLine(p Party, before []row, seq uint64, known bool) error {
	if !known {
		return breaks(2, "%q sees line %d, which is not what the journal has", p, seq)
	}
	if !h.lines[seq-1].heard[laneOf(p)] {
		return breaks(3, "%q sees line %d, which was not for them", p, seq)
	}
	if p != carol {
		stay := h.stayAt(p, seq)
		if !slices.ContainsFunc(before, func(r row) bool { return r.fx == stay }) {
			return breaks(5, "%q sees line %d before the dialog that led to it", p, seq)
		}
	}
	var last uint64
	for _, r := range before {
		n := seqOf(r.fx)
		if last = max(last, n); n == seq {
			return breaks(6, "%q sees line %d twice", p, seq)
		}
	}
	if seq < last {
		return breaks(5, "%q sees line %d after line %d", p, seq, last)
	}
	for _, l := range h.lines[last : seq-1] {
		if l.heard[laneOf(p)] {
			return breaks(5, "%q sees line %d before line %d", p, seq, l.Seq)
		}
	}
	return nil
}

// stayAt returns the replay that began p's stay when the line was said.
func (h *history) stayAt(p Party, seq uint64) Effect {
	for _, r := range slices.Backward(h.stays) {
		if r.To == p && r.Through < seq {
			return r
		}
	}
	return nil
}

// settled is invariant 4, and, when the outbox is at rest, that everything
// converged: what was committed is seen, and the contact is where it belongs.
func (w *world) settled() error {
	for _, r := range w.past.stays {
		if !w.knows(laneOf(r.To), func(f Effect) bool { return f == r }) {
			return breaks(4, "the dialog of %s is lost to %q", r.Transfer, r.To)
		}
	}
	for _, l := range w.past.lines {
		for i, heard := range l.heard {
			if heard && !w.knows(i, func(f Effect) bool { return seqOf(f) == l.Seq }) {
				return breaks(4, "line %d is lost to %q", l.Seq, parties[i])
			}
		}
	}
	if !w.resting() {
		return nil
	}
	for i, in := range w.contact {
		if in != w.past.who.has(parties[i]) {
			return breaks(13, "at rest, contact of %q: %v; takes part: %v", parties[i], in, !in)
		}
	}
	return w.informed()
}

// resting reports whether the outbox has nothing left to do.
func (w *world) resting() bool {
	for i := range w.lanes {
		if w.lanes[i].next < len(w.lanes[i].rows) {
			return false
		}
	}
	return true
}

// knows reports whether party i has seen it or is still to be shown it.
func (w *world) knows(i int, is func(Effect) bool) bool {
	l := &w.lanes[i]
	match := func(r row) bool { return is(r.fx) }
	return slices.ContainsFunc(l.seen, match) || slices.ContainsFunc(l.rows[l.next:], match)
}

// informed checks, at rest, that each outcome told was heard.
func (w *world) informed() error {
	for _, t := range w.past.transfers {
		for i, told := range t.told {
			heard := slices.ContainsFunc(w.lanes[i].seen, func(r row) bool {
				o, ok := r.fx.(Outcome)
				return ok && o.Transfer == t.id
			})
			if heard != (told > 0) {
				return breaks(10, "at rest, %q heard of %s: %v", parties[i], t.id, heard)
			}
		}
	}
	return nil
}

// survives checks after a crash that nobody has seen what was not committed.
func survives(w *world) error {
	for i, l := range w.lanes {
		for _, r := range l.seen {
			if !slices.ContainsFunc(l.rows, func(c row) bool { return c.fx == r.fx }) {
				return breaks(16, "%q saw %T%+v, and its commit is lost", parties[i], r.fx, r.fx)
			}
		}
	}
	return nil
}

// drains is invariant 17: from w on, without any fault, the outbox empties and
// every offer ends within the time that all who can be asked may ring, twice
// over. Nothing is pending then, and everybody knows what they should.
func (s shell) drains(w world) error {
	end := w.now.Add(time.Duration(2*len(parties)) * ringTime)
	for {
		if err := s.empty(&w); err != nil {
			return err
		}
		if !w.conv.Offer.Open() {
			break
		}
		if w.now.Before(w.conv.Offer.Expires) {
			w.now = w.conv.Offer.Expires
		}
		if w.now.After(end) {
			return breaks(17, "offer %s is open after everybody had their time", w.conv.Offer.ID)
		}
		var next world
		changed, err := s.commit(&w, &next, &w.conv, Tick{})
		if err != nil {
			return err
		}
		if !changed {
			return breaks(17, "offer %s does not end", w.conv.Offer.ID)
		}
		w = next
	}
	if !w.resting() {
		return breaks(17, "the outbox does not empty")
	}
	for _, t := range w.past.transfers {
		if !t.over {
			return breaks(17, "transfer %s never ends", t.id)
		}
	}
	return w.settled()
}

// empty performs all that the outbox can.
func (s shell) empty(w *world) error {
	for i := range w.lanes {
		for l := &w.lanes[i]; l.next < len(l.rows) && !w.stuck[i]; {
			if err := s.performNext(w, i, l.next, true); err != nil {
				return err
			}
		}
	}
	return nil
}
