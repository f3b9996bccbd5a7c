package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// Who takes a break is offered nothing, whatever their presence says, until they
// are back; what rings goes to the next, what they hold they keep.
func TestPause(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		held := s.taken(dave, "support", alice)
		s.arrive(adam, bob)
		c := s.chat(carol, "support")
		c.says("hello")
		s.sees(adam, "ring")
		require.False(t, s.must(desk.Pause{By: adam}).Duplicate)
		s.sees(adam, "outcome failed by adam")
		s.sees(alice, "ring")
		require.True(t, s.must(desk.Pause{By: adam}).Duplicate)

		s.must(desk.Pause{By: alice})
		s.sees(alice, "outcome failed by alice")
		require.Equal(t, alice, held.now().Holder)
		held.replies(alice, "lunch, one moment")

		// Nor can anybody hand them anything.
		err := s.refused(desk.ErrUnavailable, held.handing(alice, desk.Target{Agent: adam}))
		require.ErrorContains(t, err, "Adam takes a break")

		// Presence is not what ends it.
		s.leave(adam)
		s.arrive(adam)
		s.pass(time.Hour)
		require.False(t, c.now().Offer.Open())
		s.ignore()
		require.False(t, s.must(desk.Resume{By: adam}).Duplicate)
		require.True(t, s.must(desk.Resume{By: adam}).Duplicate)
		s.sees(adam, "ring")
		s.sees(alice)
		s.refused(desk.ErrHidden, desk.Pause{By: mallory})
		s.refused(desk.ErrHidden, desk.Resume{By: carol})
	})
}

// A break outlives the service, in good order or not; so does its end.
func TestPauseAfterRestart(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(s *scene)
	}{{"restart", (*scene).restart}, {"crash", (*scene).crash}} {
		t.Run(tc.name, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				s.must(desk.Pause{By: alice})
				s.must(desk.Pause{By: adam})
				s.must(desk.Resume{By: adam})
				since := time.Now()
				s.pass(time.Hour)
				tc.end(s)
				s.arrive(alice)
				c := s.chat(carol, "support")
				c.says("hello")
				require.False(t, c.now().Offer.Open())
				a, ok := s.desk.Figures().Agent(alice)
				require.True(t, ok && a.Paused && a.Since.Equal(since), "%+v", a)
				s.arrive(adam)
				require.True(t, c.now().Offer.Rings(adam))
			})
		})
	}
}

// A pause that could not be committed has not begun.
func TestPauseThatFails(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice)
		s.store.breakDown(errBroken)
		_, err := s.do(desk.Pause{By: alice})
		require.ErrorIs(t, err, desk.ErrStore)
		s.store.breakDown(nil)
		c := s.chat(carol, "support")
		c.says("hello")
		require.True(t, c.now().Offer.Rings(alice))
	})
}

// The agent pauses and a caller comes in one batch.
func TestPauseWithinABatch(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice)
		c, d := s.chat(carol, "support"), s.chat(dave, "support")
		_, errs := s.submit(c.saying("hello"), desk.Pause{By: alice}, d.saying("hello"))
		require.Equal(t, []error{nil, nil, nil}, errs)
		s.sees(alice, "ring", "outcome failed by alice")
		require.False(t, c.now().Offer.Open() || d.now().Offer.Open())

		_, errs = s.submit(desk.Resume{By: alice}, d.saying("still there"))
		require.Equal(t, []error{nil, nil}, errs)
		require.True(t, d.now().Offer.Rings(alice))
	})
}

// An agent of the queue takes who waits, without being asked.
func TestTake(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c, d := s.chat(carol, "support"), s.chat(dave, "support")
		c.says("hello")
		d.says("hello")
		err := s.refused(desk.ErrHidden, desk.Take{By: bob, Number: 1})
		require.ErrorContains(t, err, "There is no #1 here")
		s.refused(desk.ErrHidden, desk.Take{By: mallory, Number: 1})
		s.refused(desk.ErrHidden, desk.Take{By: alice, Number: 77})
		s.refused(desk.ErrHidden, desk.Take{By: alice, Local: "nobody.aaaaaaaa"})
		s.must(desk.Pause{By: alice}) // a break does not prevent it, nor that they were never seen

		res := s.must(desk.Take{By: alice})
		require.Equal(t, c.local(), res.Conversation.Local, "who waits longest")
		require.Equal(t, alice, c.now().Holder)
		s.sees(alice, "bind epoch 1", "outcome accepted by alice", "replay 1-1")
		s.refused(handoff.ErrIsHolder, desk.Take{By: alice, Number: 1})
		s.refused(handoff.ErrHeld, desk.Take{By: adam, Number: 1})

		require.Equal(t, alice, s.must(desk.Take{By: alice, Number: 2}).Conversation.Holder)
		e := s.chat("erin@example.net", "support")
		e.says("hello")
		s.refused(desk.ErrBusy, desk.Take{By: alice, Local: e.local()})
		e.hangsUp()
		s.refused(handoff.ErrNoSession, desk.Take{By: alice, Local: e.local()})
		s.refused(handoff.ErrNoSession, desk.Take{By: adam})
	})
}

// Who is asked already loses it to who takes it, and everybody learns it once.
func TestTakeWhatRings(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, adam)
		c := s.chat(carol, "support")
		c.says("hello")
		id := c.offer()
		s.must(desk.Take{By: adam, Number: 1})
		s.sees(alice, "ring", "outcome accepted by adam")
		require.Equal(t, []string{"adam accepted", "alice accepted"}, c.outcomes(id))
		require.Equal(t, adam, c.now().Holder)

		// Who let it pass can think better of it.
		d := s.chat(dave, "support")
		d.says("hello")
		was := d.offer()
		d.declines(alice)
		s.ignore()
		s.must(desk.Take{By: alice, Number: 2})
		require.Equal(t, alice, d.now().Holder)
		require.Equal(t, []string{"alice declined", "adam failed"}, d.outcomes(was))
		s.sees(alice, "bind epoch 1", "outcome accepted by alice", "replay 1-1")
		s.sees(adam, "outcome failed by adam")

		// The one it rings for accepts it by that.
		e := s.chat("erin@example.net", "support")
		e.says("hello")
		id = e.offer()
		by := e.now().Offer.Ringing[0]
		s.must(desk.Take{By: by})
		require.Equal(t, []string{name(by) + " accepted"}, e.outcomes(id))
	})
}

// A supervisor takes whatever waits.
func TestSupervisorTakes(t *testing.T) {
	const sue = handoff.Party("sue@example.com")
	story(t, func(t *testing.T, s *scene) {
		c := s.chat(carol, "attic")
		c.says("hello")
		s.refused(handoff.ErrNoSession, desk.Take{By: sue}) // she works in no queue
		s.must(desk.Take{By: sue, Number: 1})
		require.Equal(t, sue, c.now().Holder)
	}, func(s *scene) {
		s.directory.Agents = append(s.directory.Agents, desk.Agent{JID: sue, Name: "Sue", Roles: []string{"supervisor"}})
	})
}
