package component

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
)

// statusPause is how long the desk's status line stays at least where the
// configuration does not say.
const statusPause = 5 * time.Second

// statusDelay is how long it takes until a change is looked at.
const statusDelay = 200 * time.Millisecond

// status keeps the desk's status line up to date in the agents' rosters:
// "support: 3 waiting, you: 2 of 4".
type status struct {
	c  *Component
	mu sync.Mutex
	by map[handoff.Party]*shownStatus

	coming bool // a change is being looked at soon
}

// shownStatus is what an agent was told last.
type shownStatus struct {
	text string
	at   time.Time
	due  bool // it is looked at again when the pause is over
}

// told notes what an agent has been told, whoever told them; from then on they
// are told what changes.
func (s *status) told(who handoff.Party, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = map[handoff.Party]*shownStatus{}
	}
	if s.by[who] == nil {
		s.by[who] = &shownStatus{}
	}
	s.by[who].text, s.by[who].at = text, time.Now()
}

// changed has the lines looked at soon, away from the desk's goroutine and once
// for what changes at about the same time.
func (s *status) changed(*desk.Figures) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.by) == 0 || s.coming || cmp.Or(s.c.cfg.StatusPause, statusPause) < 0 {
		return
	}
	s.coming = true
	time.AfterFunc(statusDelay, s.look)
}

// look tells the agents who are online and have been shown the desk what is
// another now.
func (s *status) look() {
	s.mu.Lock()
	s.coming = false
	shown := slices.Collect(maps.Keys(s.by))
	s.mu.Unlock()
	for _, who := range shown {
		s.renew(who)
	}
}

func (s *status) renew(who handoff.Party) {
	f := s.c.desk.Figures()
	a, ok := f.Agent(who)
	if ok && a.Online && s.due(who, s.c.deskStatus(f, a), cmp.Or(s.c.cfg.StatusPause, statusPause)) {
		s.c.presenceOf(localDesk, who)
	}
}

// due reports whether somebody is to be told now that their line is another;
// where they were told a moment ago, it is looked at again later.
func (s *status) due(who handoff.Party, text string, pause time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.by[who]
	if was == nil || was.text == text || was.due {
		return false
	}
	if left := pause - time.Since(was.at); left > 0 {
		was.due = true
		time.AfterFunc(left, func() { s.again(who) })
		return false
	}
	return true
}

// again looks at an agent's line when its pause is over.
func (s *status) again(who handoff.Party) {
	s.mu.Lock()
	s.by[who].due = false
	s.mu.Unlock()
	s.renew(who)
}

// deskStatus is the desk's status line for an agent.
func (c *Component) deskStatus(f *desk.Figures, a desk.AgentFigures) string {
	v := c.voice(a.JID)
	var parts []string
	for _, name := range a.Queues {
		if q, ok := f.Queue(name); ok {
			parts = append(parts, v.Say("status_queue", lang.Args{"Queue": name, "Waiting": q.Waiting}))
		}
	}
	if len(parts) == 0 {
		return v.Say("status_desk")
	}
	you := v.Say("status_you", lang.Args{"Load": load(v, a)})
	if a.Paused {
		you += ", " + v.Say("agent_paused")
	}
	return strings.Join(append(parts, you), ", ")
}

// statusFor is what a contact says of itself to somebody.
func (c *Component) statusFor(local string, to handoff.Party) string {
	if local != localDesk {
		return c.statusOf(local)
	}
	f := c.desk.Figures()
	a, ok := f.Agent(to)
	if !ok {
		return c.voice(to).Say("status_desk")
	}
	text := c.deskStatus(f, a)
	c.status.told(to, text)
	return text
}
