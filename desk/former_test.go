package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// Whoever held a session is told how they came to lose it, and who has it, after a
// restart as before.
func TestFormerHolderIsToldAfterARestart(t *testing.T) {
	const undelivered = " Your message was not delivered."
	returned := "You put this session back into the queue."
	for name, tc := range map[string]struct {
		then func(c *chat)
		want string
	}{
		"handed on":           {func(c *chat) { c.hands(alice, desk.Target{Agent: bob}); c.accepts(bob) }, "You handed this session on."},
		"let go":              {func(c *chat) { c.must(c.by(handoff.Blind, alice, desk.Target{Agent: bob})) }, "You handed this session on."},
		"put back":            {func(c *chat) { c.must(c.returning(alice)) }, returned},
		"put back, and taken": {func(c *chat) { c.must(c.returning(alice)); c.force(bob) }, returned},
		"away":                {func(c *chat) { c.away(alice) }, "You were away, so this session waits in the queue."},
		"away, and taken":     {func(c *chat) { c.away(alice); c.force(bob) }, "You were away, so Bob took over."},
		"forced":              {func(c *chat) { c.force(bob) }, "This session was taken from you, and Bob has it."},
		"unreachable": {func(c *chat) {
			c.deaf(alice, errBlocked, desk.KindLine)
			c.says("are you there?")
			c.pass(2 * time.Minute)
			c.courier.does(nil)
		}, "This session was taken from you and waits in the queue."},
		"away, and handed on by another": {func(c *chat) {
			c.away(alice)
			c.force(bob)
			c.hands(bob, desk.Target{Agent: ben})
			c.accepts(ben)
		}, "You were away, so Ben took over."},
		"forced, had it again, and handed it on": {func(c *chat) {
			c.force(bob)
			c.must(desk.Resume{By: alice})
			c.force(alice)
			c.hands(alice, desk.Target{Agent: bob})
			c.accepts(bob)
		}, "You handed this session on."},
		"in an earlier session": {func(c *chat) {
			c.force(bob)
			c.must(c.ending(bob))
			c.says("me again")
			c.force(bob)
		}, "You handed this session on."},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c := s.taken(carol, "support", alice)
				s.arrive(bob, ben)
				s.must(desk.Pause{By: alice})
				tc.then(c)
				require.NotEqual(t, alice, c.now().Holder)
				require.EqualError(t, s.refused(desk.ErrFormer, c.replying(alice, "late")), tc.want+undelivered)
				s.flush()
				s.restart()
				require.EqualError(t, s.refused(desk.ErrFormer, c.replying(alice, "late")), tc.want+undelivered)
			}, overseen, func(s *scene) { s.grace = 30 * time.Second })
		})
	}
}

// In one batch too, before anything of it is in the store.
func TestFormerHolderIsToldAtOnce(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.must(desk.Pause{By: alice})
		_, errs := s.submit(c.returning(alice), c.replying(alice, "late"))
		require.NoError(t, errs[0])
		require.EqualError(t, errs[1], "You put this session back into the queue. Your message was not delivered.")
		_, errs = s.submit(desk.Force{Oversight: c.over(sue), To: alice}, desk.Force{Oversight: c.over(sue), To: bob}, c.replying(alice, "late"))
		require.ErrorIs(t, errs[0], desk.ErrUnavailable) // she pauses
		require.ErrorIs(t, errs[1], desk.ErrUnavailable) // and he is not there
		require.EqualError(t, errs[2], "You put this session back into the queue. Your message was not delivered.")
		s.arrive(bob)
		s.must(desk.Resume{By: alice})
		_, errs = s.submit(desk.Force{Oversight: c.over(sue), To: alice}, desk.Force{Oversight: c.over(sue), To: bob}, c.replying(alice, "late"))
		require.Equal(t, []error{nil, nil}, errs[:2])
		require.EqualError(t, errs[2], "This session was taken from you, and Bob has it. Your message was not delivered.")
	}, overseen)
}

func (c *chat) force(to handoff.Party) { c.must(desk.Force{Oversight: c.over(sue), To: to}) }

// away has who stay away for longer than the grace, and come back.
func (c *chat) away(who handoff.Party) {
	c.leave(who)
	c.pass(time.Minute)
	c.arrive(who)
}
