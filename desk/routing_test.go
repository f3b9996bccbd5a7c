package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

func TestOffersRingOneAfterAnother(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, adam)
		c := s.chat(carol, "support")
		c.says("hello")
		id := c.offer()
		s.sees(alice, "ring")
		s.pass(patient - time.Nanosecond)
		s.sees(alice)
		s.pass(time.Nanosecond)
		s.sees(alice, "outcome expired")
		s.sees(adam, "ring")
		require.Equal(t, id, c.offer(), "it is one transfer")
		s.refused(handoff.ErrOver, c.accepting(alice, id))
		c.declines(adam)
		s.sees(adam, "outcome declined by adam")
		require.Equal(t, []string{"alice expired", "adam declined"}, c.outcomes(id))
		require.False(t, c.now().Offer.Open())
	})
}

// Each deadline is kept, whatever the order in which they were set.
func TestDeadlinesOfSeveral(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, bob)
		began := time.Now()
		var order []string
		s.courier.does(func(it desk.Item) verdict {
			if it.Kind == desk.KindOutcome {
				order = append(order, it.Conversation[:4]+" "+time.Since(began).String())
			}
			return verdict{}
		})
		s.chat(carol, "support").says("hello")
		s.pass(10 * time.Second)
		s.chat(dave, "billing").says("hello")
		s.pass(10 * time.Second)
		s.chat("eve@x", "support").says("hello")
		s.pass(31 * time.Second)
		require.Equal(t, []string{"caro 30s", "dave 40s", "eve. 50s"}, order)
	})
}

// When everybody let a session pass they are asked again, after a while.
func TestCoolDown(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, adam)
		c := s.chat(carol, "support")
		c.says("hello")
		c.declines(alice)
		c.declines(adam)
		s.ignore()
		s.pass(patient - time.Second)
		c.says("anybody there?")
		s.sees(alice)
		s.sees(adam)
		s.pass(time.Second)
		s.sees(alice, "ring")
		c.accepts(alice)
		s.sees(alice, "bind epoch 1", "outcome accepted by alice", "replay 1-2")
	})
}

// The caller writes on in the same batch in which the last one declines.
func TestCoolDownWithinABatch(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice)
		c := s.chat(carol, "support")
		c.says("hello")
		_, errs := s.submit(c.declining(alice, c.offer()), c.saying("anybody there?"))
		require.Equal(t, []error{nil, nil}, errs)
		s.sees(alice, "ring", "outcome declined by alice")
		s.pass(patient)
		s.sees(alice, "ring")
	})
}

func TestWaitingUntilSomebodyComes(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c, d := s.chat(carol, "support"), s.chat(dave, "support")
		c.says("hello")
		d.says("hello")
		s.pass(time.Hour)
		require.Empty(t, s.courier.all())
		s.arrive(alice)
		require.True(t, c.now().Offer.Rings(alice))
		require.True(t, d.now().Offer.Rings(alice))
		s.sees(alice, "ring", "ring")
	})
}

// An agent is asked for no more than they can take, and for more as soon as
// they are done with one.
func TestCapacity(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(bob)
		c := s.taken(carol, "support", alice)
		d := s.chat(dave, "support")
		d.says("hello")
		s.sees(alice, "ring")
		e := s.chat(mallory, "support")
		e.says("hello")
		s.sees(alice)
		require.Equal(t, 2, s.must(desk.Connect{Caller: e.caller()}).Position)
		d.accepts(alice)
		s.ignore()

		// A named transfer cannot go past it either.
		f := s.taken("frank@example.net", "billing", bob)
		err := s.refused(desk.ErrBusy, f.handing(bob, desk.Target{Agent: alice}))
		require.ErrorContains(t, err, "Alice has as many chats as they can take (2)")
		s.refused(desk.ErrUnavailable, f.handing(bob, desk.Target{Queue: "support"}))

		c.hangsUp()
		require.Contains(t, told(s, alice), "ring")
		require.Equal(t, e.offer(), s.must(desk.Accept{Answer: desk.Answer{By: alice}}).Transfer.ID)
	})
}

// told returns what p was carried since the last look.
func told(s *scene, p handoff.Party) []string {
	var got []string
	for _, it := range s.courier.to(p)[s.looked[p]:] {
		got = append(got, words(it))
	}
	return got
}

// Several callers of one batch do not overload an agent, and whoever has least
// to do is asked first.
func TestCapacityWithinABatch(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, adam)
		var reqs []desk.Request
		var chats []*chat
		for _, p := range []handoff.Party{"a@x", "b@x", "c@x", "d@x", "e@x"} {
			chats = append(chats, s.chat(p, "support"))
			reqs = append(reqs, chats[len(chats)-1].saying("hello"))
		}
		s.submit(reqs...)
		var asked []string
		for _, c := range chats {
			for _, p := range c.now().Offer.Ringing {
				asked = append(asked, name(p))
			}
		}
		require.Equal(t, []string{"alice", "adam", "alice", "adam"}, asked)
	})
}

// When an offer passes on, whoever is next may have become busy or have left.
func TestNextInLineCannotAnyMore(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(s *scene)
	}{
		{"left", func(s *scene) { s.leave(ben) }},
		{"is at capacity", func(s *scene) {
			s.taken("frank@example.net", "last", ben)
			s.taken("fred@example.net", "last", ben)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c := s.taken(carol, "support", alice)
				s.arrive(bob, ben)
				id := c.hands(alice, desk.Target{Queue: "billing"}).ID
				tc.do(s)
				s.ignore()
				c.declines(bob)
				s.sees(ben)
				s.sees(alice, "outcome declined by bob")
				require.Equal(t, []string{"bob declined", "alice declined"}, c.outcomes(id))
			}, func(s *scene) {
				s.directory.Queues = append(s.directory.Queues, desk.Queue{Name: "last"})
				s.directory.Agents[3].Queues = append(s.directory.Agents[3].Queues, "last")
			})
		})
	}
}

func TestAgentGoneWhileRinging(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, adam)
		c := s.chat(carol, "support")
		c.says("hello")
		id := c.offer()
		s.leave(alice)
		s.sees(alice, "ring", "outcome failed by alice")
		s.sees(adam, "ring")
		c.accepts(adam)
		require.Equal(t, []string{"alice failed", "adam accepted"}, c.outcomes(id))
		// Whoever holds a session keeps it when they go.
		s.leave(adam)
		require.Equal(t, adam, c.now().Holder)
	})
}

// The session begins and its only agent goes in one batch.
func TestAgentGoneWithinABatch(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice)
		c := s.chat(carol, "support")
		_, errs := s.submit(c.saying("hello"), desk.Presence{Agent: alice})
		require.Equal(t, []error{nil, nil}, errs)
		s.sees(alice, "ring", "outcome failed by alice")
		require.False(t, c.now().Offer.Open())
	})
}

func TestAutoAssign(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.chat(carol, "front")
		c.says("hello")
		s.sees(carol, "opened 1")
		s.arrive(robo)
		s.sees(robo, "bind epoch 1", "outcome accepted by robo", "replay 1-1")
		require.Equal(t, robo, c.now().Holder)
		require.Equal(t, desk.RoleBot, c.replies(robo, "how can I help?").Line.Role)

		d := s.chat(dave, "front")
		res := d.says("hi")
		require.Equal(t, handoff.Active, res.Conversation.Phase, "somebody is there: no waiting")
		require.Zero(t, res.Position)
		s.sees(robo, "bind epoch 1", "outcome accepted by robo", "replay 1-1")
	})
}

// An agent who is the caller is passed over, not stumbled over.
func TestAutoAssignPassesOverTheCaller(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, robo)
		c := s.chat(alice, "front")
		c.says("hello")
		require.Equal(t, robo, c.now().Holder)
	}, func(s *scene) {
		s.directory.Agents[0].Queues = append(s.directory.Agents[0].Queues, "front")
	})
}

// Who waited longest is asked for first, however old their conversation is.
func TestLongestWaitingFirst(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c, d := s.chat(carol, "support"), s.chat(dave, "support")
		c.says("hello")
		c.hangsUp()
		d.says("hello")
		s.pass(time.Minute)
		require.Equal(t, 2, c.says("hello again").Position)
		s.arrive(alice)
		require.True(t, d.now().Offer.Rings(alice))
		require.False(t, c.now().Offer.Open())
	}, func(s *scene) { s.directory.Agents[0].Capacity = 1 })
}

// Nobody overtakes who waits: the agent gets free and a new caller comes in
// one batch.
func TestNewcomersDoNotOvertake(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		d, e := s.chat(dave, "support"), s.chat(mallory, "support")
		d.says("hello")
		_, errs := s.submit(c.hangingUp(), e.saying("me first"))
		require.Equal(t, []error{nil, nil}, errs)
		require.True(t, d.now().Offer.Rings(alice))
		require.False(t, e.now().Offer.Open())
	}, func(s *scene) { s.directory.Agents[0].Capacity = 1 })
}
