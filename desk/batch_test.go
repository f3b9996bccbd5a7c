package desk_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

func TestConcurrentSubmitsShareCommits(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		const callers, each = 20, 10
		before := s.store.count()
		open := s.store.stall()
		answers := make(chan desk.Result, callers*each)
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				who := desk.Caller{Entry: "support", Party: handoff.Party(fmt.Sprintf("caller%d@x", i))}
				for n := range each {
					req := desk.CallerSays{Caller: who, Text: desk.Text{Body: fmt.Sprint(n + 1)}}
					err := s.desk.Submit(context.Background(), req, func(res desk.Result, err error) {
						if err != nil {
							t.Error(err)
						}
						answers <- res
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		s.settle()
		open()
		wg.Wait()
		s.settle()
		require.Len(t, answers, callers*each, "each is answered, once")
		require.LessOrEqual(t, s.store.count()-before, 3)
		close(answers)
		for res := range answers {
			// Requests of one sender are stepped in their order.
			require.Equal(t, fmt.Sprint(res.Line.Seq), res.Line.Body)
		}
		s.watch.mu.Lock()
		defer s.watch.mu.Unlock()
		require.Equal(t, callers*each, s.watch.lines)
	})
}

// One that cannot be committed does not take the others with it.
func TestOneBadRowInABatch(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.store.asks(func(b *desk.Batch) error {
			for _, c := range b.Conversations {
				if c.Caller == dave {
					return desk.ErrConflict
				}
			}
			return nil
		})
		say := func(who handoff.Party) desk.Request {
			return desk.CallerSays{Caller: desk.Caller{Entry: "support", Party: who}, Text: desk.Text{Body: "hello"}}
		}
		res, errs := s.submit(say(carol), say(dave), say("erin@example.net"))
		s.store.asksNoMore()
		require.NoError(t, errs[0])
		require.ErrorIs(t, errs[1], desk.ErrStore)
		require.NoError(t, errs[2])
		require.Equal(t, uint64(1), res[0].Line.Seq)
		require.Equal(t, uint64(1), s.must(say(dave)).Line.Seq, "nothing of his was kept")
	})
}

// One that is refused leaves nothing in the batch of the others.
func TestRefusalWithinABatch(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		res, errs := s.submit(c.saying("one"), c.handing(alice, desk.Target{Agent: bob}),
			c.replying(mallory, "spam"), c.saying("two"))
		require.NoError(t, errs[0])
		require.ErrorIs(t, errs[1], desk.ErrUnavailable)
		require.ErrorIs(t, errs[2], desk.ErrHidden)
		require.NoError(t, errs[3])
		require.Equal(t, uint64(3), res[3].Line.Seq)
		require.False(t, c.now().Offer.Open())
		s.sees(alice, "2 carol: one", "3 carol: two")
	})
}

// The store refuses a batch as a whole; then all of it is refused, and a
// session that began in it has not begun.
func TestFailedBatch(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice)
		c := s.taken(carol, "support", alice)
		d := s.chat(dave, "support")
		failed := false
		s.store.asks(func(b *desk.Batch) error {
			if len(b.Lines) == 3 && !failed {
				failed = true
				return errBroken
			}
			return nil
		})
		_, errs := s.submit(c.saying("one"), d.saying("hello"), c.replying(alice, "two"))
		for _, err := range errs {
			require.ErrorIs(t, err, desk.ErrStore)
		}
		s.sees(alice)
		s.sees(carol)
		_, err := s.desk.OpenOf("support", dave)
		require.ErrorIs(t, err, desk.ErrNotFound)
		require.Len(t, s.must(desk.Find{By: alice}).Found, 1, "the offer of the failed batch rings for nobody")

		res, errs := s.submit(c.saying("one"), d.saying("hello"), c.replying(alice, "two"))
		require.Equal(t, []error{nil, nil, nil}, errs)
		require.Equal(t, uint64(1), res[1].Line.Seq)
		require.Equal(t, 1, int(d.now().Session))
		require.ElementsMatch(t, []string{"2 carol: one", "ring"}, told(s, alice))
		s.sees(carol, "3 alice: two")
	})
}

// A deadline that cannot be committed is kept as soon as the store works.
func TestDeadlineWhileTheStoreFails(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		id := c.hands(alice, desk.Target{Agent: bob}).ID
		s.ignore()
		s.store.breakDown(errBroken)
		s.pass(2 * patient)
		s.sees(bob)
		s.store.breakDown(nil)
		s.pass(patient)
		s.sees(bob, "outcome expired")
		require.Equal(t, []string{"bob expired", "alice expired"}, c.outcomes(id))
	})
}

// Confirmations that could not be written are written later, also when nobody
// asks for anything.
func TestConfirmationsWhileTheStoreFails(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.pass(patient) // no deadline is left that could wake the desk
		s.courier.keeps()
		c.says("one")
		s.store.breakDown(errBroken)
		s.courier.answerAll(nil)
		s.pass(patient)
		s.store.breakDown(nil)
		s.pass(patient)
		s.atRest()
	})
}

func TestSubmitGivesUp(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		open := s.store.stall()
		req := s.chat(carol, "support").saying("hello")
		ctx, cancel := context.WithCancel(context.Background())
		taken := 0
		for range 1 + 256 { // the one under way, and a full queue
			require.NoError(t, s.desk.Submit(ctx, req, func(desk.Result, error) { taken++ }))
			s.settle()
		}
		late := make(chan error)
		go func() {
			late <- s.desk.Submit(ctx, req, func(desk.Result, error) { t.Error("refused, and answered") })
		}()
		s.settle()
		select {
		case <-late:
			t.Fatal("more is taken in than there is room for")
		default:
		}
		cancel()
		require.ErrorIs(t, <-late, context.Canceled)
		open()
		s.settle()
		require.Equal(t, 257, taken)
	})
}
