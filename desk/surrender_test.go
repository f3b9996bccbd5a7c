package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// surrenders makes the settings ask for former holders' copies.
func (s *scene) surrenders() {
	p := s.desk.Policy()
	p.Copies = desk.CopiesGo
	s.desk.Configure(s.desk.Directory(), p)
}

// surrendered lists the copies that were to be taken so far.
func (s *scene) surrendered() []string {
	got := []string{}
	for _, it := range s.courier.all() {
		if it.Kind == desk.KindSurrender {
			got = append(got, words(it))
		}
	}
	return got
}

// A former holder's copy is asked for when somebody else has the session, behind
// all that may still arrive in it, and one at a time.
func TestSurrender(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.surrenders()
		c := s.taken(carol, "support", alice)
		require.Empty(t, s.surrendered(), "the first holder takes over from nobody")
		s.arrive(bob)
		s.courier.does(func(it desk.Item) verdict {
			return verdict{keep: it.Kind == desk.KindSurrender || it.To == alice && it.Kind == desk.KindLine}
		})
		c.says("line")
		c.hands(alice, desk.Target{Agent: bob})
		c.accepts(bob)
		s.pass(time.Minute)
		require.Empty(t, s.surrendered(), "a line to Alice may still arrive")
		s.courier.answer(nil, "2 carol: line")
		s.settle()
		require.Equal(t, []string{"surrender of alice to bob"}, s.surrendered())

		s.arrive(ben)
		c.hands(bob, desk.Target{Agent: ben})
		c.accepts(ben)
		c.says("held up by nothing")
		s.pass(time.Minute)
		require.Equal(t, "3-carol", itemOf(s, ben), "what is said is not held up")
		require.Len(t, s.surrendered(), 1, "the next copy waits for the one before it")
		s.courier.answer(nil, "surrender of alice to bob")
		s.settle()
		require.Equal(t, []string{"surrender of alice to bob", "surrender of bob to ben"}, s.surrendered())

		// What was not confirmed is asked for again by the next process.
		s.flush()
		s.restart()
		require.Equal(t, []string{"surrender of alice to bob", "surrender of bob to ben", "surrender of bob to ben"}, s.surrendered())
		s.courier.does(nil)
		s.courier.answerAll(nil)
		s.atRest()
		require.Zero(t, s.desk.Outbox().Lanes())
	})
}

// itemOf names the last line carried to somebody.
func itemOf(s *scene, to handoff.Party) string {
	last := ""
	for _, it := range s.courier.to(to) {
		if it.Line != nil {
			last = string(rune('0'+it.Line.Seq)) + "-" + name(it.Line.By)
		}
	}
	return last
}

// Nothing is taken where the settings do not ask for it, when a session only
// waits, and when it ends.
func TestNoSurrender(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.hands(alice, desk.Target{Agent: bob})
		c.accepts(bob)
		s.surrenders()
		s.must(c.ending(bob))
		s.atRest()
		require.Empty(t, s.surrendered())
	})
}
