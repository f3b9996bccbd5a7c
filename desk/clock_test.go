package desk_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// A clock that can be stepped: what the desk believes, apart from how time
// passes.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time       { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) step(d time.Duration) { c.offset.Add(int64(d)) }

// notices is how long the desk may take to find out that its clock was stepped.
const notices = 15 * time.Second

// steps are what is done to the clock.
var steps = map[string]time.Duration{"an hour ahead": time.Hour, "an hour back": -time.Hour}

// An offer whose clock is stepped ahead ends, once; one whose clock is stepped
// back and put right ends when its time has come, once, and can be taken until
// then.
func TestClockStepWhileOffered(t *testing.T) {
	for what, d := range steps {
		t.Run(what, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c := s.taken(carol, "support", alice)
				s.arrive(bob)
				id := c.hands(alice, desk.Target{Agent: bob}).ID
				s.ignore()
				s.pass(time.Second)
				s.clock.step(d)
				if d < 0 {
					s.pass(10 * time.Minute)
					require.True(t, c.now().Offer.Rings(bob), "by this clock its time has not come")
					s.sees(bob)
					s.clock.step(-d)
				}
				s.pass(notices)
				s.sees(bob, "outcome expired")
				s.sees(alice, "outcome expired")
				require.False(t, c.now().Offer.Open())

				// Wherever the clock goes from here, that offer is over.
				for _, by := range []time.Duration{-2 * time.Hour, time.Hour, time.Hour} {
					s.clock.step(by)
					s.pass(notices)
					s.refused(handoff.ErrOver, c.accepting(bob, id))
					s.restart()
					s.pass(notices)
				}
				s.sees(bob)
				s.sees(alice)
				require.Equal(t, []string{"bob expired", "alice expired"}, c.outcomes(id))

				// The next one is an offer like any other.
				s.arrive(bob)
				next := c.hands(alice, desk.Target{Agent: bob}).ID
				s.must(c.accepting(bob, next))
				require.Equal(t, bob, c.now().Holder)
			})
		})
	}
}

// An accept before the clock is put right counts, and the deadline that comes
// after it ends nothing.
func TestClockStepAndAccept(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		id := c.hands(alice, desk.Target{Agent: bob}).ID
		s.clock.step(-time.Hour)
		s.pass(patient + notices)
		s.must(c.accepting(bob, id))
		s.clock.step(2 * time.Hour)
		s.pass(notices)
		require.Equal(t, bob, c.now().Holder)
		require.Equal(t, []string{"bob accepted", "alice accepted"}, c.outcomes(id))
	})
}

// Who is offline for too long loses the session once, however the clock is
// stepped: at once when it was stepped ahead, and never later than the grace
// after it is right again.
func TestClockStepDuringGrace(t *testing.T) {
	const grace = 5 * time.Minute
	for what, d := range steps {
		t.Run(what, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c := s.taken(carol, "support", alice)
				s.leave(alice)
				s.pass(time.Minute)
				s.clock.step(d)
				if d < 0 {
					s.pass(time.Minute)
					require.Equal(t, alice, c.now().Holder)
					s.clock.step(-d)
					s.pass(grace)
				} else {
					s.pass(notices)
				}
				require.Equal(t, handoff.Waiting, c.now().Phase)
				s.flush()
				s.clock.step(-d)
				s.pass(notices)
				s.clock.step(d)
				s.pass(grace)
				require.Equal(t, handoff.Waiting, c.now().Phase, "lost once")
				s.arrive(adam)
				c.accepts(adam)
				require.Equal(t, adam, c.now().Holder)
				require.Equal(t, uint64(2), c.now().Epoch)
			}, func(s *scene) { s.grace = grace })
		})
	}
}

// Who comes back while the clock is wrong keeps the session.
func TestClockStepBackAndTheHolderReturns(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.leave(alice)
		s.clock.step(-time.Hour)
		s.pass(time.Minute)
		s.arrive(alice)
		s.clock.step(2 * time.Hour)
		s.pass(time.Hour)
		require.Equal(t, alice, c.now().Holder)
	}, func(s *scene) { s.grace = 5 * time.Minute })
}

// A session that everybody let pass is offered again when its pause is over,
// and no more often than that, wherever the clock was meanwhile.
func TestClockStepDuringCoolDown(t *testing.T) {
	for what, d := range steps {
		t.Run(what, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				s.arrive(alice)
				c := s.chat(carol, "support")
				c.says("hello")
				first := c.offer()
				c.declines(alice)
				s.pass(time.Second)
				require.False(t, c.now().Offer.Open(), "alice just let it pass")
				s.ignore()
				s.clock.step(d)
				if d < 0 {
					s.pass(time.Minute)
					s.clock.step(-d)
				}
				s.pass(notices)
				s.sees(alice, "ring")
				require.NotEqual(t, first, c.offer())
				s.refused(handoff.ErrOver, c.accepting(alice, first))
				c.accepts(alice)
				require.Equal(t, alice, c.now().Holder)
			})
		})
	}
}

// A thousand offers whose time is over at the start end once each, in batches,
// and each party learns of it once.
func TestManyOverdueAtTheStart(t *testing.T) {
	const many = 1_000
	story(t, func(t *testing.T, s *scene) {
		open := manyOffered(t, s, many)
		s.stop()
		time.Sleep(24 * time.Hour)
		s.start()
		s.pass(time.Minute)
		require.LessOrEqual(t, s.store.count(), 2*many/256+10, "commits of the store since the start")
		told := map[string]int{}
		for _, it := range s.courier.all() {
			if o, ok := it.Effect.(handoff.Outcome); ok && open[o.Transfer] {
				require.Equal(t, handoff.Expired, o.State)
				told[o.Transfer+" "+name(it.To)]++
			}
		}
		require.Equal(t, 2*many, len(told), "each offer, to either party") // all of them fill pages
		for what, n := range told {
			require.Equal(t, 1, n, what)
		}
		s.atRest()
		sessions := 0
		_, err := s.file.Restore(context.Background(), domain, func(c *desk.Conversation) {
			sessions++
			require.False(t, c.Offer.Open(), c.Local)
			require.Equal(t, robo, c.Holder)
		})
		require.NoError(t, err)
		require.Equal(t, many, sessions)
		carried := len(s.courier.all())
		s.restart()
		s.pass(time.Hour)
		require.Len(t, s.courier.all(), carried, "nothing ends twice")
	})
}

// manyOffered opens sessions that robo holds and offers to bob, and returns the
// transfers.
func manyOffered(t *testing.T, s *scene, many int) map[string]bool {
	i := slices.IndexFunc(s.directory.Agents, func(a desk.Agent) bool { return a.JID == bob })
	s.directory.Agents[i].Capacity = 0
	s.arrive(robo, bob)
	all := make([]desk.Request, many)
	for i := range all {
		who := handoff.Party(fmt.Sprintf("c%05d@example.net", i))
		all[i] = desk.CallerSays{Caller: s.chat(who, "front").caller(), Text: desk.Text{Body: "hello"}}
	}
	opened, errs := s.submitMany(all)
	require.Empty(t, errs)
	for i, r := range opened {
		require.Equal(t, robo, r.Conversation.Holder)
		all[i] = desk.Handoff{Local: r.Conversation.Local, By: robo, Target: desk.Target{Agent: bob}}
	}
	offered, errs := s.submitMany(all)
	require.Empty(t, errs)
	s.flush()
	transfers := map[string]bool{}
	for _, r := range offered {
		transfers[r.Transfer.ID] = true
	}
	require.Len(t, transfers, many)
	return transfers
}

// submitMany has requests stepped in batches as large as they come.
func (s *scene) submitMany(reqs []desk.Request) (results []desk.Result, errs []error) {
	s.t.Helper()
	results = make([]desk.Result, len(reqs))
	for i, r := range reqs {
		require.NoError(s.t, s.desk.Submit(context.Background(), r, func(res desk.Result, err error) {
			results[i] = res
			if err != nil {
				errs = append(errs, err)
			}
		}))
	}
	s.settle()
	return results, errs
}
