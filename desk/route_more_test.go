package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// Whoever is next in line may take a break meanwhile.
func TestNextInLinePauses(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, adam)
		c := s.chat(carol, "support")
		c.says("hello")
		s.must(desk.Pause{By: adam})
		c.declines(alice)
		s.sees(adam)
		require.False(t, c.now().Offer.Open())
	})
}

// Who took a session with a skill and gives it back leaves it to others with that
// skill.
func TestSkillOfAnAcceptedSession(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.hands(alice, desk.Target{Queue: "billing", Skill: "fr"})
		c.accepts(bob)
		s.arrive(ben)
		s.must(c.returning(bob))
		s.pass(10 * time.Second)
		require.False(t, c.now().Offer.Open(), "Ben speaks no French")
		s.pass(patient)
		require.True(t, c.now().Offer.Rings(bob))
	})
}

// What a closed queue let wait says nothing of how long the next one waits.
func TestEstimateWithoutNights(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		for i := range 6 {
			c := s.chat(handoff.Party(fmt.Sprintf("%d@x", i)), "support")
			c.says("hello")
			s.pass(time.Minute)
			s.must(desk.Take{By: alice})
			c.hangsUp()
		}
		s.pass(9 * time.Hour)
		s.chat(carol, "support").says("hello")
		s.sees(carol, "opened 1", "caller_next")
	}, shut, placing)
}

// However much is said elsewhere, what the clock alone brings about is seen to.
func TestClockIsLookedAtUnderLoad(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.pass(10*time.Hour - 10*time.Second)
		c, d := s.chat(carol, "support"), s.chat(dave, "attic")
		c.says("hello")
		s.sees(carol, "opened 1")
		for range 26 {
			d.says("and")
			s.pass(time.Second)
		}
		s.sees(carol, "We are back at nine.")
	}, shut)
}

// Whoever vanishes in a break loses their sessions all the same, and the
// restart changes nothing of it.
func TestVanishedInABreak(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(adam)
		s.must(desk.Pause{By: alice})
		s.must(desk.Pause{By: adam})
		s.restart()
		s.leave(alice)
		s.pass(time.Minute)
		require.Equal(t, handoff.Waiting, c.now().Phase)
		s.arrive(alice, adam, bob)
		s.pass(2 * time.Minute)
		require.True(t, c.now().Offer.Rings(bob), "it overflows like any other")
	}, overflowing, func(s *scene) { s.grace = time.Minute })
}

// After a start, hours and overflow are as before: nobody is asked too early, and
// nobody is forgotten.
func TestRestartWhileClosed(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.chat(carol, "support")
		c.says("hello")
		s.stop()
		time.Sleep(9*time.Hour - time.Minute)
		s.start()
		s.arrive(alice)
		s.pass(30 * time.Second)
		require.False(t, c.now().Offer.Open())
		s.pass(30 * time.Second)
		require.True(t, c.now().Offer.Rings(alice))
	}, shut)
}

// Each wait is counted from its own beginning.
func TestOverflowCountsAnew(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		s.pass(10 * time.Minute)
		s.must(desk.Pause{By: alice})
		s.must(c.returning(alice))
		s.sees(bob)
		s.pass(2*time.Minute - time.Second)
		s.sees(bob)
		s.pass(time.Second)
		require.True(t, c.now().Offer.Rings(bob))
	}, overflowing)
}

// Once for each time that the queue is closed, whatever happens meanwhile.
func TestToldOnceANight(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.chat(carol, "support")
		c.says("hello")
		s.must(desk.Take{By: alice})
		s.must(c.returning(alice))
		s.sees(carol, "We are back at nine.")
		s.arrive(alice)
		s.pass(9*time.Hour + time.Minute)
		c.accepts(alice)
		s.pass(time.Hour)
		s.must(c.returning(alice))
		s.sees(carol, "We are back at nine.")
	}, shut)
}
