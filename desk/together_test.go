package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

func TestGrace(t *testing.T) {
	const grace = 2 * time.Minute
	withGrace := func(s *scene) { s.grace = grace }
	back := []string{"outcome accepted", "leave gone", "unbind epoch 1"}

	t.Run("long enough", func(t *testing.T) {
		story(t, func(t *testing.T, s *scene) {
			c := s.taken(carol, "support", alice)
			s.leave(alice)
			s.pass(grace - time.Second)
			require.Equal(t, alice, c.now().Holder)
			s.leave(alice) // said again it does not begin anew
			s.pass(time.Second)
			require.Equal(t, handoff.Waiting, c.now().Phase)
			s.sees(alice, back...)
		}, withGrace)
	})
	t.Run("away is not offline", func(t *testing.T) {
		story(t, func(t *testing.T, s *scene) {
			c := s.taken(carol, "support", alice)
			s.must(desk.Presence{Agent: alice, Online: true})
			s.pass(2 * grace)
			require.Equal(t, alice, c.now().Holder)
		}, withGrace)
	})
	t.Run("short absences do not add up", func(t *testing.T) {
		story(t, func(t *testing.T, s *scene) {
			c := s.taken(carol, "support", alice)
			for range 3 {
				s.leave(alice)
				s.pass(grace - time.Second)
				s.arrive(alice)
			}
			require.Equal(t, alice, c.now().Holder)
		}, withGrace)
	})
	t.Run("never", func(t *testing.T) {
		story(t, func(t *testing.T, s *scene) {
			c := s.taken(carol, "support", alice)
			s.leave(alice)
			s.pass(100 * time.Hour)
			require.Equal(t, alice, c.now().Holder)
		})
	})
	t.Run("a restart is no absence", func(t *testing.T) {
		story(t, func(t *testing.T, s *scene) {
			c := s.taken(carol, "support", alice)
			s.leave(alice)
			s.pass(grace - time.Second)
			s.restart()
			s.pass(time.Hour)
			require.Equal(t, alice, c.now().Holder, "nobody said that she is not there")
			s.leave(alice)
			s.pass(grace)
			require.Equal(t, handoff.Waiting, c.now().Phase)
		}, withGrace)
	})
	t.Run("the setting changes meanwhile", func(t *testing.T) {
		story(t, func(t *testing.T, s *scene) {
			c := s.taken(carol, "support", alice)
			s.leave(alice)
			longer := s.desk.Policy()
			longer.Grace = 2 * grace
			s.desk.Configure(s.directory, longer)
			s.pass(grace + time.Second)
			require.Equal(t, alice, c.now().Holder)
			s.pass(grace)
			require.Equal(t, handoff.Waiting, c.now().Phase)
		}, withGrace)
	})
	t.Run("who takes a session while offline", func(t *testing.T) {
		story(t, func(t *testing.T, s *scene) {
			c := s.taken(carol, "support", alice)
			s.arrive(bob)
			c.hands(alice, desk.Target{Agent: bob})
			c.accepts(bob)
			s.leave(alice)
			s.pass(grace)
			s.must(c.reclaiming(alice)) // by a client that tells no presence
			c.accepts(bob)
			s.pass(grace)
			require.Equal(t, handoff.Waiting, c.now().Phase)
		}, withGrace)
	})
	t.Run("guests and the consulted", func(t *testing.T) {
		story(t, func(t *testing.T, s *scene) {
			c := s.taken(carol, "support", alice)
			s.arrive(bob, ben)
			c.with(handoff.Join, alice, bob)
			c.with(handoff.Consult, alice, ben)
			s.leave(bob, ben)
			s.pass(grace)
			require.Equal(t, alice, c.now().Holder)
			require.Empty(t, c.now().Guests)
			require.Empty(t, c.now().Aside)
			s.sees(bob, "leave left", "unbind epoch 1")
			s.sees(ben, "leave left", "unbind epoch 1")
		}, withGrace)
	})
	t.Run("everybody at once", func(t *testing.T) {
		story(t, func(t *testing.T, s *scene) {
			c := s.taken(carol, "support", alice)
			s.arrive(bob)
			c.with(handoff.Join, alice, bob)
			s.leave(alice, bob)
			s.pass(grace)
			require.Equal(t, handoff.Waiting, c.now().Phase)
			require.Empty(t, c.now().Guests)
			s.arrive(adam)
			c.accepts(adam)
		}, withGrace)
	})
}

func TestPrivateLines(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben)
		c.replies(alice, "one momnt")        // 2
		c.with(handoff.Consult, alice, bob)  //
		c.replies(alice, "a difficult case") // 3
		c.replies(bob, "is she?")            // 4
		c.says("hello?")                     // 5
		s.sees(bob, "3 alice: a difficult case")
		s.sees(alice, "4 bob: is she?", "5 carol: hello?")
		aloud := c.replying(alice, "still with you")
		aloud.Aloud = true
		s.must(aloud) // 6
		about := func(by handoff.Party, seq uint64, changes bool) desk.AgentSays {
			r := c.replying(by, "about "+name(by))
			r.About, r.Changes = seq, changes
			return r
		}
		s.must(about(alice, 2, true)) // 7: goes where that went
		s.must(about(alice, 3, true)) // 8: stays between them
		s.must(about(alice, 5, false))
		s.sees(carol, "6 alice: still with you", "7 alice: about alice")
		s.sees(bob, "8 alice: about alice", "9 alice: about alice")
		quoting := about(alice, 4, false)
		quoting.Aloud = true
		s.refused(handoff.ErrNotHolder, quoting)
		says := c.replying(bob, "I will do it")
		says.Aloud = true
		s.refused(handoff.ErrNotHolder, says)

		// With another, or with nobody, what was private is nobody's any more.
		s.must(c.cancelling(alice))
		s.refused(handoff.ErrNotHolder, about(alice, 3, true))
		c.with(handoff.Consult, alice, ben)
		s.refused(handoff.ErrNotHolder, about(alice, 3, true))
		c.with(handoff.Join, alice, bob)
		s.refused(handoff.ErrNotHolder, about(bob, 4, true))

		// In one batch: the line it is about is not on the disk yet.
		_, errs := s.submit(c.replying(alice, "for Ben"), about(alice, 10, true))
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		s.sees(ben, "10 alice: for Ben", "11 alice: about alice")
		s.sees(carol)
	})
}

// Guests and consulted agents have something to do: it counts, but not against
// taking over what they are in already.
func TestCapacityOfGuests(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		one, two := s.taken(carol, "support", alice), s.chat(dave, "support")
		two.says("hi")
		two.accepts(alice)
		s.arrive(bob)
		one.with(handoff.Join, alice, bob)
		two.with(handoff.Consult, alice, bob)
		three := s.chat("erin@example.net", "support")
		s.arrive(adam)
		three.says("hi")
		three.accepts(adam)
		s.refused(desk.ErrBusy, three.handing(adam, desk.Target{Agent: bob}))
		s.refused(desk.ErrUnavailable, three.by(handoff.Join, adam, desk.Target{Queue: "billing"}))

		one.hands(alice, desk.Target{Agent: bob})
		one.accepts(bob)
		two.hands(alice, desk.Target{Agent: bob}) // consulted: at once
		require.Equal(t, bob, one.now().Holder)
		require.Equal(t, bob, two.now().Holder)
	})
}

// Whoever is in the conversation already may be the one of the queue who takes it.
func TestGuestsOfTheQueue(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, adam)
		c.with(handoff.Consult, alice, bob)
		s.refused(desk.ErrUnavailable, c.by(handoff.Join, alice, desk.Target{Queue: "billing"}))
		c.hands(alice, desk.Target{Queue: "billing"}) // he alone: they have agreed on it
		require.Equal(t, bob, c.now().Holder)
		require.Equal(t, "billing", c.now().Queue)

		d := s.chat(dave, "support")
		d.says("hello")
		d.accepts(adam) // Alice was done with something a moment ago
		d.with(handoff.Join, adam, alice)
		s.must(d.returning(adam))
		s.sees(alice, "ring")
		d.accepts(alice)
		require.Equal(t, alice, d.now().Holder)
		require.Empty(t, d.now().Guests)
	})
}

func TestHandingToWhoIsThereAndOffline(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.with(handoff.Consult, alice, bob)
		s.leave(bob)
		s.refused(desk.ErrUnavailable, c.handing(alice, desk.Target{Agent: bob}))
		require.Equal(t, alice, c.now().Holder)
	})
}

func TestParting(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben)
		part := func(by, who handoff.Party) desk.Part { return desk.Part{Local: c.local(), By: by, Who: who} }
		s.refused(desk.ErrHidden, part(bob, ""))
		s.refused(handoff.ErrNotHolder, part(alice, bob))
		c.with(handoff.Join, alice, bob)
		c.with(handoff.Join, alice, ben)
		s.refused(handoff.ErrNotHolder, part(bob, ben))
		s.must(part(alice, ben))
		s.must(c.ending(bob)) // a guest's disconnect is theirs alone
		require.Equal(t, alice, c.now().Holder)
		require.Empty(t, c.now().Guests)
		s.sees(bob, "leave left", "unbind epoch 1")
		s.sees(ben, "leave left", "unbind epoch 1")
		s.refused(desk.ErrHidden, c.ending(bob))
		s.refused(desk.ErrHidden, c.replying(bob, "still here?"))
	})
}

// Whatever was open is after a crash what it was before.
func TestModesSurviveACrash(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben)
		c.with(handoff.Join, alice, ben)
		c.with(handoff.Consult, alice, bob)
		open := c.now()
		s.crash()
		require.Equal(t, open, c.now())
		s.arrive(bob)
		id := s.must(c.by(handoff.Blind, alice, desk.Target{Agent: bob})).Transfer.ID
		before := c.now()
		require.Equal(t, []handoff.Party{ben}, before.Guests)
		require.Equal(t, handoff.Blind, before.Offer.Mode)
		s.crash()
		require.Equal(t, before, c.now())
		s.must(c.accepting(bob, id))
		require.Equal(t, bob, c.now().Holder)
		s.sees(carol, "moved to bob")
	})
}
