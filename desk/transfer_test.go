package desk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

func TestTransferToAnAgent(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.replies(alice, "that is for Bob")
		tr := s.must(desk.Handoff{Local: c.local(), Session: c.now().SessionID(), By: alice, Target: desk.Target{Agent: bob},
			Reason: "wants a refund", Lang: "en", Share: &desk.Share{None: true},
			Info: []desk.Field{{Var: "order", Value: "4711"}}}).Transfer
		require.Equal(t, c.offer(), tr.ID)
		require.Equal(t, "Alice", tr.ByName)
		require.Equal(t, handoff.Warm.String(), tr.Mode)
		require.Equal(t, uint64(2), tr.Through)
		require.Equal(t, patient, tr.Deadline.Sub(tr.At))
		require.Equal(t, []desk.Field{{Var: "order", Value: "4711"}}, tr.Info)
		kept, err := s.file.TransferByID(t.Context(), domain, tr.ID)
		require.NoError(t, err)
		require.Equal(t, tr.Reason, kept.Reason)
		require.Equal(t, desk.Share{None: true}, kept.Share)

		// Warm: the holder goes on with the caller until it is taken.
		c.says("ok")
		c.replies(alice, "one moment")
		s.sees(alice, "3 carol: ok")
		s.sees(bob, "ring")
		res := c.accepts(bob)
		require.Equal(t, uint64(2), res.Conversation.Epoch)
		require.Equal(t, tr.ID, res.Transfer.ID)
		c.says("are you Bob?")
		c.replies(bob, "I am")

		s.sees(bob, "bind epoch 2", "outcome accepted by bob", "replay 1-4", "5 carol: are you Bob?")
		s.sees(alice, "outcome accepted by bob", "leave transferred", "unbind epoch 1")
		s.sees(carol, "2 alice: that is for Bob", "4 alice: one moment", "moved to bob", "6 bob: I am")
		require.Equal(t, []string{"bob accepted", "alice accepted"}, c.outcomes(tr.ID))
		require.Equal(t, "support", c.now().Queue, "an agent was named, no queue")
		require.Equal(t, []desk.Field{{Var: "order", Value: "4711"}}, c.now().Info)
		s.atRest()
	})
}

func TestTransferToAQueue(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben)
		tr := c.hands(alice, desk.Target{Queue: "billing"})
		require.Equal(t, 2*patient, tr.Deadline.Sub(tr.At), "two may let it ring")
		require.Equal(t, desk.Share{Last: 20}, tr.Share, "as the queue says")
		s.sees(bob, "ring")
		s.sees(ben)
		c.declines(bob)
		s.sees(bob, "outcome declined by bob")
		s.sees(ben, "ring")
		s.sees(alice)
		c.accepts(ben)
		s.sees(ben, "bind epoch 2", "outcome accepted by ben", "replay 1-1")
		s.sees(alice, "outcome accepted by ben", "leave transferred", "unbind epoch 1")
		require.Equal(t, []string{"bob declined", "ben accepted", "alice accepted"}, c.outcomes(tr.ID))
		require.Equal(t, "billing", c.now().Queue)
		s.sees(carol, "moved to ben")
	})
}

func TestTransferToASkill(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(ben)
		s.refused(desk.ErrUnavailable, c.handing(alice, desk.Target{Queue: "billing", Skill: "fr"}))
		s.arrive(bob)
		tr := c.hands(alice, desk.Target{Queue: "billing", Skill: "fr"})
		require.Equal(t, "billing/fr", tr.Target.String())
		s.sees(bob, "ring")
		s.pass(patient)
		s.sees(ben)
	})
}

func TestRingAll(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben)
		id := c.hands(alice, desk.Target{Queue: "night"}).ID
		s.sees(bob, "ring")
		s.sees(ben, "ring")
		c.declines(bob)
		s.sees(bob, "outcome declined by bob")
		c.accepts(ben)
		require.Equal(t, []string{"bob declined", "ben accepted", "alice accepted"}, c.outcomes(id))

		s.refused(handoff.ErrAnswered, c.accepting(bob, id))
	})
}

func TestRingAllForANewSession(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(bob, ben)
		c := s.chat(carol, "night")
		c.says("hello")
		s.sees(bob, "ring")
		s.sees(ben, "ring")
		s.pass(patient)
		s.sees(bob, "outcome expired")
		s.sees(ben, "outcome expired")
		s.pass(patient)
		s.sees(bob, "ring")
		c.accepts(ben)
		s.sees(bob, "outcome accepted by ben")
	})
}

// Of two that take the session in the same moment one gets it, and the other
// learns who did, also when both answers share a batch.
func TestRingAllTakenByTwo(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben)
		id := c.hands(alice, desk.Target{Queue: "night"}).ID
		_, errs := s.submit(c.accepting(bob, id), c.accepting(ben, id))
		require.NoError(t, errs[0])
		require.ErrorIs(t, errs[1], handoff.ErrAnswered)
		require.ErrorContains(t, errs[1], "Bob has taken")
		s.sees(bob, "ring", "bind epoch 2", "outcome accepted by bob", "replay 1-1")
		s.sees(ben, "ring", "outcome accepted by bob")
		require.Equal(t, []string{"bob accepted", "ben accepted", "alice accepted"}, c.outcomes(id))
	})
}

func TestOutcomes(t *testing.T) {
	for _, tc := range []struct {
		name       string
		end        func(c *chat)
		bob, alice string // what each is told of it
		state      handoff.State
	}{
		{"declined", func(c *chat) { c.declines(bob) },
			"outcome declined by bob", "outcome declined by bob", handoff.Declined},
		{"expired", func(c *chat) { c.pass(patient) }, "outcome expired", "outcome expired", handoff.Expired},
		{"cancelled", func(c *chat) { c.must(c.cancelling(alice)) },
			"outcome cancelled by alice", "outcome cancelled by alice", handoff.Cancelled},
		{"target gone", func(c *chat) { c.leave(bob) }, "outcome failed by bob", "outcome failed by bob", handoff.Failed},
		{"ended by the caller", func(c *chat) { c.hangsUp() },
			"outcome failed by carol", "outcome failed by carol", handoff.Failed},
		{"ended by the holder", func(c *chat) { c.must(c.ending(alice)) },
			"outcome cancelled by alice", "outcome cancelled by alice", handoff.Cancelled},
	} {
		t.Run(tc.name, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c := s.taken(carol, "support", alice)
				s.arrive(bob)
				id := c.hands(alice, desk.Target{Agent: bob}).ID
				tc.end(c)
				got := s.courier.to(bob)
				require.Equal(t, tc.bob, words(got[1]))
				require.Len(t, got, 2, "the ring and one outcome")
				require.Equal(t, tc.alice, words(s.courier.to(alice)[s.looked[alice]]))
				require.Equal(t, []string{"bob " + string(tc.state), "alice " + string(tc.state)}, c.outcomes(id))

				// It left "open" for good.
				s.pass(2 * patient)
				s.refused(handoff.ErrOver, c.accepting(bob, id))
				s.refused(handoff.ErrOver, c.declining(bob, id))
				require.Len(t, c.outcomes(id), 2)
				if c.now().Phase == handoff.Active {
					require.Equal(t, alice, c.now().Holder, "the holder keeps everything")
					c.replies(alice, "still me")
					s.refused(handoff.ErrOver, desk.Cancel{Local: c.local(), ID: id, By: alice})
					s.arrive(bob)
					require.NotEqual(t, id, c.hands(alice, desk.Target{Agent: bob}).ID, "and may try again")
				}
				s.atRest()
			})
		})
	}
}

func TestAcceptSaidAgain(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		id := c.hands(alice, desk.Target{Agent: bob}).ID
		first := c.accepts(bob)
		s.ignore()
		again := s.must(c.accepting(bob, id))
		require.True(t, again.Duplicate)
		require.Equal(t, first.Conversation.Epoch, again.Conversation.Epoch)
		s.sees(bob)

		// Not any more once it was handed on.
		c.hands(bob, desk.Target{Agent: alice})
		c.accepts(alice)
		s.refused(handoff.ErrOver, c.accepting(bob, id))
	})
}

// An answer needs no number while one offer rings.
func TestAnswerByShortNumber(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice)
		s.refused(handoff.ErrOver, desk.Accept{Answer: desk.Answer{By: alice}})
		c, d := s.chat(carol, "support"), s.chat(dave, "support")
		c.says("hello")
		d.says("hello")
		err := s.refused(desk.ErrWhich, desk.Accept{Answer: desk.Answer{By: alice}})
		require.ErrorContains(t, err, "1 (carol), 2 (dave)")
		s.refused(handoff.ErrOver, desk.Accept{Answer: desk.Answer{By: alice, Number: 3}})
		require.Equal(t, d.local(), s.must(desk.Accept{Answer: desk.Answer{By: alice, Number: 2}}).Conversation.Local)
		s.must(desk.Decline{Answer: desk.Answer{By: alice}})
		require.False(t, c.now().Offer.Open())

		found := s.must(desk.Find{By: alice}).Found
		require.Len(t, found, 1)
		require.Equal(t, d.local(), found[0].Local)
	})
}

func TestRefusedTransfers(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.refused(desk.ErrUnavailable, c.handing(alice, desk.Target{Agent: bob}))
		s.refused(desk.ErrUnavailable, c.handing(alice, desk.Target{Queue: "billing"}))
		s.refused(desk.ErrHidden, c.handing(alice, desk.Target{Agent: mallory}))
		s.refused(desk.ErrHidden, c.handing(alice, desk.Target{Queue: "cellar"}))
		s.refused(handoff.ErrIsHolder, c.handing(alice, desk.Target{Agent: alice}))
		s.arrive(bob, ben)
		s.refused(desk.ErrHidden, desk.Handoff{Local: c.local(), Session: c.local() + ".7", By: alice, Target: desk.Target{Agent: bob}})
		s.refused(handoff.ErrOver, c.cancelling(alice))
		s.refused(handoff.ErrUnknown, c.accepting(alice, "x-never"))

		c.hands(alice, desk.Target{Agent: bob})
		s.refused(handoff.ErrTransfer, c.handing(alice, desk.Target{Agent: ben}))
		s.refused(handoff.ErrUnknown, desk.Cancel{Local: c.local(), ID: "x-never", By: alice})
	}, func(s *scene) { s.hops = 1 })
}

func TestHopsAreLimited(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.hands(alice, desk.Target{Agent: bob})
		c.accepts(bob)
		s.refused(handoff.ErrHops, c.handing(bob, desk.Target{Agent: alice}))
	}, func(s *scene) { s.hops = 1 })
}

// An agent may be a caller too, but not their own.
func TestAgentAsCaller(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, adam)
		c := s.chat(alice, "support")
		c.says("my own screen is dark")
		s.sees(alice)
		s.sees(adam, "ring")
		c.accepts(adam)
		s.refused(handoff.ErrIsHolder, c.handing(adam, desk.Target{Agent: alice}))
		s.refused(desk.ErrUnavailable, c.handing(adam, desk.Target{Queue: "support"}))
		s.refused(desk.ErrHidden, c.replying(alice, "let me see"))
	})
}
