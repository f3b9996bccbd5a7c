package desk_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// pouring says n lines to alice, "2 carol: line" to "n+1 carol: line".
func pouring(c *chat, n int) {
	c.t.Helper()
	for range n {
		c.says("line")
	}
}

// lines names lines of carol's.
func lines(seqs ...int) []string {
	var all []string
	for _, n := range seqs {
		all = append(all, fmt.Sprintf("%d carol: line", n))
	}
	return all
}

func TestWindow(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.courier.keeps()
		pouring(c, 5)
		c.replies(alice, "slowly")
		s.sees(alice, lines(2, 3, 4)...)
		s.sees(carol, "7 alice: slowly") // another lane
		s.courier.answer(nil, "3 carol: line")
		s.settle()
		s.sees(alice, lines(5)...)
		s.courier.answer(nil, "2 carol: line")
		s.settle()
		s.sees(alice, lines(6)...)
		s.courier.answerAll(nil)
		s.atRest()
	}, func(s *scene) { s.outbox.Window = 3 })
}

func TestWindowByDefault(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.courier.keeps()
		carried := len(s.courier.all())
		pouring(c, 70)
		require.Len(t, s.courier.all()[carried:], 64)
		s.courier.answerAll(nil)
		s.settle()
		require.Len(t, s.courier.all()[carried:], 70)
		s.courier.answerAll(nil)
	})
}

// When one fails, what is not confirmed is begun again, in order and with the
// same ids.
func TestGoBack(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.courier.keeps()
		pouring(c, 4)
		s.courier.answer(nil, "2 carol: line")
		s.courier.answer(nil, "4 carol: line")
		s.courier.answer(errBounce, "3 carol: line")
		s.settle()
		first := s.courier.to(alice)[s.looked[alice]:]
		s.sees(alice, lines(2, 3, 4, 5)...)
		// What is said of an attempt that is over counts no more, unless it
		// says that the item arrived.
		s.courier.answer(errBounce, "5 carol: line")
		c.says("line") // waits behind them
		s.pass(time.Second - time.Nanosecond)
		s.sees(alice)
		s.courier.does(nil)
		s.pass(time.Nanosecond)
		again := s.courier.to(alice)[s.looked[alice]:]
		s.sees(alice, lines(3, 5, 6)...)
		require.Equal(t, first[1].ID, again[0].ID)
		require.Equal(t, first[3].ID, again[1].ID)
		require.Equal(t, 1, again[0].Tries)
		require.Zero(t, again[1].Tries, "it did not fail")
		s.atRest()
	})
}

func TestBackoffAndDeadLetters(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.courier.does(func(it desk.Item) verdict {
			if words(it) == "3 carol: line" {
				return verdict{err: errBounce, late: time.Millisecond}
			}
			return verdict{}
		})
		began := time.Now()
		pouring(c, 2)
		s.pass(500 * time.Millisecond)
		pouring(c, 1)
		c.replies(alice, "other lanes go on")
		s.sees(carol, "5 alice: other lanes go on")
		s.sees(alice, lines(2, 3)...)

		s.pass(time.Hour)
		sec := func(n ...int) (ds []time.Duration) {
			for i, x := range n { // and 1 ms until each attempt is known to have failed
				ds = append(ds, time.Duration(x)*time.Second+time.Duration(i)*time.Millisecond)
			}
			return ds
		}
		require.Equal(t, sec(0, 1, 3, 7, 15, 31, 51, 71), s.courier.times("3 carol: line"))
		s.sees(alice, append(lines(3, 4, 3, 3, 3, 3, 3, 3), "line of carol not delivered to alice")...)
		graves := s.store.graves()
		require.Len(t, graves, 1)
		require.Equal(t, "3 carol: line", words(graves[0].Item))
		require.Equal(t, 8, graves[0].Item.Tries)
		require.Equal(t, "bounced", graves[0].Reason)
		require.Equal(t, 71*time.Second+8*time.Millisecond, graves[0].At.Sub(began))
		stats, err := s.file.Stats(t.Context())
		require.NoError(t, err)
		require.Equal(t, 1, stats.Dead)
		require.Equal(t, 1, s.watch.buried)
		s.atRest()
		s.restart()
		s.sees(alice)
	})
}

func TestGivenUpAtOnce(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.courier.keeps()
		pouring(c, 3)
		s.courier.answer(fmt.Errorf("%w: too large", desk.ErrNever), "3 carol: line")
		s.settle()
		require.Len(t, s.store.graves(), 1)
		require.Contains(t, s.store.graves()[0].Reason, "too large")
		s.courier.answerAll(nil)
		s.settle()
		s.courier.answerAll(nil)
		s.sees(alice, append(lines(2, 3, 4), "line of carol not delivered to alice")...)
		s.atRest()
	})
}

// The pause stays a minute, however many attempts are allowed.
func TestBackoffIsBounded(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.courier.does(func(desk.Item) verdict { return verdict{err: errBounce} })
		pouring(c, 1)
		s.pass(3 * time.Hour)
		at := s.courier.times("2 carol: line")
		require.Len(t, at, 100)
		for i := 8; i < len(at); i++ {
			require.Equal(t, 20*time.Second, at[i]-at[i-1])
		}
	}, func(s *scene) { s.outbox.Tries = 100 })
}

func TestAttemptsSurviveARestart(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.courier.does(func(it desk.Item) verdict {
			if it.Kind == desk.KindUndelivered {
				return verdict{}
			}
			return verdict{err: errBounce}
		})
		pouring(c, 1)
		s.pass(time.Second)
		s.restart()
		tries := 0
		for _, it := range s.courier.to(alice) {
			tries = max(tries, it.Tries)
		}
		require.Equal(t, 2, tries)
		s.pass(time.Hour)
		require.Len(t, s.courier.times("2 carol: line"), 3)
		require.Len(t, s.store.graves(), 1)
	}, func(s *scene) { s.outbox.Tries = 3 })
}

// An item that cannot be moved to the dead letters yet holds up nothing, and is
// pending until it can.
func TestBurialFails(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.courier.does(func(it desk.Item) verdict {
			if words(it) == "2 carol: line" {
				return verdict{err: desk.ErrNever}
			}
			return verdict{}
		})
		s.desk.Outbox().Down(desk.XMPP)
		pouring(c, 2)
		s.store.breakDown(errBroken)
		s.desk.Outbox().Up(desk.XMPP, s.courier)
		s.settle()
		require.Empty(t, s.store.graves())
		require.NotZero(t, s.desk.Outbox().Pending())
		s.store.breakDown(nil)
		s.pass(time.Minute)
		require.Len(t, s.store.graves(), 1)
		s.atRest()
	})
}

func TestDownAndUp(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		out := s.desk.Outbox()
		s.courier.keeps()
		pouring(c, 3)
		s.sees(alice, lines(2, 3, 4)...)
		out.Down(desk.XMPP)
		s.courier.answer(nil, "3 carol: line") // it had arrived all the same
		pouring(c, 1)
		s.pass(time.Hour)
		s.sees(alice)
		require.Equal(t, 3, out.Pending())

		s.courier.does(nil)
		out.Up(desk.XMPP, s.courier)
		s.settle()
		s.sees(alice, lines(2, 4, 5)...)
		s.courier.answerAll(errBounce) // of the way that closed: no attempt
		s.pass(time.Hour)
		s.sees(alice)
		s.atRest()

		// Up again without Down: a new way.
		s.courier.keeps()
		pouring(c, 2)
		s.sees(alice, lines(6, 7)...)
		other := &courier{}
		out.Up(desk.XMPP, other)
		s.settle()
		s.sees(alice)
		require.Len(t, other.to(alice), 2)
		s.atRest()
	})
}

// A closed way is no failure of the item, however often it happens.
func TestDownIsNoAttempt(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		out := s.desk.Outbox()
		s.courier.does(func(desk.Item) verdict { return verdict{err: desk.ErrDown} })
		pouring(c, 2)
		carried := len(s.courier.all())
		s.pass(10 * time.Minute)
		require.Len(t, s.courier.all(), carried, "it waits until the way is open")
		for range 10 {
			out.Down(desk.XMPP)
			out.Up(desk.XMPP, s.courier)
			s.settle()
		}
		require.Empty(t, s.store.graves())
		s.courier.does(nil)
		out.Up(desk.XMPP, s.courier)
		s.settle()
		to := s.courier.to(alice)
		require.Equal(t, lines(2, 3), []string{words(to[len(to)-2]), words(to[len(to)-1])})
		require.Zero(t, to[len(to)-1].Tries)
		s.atRest()
	})
}

// A contact that cannot be taken out of a roster holds up neither offers nor
// lines to the same receiver, to whom the session comes back.
func TestUnbindThatFails(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		s.courier.does(func(it desk.Item) verdict {
			if it.Kind == desk.KindUnbind {
				return verdict{err: errBounce}
			}
			return verdict{}
		})
		c.hands(alice, desk.Target{Agent: bob})
		c.accepts(bob)
		s.sees(alice, "outcome accepted by bob", "leave transferred", "unbind epoch 1")
		c.hands(bob, desk.Target{Agent: alice})
		s.sees(alice, "ring")
		c.accepts(alice)
		c.says("you again")
		got := slices.DeleteFunc(told(s, alice), func(w string) bool { return w == "unbind epoch 1" })
		require.ElementsMatch(t, []string{"bind epoch 3", "outcome accepted by alice", "replay 1-1", "2 carol: you again"}, got)
		s.pass(time.Hour)
		require.Len(t, s.store.graves(), 2, "both unbinds")
		s.atRest()
		require.Zero(t, s.desk.Outbox().Lanes())
	})
}

// The channel asks for a pause behind an item; its lane keeps it, also when the
// item was confirmed and nothing was left to do meanwhile.
func TestHold(t *testing.T) {
	for _, late := range []time.Duration{0, time.Millisecond, 2 * time.Second} {
		t.Run(late.String(), func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				s.courier.does(func(it desk.Item) verdict {
					if it.Kind == desk.KindReplay {
						return verdict{late: late, hold: 1500 * time.Millisecond}
					}
					return verdict{}
				})
				s.arrive(alice)
				c, d := s.chat(carol, "support"), s.chat(dave, "support")
				c.says("hello")
				d.says("hello")
				c.accepts(alice)
				s.sees(alice, "ring", "ring", "bind epoch 1", "outcome accepted by alice", "replay 1-1")
				s.pass(10 * time.Millisecond)
				c.says("are you there?")
				c.replies(alice, "yes")
				s.sees(carol, "3 alice: yes")
				s.sees(alice)
				s.must(d.declining(alice, d.offer())) // another lane
				s.sees(alice, "outcome declined by alice")
				s.pass(1490*time.Millisecond - time.Nanosecond)
				s.sees(alice)
				s.pass(time.Nanosecond)
				s.sees(alice, "2 carol: are you there?")
				s.pass(time.Second)
				c.says("good")
				s.sees(alice, "4 carol: good")
				s.atRest()
			})
		})
	}
}

// Lanes that have nothing left do not pile up in memory, and confirmations
// reach the store although nobody asks for anything.
func TestNothingIsLeft(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		for i := range 20 {
			c := s.taken(handoff.Party(fmt.Sprintf("caller%d@x", i)), "support", alice)
			c.replies(alice, "bye")
			s.must(c.ending(alice))
		}
		s.pass(time.Second)
		s.atRest()
		require.Equal(t, len(s.courier.all()), s.watch.delivered)
		require.Zero(t, s.desk.Outbox().Lanes())
		snap, err := s.file.Restore(t.Context(), domain, func(c *desk.Conversation) { t.Error(c.Local, "is open") })
		require.NoError(t, err)
		require.Empty(t, snap.Items)
	})
}
