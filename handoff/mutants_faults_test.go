package handoff

import (
	"errors"
	"slices"
	"time"
)

// call is one call of Step that a mutant may spoil.
type call struct {
	c     Conversation // before
	now   time.Time
	event Event
	next  Conversation
	fx    []Effect
	err   error
}

func (m *call) took() bool { return m.next.Epoch > m.c.Epoch }

// drop takes effects out.
func (m *call) drop(is func(Effect) bool) { m.fx = slices.DeleteFunc(slices.Clone(m.fx), is) }

// after makes a mutant that spoils what Step returned.
func after(spoil func(*call)) func(*shell) {
	return func(s *shell) {
		s.step = func(c Conversation, now time.Time, e Event) (Conversation, []Effect, error) {
			m := &call{c: c, now: now, event: e}
			m.next, m.fx, m.err = c.Step(now, e)
			spoil(m)
			return m.next, m.fx, m.err
		}
	}
}

// cleared makes a mutant that loses what it had sent when it crashed.
func cleared[T Effect](s *shell) {
	s.clearSent = func(f Effect) bool { _, ok := f.(T); return ok }
}

func lateAccept(s *shell) {
	s.step = func(c Conversation, now time.Time, e Event) (Conversation, []Effect, error) {
		if _, ok := e.(Accept); ok && c.Offer.Open() {
			now = c.Offer.Expires.Add(-1)
		}
		return c.Step(now, e)
	}
}

func anyoneCancels(s *shell) {
	s.step = func(c Conversation, now time.Time, e Event) (Conversation, []Effect, error) {
		if x, ok := e.(Cancel); ok && c.Offer.Rings(x.By) {
			x.By = c.Offer.By
			e = x
		}
		return c.Step(now, e)
	}
}

func holderOfNow(w *world, i int, r row) int {
	if l, ok := r.fx.(Line); ok && l.To != w.conv.Caller && w.conv.Holder != "" {
		return laneOf(w.conv.Holder)
	}
	return i
}

func sameEpoch(m *call) {
	if m.took() {
		m.next.Epoch = m.c.Epoch
	}
}

func epochPerAccept(m *call) {
	if _, ok := m.event.(Accept); ok && m.err == nil && len(m.fx) == 0 {
		m.next.Epoch++
	}
}

func uncountedLine(m *call) { m.next.Seq = m.c.Seq }

func staleLine(m *call) {
	for i, f := range m.fx {
		if l, ok := f.(Line); ok && l.By == m.c.Caller && m.c.Hops > 0 {
			l.To = alice
			if m.c.Holder == alice {
				l.To = bob
			}
			m.fx[i] = l
		}
	}
}

func formerSpeaks(m *call) {
	e, ok := m.event.(Say)
	if ok && errors.Is(m.err, ErrNotHolder) && m.c.Epoch > 0 {
		m.next.Seq++
		m.fx, m.err = []Effect{Line{Seq: m.next.Seq, Epoch: m.c.Epoch, By: e.By, To: m.c.Caller}}, nil
	}
}

func twoOutcomes(m *call) {
	for _, f := range m.fx {
		if o, ok := f.(Outcome); ok && o.Role == AsHolder {
			m.fx = append(slices.Clip(m.fx), o)
		}
	}
}

func silentLoser(m *call) {
	m.drop(func(f Effect) bool {
		o, ok := f.(Outcome)
		return ok && o.Role == AsTarget && o.State == Accepted && o.To != o.By
	})
}

func oneNoEndsAll(m *call) {
	if _, ok := m.event.(Decline); ok && m.err == nil && m.next.Offer.Open() {
		m.next.Last = Closed{ID: m.next.Offer.ID, State: Declined}
		m.next.Offer = Offer{}
		m.drop(func(f Effect) bool { _, ok := f.(Ring); return ok })
	}
}

func openAfterAccept(m *call) {
	if m.took() {
		m.next.Offer = m.c.Offer
	}
}

func openAfterEnd(m *call) {
	if _, ok := m.event.(Disconnect); ok && m.err == nil {
		m.next.Offer, m.next.Last = m.c.Offer, m.c.Last
		m.drop(func(f Effect) bool { _, ok := f.(Outcome); return ok })
	}
}

func asksHolder(m *call) {
	if e, ok := m.event.(Transfer); ok && errors.Is(m.err, ErrIsHolder) {
		m.next.Offer = Offer{ID: e.ID, By: e.By, Ringing: e.Candidates, Timeout: e.Timeout, Expires: m.now.Add(e.Timeout)}
		m.fx, m.err = []Effect{Ring{Transfer: e.ID, To: m.c.Holder, Expires: m.next.Offer.Expires}}, nil
	}
}

func shortReplay(m *call) {
	for i, f := range m.fx {
		if r, ok := f.(Replay); ok && r.Through >= r.First {
			r.Through--
			m.fx[i] = r
		}
	}
}

func keptContact(m *call) {
	m.drop(func(f Effect) bool { _, ok := f.(Unbind); return ok && m.took() })
}

func revived(m *call) {
	if _, ok := m.event.(Tick); ok && len(m.fx) > 0 {
		m.next, m.fx = m.c, nil
		m.next.Offer.Expires = m.now.Add(m.c.Offer.Timeout)
	}
}
