package desk_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// lacking is the directory without some of its agents.
func lacking(d *desk.Directory, who ...handoff.Party) *desk.Directory {
	return &desk.Directory{Queues: d.Queues,
		Agents: without(d.Agents, func(a desk.Agent) bool { return slices.Contains(who, a.JID) })}
}

// dismiss puts a directory in force that lacks somebody.
func (s *scene) dismiss(who ...handoff.Party) {
	s.desk.Configure(lacking(s.desk.Directory(), who...), s.desk.Policy())
	s.settle()
}

// dismissals are the ways in which Bob stops being an agent.
func dismissals() map[string]func(s *scene) {
	return map[string]func(s *scene){
		"the file":         func(s *scene) { s.dismiss(bob) },
		"an administrator": func(s *scene) { s.must(s.removal(bob)) },
		"a restart": func(s *scene) {
			s.directory = lacking(s.desk.Directory(), bob)
			s.restart()
		},
		"a store that fails": func(s *scene) {
			s.store.breakDown(errBroken)
			s.dismiss(bob)
			require.Empty(s.t, s.courier.to(bob)[s.looked[bob]:])
			s.store.breakDown(nil)
			s.pass(2 * time.Second)
		},
	}
}

// Whoever takes part beside the holder leaves when they are no agent any more, and
// the holder is told.
func TestDismissedLeave(t *testing.T) {
	for _, mode := range []handoff.Mode{handoff.Join, handoff.Consult} {
		for name, dismiss := range dismissals() {
			t.Run(mode.String()+", "+name, func(t *testing.T) {
				story(t, func(t *testing.T, s *scene) {
					c, d := s.taken(carol, "support", alice), s.taken(dave, "billing", bob)
					s.arrive(ben)
					c.with(handoff.Join, alice, ben)
					c.with(mode, alice, bob)
					dismiss(s)
					s.sees(bob, "leave left", "unbind epoch 1")
					s.sees(alice, "handoff.Parted")
					require.False(t, c.now().Has(bob))
					require.Equal(t, []handoff.Party{ben}, c.now().Guests)
					require.Equal(t, alice, c.now().Holder)
					c.says("anything")
					s.sees(bob)
					require.ErrorIs(t, s.refused(desk.ErrHidden, c.replying(bob, "still here")), desk.ErrHidden)
					require.Equal(t, bob, d.now().Holder, "what they hold they keep")
				}, administered)
			})
		}
	}
}

// Nor does somebody come in who was asked when they still were an agent.
func TestDismissedDoNotJoin(t *testing.T) {
	for _, mode := range []handoff.Mode{handoff.Join, handoff.Consult} {
		t.Run(mode.String(), func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c := s.taken(carol, "support", alice)
				s.arrive(bob)
				c.must(c.by(mode, alice, desk.Target{Agent: bob}))
				_, errs := s.submit(s.removal(bob), c.accepting(bob, c.offer())) // in one batch
				require.NoError(t, errs[0])
				require.ErrorIs(t, errs[1], desk.ErrHidden)
				require.False(t, c.now().Has(bob))
			}, administered)
		})
	}
}

// Who holds a session and is no agent any more can end it, and give no other command.
func TestDismissedCommands(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.dismiss(alice)
		typed := desk.Command{Local: c.local(), By: alice, Prefix: "!"}
		err := s.refused(handoff.ErrNotHolder, typed)
		require.EqualError(t, err, "You are no agent here any more: commands do not work, but for !done, which ends the session. "+
			"What you write without ! reaches the customer until then.")
		var refusal *desk.Refusal
		require.True(t, errors.As(err, &refusal))
		for _, stranger := range []handoff.Party{mallory, carol, bob, adam} {
			s.refused(desk.ErrHidden, desk.Command{Local: c.local(), By: stranger, Prefix: "!"})
			s.refused(desk.ErrHidden, desk.Command{Local: c.local(), By: stranger, Prefix: "!", Done: mallory == stranger || carol == stranger})
		}
		typed.Done = true
		s.must(typed)
		require.Equal(t, handoff.Idle, c.now().Phase)
		s.sees(carol, "leave done")
		typed.Done = false
		s.refused(desk.ErrHidden, typed)
	})
}
