package desk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// turn puts a directory in force in which somebody is of the other kind.
func (s *scene) turn(who ...handoff.Party) {
	now := s.desk.Directory()
	next := &desk.Directory{Queues: now.Queues, Agents: append([]desk.Agent{}, now.Agents...)}
	for i := range next.Agents {
		for _, p := range who {
			next.Agents[i].Bot = next.Agents[i].Bot != (next.Agents[i].JID == p)
		}
	}
	s.desk.Configure(next, s.desk.Policy())
	s.settle()
}

// Whoever becomes a bot, or a person, is one from their next session on.
func TestKindTurnsWithTheNextSession(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben)
		c.with(handoff.Join, alice, bob)
		c.with(handoff.Consult, alice, ben)
		s.turn(alice, bob, ben)
		a, _ := s.desk.Directory().Agent(alice)
		require.True(t, a.Bot)
		for _, p := range []handoff.Party{alice, bob, ben} {
			require.False(t, s.desk.IsBot(c.local(), p))
			require.True(t, s.desk.IsBot("elsewhere", p))
		}
		require.Equal(t, desk.RoleAgent, c.replies(alice, "to ben").Line.Role)

		s.arrive(alice)
		d := s.chat(dave, "support")
		d.says("hello")
		d.accepts(alice)
		require.Equal(t, desk.RoleBot, d.replies(alice, "beep").Line.Role)

		s.turn(alice, bob) // and back: what they are at each place stays what it was there
		require.False(t, s.desk.IsBot(c.local(), alice))
		require.True(t, s.desk.IsBot(d.local(), alice))
		require.False(t, s.desk.IsBot("elsewhere", alice))
		s.turn(alice)

		c.must(c.ending(bob))
		require.False(t, s.desk.IsBot(c.local(), ben), "still there")
		c.must(c.ending(alice))
		require.True(t, s.desk.IsBot(c.local(), alice), "their session is over")
		c.says("me again")
		c.accepts(alice)
		require.Equal(t, desk.RoleBot, c.replies(alice, "beep").Line.Role)
	})
}

// Those who left a session are of the new kind when they come back to it, once the
// settings are looked at; who is no agent is no bot.
func TestKindOfWhoLeft(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.with(handoff.Join, alice, bob)
		s.turn(bob)
		c.must(c.ending(bob))
		require.True(t, s.desk.IsBot(c.local(), bob))
		require.False(t, s.desk.IsBot(c.local(), mallory))
	})
}

// A restart ends it: the settings count.
func TestKindAfterARestart(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.turn(alice)
		s.directory = s.desk.Directory()
		s.restart()
		require.True(t, s.desk.IsBot(c.local(), alice))
	})
}
