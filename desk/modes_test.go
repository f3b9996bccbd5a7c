package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// by hands the chat on in a mode.
func (c *chat) by(mode handoff.Mode, by handoff.Party, to desk.Target) desk.Handoff {
	h := c.handing(by, to)
	h.Mode = mode
	return h
}

func (c *chat) returning(by handoff.Party) desk.Return { return desk.Return{Local: c.local(), By: by} }

func (c *chat) reclaiming(by handoff.Party) desk.Handoff {
	return c.handing(by, desk.Target{Agent: by})
}

// with brings an agent in beside the holder.
func (c *chat) with(mode handoff.Mode, holder, who handoff.Party) {
	c.t.Helper()
	c.must(c.by(mode, holder, desk.Target{Agent: who}))
	c.accepts(who)
	c.flush()
	c.ignore()
}

func TestModes(t *testing.T) {
	for mode, tt := range map[handoff.Mode]struct {
		asked, accepted []string // what Alice sees
		bob             []string
		carol           []string
		holder          handoff.Party
		hops            int
	}{
		handoff.Warm: {asked: nil, accepted: []string{"outcome accepted by bob", "leave transferred", "unbind epoch 1"},
			bob: []string{"bind epoch 2", "outcome accepted by bob", "replay 1-1"}, carol: []string{"moved to bob"}, holder: bob, hops: 1},
		handoff.Blind: {asked: []string{"leave transferred", "unbind epoch 1"}, accepted: []string{"outcome accepted by bob"},
			bob: []string{"bind epoch 2", "outcome accepted by bob", "replay 1-1"}, carol: []string{"moved to bob"}, holder: bob, hops: 1},
		handoff.Consult: {accepted: []string{"outcome accepted by bob"},
			bob: []string{"bind epoch 1", "outcome accepted by bob", "replay 1-1"}, holder: alice},
		handoff.Join: {accepted: []string{"outcome accepted by bob"},
			bob: []string{"bind epoch 1", "outcome accepted by bob", "replay 1-1"}, holder: alice},
	} {
		t.Run(mode.String(), func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c := s.taken(carol, "support", alice)
				s.arrive(bob)
				tr := s.must(c.by(mode, alice, desk.Target{Queue: "billing"})).Transfer
				require.Equal(t, mode.String(), tr.Mode)
				require.Equal(t, patient, tr.Deadline.Sub(tr.At))
				s.sees(bob, "ring")
				s.sees(alice, tt.asked...)
				s.sees(carol)
				c.accepts(bob)
				s.sees(alice, tt.accepted...)
				s.sees(bob, tt.bob...)
				s.sees(carol, tt.carol...)
				require.Equal(t, tt.holder, c.now().Holder)
				require.Equal(t, tt.hops, c.now().Hops)
				require.Equal(t, []string{"bob accepted", "alice accepted"}, c.outcomes(tr.ID))
				want := "support"
				if tt.holder == bob {
					want = "billing"
				}
				require.Equal(t, want, c.now().Queue)
				kept, err := s.file.TransferByID(t.Context(), domain, tr.ID)
				require.NoError(t, err)
				require.Equal(t, tr.Mode, kept.Mode)
				s.atRest()
			})
		})
	}
}

func TestBlindWaitsWhereItWasSent(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		id := s.must(c.by(handoff.Blind, alice, desk.Target{Queue: "billing"})).Transfer.ID
		require.Equal(t, handoff.Waiting, c.now().Phase)
		s.refused(handoff.ErrNotHolder, c.cancelling(alice))
		s.pass(patient)
		require.Equal(t, []string{"bob expired", "alice expired"}, c.outcomes(id))
		require.Equal(t, "billing", c.now().Queue)
		require.Equal(t, handoff.Waiting, c.now().Phase)
		s.ignore()
		s.pass(patient)
		s.sees(bob, "ring")
		s.restart()
		c.accepts(bob)
		require.Equal(t, []string{"bob expired", "alice expired"}, c.outcomes(id), "nothing is told twice")
		require.Zero(t, c.now().Hops, "it had waited")
	})
}

// Who declines for himself declines for nobody else: the queue is asked at once,
// but not the one who let go.
func TestBlindToAnAgentWhoDeclines(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, adam)
		s.must(c.by(handoff.Blind, alice, desk.Target{Agent: bob}))
		s.ignore()
		c.declines(bob)
		s.sees(adam, "ring")
		s.sees(alice, "outcome declined by bob")
		c.declines(adam)
		s.pass(patient)
		s.sees(alice, "ring")
	})
}

func TestReturn(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.refused(desk.ErrHidden, c.returning(bob))
		id := s.must(c.returning(alice)).Transfer.ID
		s.sees(alice, "outcome accepted by alice", "leave returned", "unbind epoch 1")
		require.Equal(t, []string{"alice accepted"}, c.outcomes(id))
		kept, err := s.file.TransferByID(t.Context(), domain, id)
		require.NoError(t, err)
		require.Equal(t, "return", kept.Mode)
		s.refused(handoff.ErrNotHolder, c.returning(alice))

		s.pass(patient - time.Second)
		s.sees(alice)
		s.arrive(adam) // whoever else comes need not wait
		s.sees(adam, "ring")
		c.declines(adam)
		s.pass(patient)
		s.sees(alice, "ring")
	})
}

// A queue that gives sessions out without asking does not give one back to who
// just returned it.
func TestReturnToAnAutomaticQueue(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(robo)
		c := s.chat(carol, "front")
		c.says("hello")
		require.Equal(t, robo, c.now().Holder)
		s.must(c.returning(robo))
		require.Equal(t, handoff.Waiting, c.now().Phase)
		s.pass(patient - time.Second)
		require.Equal(t, handoff.Waiting, c.now().Phase)
		s.pass(time.Second)
		require.Equal(t, robo, c.now().Holder)
	})
}

// Returned and others write in the same batch: the one who returned it is not
// asked.
func TestReturnInABatch(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		_, errs := s.submit(c.returning(alice), c.saying("anybody?"))
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		s.sees(alice, "outcome accepted by alice", "leave returned", "unbind epoch 1")
	})
}

func TestReclaim(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben)
		s.refused(handoff.ErrIsHolder, c.reclaiming(alice))
		s.refused(desk.ErrHidden, c.reclaiming(bob))
		c.hands(alice, desk.Target{Queue: "billing"})
		err := s.refused(handoff.ErrNotHolder, c.reclaiming(bob))
		require.Equal(t, "You never held this session.", err.Error())
		c.accepts(bob)
		s.ignore()

		other := c.reclaiming(alice)
		other.Session = c.local() + ".7"
		s.refused(desk.ErrHidden, other)

		id := s.must(c.reclaiming(alice)).Transfer.ID
		s.sees(bob, "ring")
		s.refused(handoff.ErrNotTarget, c.accepting(alice, id)) // it is not hers to answer
		err = s.refused(handoff.ErrTransfer, c.handing(bob, desk.Target{Agent: ben}))
		require.ErrorContains(t, err, "Alice asks for this chat")
		s.refused(handoff.ErrTransfer, c.cancelling(bob))
		s.must(c.cancelling(alice))
		s.sees(bob, "outcome cancelled by alice")
		s.sees(alice, "outcome cancelled by alice")

		require.Equal(t, "billing", c.now().Queue)
		id = s.must(c.reclaiming(alice)).Transfer.ID
		s.ignore()
		c.accepts(bob)
		require.Equal(t, alice, c.now().Holder)
		require.Equal(t, "support", c.now().Queue, "where she works")
		s.sees(alice, "bind epoch 3", "outcome accepted by alice", "replay 1-1")
		s.sees(bob, "outcome accepted by alice", "leave transferred", "unbind epoch 2")
		s.sees(carol, "moved to alice")
		require.Equal(t, []string{"alice accepted", "bob accepted"}, c.outcomes(id))
		require.Equal(t, 1, c.now().Hops, "taken back counts for nothing")
		s.atRest()
	})
}

// A former holder who is a guest, or is asked again, may reclaim all the same.
func TestReclaimAsGuest(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.hands(alice, desk.Target{Agent: bob})
		c.accepts(bob)
		c.with(handoff.Join, bob, alice)
		s.must(c.reclaiming(alice))
		c.accepts(bob)
		require.Equal(t, alice, c.now().Holder)
		require.Empty(t, c.now().Guests)
	})
}

func TestReclaimOfASessionThatWaits(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		blind := s.must(c.by(handoff.Blind, alice, desk.Target{Queue: "billing"})).Transfer.ID
		s.ignore()
		res := s.must(c.reclaiming(alice))
		require.Equal(t, alice, res.Conversation.Holder)
		require.Equal(t, "support", c.now().Queue)
		require.Equal(t, []string{"bob cancelled", "alice cancelled"}, c.outcomes(blind))
		require.Equal(t, []string{"alice accepted"}, c.outcomes(res.Transfer.ID))
		s.sees(bob, "outcome cancelled by alice")
	})
}

// What the holder writes after the consulted agent left was meant for them: it
// reaches nobody before the holder says so, whatever happens to the desk.
func TestQuietAfterAConsultation(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.with(handoff.Consult, alice, bob)
		s.must(c.ending(bob))
		require.True(t, c.now().Quiet)
		s.crash()
		s.ignore()
		require.True(t, c.now().Quiet)
		err := s.refused(handoff.ErrQuiet, c.replying(alice, "between us"))
		require.ErrorContains(t, err, "was not sent to anybody")
		aloud := c.replying(alice, "one moment")
		aloud.Aloud = true
		s.must(aloud)
		s.refused(handoff.ErrQuiet, c.replying(alice, "still between us"))
		c.says("hello?")
		s.refused(desk.ErrHidden, c.cancelling(bob))
		s.sees(carol, "2 alice: one moment")
		s.sees(alice, "3 carol: hello?")
		s.sees(bob)
	})
}

func TestResumeIsCommitted(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.with(handoff.Consult, alice, bob)
		s.must(c.ending(bob))
		s.flush()
		s.ignore()
		commits := s.store.count()
		require.True(t, s.must(c.cancelling(alice)).Resumed)
		require.Equal(t, commits+1, s.store.count())
		s.crash()
		require.False(t, c.now().Quiet)
		s.refused(handoff.ErrOver, c.cancelling(alice))
		c.replies(alice, "back to you")
		s.sees(carol, "2 alice: back to you")
		s.sees(alice)
	})
}
