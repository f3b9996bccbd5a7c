package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// removal is an administrator's wish that agents be none any more.
func (s *scene) removal(who ...handoff.Party) *desk.Administer {
	return s.edited(desk.Edit{Kind: desk.AgentEntry, Name: string(who[0]), Do: desk.Remove}, func() error { return nil },
		func(d *desk.Directory) { d.Agents = lacking(d, who...).Agents })
}

// Whoever is no agent any more is asked nothing any more: what rang for them is over
// at once, and whoever asked is told.
func TestDismissedAreNotAsked(t *testing.T) {
	for _, mode := range []handoff.Mode{handoff.Join, handoff.Consult, handoff.Warm, handoff.Blind} {
		for name, dismiss := range dismissals() {
			t.Run(mode.String()+", "+name, func(t *testing.T) {
				story(t, func(t *testing.T, s *scene) {
					c := s.taken(carol, "support", alice)
					s.arrive(bob, ben)
					id := s.must(c.by(mode, alice, desk.Target{Agent: bob})).Transfer.ID
					s.ignore()
					dismiss(s)
					require.False(t, c.now().Offer.Rings(bob))
					s.sees(bob, "outcome failed by bob")
					require.Equal(t, "outcome failed by bob", words(s.courier.to(alice)[s.looked[alice]]))
					require.Contains(t, c.outcomes(id), "alice failed")
					require.ErrorIs(t, s.refused(handoff.ErrOver, c.accepting(bob, id)), handoff.ErrOver)
				}, administered)
			})
		}
	}
}

// The next of the queue is asked instead, and of several that ring the others go on.
func TestDismissedIsPassedOver(t *testing.T) {
	for _, queue := range []string{"billing", "night"} { // one by one, and all at once
		t.Run(queue, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				s.arrive(bob, ben)
				c := s.chat(carol, queue)
				c.says("hello")
				asked := c.now().Offer.Ringing
				s.dismiss(asked[0])
				other := map[handoff.Party]handoff.Party{bob: ben, ben: bob}[asked[0]]
				require.Equal(t, []handoff.Party{other}, c.now().Offer.Ringing)
				c.accepts(other)
			})
		})
	}
}

// Who holds a session may give it back to a colleague, agent or not.
func TestDismissedIsAskedForItBack(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.hands(alice, desk.Target{Agent: bob})
		c.accepts(bob)
		s.must(c.reclaiming(alice))
		s.dismiss(bob)
		require.True(t, c.now().Offer.Rings(bob))
		c.accepts(bob)
		require.Equal(t, alice, c.now().Holder)
	})
}

// Whoever is no agent any more gets no session back that they asked for.
func TestDismissedAskInVain(t *testing.T) {
	asking := func(s *scene) (c *chat, id string) {
		c = s.taken(carol, "support", alice)
		s.arrive(bob)
		c.hands(alice, desk.Target{Agent: bob})
		c.accepts(bob)
		return c, s.must(c.reclaiming(alice)).Transfer.ID
	}
	for name, dismiss := range map[string]func(s *scene){
		"the file":         func(s *scene) { s.dismiss(alice) },
		"an administrator": func(s *scene) { s.must(s.removal(alice)) },
		"a restart": func(s *scene) {
			s.directory = lacking(s.desk.Directory(), alice)
			s.restart()
		},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c, id := asking(s)
				s.ignore()
				dismiss(s)
				require.Empty(t, c.now().Offer.ID)
				require.Contains(t, c.outcomes(id), "alice cancelled")
				s.refused(handoff.ErrOver, c.accepting(bob, id))
				require.Equal(t, bob, c.now().Holder)
			}, administered)
		})
	}
	t.Run("the answer comes first", func(t *testing.T) {
		story(t, func(t *testing.T, s *scene) {
			c, id := asking(s)
			s.store.breakDown(errBroken) // so that it cannot be taken back yet
			s.dismiss(alice)
			require.Equal(t, id, c.now().Offer.ID)
			s.store.breakDown(nil)
			s.refused(handoff.ErrOver, c.accepting(bob, id))
			require.Equal(t, bob, c.now().Holder)
			s.pass(2 * time.Second)
			require.Empty(t, c.now().Offer.ID)
			require.Contains(t, c.outcomes(id), "alice cancelled")
		}, administered)
	})
}
