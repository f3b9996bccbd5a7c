package handoff

import (
	"fmt"
	"slices"
	"time"
)

// breach says which invariant does not hold, by its number in the project's
// list; each check says what its number stands for. Number 0 is Step's own
// contract: a refused event changes nothing.
type breach struct {
	no   int
	what string
}

func (b *breach) Error() string { return fmt.Sprintf("invariant %d: %s", b.no, b.what) }

func breaks(no int, format string, args ...any) error {
	return &breach{no, fmt.Sprintf(format, args...)}
}

// stride is one call of Step that was not refused.
type stride struct {
	now    time.Time
	before Conversation
	event  Event
	after  Conversation
	fx     []Effect
}

func (s stride) took() bool { return s.after.Epoch != s.before.Epoch }

// history is what the checker remembers by itself, from events and effects
// alone, so that it does not trust the conversation's own fields.
type history struct {
	session   uint64
	first     int // lines before the session's first
	lines     []said
	reigns    []reign // reigns[e-1] is epoch e
	transfers []transfer
}

// said is one line of the journal.
type said struct {
	Line
	session uint64
}

// reign is one epoch: who held which session, and the last line before it.
type reign struct {
	session uint64
	holder  Party
	through int
}

// transfer is one line of the ledger.
type transfer struct {
	id       string
	by       Party
	asked    []Party
	deadline time.Time
	told     [len(parties)]uint8
	over     bool
	taker    Party
}

func (h *history) transfer(id string) *transfer {
	for i := range h.transfers {
		if h.transfers[i].id == id {
			return &h.transfers[i]
		}
	}
	return nil
}

// refused checks that an error changed nothing.
func refused(before Conversation, e Event, after Conversation, fx []Effect, err error) error {
	if len(fx) > 0 || !sameConversation(before, after) {
		return breaks(0, "%T was refused (%v) and yet something changed", e, err)
	}
	return nil
}

// judge checks one call of Step against the rules and remembers it.
func (h *history) judge(s stride) error {
	if _, ok := s.event.(Connect); ok {
		h.session, h.first = h.session+1, len(h.lines)
	}
	h.transfers = slices.Clone(h.transfers)
	for _, rule := range [...]func(*history, stride) error{
		(*history).shape, (*history).ownership, (*history).journal,
		(*history).acceptance, (*history).offers, (*history).outcomes,
	} {
		if err := rule(h, s); err != nil {
			return err
		}
	}
	return nil
}

// shape is invariant 11, and that phase, holder and session agree.
func (h *history) shape(s stride) error {
	c, o := s.after, s.after.Offer
	if (c.Phase == Active) != (c.Holder != "") {
		return breaks(1, "phase %v with holder %q", c.Phase, c.Holder)
	}
	if c.Session != h.session || (c.Session > 0 && c.First != uint64(h.first)+1) {
		return breaks(1, "session %d starts at line %d, the journal says %d at %d", c.Session, c.First, h.session, h.first+1)
	}
	if !o.Open() {
		return nil
	}
	if c.Phase == Idle || o.By != c.Holder || len(o.Ringing) == 0 {
		return breaks(11, "offer %s by %q to %v is open in phase %v under %q", o.ID, o.By, o.Ringing, c.Phase, c.Holder)
	}
	for _, group := range [...][]Party{o.Ringing, o.Next} {
		for _, p := range group {
			if p == "" || p == c.Holder || p == c.Caller || slices.Contains(o.Passed, p) {
				return breaks(11, "offer %s asks %q while %q holds and %v have passed", o.ID, p, c.Holder, o.Passed)
			}
		}
	}
	return nil
}

// ownership is invariant 1.
func (h *history) ownership(s stride) error {
	a, b := s.after, s.before
	if b.Epoch != uint64(len(h.reigns)) || a.Epoch < b.Epoch || a.Epoch > b.Epoch+1 {
		return breaks(1, "the epoch went from %d to %d after %d changes of holder", b.Epoch, a.Epoch, len(h.reigns))
	}
	if !s.took() {
		if a.Holder != b.Holder && a.Phase != Idle {
			return breaks(1, "%q took over from %q within epoch %d", a.Holder, b.Holder, a.Epoch)
		}
		return nil
	}
	if a.Holder == "" || a.Holder == b.Holder {
		return breaks(1, "epoch %d began with holder %q after %q", a.Epoch, a.Holder, b.Holder)
	}
	h.reigns = append(slices.Clip(h.reigns), reign{h.session, a.Holder, len(h.lines)})
	return nil
}

// journal is invariants 2, 3 and 8 at the commit: a line gets the next number,
// the epoch of now and whoever is at the other end, once.
func (h *history) journal(s stride) error {
	var lines []Line
	for _, f := range s.fx {
		if l, ok := f.(Line); ok {
			lines = append(lines, l)
		}
	}
	e, ok := s.event.(Say)
	if !ok {
		if len(lines) > 0 || s.after.Seq != uint64(len(h.lines)) {
			return breaks(2, "%T made lines %v", s.event, lines)
		}
		return nil
	}
	if e.By != s.before.Caller && (s.before.Phase != Active || e.By != s.before.Holder) {
		return breaks(8, "%q spoke in %q's epoch", e.By, s.before.Holder)
	}
	to := s.before.Holder
	if e.By != s.before.Caller {
		to = s.before.Caller
	}
	want := Line{Seq: uint64(len(h.lines)) + 1, Epoch: uint64(len(h.reigns)), By: e.By, To: to}
	if len(lines) == 1 && lines[0].To != to {
		return breaks(3, "line %v was said to %q", lines[0], to)
	}
	if len(lines) != 1 || lines[0] != want || s.after.Seq != want.Seq {
		return breaks(2, "journalled %v, want %v", lines, want)
	}
	h.lines = append(slices.Clip(h.lines), said{want, h.session})
	return nil
}

// acceptance is invariant 12: whatever a change of holder needs is in its one
// step, and nothing of it in any other.
func (h *history) acceptance(s stride) error {
	a, was := s.after, s.before.Holder
	var want []Effect
	leaving := Party("")
	switch {
	case s.took():
		want = append(want, Bind{a.Holder, a.Epoch}, Moved{was, a.Holder, a.Epoch},
			Replay{To: a.Holder, Epoch: a.Epoch, First: uint64(h.first) + 1, Through: uint64(len(h.lines)), From: was, Transfer: a.Last.ID})
		if a.Offer.Open() || a.Last.State != Accepted || a.Last.By != a.Holder || a.Last.Epoch != a.Epoch {
			return breaks(12, "%q took the session, but offer %q and last %+v", a.Holder, a.Offer.ID, a.Last)
		}
		if leaving = was; was != "" {
			want = append(want, Leave{was, "transferred", a.Epoch, a.Holder})
		}
	case a.Phase == Idle && s.before.Phase != Idle:
		want = append(want, Ended{h.session})
		leaving = was
	}
	if leaving != "" {
		want = append(want, Unbind{leaving, s.before.Epoch})
	}
	for _, f := range want {
		if !slices.Contains(s.fx, f) {
			return breaks(12, "%T came without %T%+v", s.event, f, f)
		}
	}
	for _, f := range s.fx {
		switch f.(type) {
		case Bind, Moved, Replay, Unbind, Ended:
			if !slices.Contains(want, f) {
				return breaks(12, "%T brought %T%+v", s.event, f, f)
			}
		}
	}
	return nil
}
