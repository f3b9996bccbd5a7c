package handoff

import "slices"

// shown checks what reaches a party's eyes for the first time, given what they
// saw before: invariants 2, 3, 5 and 6.
func (h *history) shown(p Party, before []row, fx Effect) error {
	switch f := fx.(type) {
	case Replay:
		r, err := h.reign(p, f.Epoch)
		if err != nil {
			return err
		}
		if f.Through > uint64(r.through) {
			return breaks(3, "the replay of epoch %d goes to line %d, %q holds from %d", f.Epoch, f.Through, p, r.through)
		}
		if slices.ContainsFunc(before, func(r row) bool { l, ok := r.fx.(Line); return ok && l.Epoch >= f.Epoch }) {
			return breaks(5, "%q sees the replay of epoch %d after its lines", p, f.Epoch)
		}
	case Line:
		return h.shownLine(p, before, f)
	case Outcome:
		for _, r := range before {
			if o, ok := r.fx.(Outcome); ok && o.Transfer == f.Transfer {
				return breaks(6, "%q sees two outcomes of %s", p, f.Transfer)
			}
		}
	}
	return nil
}

// reign returns epoch e if p held it.
func (h *history) reign(p Party, e uint64) (reign, error) {
	if e == 0 || e > uint64(len(h.reigns)) {
		return reign{}, breaks(1, "%q is shown epoch %d of %d", p, e, len(h.reigns))
	}
	if r := h.reigns[e-1]; r.holder == p {
		return r, nil
	}
	return reign{}, breaks(3, "%q is shown epoch %d, which %q held", p, e, h.reigns[e-1].holder)
}

func (h *history) shownLine(p Party, before []row, f Line) error {
	if f.Seq == 0 || f.Seq > uint64(len(h.lines)) || h.lines[f.Seq-1].Line != f {
		return breaks(2, "%q sees %v, which the journal does not have", p, f)
	}
	if p != carol {
		r, err := h.reign(p, f.Epoch)
		if err != nil {
			return err
		}
		if said := h.lines[f.Seq-1]; said.session != r.session || f.Seq <= uint64(r.through) {
			return breaks(3, "%q sees line %d, which is not of epoch %d's stream", p, f.Seq, f.Epoch)
		}
		if !slices.ContainsFunc(before, func(r row) bool { d, ok := r.fx.(Replay); return ok && d.Epoch == f.Epoch }) {
			return breaks(5, "%q sees line %d before the dialog of epoch %d", p, f.Seq, f.Epoch)
		}
	}
	var last uint64
	for _, r := range before {
		if l, ok := r.fx.(Line); ok {
			last = max(last, l.Seq)
			if l.Seq == f.Seq {
				return breaks(6, "%q sees line %d twice", p, f.Seq)
			}
		}
	}
	if f.Seq < last {
		return breaks(5, "%q sees line %d after line %d", p, f.Seq, last)
	}
	for _, l := range h.lines[last : f.Seq-1] {
		if l.To == p {
			return breaks(5, "%q sees line %d before line %d", p, f.Seq, l.Seq)
		}
	}
	return nil
}

// settled is invariant 4, and, when the outbox is at rest, that everything
// converged: what was committed is seen, and the contact is the holder's alone.
func (w *world) settled() error {
	if err := w.delivered(carol, nil, w.past.lines); err != nil {
		return err
	}
	if n := len(w.past.reigns); w.conv.Phase == Active {
		now := w.past.reigns[n-1]
		replay := func(f Effect) bool { r, ok := f.(Replay); return ok && r.Epoch == uint64(n) }
		if err := w.delivered(now.holder, replay, w.past.lines[now.through:]); err != nil {
			return err
		}
	}
	if !w.resting() {
		return nil
	}
	for i, l := range w.lanes {
		if l.contact != (parties[i] != "" && parties[i] == w.conv.Holder) {
			return breaks(13, "at rest, contact of %q: %v, holder %q", parties[i], l.contact, w.conv.Holder)
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

// delivered reports whether the replay and the lines said to p are seen or
// still to be performed.
func (w *world) delivered(p Party, replay func(Effect) bool, lines []said) error {
	if replay != nil && !w.knows(p, replay) {
		return breaks(4, "the dialog before epoch %d is lost to %q", w.conv.Epoch, p)
	}
	for _, l := range lines {
		if l.To == p && !w.knows(p, func(f Effect) bool { return f == l.Line }) {
			return breaks(4, "line %d is lost to %q", l.Seq, p)
		}
	}
	return nil
}

func (w *world) knows(p Party, is func(Effect) bool) bool {
	l := &w.lanes[laneOf(p)]
	match := func(r row) bool { return is(r.fx) }
	return slices.ContainsFunc(l.rows[l.next:], match) || slices.ContainsFunc(l.seen, match)
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
