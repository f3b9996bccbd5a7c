package desk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// everything lists what can be asked about a conversation by somebody.
func (c *chat) everything(by handoff.Party, id string) map[string]desk.Request {
	return map[string]desk.Request{
		"message":    c.replying(by, "let me in"),
		"transfer":   c.handing(by, desk.Target{Agent: ben}),
		"accept":     c.accepting(by, id),
		"decline":    c.declining(by, id),
		"cancel":     c.cancelling(by),
		"disconnect": c.ending(by),
		"signal":     desk.Signal{Local: c.local(), By: by},
	}
}

func TestStrangersLearnNothing(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben, adam)
		id := c.hands(alice, desk.Target{Agent: bob}).ID
		// An outsider, an agent nobody asked, nobody, and the caller, to whom
		// the agents' side is not there either.
		for _, who := range []handoff.Party{mallory, adam, "", carol} {
			for what, req := range c.everything(who, id) {
				err := s.refused(desk.ErrHidden, req)
				require.Equal(t, desk.ErrHidden.Error(), err.Error(), "%s by %q", what, who)
			}
			require.Equal(t, desk.Stranger, s.must(desk.Look{Local: c.local(), By: who}).Standing)
			require.Empty(t, s.must(desk.Find{By: who}).Found)
		}
		// The same answer as for one that never was.
		for what, req := range (&chat{s, carol, "support"}).everything(alice, id) {
			err := s.refused(desk.ErrHidden, elsewhere(req))
			require.Equal(t, desk.ErrHidden.Error(), err.Error(), what)
		}
	})
}

// elsewhere asks the same of a conversation that does not exist.
func elsewhere(req desk.Request) desk.Request {
	const nowhere = "nobody.00000000"
	switch r := req.(type) {
	case desk.AgentSays:
		r.Local = nowhere
		return r
	case desk.Handoff:
		r.Local = nowhere
		return r
	case desk.Accept:
		r.Local = nowhere
		return r
	case desk.Decline:
		r.Local = nowhere
		return r
	case desk.Cancel:
		r.Local = nowhere
		return r
	case desk.Disconnect:
		r.Local = nowhere
		return r
	case desk.Signal:
		r.Local = nowhere
		return r
	}
	panic(req)
}

func TestFormerHolder(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben)
		id := c.hands(alice, desk.Target{Agent: bob}).ID
		c.accepts(bob)
		s.ignore()
		lines := len(c.lines())

		err := s.refused(desk.ErrFormer, c.replying(alice, "too late"))
		require.ErrorContains(t, err, "not delivered")
		s.refused(handoff.ErrNotHolder, c.handing(alice, desk.Target{Agent: ben}))
		s.refused(handoff.ErrNotHolder, c.cancelling(alice))
		s.refused(handoff.ErrNotHolder, c.ending(alice))
		s.refused(desk.ErrHidden, desk.Signal{Local: c.local(), By: alice})
		s.refused(handoff.ErrAnswered, c.accepting(alice, id))
		require.Equal(t, desk.Former, s.must(desk.Look{Local: c.local(), By: alice}).Standing)
		require.Len(t, c.lines(), lines, "no line in the dialog")
		s.sees(carol)
		s.sees(bob)

		s.restart()
		s.refused(desk.ErrFormer, c.replying(alice, "too late, still"))
	})
}

// A message and the accept that takes the session away share a batch: what
// came first counts.
func TestMessageRacesAccept(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		id := c.hands(alice, desk.Target{Agent: bob}).ID
		s.ignore()
		_, errs := s.submit(c.replying(alice, "before"), c.saying("before"), c.accepting(bob, id),
			c.replying(alice, "after"), c.saying("after"), c.replying(bob, "hello"))
		require.Equal(t, []error{nil, nil, nil}, errs[:3])
		require.ErrorIs(t, errs[3], desk.ErrFormer)
		require.Equal(t, []error{nil, nil}, errs[4:])
		s.sees(alice, "3 carol: before", "outcome accepted by bob", "leave transferred", "unbind epoch 1")
		s.sees(bob, "bind epoch 2", "outcome accepted by bob", "replay 1-3", "4 carol: after")
		s.sees(carol, "2 alice: before", "moved to bob", "5 bob: hello")
	})
}

func TestStandings(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben)
		c.hands(alice, desk.Target{Queue: "billing"})
		look := func(p handoff.Party) desk.Standing { return s.must(desk.Look{Local: c.local(), By: p}).Standing }
		require.Equal(t, desk.Holder, look(alice))
		require.Equal(t, desk.Asked, look(bob))
		require.Equal(t, desk.Stranger, look(ben), "not rung yet")
		s.refused(handoff.ErrNotHolder, c.replying(bob, "hello"))
		s.refused(desk.ErrHidden, c.accepting(ben, c.offer()))
		c.declines(bob)
		require.Equal(t, desk.Asked, look(ben))
		require.Equal(t, desk.Stranger, look(bob))
		s.refused(desk.ErrHidden, desk.Look{Local: "nobody.00000000", By: alice})
	})
}

// Alice takes the session and writes, and the caller hangs up, all in one
// batch: she is told why her message went nowhere.
func TestHolderOfTheSameBatch(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice)
		c := s.chat(carol, "support")
		c.says("hello")
		_, errs := s.submit(c.accepting(alice, c.offer()), c.hangingUp(), c.replying(alice, "hello"))
		require.Equal(t, []error{nil, nil}, errs[:2])
		require.ErrorIs(t, errs[2], handoff.ErrNoSession)
	})
}
