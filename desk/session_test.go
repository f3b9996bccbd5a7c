package desk_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

func TestFirstMessageOpensASession(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.chat(carol, "support")
		res := c.says("charged twice")
		require.Equal(t, "carol.id000001", res.Conversation.Local)
		require.Equal(t, "#1", res.Conversation.Tag())
		require.Equal(t, "carol.id000001.1", res.Conversation.SessionID())
		require.Equal(t, handoff.Waiting, res.Conversation.Phase)
		require.Equal(t, 1, res.Position)
		require.Equal(t, uint64(1), res.Line.Seq)
		require.Empty(t, res.Line.To, "nobody holds the session yet")
		require.Equal(t, 2, s.chat(dave, "support").says("me too").Position)
		require.Equal(t, 1, s.chat(dave, "billing").says("and here").Position, "another queue")
		s.sees(carol)

		require.Equal(t, uint64(2), c.says("hello?").Line.Seq, "the same session")
		require.Equal(t, uint64(1), c.now().Session)
	})
}

func TestConnectGreetsAndKeepsWhatIsKnown(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.chat(carol, "front")
		s.must(desk.Connect{Caller: c.caller(), Info: []desk.Field{{Var: "order", Label: "Order", Value: "4711"}}})
		s.sees(carol, "opened 1")
		res := s.must(desk.Connect{Caller: c.caller(), Info: []desk.Field{{Var: "order", Value: "4712"}, {Var: "tier", Value: "gold"}}})
		require.Equal(t, uint64(1), res.Conversation.Session, "the open session was found")
		require.Equal(t, []desk.Field{{Var: "order", Label: "Order", Value: "4712"}, {Var: "tier", Value: "gold"}}, c.now().Info)
		s.sees(carol)
		s.refused(desk.ErrHidden, desk.Connect{Caller: desk.Caller{Entry: "nowhere", Party: carol}})
	})
}

// A change that makes nothing leave is committed all the same.
func TestQuietChanges(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.chat(carol, "support")
		s.must(desk.Connect{Caller: c.caller()})
		require.Equal(t, handoff.Waiting, c.now().Phase)
		s.must(desk.Connect{Caller: c.caller(), Info: []desk.Field{{Var: "order", Value: "4711"}}})
		require.Len(t, c.now().Info, 1)
		c.hangsUp()
		require.Equal(t, handoff.Idle, c.now().Phase)
		s.restart()
		require.Equal(t, uint64(2), c.says("hello").Conversation.Session)
	})
}

func TestDialog(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice)
		c := s.chat(carol, "support")
		c.says("charged twice")
		s.sees(alice, "ring")
		c.says("hello?")
		s.sees(alice)
		res := c.accepts(alice)
		require.Equal(t, handoff.Active, res.Conversation.Phase)
		require.Equal(t, alice, res.Conversation.Holder)
		require.Equal(t, "Support", res.Transfer.ByName)
		s.sees(alice, "bind epoch 1", "outcome accepted by alice", "replay 1-2")

		c.replies(alice, "let me check")
		c.says("thanks")
		c.says("so?")
		c.replies(alice, "refunded")
		s.sees(carol, "3 alice: let me check", "6 alice: refunded")
		s.sees(alice, "4 carol: thanks", "5 carol: so?")

		var who []string
		for _, l := range c.lines() {
			who = append(who, fmt.Sprintf("%d/%d %s %s>%s", l.Seq, l.Epoch, l.Role, name(l.By), name(l.To)))
		}
		require.Equal(t, []string{"1/0 caller carol>", "2/0 caller carol>", "3/1 agent alice>carol",
			"4/1 caller carol>alice", "5/1 caller carol>alice", "6/1 agent alice>carol"}, who)
		s.atRest()
	})
}

func TestNothingLeavesBeforeItIsCommitted(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		var mu sync.Mutex
		early := []string{}
		s.courier.does(func(it desk.Item) verdict {
			snap, err := s.file.Restore(context.Background(), domain, nil)
			found := false
			for _, kept := range snap.Items {
				found = found || kept.ID == it.ID
			}
			if err != nil || !found {
				mu.Lock()
				early = append(early, words(it))
				mu.Unlock()
			}
			return verdict{keep: true}
		})
		s.arrive(alice, bob)
		c := s.chat(carol, "support")
		c.says("charged twice")
		c.accepts(alice)
		c.replies(alice, "I ask billing")
		c.hands(alice, desk.Target{Queue: "billing"})
		c.accepts(bob)
		c.hangsUp()
		require.NotEmpty(t, s.courier.all())
		require.Empty(t, early, "performed, but not in the store")
		s.courier.answerAll(nil)
		s.settle()
	})
}

func TestNothingHappensWhenTheStoreFails(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, bob)
		c := s.chat(carol, "support")
		s.store.breakDown(errBroken)
		s.refused(desk.ErrStore, c.saying("lost"))
		_, err := s.desk.OpenOf("support", carol)
		require.ErrorIs(t, err, desk.ErrNotFound)

		s.store.breakDown(nil)
		require.Equal(t, uint64(1), c.says("charged twice").Line.Seq)
		c.accepts(alice)
		s.sees(alice, "ring", "bind epoch 1", "outcome accepted by alice", "replay 1-1")

		s.store.breakDown(errBroken)
		s.refused(desk.ErrStore, c.replying(alice, "lost"))
		s.refused(desk.ErrStore, c.handing(alice, desk.Target{Agent: bob}))
		s.refused(desk.ErrStore, c.ending(alice))
		s.store.breakDown(nil)
		require.Equal(t, uint64(2), c.replies(alice, "let me check").Line.Seq)
		s.sees(carol, "2 alice: let me check")
		s.atRest()
	})
}

func TestCommitOfUnknownOutcome(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		again := desk.CallerSays{Caller: c.caller(), Text: desk.Text{Body: "twice?", OriginID: "o1"}}

		// It was committed, and the desk does not know.
		s.store.forgets(true)
		_, err := s.do(again)
		require.ErrorIs(t, err, desk.ErrStore)
		s.store.forgets(false)
		s.sees(alice, "2 carol: twice?")
		require.True(t, s.must(again).Duplicate, "the sender tries again")
		require.Equal(t, uint64(3), c.says("next").Line.Seq)
		s.sees(alice, "3 carol: next")

		// It was not committed.
		s.store.breakDown(desk.ErrUnknownOutcome)
		s.refused(desk.ErrStore, c.saying("lost"))
		s.store.breakDown(nil)
		require.Equal(t, uint64(4), c.says("after all").Line.Seq)
		s.sees(alice, "4 carol: after all")
		s.atRest()
	})
}

func TestSessionEnds(t *testing.T) {
	for _, tc := range []struct {
		name          string
		end           func(c *chat) desk.Request
		caller, agent []string
	}{
		{"by its holder", func(c *chat) desk.Request { return c.ending(alice) },
			[]string{"leave done"}, []string{"unbind epoch 1"}},
		{"by its caller", func(c *chat) desk.Request { return c.hangingUp() },
			nil, []string{"leave done", "unbind epoch 1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c := s.taken(carol, "support", alice)
				s.must(tc.end(c))
				s.sees(carol, tc.caller...)
				s.sees(alice, tc.agent...)
				require.Equal(t, handoff.Idle, c.now().Phase)
				_, err := s.desk.OpenOf("support", carol)
				require.ErrorIs(t, err, desk.ErrNotFound)
				s.refused(handoff.ErrNoSession, c.replying(alice, "one more thing"))
				s.refused(handoff.ErrNoSession, c.ending(alice))
				s.refused(handoff.ErrNoSession, c.hangingUp())
				s.atRest()
			})
		})
	}
}

func TestSessionEndsWhileWaiting(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice)
		c := s.chat(carol, "support")
		c.says("never mind")
		id := c.offer()
		c.hangsUp()
		s.sees(alice, "ring", "outcome failed by carol")
		require.Equal(t, []string{"alice failed"}, c.outcomes(id))
		s.refused(handoff.ErrOver, c.accepting(alice, id))
	})
}

func TestReturningCaller(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		was := c.now()
		c.replies(alice, "done")
		c.hangsUp()
		s.flush()
		s.ignore()

		res := c.says("it broke again")
		require.Equal(t, was.Local, res.Conversation.Local)
		require.Equal(t, was.Number, res.Conversation.Number)
		require.Equal(t, uint64(2), res.Conversation.Session)
		require.Equal(t, uint64(3), res.Line.Seq, "lines count over the conversation's life")
		c.accepts(alice)
		s.sees(alice, "ring", "bind epoch 2", "outcome accepted by alice", "replay 3-3")
		require.Equal(t, was.Local+".2", c.now().SessionID())

		s.must(desk.Disconnect{Local: was.Local, Session: was.Local + ".2", By: alice})
		require.Equal(t, uint64(3), s.must(desk.Connect{Caller: c.caller()}).Conversation.Session)
		s.refused(handoff.ErrNoSession, desk.Disconnect{Entry: "support", Session: was.Local + ".2", By: carol})
	})
}

// Whoever returns starts at the queue they write to, wherever they were handed
// the last time.
func TestReturningCallerStartsAtTheirQueue(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.hands(alice, desk.Target{Queue: "billing"})
		c.accepts(bob)
		require.Equal(t, "billing", c.now().Queue)
		c.hangsUp()
		c.says("something else")
		require.Equal(t, "support", c.now().Queue)
		require.True(t, c.now().Offer.Rings(alice))
	})
}

func TestSignalsGoToWhoeverIsAtTheOtherEnd(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		require.Equal(t, carol, s.must(desk.Signal{Local: c.local(), By: alice}).To)
		require.Equal(t, alice, s.must(desk.Signal{Entry: "support", By: carol}).To)
		s.refused(desk.ErrHidden, desk.Signal{Local: c.local(), By: bob})
		s.refused(desk.ErrHidden, desk.Signal{Entry: "support", By: dave})
		c.hangsUp()
		require.Empty(t, s.must(desk.Signal{Entry: "support", By: carol}).To)
	})
}
