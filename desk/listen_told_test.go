package desk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// toldTo is what a listener was told of who takes part since the last look.
func (s *scene) toldTo(who handoff.Party) (told []handoff.Phrase) {
	all := s.courier.to(who)
	for _, it := range all[s.looked[who]:] {
		require.Equal(s.t, desk.KindHeardOf, it.Kind)
		told = append(told, it.Effect.(handoff.Notice).Says...)
	}
	s.looked[who] = len(all)
	return told
}

func phrase(name string, args ...string) handoff.Phrase {
	p := handoff.Phrase{Name: name, Args: map[string]string{}}
	for i := 0; i < len(args); i += 2 {
		p.Args[args[i]] = args[i+1]
	}
	return p
}

// Whoever listens is told who is asked, what came of it, who has the session and who
// comes and goes; nobody else is told more than without them.
func TestListenersAreToldWhoTakesPart(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben, sue)
		c.listens(sue)
		s.ignore()
		told := func(want ...handoff.Phrase) {
			t.Helper()
			require.Equal(t, want, s.toldTo(sue))
		}
		c.must(c.by(handoff.Consult, alice, desk.Target{Agent: bob}))
		told(phrase("heard_offer_consult", "By", "Alice", "To", "Bob"))
		c.accepts(bob)
		told(phrase("heard_advises", "Who", "Bob"))
		s.must(c.cancelling(alice))
		told(phrase("heard_left", "Who", "Bob"))
		c.must(c.by(handoff.Join, alice, desk.Target{Agent: bob}))
		told(phrase("heard_offer_join", "By", "Alice", "To", "Bob"))
		c.declines(bob)
		told(phrase("heard_declined", "Who", "Bob"))
		c.must(c.by(handoff.Join, alice, desk.Target{Agent: bob}))
		c.accepts(bob)
		told(phrase("heard_offer_join", "By", "Alice", "To", "Bob"), phrase("heard_joined", "Who", "Bob"))
		c.hands(alice, desk.Target{Queue: "billing"})
		told(phrase("heard_offer_warm", "By", "Alice", "To", "Billing"))
		s.pass(2 * patient)
		told(phrase("heard_expired", "Who", ""))
		c.hands(alice, desk.Target{Agent: ben})
		s.must(c.cancelling(alice))
		told(phrase("heard_offer_warm", "By", "Alice", "To", "Ben"), phrase("heard_cancelled", "Who", "Alice"))
		c.hands(alice, desk.Target{Agent: bob})
		c.accepts(bob)
		told(phrase("heard_offer_warm", "By", "Alice", "To", "Bob"), phrase("heard_moved", "Who", "Bob"))
		c.must(c.reclaiming(alice))
		told(phrase("heard_offer_reclaim", "By", "Alice", "To", "Alice"))
		c.accepts(bob)
		told(phrase("heard_moved", "Who", "Alice"))
		s.ignore()
		c.must(c.by(handoff.Blind, alice, desk.Target{Agent: ben}))
		told(phrase("heard_offer_blind", "By", "Alice", "To", "Ben"), phrase("heard_waits", "Who", "Alice", "Queue", "Support"))
		s.leave(ben)
		require.Equal(t, []handoff.Phrase{phrase("heard_failed", "Who", "Ben")}, s.toldTo(sue))
		s.must(desk.Force{Oversight: c.over(sue), To: bob})
		told(phrase("heard_moved", "Who", "Bob"))
		s.must(c.returning(bob))
		told(phrase("heard_waits", "Who", "Bob", "Queue", "Support"))
		c.hangsUp()
		s.sees(sue, "leave over")
		for _, it := range s.courier.all() {
			require.True(t, it.To == sue || it.Kind != desk.KindHeardOf, "%s is told what is for listeners", it.To)
		}
	}, overseen)
}

// In one batch each request is told by itself.
func TestListenersAreToldOfABatch(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, sue)
		c.listens(sue)
		s.ignore()
		s.submit(c.returning(alice), desk.Force{Oversight: c.over(sue), To: bob})
		require.Equal(t, []handoff.Phrase{phrase("heard_waits", "Who", "Alice", "Queue", "Support"), phrase("heard_moved", "Who", "Bob")}, s.toldTo(sue))
	}, overseen)
}
