package handoff

import "slices"

// who takes part: the checker's own account of it, from the events alone.
type who struct {
	open          bool
	holder, aside Party
	guests        []Party
	quiet         bool  // whom the holder consulted has left, and the holder has not said that they know
	last          Party // who held the session before it waited
}

func (w who) phase() Phase {
	switch {
	case !w.open:
		return Idle
	case w.holder == "":
		return Waiting
	}
	return Active
}

func (w who) has(p Party) bool {
	return p != "" && (p == w.holder || p == w.aside || slices.Contains(w.guests, p))
}

// all returns the agents who take part.
func (w who) all() []Party {
	all := make([]Party, 0, 4)
	if w.holder != "" {
		all = append(all, w.holder)
	}
	if w.aside != "" {
		all = append(all, w.aside)
	}
	return append(all, w.guests...)
}

func (w who) without(p Party) who {
	w.guests = slices.DeleteFunc(slices.Clone(w.guests), func(g Party) bool { return g == p })
	return w
}

// taken is who takes part after p took the session.
func (w who) taken(p Party) who {
	w = w.without(p)
	w.holder, w.aside, w.quiet, w.last = p, "", false, ""
	return w
}

// letGo is who takes part when the holder has let go.
func (w who) letGo() who {
	w.holder, w.aside, w.quiet, w.last = "", "", false, w.holder
	return w
}

// hear returns who hears what e says, by the protocol's rules: what holder and
// consulted agent say stays between them, unless it is said aloud.
func (w who) hear(caller Party, e Say) (to Party, private bool, copies []Party) {
	switch {
	case e.By == w.aside || e.By == w.holder && w.aside != "" && !e.Aloud:
		to = w.aside
		if e.By == w.aside {
			to = w.holder
		}
		return to, true, nil
	case e.By == caller:
		return w.holder, false, w.guests
	case e.By == w.holder:
		return caller, false, w.guests
	}
	for _, p := range w.all() {
		if p != w.aside && p != e.By {
			copies = append(copies, p)
		}
	}
	return caller, false, copies
}

// moves works out who takes part after the event, given that it was not
// refused.
func (h *history) moves(s stride) error {
	w := h.who
	switch e := s.event.(type) {
	case Connect:
		w = who{open: true}
	case Disconnect:
		if e.By != "" && e.By != s.before.Caller && e.By != w.holder {
			return breaks(8, "%q ended %q's session", e.By, w.holder)
		}
		w = who{}
	case Release:
		if w.holder == "" || e.By != "" && e.By != w.holder {
			return breaks(8, "%q let go of %q's session", e.By, w.holder)
		}
		w = w.letGo()
	case Resume:
		if e.By == "" || e.By != w.holder {
			return breaks(8, "%q resumed %q's session", e.By, w.holder)
		}
		w.quiet = false
	case Part:
		if !w.has(e.Who) || e.Who == w.holder || e.By != "" && e.By != e.Who && e.By != w.holder {
			return breaks(8, "%q sent %q away", e.By, e.Who)
		}
		if w = w.without(e.Who); e.Who == w.aside {
			w.aside, w.quiet = "", e.By != w.holder
		}
	case Assign:
		w = w.taken(e.To)
	case Reclaim:
		if w.holder == "" {
			w = w.taken(e.By)
		}
	case Transfer:
		if h.atOnce(e) {
			w = w.taken(w.aside)
		} else if e.Mode == Blind {
			w = w.letGo()
		}
	case Accept:
		if t := h.transfer(e.ID); !h.repeated(t, e, s) {
			w = w.accepted(t, e.By)
		}
	}
	h.who = w
	return nil
}

func (w who) accepted(t *transfer, by Party) who {
	switch t.mode {
	case Consult:
		w.aside, w.quiet = by, false
	case Join:
		w.guests = append(slices.Clip(w.guests), by)
	case Reclaimed:
		return w.taken(t.by)
	default:
		return w.taken(by)
	}
	return w
}

// atOnce reports whether e is a warm transfer to the agent who is consulted,
// and to no one else.
func (h *history) atOnce(e Transfer) bool {
	if e.Mode != Warm || h.who.aside == "" {
		return false
	}
	others := slices.ContainsFunc(e.Candidates, func(p Party) bool {
		return p != "" && p != carol && p != h.who.aside && p != h.who.holder
	})
	return !others && slices.Contains(e.Candidates, h.who.aside)
}

// legs is invariant 12: whatever a coming or going needs is in its one step,
// and nothing of it in any other.
func (h *history) legs(was who, s stride) error {
	want := h.going(was, s)
	came := h.who.holder
	if came == was.holder {
		came = ""
	}
	for _, p := range h.who.all() {
		if !was.has(p) {
			came = p
		}
	}
	if came != "" {
		r, from := h.arrival(came, was, s)
		h.stays = append(slices.Clip(h.stays), r)
		want = append(want, Bind{came, s.after.Epoch}, r)
		if came != was.holder && came == h.who.holder {
			want = append(want, Moved{from, came, s.after.Epoch, s.after.Session})
		}
	}
	if e, ok := s.event.(Part); ok && was.holder != "" && e.By != was.holder {
		want = append(want, Parted{To: was.holder, Who: e.Who, Aside: e.Who == was.aside, Epoch: s.after.Epoch})
	}
	if _, ok := s.event.(Connect); ok {
		want = append(want, Opened{h.session})
	}
	n := 0
	for _, f := range s.fx {
		switch f.(type) {
		case Bind, Moved, Replay, Unbind, Leave, Parted, Opened, Ended:
			if n++; !slices.Contains(want, f) {
				return breaks(12, "%T brought %T%+v", s.event, f, f)
			}
		}
	}
	for _, f := range want {
		if !slices.Contains(s.fx, f) {
			return breaks(12, "%T came without %T%+v", s.event, f, f)
		}
	}
	if n != len(want) {
		return breaks(12, "%T brought something twice", s.event)
	}
	return nil
}

// going returns the effects for whoever left.
func (h *history) going(was who, s stride) []Effect {
	var want []Effect
	leave := func(p Party, reason string, by Party) {
		want = append(want, Leave{p, reason, s.after.Epoch, by, s.before.Session}, Unbind{p, s.before.Epoch})
	}
	e, ended := s.event.(Disconnect)
	for _, p := range was.all() {
		switch {
		case h.who.has(p):
		case ended && p == e.By:
			want = append(want, Unbind{p, s.before.Epoch})
		case ended:
			leave(p, e.Reason, e.By)
		case h.who.holder != "" && p == was.holder:
			leave(p, ReasonTransferred, h.who.holder)
		default:
			reason, by := ReasonLeft, was.holder
			switch e := s.event.(type) {
			case Part:
				by = e.By
			case Release:
				if by = e.By; p == was.holder {
					reason = e.Reason
				}
			case Transfer:
				if p == was.holder {
					reason = ReasonTransferred
				}
			}
			leave(p, reason, by)
		}
	}
	if ended {
		want = append(want, Ended{h.session})
		if e.By != s.before.Caller {
			want = append(want, Leave{s.before.Caller, e.Reason, s.after.Epoch, e.By, s.before.Session})
		}
	}
	return want
}

// arrival returns the replay for whoever came in, and who handed on.
func (h *history) arrival(p Party, was who, s stride) (r Replay, from Party) {
	r = Replay{To: p, Epoch: s.after.Epoch, First: uint64(h.first) + 1, Through: uint64(len(h.lines)), From: was.holder}
	if r.From == "" && was.last != p {
		r.From = was.last
	}
	switch e := s.event.(type) {
	case Assign:
		r.Transfer = e.ID
	case Transfer:
		r.Transfer = e.ID
	case Reclaim:
		r.Transfer, r.Mode = e.ID, Reclaimed
	case Accept:
		r.Transfer, r.Mode = e.ID, h.transfer(e.ID).mode
	}
	return r, r.From
}
