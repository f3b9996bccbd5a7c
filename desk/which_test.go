package desk_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// Whoever is asked about more than people read is told of the first ones, and how
// many more there are.
func TestWhichOfManyOffers(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(robo)
		for i := range 400 {
			s.chat(handoff.Party(fmt.Sprintf("caller%d@example.net", i)), "support").says("hello")
		}
		err := s.refused(desk.ErrWhich, desk.Accept{Answer: desk.Answer{By: robo}})
		require.Regexp(t, `^Several offers are open\. Add the number: 1 \(caller0\), .*, 20 \(caller19\), and 380 more\.$`, err.Error())
		s.must(desk.Accept{Answer: desk.Answer{By: robo, Number: 400}})
	}, func(s *scene) {
		s.directory.Agents[4].Queues, s.directory.Agents[4].Bot = []string{"support"}, false
	})
}
