package handoff

import "slices"

// forgets makes a mutant of the checker's key.
func forgets(what func(*world)) func(*shell) {
	return func(s *shell) { s.forget = what }
}

func dayLong(m *call) {
	if o := &m.next.Offer; len(o.Passed) > 0 && len(m.c.Offer.Passed) < len(o.Passed) {
		o.Expires = m.now.Add(24 * ringTime * 60)
		for i, f := range m.fx {
			if r, ok := f.(Ring); ok {
				r.Expires = o.Expires
				m.fx[i] = r
			}
		}
	}
}

func blindDrops(m *call) {
	if m.c.Offer.Mode == Blind && !m.next.Offer.Open() && m.next.Phase == Waiting {
		m.next.Phase = Idle
	}
}

func blindKeeps(m *call) {
	if e, ok := m.event.(Transfer); ok && e.Mode == Blind && m.err == nil {
		m.next.Phase, m.next.Holder = Active, m.c.Holder
		m.drop(func(f Effect) bool { _, ok := f.(Ring); return !ok })
	}
}

func blindCancelled(m *call) {
	if e, ok := m.event.(Cancel); ok && m.c.Offer.Open() && m.c.Offer.Mode == Blind && e.By == m.c.Offer.By && e.ID == m.c.Offer.ID {
		m.next, m.fx = m.c.closeOffer(Cancelled, e.By, "")
		m.err = nil
	}
}

func blindUncounted(m *call) {
	if m.took() && m.c.Offer.Mode == Blind {
		m.next.Hops = m.c.Hops
	}
}

func returnDropsOffer(m *call) {
	if _, ok := m.event.(Release); ok && m.err == nil && m.next.Offer.Open() {
		m.next.Last = Closed{ID: m.c.Offer.ID, State: Failed}
		m.next.Offer = Offer{}
	}
}

func reclaimForces(m *call) {
	if e, ok := m.event.(Reclaim); ok && m.err == nil && m.c.Phase == Active {
		m.c.Offer = Offer{ID: e.ID, By: e.By, Mode: Reclaimed}
		m.next, m.fx = m.c.take(e.ID, e.By, e.By)
	}
}

func reclaimForgets(m *call) {
	if m.c.Offer.Mode == Reclaimed {
		m.drop(func(f Effect) bool { o, ok := f.(Outcome); return ok && o.Role == AsHolder })
	}
}

// entered reports whether somebody came in beside the holder.
func (m *call) entered(mode Mode) bool {
	_, ok := m.event.(Accept)
	return ok && m.c.Offer.Open() && !m.next.Offer.Open() && m.c.Offer.Mode == mode
}

func consultMovesEpoch(m *call) {
	if m.entered(Consult) {
		m.next.Epoch++
	}
}

// aside returns the line that was said aside.
func (m *call) aside() (Line, bool) {
	for _, f := range m.fx {
		if l, ok := f.(Line); ok && l.Private {
			return l, true
		}
	}
	return Line{}, false
}

func consultHeard(m *call) {
	if l, ok := m.aside(); ok {
		l.To, l.Private = m.c.Caller, false
		m.fx = []Effect{l}
	}
}

func consultCopied(m *call) {
	if l, ok := m.aside(); ok {
		for _, p := range m.c.Guests {
			m.fx = append(slices.Clip(m.fx), Copy{Seq: l.Seq, Epoch: l.Epoch, By: l.By, To: p})
		}
	}
}

func consultAsks(m *call) {
	if e, ok := m.event.(Transfer); ok && m.took() {
		m.next = m.c
		m.next.Offer = Offer{ID: e.ID, By: e.By, Ringing: e.Candidates, Timeout: e.Timeout, Expires: m.now.Add(e.Timeout)}
		m.fx = []Effect{Ring{Transfer: e.ID, To: m.c.Aside, Expires: m.next.Offer.Expires}}
	}
}

func asideStays(m *call) {
	if m.took() && m.c.Aside != m.next.Holder {
		m.next.Aside = m.c.Aside
		m.drop(func(f Effect) bool { l, ok := f.(Leave); return ok && l.To == m.c.Aside })
	}
}

func loudAgain(m *call) { m.next.Quiet = false }

func partedHears(m *call) {
	if _, ok := m.event.(Part); ok && m.err == nil {
		m.next.Guests = m.c.Guests
	}
}

func guestForgotten(m *call) {
	if _, ok := m.event.(Disconnect); ok && m.err == nil {
		m.drop(func(f Effect) bool { u, ok := f.(Unbind); return ok && slices.Contains(m.c.Guests, u.To) })
	}
}

func joinMoves(m *call) {
	if m.entered(Join) {
		o := m.c
		o.Offer.Mode = Warm
		m.next, m.fx = o.take(m.c.Offer.ID, m.next.Last.By, m.next.Last.By)
	}
}
