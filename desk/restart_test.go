package desk_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

func TestRestartKeepsOffersAndTheirDeadlines(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben)
		id := c.hands(alice, desk.Target{Queue: "billing"}).ID
		d := s.chat(dave, "support")
		d.says("hello")
		s.flush()
		s.ignore()
		was, open := c.now(), d.now()
		s.pass(10 * time.Second)
		s.restart()
		require.Equal(t, was, c.now())
		require.Equal(t, open, d.now())
		s.pass(patient - 10*time.Second - 20*time.Millisecond - time.Millisecond)
		require.True(t, c.now().Offer.Rings(bob))
		s.pass(time.Millisecond)
		s.sees(bob, "outcome expired")
		s.sees(ben, "ring") // nobody said after the start that he left
		require.Equal(t, []string{"bob expired"}, c.outcomes(id))

		// What was offered before can be taken after.
		s.restart()
		res := s.must(c.accepting(ben, id))
		require.Equal(t, ben, res.Conversation.Holder)
		require.Equal(t, "billing", res.Conversation.Queue)
		s.sees(ben, "bind epoch 2", "outcome accepted by ben", "replay 1-1")
	})
}

// An offer that became overdue while nobody ran ends once, at the start.
func TestOverdueAfterRestart(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		id := c.hands(alice, desk.Target{Agent: bob}).ID
		s.ignore()
		s.stop()
		time.Sleep(24 * time.Hour)
		s.start()
		s.sees(bob, "outcome expired")
		s.sees(alice, "outcome expired")
		s.refused(handoff.ErrOver, c.accepting(bob, id))
		s.restart()
		s.pass(time.Hour)
		s.sees(bob)
		s.sees(alice)
		require.Equal(t, []string{"bob expired", "alice expired"}, c.outcomes(id))
		c.replies(alice, "so it is still me")
		s.sees(carol, "2 alice: so it is still me")
	})
}

// An accept that arrives with the start does not revive an overdue offer,
// whether the deadline is looked at before it or after.
func TestLateAcceptAfterRestart(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		id := c.hands(alice, desk.Target{Agent: bob}).ID
		accept := c.accepting(bob, id)
		s.stop()
		time.Sleep(patient)
		s.first = accept
		s.start()
		require.ErrorIs(t, s.firstErr, handoff.ErrOver)
		require.Equal(t, alice, c.now().Holder)
		require.Equal(t, []string{"bob expired", "alice expired"}, c.outcomes(id))
	})
}

func TestRestartOffersTheWaitingAgain(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c, d := s.chat(carol, "support"), s.chat(dave, "support")
		c.says("hello")
		d.says("hello")
		s.restart()
		require.Equal(t, 2, s.must(desk.Connect{Caller: d.caller()}).Position)
		s.pass(time.Hour)
		require.Empty(t, s.courier.all(), "nobody is there")
		s.arrive(alice)
		s.sees(alice, "ring", "ring")
		s.must(c.accepting(alice, c.offer()))
		s.sees(alice, "bind epoch 1", "outcome accepted by alice", "replay 1-1")

		// Numbers and lines go on where they were.
		e := s.chat(mallory, "billing")
		require.Equal(t, int64(3), e.says("hello").Conversation.Number)
		require.Equal(t, uint64(2), c.says("and?").Line.Seq)
	})
}

// What was committed and not confirmed is carried again after a restart and
// after a crash: the same items, with the same ids, in the same order.
func TestRestartResendsWhatIsUnconfirmed(t *testing.T) {
	for _, tc := range []struct {
		name string
		end  func(s *scene)
	}{{"restart", (*scene).restart}, {"crash", (*scene).crash}} {
		t.Run(tc.name, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c := s.taken(carol, "support", alice)
				s.flush()
				s.courier.keeps()
				c.says("one")
				c.replies(alice, "two")
				c.says("three")
				s.courier.answer(nil, "3 alice: two") // that one is over
				s.arrive(bob)
				c.hands(alice, desk.Target{Agent: bob})
				s.flush()
				carried := len(s.courier.all())
				before := slices.DeleteFunc(s.courier.all()[carried-4:], func(it desk.Item) bool { return it.To == carol })
				tc.end(s)
				again := s.courier.all()[carried:]
				require.Len(t, before, 3)
				byLane := func(a, b desk.Item) int { return cmp.Compare(a.To, b.To) }
				slices.SortStableFunc(before, byLane)
				slices.SortStableFunc(again, byLane)
				require.Equal(t, kept(before), kept(again))
			})
		})
	}
}

// kept is what a receiver can tell of items: ids, kind, content, line; times as
// precise as the store has them.
func kept(items []desk.Item) []string {
	var all []string
	for _, it := range items {
		effect, err := desk.EncodeEffect(it.Effect)
		all = append(all, fmt.Sprint(it.ID, it.Lane(), it.Kind, string(effect), err, it.At.UnixMicro(), it.Tries, words(it)))
	}
	return all
}

// A crash right after a commit: nothing had left, and nothing is lost.
func TestCrashBetweenCommitAndSend(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.desk.Outbox().Down(desk.XMPP)
		c.says("one")
		c.replies(alice, "two")
		s.sees(alice)
		s.sees(carol)
		s.crash()
		s.sees(alice, "2 carol: one")
		s.sees(carol, "3 alice: two")
		s.atRest()
		s.restart()
		s.sees(alice)
		s.sees(carol)
	})
}

// After an end in good order what was confirmed is gone from the disk, also
// what was confirmed in the last moment.
func TestCleanStop(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.courier.keeps()
		for range 20 {
			c.says("more")
		}
		s.courier.answerAll(nil) // and no time passes before the end
		s.cut = true
		s.restart()
		require.Zero(t, s.desk.Outbox().Pending())
	})
}

// A request that comes when the last ones have been answered is refused, not
// forgotten.
func TestStopRefusesWhatIsLate(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.courier.keeps()
		c.says("more")
		req := c.saying("late")
		s.courier.answerAll(nil)
		var got []error
		s.store.asks(func(b *desk.Batch) error {
			if len(b.Done) > 0 { // the last commit there is
				s.store.asksNoMore()
				return s.desk.Submit(context.Background(), req, func(_ desk.Result, err error) { got = append(got, err) })
			}
			return nil
		})
		s.stop()
		require.Equal(t, []error{desk.ErrStopped}, got)
		s.start()
		require.Len(t, c.lines(), 2)
	})
}

// Whatever was taken in is answered, also at the end; what comes later is
// refused.
func TestStopAnswersWhatIsQueued(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.chat(carol, "support")
		req := c.saying("hello")
		open := s.store.stall()
		answers := 0
		for range 50 {
			require.NoError(t, s.desk.Submit(context.Background(), req, func(_ desk.Result, err error) {
				require.NoError(t, err)
				answers++
			}))
		}
		s.settle()
		over := make(chan struct{})
		go func() { defer close(over); s.stop() }()
		s.settle()
		open()
		<-over
		require.Equal(t, 50, answers)
		for range 100 { // never taken in, however often one tries
			err := s.desk.Submit(context.Background(), req, func(desk.Result, error) { t.Error("answered") })
			require.ErrorIs(t, err, desk.ErrStopped)
		}
		_, err := s.desk.Do(context.Background(), req)
		require.ErrorIs(t, err, desk.ErrStopped)
		s.start()
		require.Len(t, c.lines(), 50)
	})
}
