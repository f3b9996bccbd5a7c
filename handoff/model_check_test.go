package handoff

import (
	"fmt"
	"slices"
	"time"
)

// breach says which invariant does not hold, by its number in the project's
// list; each check says what its number stands for. Number 0 is Step's own
// contract: a refused event changes nothing, the hop limit holds.
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

// history is what the checker remembers by itself, from events and effects
// alone, so that it does not trust the conversation's own fields.
type history struct {
	session   uint64
	first     int // lines before the session's first
	epochs    int
	hops      int
	who       who
	lines     []said
	stays     []Replay // each coming in of an agent begins with its replay
	transfers []transfer
}

// said is one line of the journal, and who took part when it was said.
type said struct {
	Line
	session uint64
	heard   [len(parties)]bool
}

// transfer is one line of the ledger.
type transfer struct {
	id       string
	by       Party
	mode     Mode
	asked    []Party
	deadline time.Time
	told     [len(parties)]uint8
	over     bool
	taker    Party // whose answer it was
	epoch    int   // the one it began; 0: nothing moved
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
	was := *h
	h.transfers = slices.Clone(h.transfers)
	if _, ok := s.event.(Connect); ok {
		h.session, h.first, h.hops = h.session+1, len(h.lines), 0
	}
	if err := h.answers(s); err != nil {
		return err
	}
	if err := h.journal(s); err != nil {
		return err
	}
	if err := h.moves(s); err != nil {
		return err
	}
	if err := h.ownership(was.who, s); err != nil {
		return err
	}
	if err := h.legs(was.who, s); err != nil {
		return err
	}
	if err := h.offers(was.who, s); err != nil {
		return err
	}
	return h.outcomes(s)
}

// ownership is invariant 1: the holder, and with them the epoch, is who the
// events made it, and so is everybody else who takes part (3).
func (h *history) ownership(was who, s stride) error {
	a := s.after
	if h.who.holder != "" && h.who.holder != was.holder {
		h.epochs++
	}
	if a.Phase != h.who.phase() || a.Holder != h.who.holder {
		return breaks(1, "after %T: %v with holder %q, it should be %v with %q", s.event, a.Phase, a.Holder, h.who.phase(), h.who.holder)
	}
	if a.Epoch != uint64(h.epochs) {
		return breaks(1, "epoch %d after %d changes of holder", a.Epoch, h.epochs)
	}
	if a.Aside != h.who.aside || !slices.Equal(a.Guests, h.who.guests) {
		return breaks(3, "after %T: aside %q, guests %v; they should be %q, %v", s.event, a.Aside, a.Guests, h.who.aside, h.who.guests)
	}
	if a.Quiet != h.who.quiet || a.Was != h.who.last {
		return breaks(3, "after %T: quiet %v, held before by %q; it should be %v, %q", s.event, a.Quiet, a.Was, h.who.quiet, h.who.last)
	}
	if a.Session != h.session || (a.Session > 0 && a.First != uint64(h.first)+1) {
		return breaks(1, "session %d starts at line %d, the journal says %d at %d", a.Session, a.First, h.session, h.first+1)
	}
	if a.Hops != h.hops {
		return breaks(0, "%d hops counted, %d transfers accepted", a.Hops, h.hops)
	}
	return nil
}

// journal is invariants 2, 3 and 8 at the commit: a line gets the next number,
// the epoch of now, and goes to those who take part now and may hear it, once.
func (h *history) journal(s stride) error {
	e, ok := s.event.(Say)
	var want [len(parties)]Effect // at most one for each
	wants := 0
	if ok {
		if e.By == "" || (e.By != s.before.Caller && !h.who.has(e.By)) || !h.who.open {
			return breaks(8, "%q spoke in %q's epoch", e.By, h.who.holder)
		}
		if h.who.quiet && e.By == h.who.holder && !e.Aloud {
			return breaks(3, "%q was heard, who meant it for the agent that had left", e.By)
		}
		to, private, copies := h.who.hear(s.before.Caller, e)
		line := Line{Seq: uint64(len(h.lines)) + 1, Epoch: uint64(h.epochs), By: e.By, To: to, Private: private}
		want[0], wants = line, 1
		heard := [len(parties)]bool{}
		heard[laneOf(to)] = to != ""
		for _, p := range copies {
			want[wants] = Copy{Seq: line.Seq, Epoch: line.Epoch, By: line.By, To: p}
			heard[laneOf(p)] = true
			wants++
		}
		h.lines = append(slices.Clip(h.lines), said{line, h.session, heard})
	}
	if s.after.Seq != uint64(len(h.lines)) {
		return breaks(2, "%d lines after %T, want %d", s.after.Seq, s.event, len(h.lines))
	}
	got := 0
	for _, f := range s.fx {
		switch f.(type) {
		case Line, Copy:
			if got++; !slices.Contains(want[:wants], f) {
				return breaks(misheard(f, want[0]), "%T brought %T%+v, want %+v", s.event, f, f, want[:wants])
			}
		}
	}
	if got != wants {
		return breaks(2, "%T brought %d lines and copies, want %+v", s.event, got, want[:wants])
	}
	return nil
}

// misheard tells a line for the wrong ears (3) from one out of place (2).
func misheard(got, want Effect) int {
	w, _ := want.(Line)
	switch f := got.(type) {
	case Copy:
		return 3
	case Line:
		if f.Seq == w.Seq && f.Epoch == w.Epoch && f.By == w.By {
			return 3
		}
	}
	return 2
}
