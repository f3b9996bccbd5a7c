package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// daily are hours from one time after midnight to another, every day.
type daily struct{ from, to time.Duration }

func (d daily) Opens(at time.Time) time.Time {
	day := at.UTC().Truncate(24 * time.Hour)
	for ; ; day = day.Add(24 * time.Hour) {
		switch {
		case at.Before(day.Add(d.from)):
			return day.Add(d.from)
		case at.Before(day.Add(d.to)):
			return at
		}
	}
}

// never are hours of a queue that is shut for good.
type never struct{}

func (never) Opens(time.Time) time.Time { return time.Time{} }

// shut gives support hours from nine to ten; scenes begin at midnight.
func shut(s *scene) {
	s.directory.Queues[0].Hours = daily{9 * time.Hour, 10 * time.Hour}
	s.directory.Queues[0].Away = "We are back at nine."
	s.directory.Queues[0].Greeting = "One moment please."
}

// Outside the hours a message is kept and its sender told so once; offers go out
// when the queue opens.
func TestHours(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice)
		began := time.Now()
		c := s.chat(carol, "support")
		c.says("hello")
		s.sees(carol, "We are back at nine.")
		s.pass(time.Hour)
		c.says("hello?")
		s.restart()
		s.arrive(alice)
		c.says("hello!")
		s.pass(8*time.Hour - time.Second - time.Millisecond)
		s.sees(carol)
		s.sees(alice)
		s.pass(time.Second + time.Millisecond)
		require.True(t, c.now().Offer.Rings(alice), "at %s", time.Since(began))
		require.Equal(t, 9*time.Hour, c.now().Offer.Expires.Add(-patient).Sub(began), "at nine sharp")

		// Nobody takes it before ten: the next stretch, the next word of it.
		s.leave(alice)
		s.pass(time.Hour + 15*time.Second)
		s.sees(carol, "We are back at nine.")
		s.arrive(alice)
		s.pass(12 * time.Hour)
		s.sees(carol)
		require.False(t, c.now().Offer.Open())

		// By hand it can be taken at any hour.
		s.must(desk.Take{By: alice})
		require.Equal(t, alice, c.now().Holder)
	}, shut)
}

// Within the hours there is nothing to say of them.
func TestGreetingWithinHours(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.pass(9 * time.Hour)
		s.chat(carol, "support").says("hello")
		s.sees(carol, "opened 1")
	}, shut)
}

// A holder who hands back, or is gone, after hours: the caller is told.
func TestReturnedAfterHours(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.pass(9 * time.Hour)
		c := s.taken(carol, "support", alice)
		s.pass(2 * time.Hour)
		c.replies(alice, "good night")
		s.sees(carol, "2 alice: good night")
		s.must(c.returning(alice))
		s.sees(carol, "We are back at nine.")
		require.False(t, c.now().Offer.Open())

		// And again after the night, if it is the same again.
		s.pass(22*time.Hour + time.Minute)
		require.True(t, c.now().Offer.Rings(alice))
		c.accepts(alice)
		s.pass(time.Hour)
		s.ignore()
		s.must(c.returning(alice))
		s.sees(carol, "We are back at nine.")
	}, shut)
}

// A closed queue hands on at once to the one it overflows to, if that is open.
func TestClosedOverflows(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, bob)
		c := s.chat(carol, "support")
		c.says("hello")
		s.sees(carol, "opened 1")
		require.True(t, c.now().Offer.Rings(bob))
		require.Empty(t, c.now().Offer.Next, "who works in the closed queue alone is not asked")
	}, shut, overflowing)
}

// Where the operator has no words, and where the queue never opens.
func TestNeverOpen(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice)
		c := s.chat(carol, "support")
		c.says("hello")
		s.sees(carol, desk.TextClosed)
		s.pass(23 * time.Hour)
		c.says("hello?")
		s.sees(carol)
		require.False(t, c.now().Offer.Open())
	}, func(s *scene) { s.directory.Queues[0].Hours = never{} })
}

// placing tells callers of support their place.
func placing(s *scene) {
	s.directory.Queues[0].TellPosition = true
	s.directory.Agents[0].Capacity = 1
}

// Callers who wait learn their place, and a better one, but not too often.
func TestPlace(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice)
		chats := map[handoff.Party]*chat{}
		for _, p := range []handoff.Party{"a@x", "b@x", "c@x", "d@x"} {
			chats[p] = s.chat(p, "support")
			chats[p].says("hello")
		}
		s.sees("a@x") // somebody is asked already
		s.sees("b@x", "caller_place2")
		s.sees("c@x", "caller_place3")
		s.sees("d@x", "caller_place4")
		chats["b@x"].says("hello?")
		s.pass(40 * time.Second) // Alice let it pass
		s.sees("a@x", "caller_next")
		s.sees("b@x")

		chats["a@x"].hangsUp()
		s.sees("b@x", "caller_next")
		s.sees("c@x", "caller_place2")
		chats["b@x"].hangsUp()
		chats["c@x"].hangsUp()
		s.pass(29 * time.Second)
		s.sees("d@x", "caller_place3")
		s.restart()
		s.pass(16 * time.Second)
		s.sees("d@x", "caller_next")
		s.pass(time.Hour)
		s.sees("d@x")
	}, placing)
}

// Several who begin to wait in one batch have places of their own.
func TestPlaceWithinABatch(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.submit(s.chat("a@x", "support").saying("hi"), s.chat("b@x", "support").saying("hi"), s.chat("c@x", "billing").saying("hi"))
		s.sees("a@x", "caller_next")
		s.sees("b@x", "caller_place2")
		s.sees("c@x")
	}, placing)
}

// With five waits known there is an estimate, their median.
func TestEstimate(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.must(desk.Pause{By: alice})
		for i, d := range []time.Duration{time.Minute, 9 * time.Minute, 150 * time.Second, time.Second, time.Hour} {
			c := s.chat(handoff.Party(string(rune('a'+i))+"@x"), "support")
			c.says("hello")
			s.sees(c.who, "caller_next") // no estimate yet
			s.pass(d)
			s.must(desk.Take{By: alice})
			c.hangsUp()
		}
		s.chat(carol, "support").says("hello")
		s.sees(carol, "caller_next caller_estimate3")
	}, placing)
}

// A session in which nothing is said for too long ends, and both sides know.
func TestIdle(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		d := s.chat(dave, "billing")
		d.says("hello")
		s.pass(59 * time.Minute)
		c.replies(alice, "one moment")
		s.ignore()
		s.pass(time.Hour - time.Millisecond)
		require.Equal(t, alice, c.now().Holder)
		s.pass(time.Millisecond)
		require.Equal(t, handoff.Idle, c.now().Phase)
		s.sees(carol, "leave idle")
		s.sees(alice, "leave idle", "unbind epoch 1")
		require.Equal(t, handoff.Waiting, d.now().Phase, "it is we who owe an answer")
	}, func(s *scene) { s.idle = time.Hour })
}

// The silence goes on over a restart, and a session taken after a long wait has
// its whole time.
func TestIdleAfterRestart(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		d := s.chat(dave, "billing")
		d.says("hello")
		s.pass(40 * time.Minute)
		s.crash()
		s.arrive(bob)
		d.accepts(bob)
		s.pass(19 * time.Minute)
		require.Equal(t, alice, c.now().Holder)
		s.pass(time.Minute)
		require.Equal(t, handoff.Idle, c.now().Phase)
		require.Equal(t, bob, d.now().Holder)
		s.pass(39 * time.Minute)
		require.Equal(t, bob, d.now().Holder)
		s.pass(2 * time.Minute)
		require.Equal(t, handoff.Idle, d.now().Phase)
	}, func(s *scene) { s.idle = time.Hour })
}

// Another configuration ends what is silent by its own measure.
func TestIdleShortened(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.pass(10 * time.Minute)
		p := s.desk.Policy()
		p.Idle = 11 * time.Minute
		s.desk.Configure(s.directory, p)
		s.pass(59 * time.Second)
		require.Equal(t, alice, c.now().Holder)
		s.pass(time.Second)
		require.Equal(t, handoff.Idle, c.now().Phase)
	}, func(s *scene) { s.idle = time.Hour })
}

// Who returns in time finds the same conversation; after that they are somebody
// new, at another address, and the old one stays as it was.
func TestMemory(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		c.hangsUp()
		s.pass(24*time.Hour - time.Second)
		first := c.says("me again").Conversation
		require.Equal(t, uint64(2), first.Session)
		c.hangsUp()
		first = c.now()
		s.leave(alice)
		s.pass(24 * time.Hour)
		_, errs := s.submit(c.saying("hello"), c.saying("and more"))
		require.Equal(t, []error{nil, nil}, errs)
		second := c.now()
		require.NotEqual(t, first.Local, second.Local)
		require.NotEqual(t, first.Number, second.Number)
		require.Equal(t, uint64(1), second.Session)
		require.Equal(t, uint64(2), second.Seq)
		require.Empty(t, second.Route.Last)

		old, err := s.desk.Conversation(t.Context(), first.Local)
		require.NoError(t, err)
		first.Version = old.Version
		require.Equal(t, first, old)
		s.restart()
		s.arrive(adam)
		c.accepts(adam)
		require.Equal(t, second.Local, c.now().Local)
		s.refused(handoff.ErrNoSession, desk.AgentSays{Local: old.Local, By: alice, Text: desk.Text{Body: "hm"}})
	}, func(s *scene) { s.memory = 24 * time.Hour })
}

// The store fails while a caller is forgotten: nothing is half done.
func TestMemoryThatFails(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		c.hangsUp()
		first := c.now()
		s.pass(25 * time.Hour)
		s.store.breakDown(errBroken)
		_, err := s.do(c.saying("hello"))
		require.ErrorIs(t, err, desk.ErrStore)
		s.store.breakDown(nil)
		require.Equal(t, first.Local, c.now().Local)
		c.says("hello")
		require.NotEqual(t, first.Local, c.now().Local)
	}, func(s *scene) { s.memory = 24 * time.Hour })
}
