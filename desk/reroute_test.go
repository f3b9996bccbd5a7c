package desk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// A guest has room for the session they are in, however many others they have: it is
// offered to them when they come, though for nobody else they would be free.
func TestGuestIsAskedWithoutRoom(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.must(desk.Presence{Agent: alice, Online: true})
		s.arrive(adam)
		c.with(handoff.Join, alice, adam)
		s.taken(dave, "support", adam) // that is as many as adam can take
		s.must(desk.Presence{Agent: adam, Online: true})
		s.must(c.returning(alice))
		s.flush()
		require.False(t, c.now().Offer.Open(), "both are away")
		s.arrive(adam)
		s.flush()
		require.True(t, c.now().Offer.Rings(adam))
	})
}
