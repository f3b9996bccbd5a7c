package desk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

var errBlocked = fmt.Errorf("%w: it came back: service-unavailable", desk.ErrUnreachable)

// deaf makes everything fail that is meant for one party.
func (s *scene) deaf(who handoff.Party, err error, kinds ...desk.Kind) {
	s.courier.does(func(it desk.Item) verdict {
		for _, k := range kinds {
			if it.To == who && it.Kind == k {
				return verdict{err: err}
			}
		}
		return verdict{}
	})
}

// What an agent said to somebody who cannot be reached is brought to nobody:
// they are told, and whoever oversees the house is.
func TestAuthorIsTold(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.deaf(carol, errBlocked, desk.KindLine)
		c.replies(alice, "are you there?")
		c.replies(alice, "hello?")
		s.pass(time.Minute)
		s.sees(alice)
		s.pass(20 * time.Second)
		s.sees(alice, "line of alice not delivered to carol", "line of alice not delivered to carol")
		s.sees(sue, "line of alice not delivered to carol", "line of alice not delivered to carol")
		require.Equal(t, alice, c.now().Holder, "the caller's absence moves nothing")
		require.Len(t, s.courier.times("3 alice: hello?"), 7, "begun with each attempt of the first, not for eight of its own")
		require.Len(t, s.store.graves(), 2)
		s.atRest()
	}, overseen)
}

// A caller hears nothing of our affairs.
func TestCallerIsNotTold(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.deaf(alice, fmt.Errorf("%w: too large", desk.ErrNever), desk.KindLine)
		c.says("much")
		s.settle()
		s.sees(carol)
		s.sees(alice, "2 carol: much", "line of carol not delivered to alice")
		s.sees(sue, "line of carol not delivered to alice")
		require.Equal(t, alice, c.now().Holder, "the line is at fault, not the agent")
	}, overseen)
}

// A session whose holder cannot be reached goes back to the queue, and what
// they did not get is in the dialog that whoever takes it sees.
func TestUnreachableHolderLosesTheSession(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(adam)
		s.deaf(alice, errBlocked, desk.KindLine)
		c.says("hello?")
		s.pass(70 * time.Second)
		require.Equal(t, alice, c.now().Holder)
		s.pass(2 * time.Second)
		require.Empty(t, c.now().Holder)
		s.sees(adam, "ring")
		c.accepts(adam)
		s.sees(adam, "bind epoch 2", "outcome accepted by adam", "replay 1-2")
		s.atRest()
	})
}

func TestUnreachableGuestLeaves(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.with(handoff.Join, alice, bob)
		s.deaf(bob, errBlocked, desk.KindLine)
		c.says("hello?")
		s.pass(2 * time.Minute)
		require.Empty(t, c.now().Guests)
		require.Equal(t, alice, c.now().Holder)
		s.atRest()
	})
}

// Whom an offer cannot be brought to was not asked: it does not ring in vain
// until its time is up.
func TestOfferThatCannotBeBrought(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		s.deaf(bob, desk.ErrNever, desk.KindRing)
		c.hands(alice, desk.Target{Agent: bob})
		s.settle()
		s.sees(alice, "outcome failed by bob")
		require.Equal(t, alice, c.now().Holder)
		s.atRest()
	})
}

// Where only the way is closed, it is tried for an hour.
func TestWayIsClosed(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.deaf(carol, fmt.Errorf("%w: remote-server-timeout", desk.ErrLater), desk.KindLine)
		c.replies(alice, "are you there?")
		s.pass(50 * time.Minute)
		s.sees(alice)
		s.pass(15 * time.Minute)
		s.sees(alice, "line of alice not delivered to carol")
		require.Len(t, s.courier.times("2 alice: are you there?"), 180)
		s.atRest()
	})
}

// A notice that cannot be brought either is the end of it.
func TestNoticeOfANotice(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.courier.does(func(it desk.Item) verdict {
			if it.Kind == desk.KindUndelivered || it.To == carol {
				return verdict{err: desk.ErrNever}
			}
			return verdict{}
		})
		c.replies(alice, "hello?")
		s.pass(time.Hour)
		require.Len(t, s.store.graves(), 3, "the line, and a notice to the author and to the supervisor")
		s.atRest()
	}, overseen)
}

// What has arrived but not for good makes nobody wait, and is not done before
// it is.
func TestProvisional(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.courier.keeps()
		pouring(c, 4)
		s.sees(alice, lines(2, 3)...)
		kept := s.courier.kept
		for _, e := range kept {
			e.done(desk.ErrProvisional)
		}
		s.settle()
		s.sees(alice, lines(4, 5)...)
		s.flush()
		require.Equal(t, 4, s.desk.Outbox().Pending())
		kept[0].done(nil)
		s.settle()
		require.Equal(t, 3, s.desk.Outbox().Pending())
		kept[1].done(desk.ErrDown) // the link broke
		s.desk.Outbox().Down(desk.XMPP)
		s.desk.Outbox().Up(desk.XMPP, s.courier)
		s.settle()
		s.sees(alice, lines(3, 4)...)
		s.courier.answerAll(nil)
		s.settle()
		s.courier.answerAll(nil)
		s.atRest()
	}, func(s *scene) { s.outbox.Window = 2 })
}

// A burial of which nobody knows whether it was committed is told of once.
func TestBurialUnknown(t *testing.T) {
	for name, before := range map[string]func(*scene){
		"committed":     func(s *scene) { s.store.forgets(true) },
		"not committed": func(s *scene) { s.store.breakDown(desk.ErrUnknownOutcome) },
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c := s.taken(carol, "support", alice)
				s.courier.keeps()
				c.replies(alice, "hello?")
				before(s)
				s.courier.answer(desk.ErrNever, "2 alice: hello?")
				s.settle()
				s.store.forgets(false)
				s.store.breakDown(nil)
				s.courier.does(nil)
				s.courier.answerAll(nil)
				s.pass(time.Minute)
				s.sees(alice, "line of alice not delivered to carol")
				require.Len(t, s.store.graves(), 1)
				require.Zero(t, s.desk.Outbox().Pending())
			})
		})
	}
}
