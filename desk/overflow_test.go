package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// overflowing lets support overflow to billing after two minutes, and billing to
// front after one more.
func overflowing(s *scene) {
	s.directory.Queues[0].Overflow, s.directory.Queues[0].OverflowAfter = "billing", 2*time.Minute
	s.directory.Queues[1].Overflow, s.directory.Queues[1].OverflowAfter = "front", time.Minute
	for i := range s.directory.Agents[:4] {
		s.directory.Agents[i].Capacity = 1
	}
}

// Who has waited long enough waits in the other queue, too, at the place of their
// arrival.
func TestOverflowAfterAWhile(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.taken("busy@x", "support", alice)
		s.taken("more@x", "support", adam)
		c := s.chat(carol, "support")
		c.says("hello")
		s.pass(30 * time.Second)
		d := s.chat(dave, "billing")
		d.says("hello")
		s.ignore()
		s.pass(90*time.Second - time.Millisecond)
		s.arrive(bob)
		require.True(t, d.now().Offer.Rings(bob), "two minutes are not over")
		d.hangsUp()
		s.sees(bob, "ring", "outcome failed by dave")
		require.False(t, c.now().Offer.Open())
		s.pass(time.Millisecond)
		require.True(t, c.now().Offer.Rings(bob))
		s.refused(desk.ErrHidden, desk.Take{By: robo, Local: c.local()})

		// A newcomer of billing does not overtake them, and the queue stays theirs.
		c.declines(bob)
		s.pass(time.Second)
		e := s.chat("erin@x", "billing")
		e.says("hello")
		require.True(t, e.now().Offer.Rings(bob), "who was asked a moment ago is not asked at once")
		s.arrive(ben)
		s.pass(patient)
		require.True(t, c.now().Offer.Rings(ben) || c.now().Offer.Rings(bob))
		c.accepts(c.now().Offer.Ringing[0])
		require.Equal(t, "support", c.now().Queue)
	}, overflowing)
}

func TestOverflowDoesNotOvertake(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.taken("busy@x", "support", alice)
		s.taken("more@x", "support", adam)
		held := s.taken("last@x", "billing", bob)
		c := s.chat(carol, "support")
		c.says("hello")
		s.pass(3 * time.Minute)
		_, errs := s.submit(held.hangingUp(), s.chat("erin@x", "billing").saying("me first"))
		require.Equal(t, []error{nil, nil}, errs)
		require.True(t, c.now().Offer.Rings(bob), "who came first is served first, whichever the queue")
	}, overflowing)
}

// At once where nobody of the queue is online; a break is not offline.
func TestOverflowAtOnce(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(bob, adam)
		s.leave(alice)
		s.must(desk.Pause{By: adam})
		c := s.chat(carol, "support")
		c.says("hello")
		require.False(t, c.now().Offer.Open())
		s.leave(adam)
		require.True(t, c.now().Offer.Rings(bob))

		// Nobody of billing either: on to the next, who is asked there: it is support's session.
		d := s.chat(dave, "support")
		d.says("hello")
		s.leave(bob, ben)
		s.arrive(robo)
		require.True(t, d.now().Offer.Rings(robo))
		s.pass(patient)
		require.True(t, c.now().Offer.Rings(robo))
	}, overflowing)
}

// After a start nobody knows who is online: that is no reason to overflow. What
// waited before keeps its time.
func TestOverflowAfterRestart(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		d, c := s.chat(dave, "support"), s.chat(carol, "support")
		d.says("hello")
		d.hangsUp()
		c.says("hello")
		s.pass(time.Minute)
		d.says("hello again") // older, but waits less long
		s.restart()
		s.arrive(bob)
		s.pass(59 * time.Second)
		require.False(t, c.now().Offer.Open())
		require.Equal(t, 2, s.must(desk.Connect{Caller: d.caller()}).Position)
		s.pass(time.Second)
		require.True(t, c.now().Offer.Rings(bob))
		require.False(t, d.now().Offer.Open())
	}, overflowing)
}

// The agents of the queue itself are asked before those who help out.
func TestOwnAgentsFirst(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.taken("early@x", "support", alice).hangsUp() // Bob has been idle for longer
		one := s.taken("busy@x", "support", alice)
		s.taken("more@x", "support", adam)
		c := s.chat(carol, "support")
		c.says("hello")
		s.pass(3 * time.Minute)
		_, errs := s.submit(one.hangingUp(), desk.Presence{Agent: bob, Available: true, Online: true}, c.saying("hm"))
		require.Equal(t, []error{nil, nil, nil}, errs)
		s.pass(time.Second)
		require.True(t, c.now().Offer.Rings(alice))
		require.Equal(t, []handoff.Party{bob}, c.now().Offer.Next)
	}, overflowing)
}

// Whoever was done with something longest ago is asked first.
func TestLongestIdleFirst(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, adam)
		var asked []string
		for _, p := range []handoff.Party{"a@x", "b@x", "c@x", "d@x"} {
			c := s.chat(p, "support")
			c.says("hello")
			by := c.now().Offer.Ringing[0]
			asked = append(asked, name(by))
			if p == "b@x" {
				c.declines(by) // counts as well as having talked
				by = c.now().Offer.Ringing[0]
			}
			c.accepts(by)
			c.hangsUp()
		}
		// Adam declined b, Alice took it instead and was done later.
		require.Equal(t, []string{"alice", "adam", "adam", "alice"}, asked)
	})
}

// Who returns finds who held their session last.
func TestLastHolderPreferred(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, adam)
		c := s.chat(carol, "support")
		c.says("hello")
		c.declines(alice)
		c.accepts(adam)
		c.hangsUp() // Alice would be asked: she has been idle for longer
		s.flush()
		s.restart() // or stands first in the directory
		s.arrive(adam, alice)
		c.says("me again")
		require.True(t, c.now().Offer.Rings(adam))
		require.Equal(t, []handoff.Party{alice}, c.now().Offer.Next)
		s.leave(adam)
		require.True(t, c.now().Offer.Rings(alice))
	})
}

// A session that waits is for those who have the skill it was handed on for.
func TestSkillIsKept(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben)
		c.by(handoff.Blind, alice, desk.Target{Queue: "billing", Skill: "fr"})
		s.must(c.by(handoff.Blind, alice, desk.Target{Queue: "billing", Skill: "fr"}))
		require.True(t, c.now().Offer.Rings(bob))
		c.declines(bob)
		s.ignore()
		s.restart()
		s.arrive(ben)
		s.pass(10 * time.Minute)
		s.sees(ben)
		s.arrive(bob)
		s.pass(time.Minute)
		require.True(t, c.now().Offer.Rings(bob))
		c.accepts(bob)

		// The wish goes with the session, and ends with it.
		c.hangsUp()
		s.leave(bob)
		s.restart()
		s.arrive(alice)
		c.says("me again")
		require.True(t, c.now().Offer.Rings(alice))
	})
}

// A session is given back to nobody who has no room for it.
func TestReclaimHonoursCapacity(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(adam)
		c.hands(alice, desk.Target{Agent: adam})
		c.accepts(adam)
		s.must(c.reclaiming(alice))
		id := c.offer()
		d := s.chat(dave, "support")
		d.says("hello")
		d.accepts(alice)
		err := s.refused(desk.ErrBusy, c.accepting(adam, id))
		require.ErrorContains(t, err, "Alice has as many chats as they can take (1)")
		s.pass(patient)
		s.refused(desk.ErrBusy, c.reclaiming(alice))
		d.hangsUp()
		s.must(c.reclaiming(alice))
		c.accepts(adam)
		require.Equal(t, alice, c.now().Holder)
	}, func(s *scene) { s.directory.Agents[0].Capacity = 1 })
}
