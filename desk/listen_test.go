package desk_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

func (c *chat) listening(by handoff.Party) desk.Listen { return desk.Listen{Oversight: c.over(by)} }

// listens has a supervisor listen and returns the ledger's line.
func (c *chat) listens(by handoff.Party) desk.Transfer {
	c.t.Helper()
	var opened desk.Transfer
	c.store.asks(func(b *desk.Batch) error {
		for _, t := range b.Transfers {
			opened = t
		}
		return nil
	})
	res := c.must(c.listening(by))
	c.store.asks(nil)
	require.Equal(c.t, []bool{false, true}, both(res))
	require.Equal(c.t, desk.ModeListen, opened.Mode)
	require.Equal(c.t, by, opened.By)
	return opened
}

// unheard returns why a listening ended, by the ledger; empty while it goes on.
func (c *chat) unheard(t desk.Transfer) string {
	c.t.Helper()
	os, err := c.file.Outcomes(context.Background(), domain, t.ID)
	require.NoError(c.t, err)
	reason := ""
	for _, o := range os {
		require.Empty(c.t, reason, "it ended twice")
		require.Equal(c.t, t.By, o.To)
		reason = o.Reason
	}
	return reason
}

// A supervisor who listens is shown every line, in private or not, but their own,
// and nobody else is told anything.
func TestListen(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, sue)
		require.False(t, s.desk.Listens(c.local(), sue))
		tr := c.listens(sue)
		require.True(t, s.desk.Listens(c.local(), sue))
		require.Equal(t, []bool{true, true}, both(s.must(c.listening(sue))), "she does already")
		s.sees(alice)
		s.sees(carol)
		s.sees(sue)
		c.says("I was charged twice")
		c.replies(alice, "let me see")
		s.must(c.noting(alice, "rude"))
		s.sees(sue, "hears 2 of carol", "hears 3 of alice", "hears 4 of alice")
		s.sees(alice, "2 carol: I was charged twice")
		s.sees(carol, "3 alice: let me see")

		c.with(handoff.Consult, alice, bob)
		c.replies(alice, "what now?")
		c.replies(bob, "pay")
		s.must(desk.Whisper{Oversight: c.over(sue), Text: desk.Text{Body: "do"}})
		s.sees(sue, "hears 5 of alice", "hears 6 of bob")
		c.hands(alice, desk.Target{Agent: bob})
		c.replies(bob, "paid")
		s.sees(sue, "heard_moved Bob", "hears 8 of bob")
		require.Empty(t, c.unheard(tr))

		off := c.listening(sue)
		off.Off = true
		s.must(off)
		require.Equal(t, desk.UnheardLeft, c.unheard(tr))
		require.Equal(t, []bool{true, false}, both(s.must(off)))
		c.says("thanks")
		s.sees(sue)
		s.atRest()
	}, overseen)
}

// It ends with the session, with the role, when who listens takes part or is
// offline, and with a restart.
func TestListenEnds(t *testing.T) {
	for reason, tc := range map[string]struct {
		end  func(c *chat)
		sees []string
	}{
		desk.UnheardOver:    {func(c *chat) { c.must(c.ending(alice)); c.says("again") }, []string{"leave over"}},
		desk.UnheardEntered: {func(c *chat) { c.must(desk.Barge{Oversight: c.over(sue)}); c.must(c.ending(sue)) }, nil},
		desk.UnheardGone:    {func(c *chat) { c.leave(sue); c.says("hello?"); c.arrive(sue) }, []string{"leave gone"}},
		desk.UnheardRole: {func(c *chat) {
			c.desk.Configure(&desk.Directory{Agents: agents(), Queues: c.directory.Queues}, c.desk.Policy())
			c.says("what a day")
			c.desk.Configure(c.directory, c.desk.Policy())
		}, nil},
		"": {func(c *chat) { c.restart() }, nil},
	} {
		t.Run(reason, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c := s.taken(carol, "support", alice)
				s.arrive(sue)
				tr := c.listens(sue)
				c.says("hello")
				s.sees(sue, "hears 2 of carol")
				tc.end(c)
				require.Equal(t, reason, c.unheard(tr))
				c.says("who is there?")
				var heard []string
				for _, it := range s.courier.to(sue) {
					if it.Kind == desk.KindHeard || it.Kind == desk.KindUnheard {
						heard = append(heard, words(it))
					}
				}
				require.Equal(t, append([]string{"hears 2 of carol"}, tc.sees...), heard)
				require.False(t, s.desk.Listens(c.local(), sue))
			}, overseen)
		})
	}
}

// Only who may read everything listens; and what they may not know of they do not
// learn.
func TestListenIsForSupervisors(t *testing.T) {
	const ann = handoff.Party("ann@example.com") // an administrator
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.refused(handoff.ErrNotHolder, c.listening(alice))
		s.refused(handoff.ErrNotHolder, c.listening(bob))
		s.refused(handoff.ErrNotHolder, c.listening(ann))
		s.refused(desk.ErrHidden, c.listening(mallory))
		s.refused(desk.ErrHidden, c.listening(carol))
		other := c.listening(sue)
		other.Session = c.local() + ".9"
		s.refused(desk.ErrHidden, other)
		s.must(desk.Force{Oversight: c.over(sue)})
		s.refused(handoff.ErrIsHolder, c.listening(sue))
		c.hangsUp()
		s.refused(handoff.ErrNoSession, c.listening(sue))
	}, overseen, func(s *scene) {
		s.directory.Agents = append(s.directory.Agents, desk.Agent{JID: ann, Name: "Ann", Roles: []string{"admin"}})
	})
}

// A listener who cannot be reached holds up nobody, is no dead letter, and does
// not listen any more; nor do others learn of it.
func TestListenerUnreachable(t *testing.T) {
	for err, attempts := range map[error]int{ // the first again and again, and four behind it
		errBlocked: 1 + 5 + 5, errBounce: 1 + 5 + 5, fmt.Errorf("%w: too large", desk.ErrNever): 1,
	} {
		t.Run(err.Error(), func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c := s.taken(carol, "support", alice)
				s.arrive(sue)
				tr := c.listens(sue)
				s.deaf(sue, err, desk.KindHeard)
				for i := range 5 {
					c.says(fmt.Sprint("line ", i))
				}
				s.sees(alice, "2 carol: line 0", "3 carol: line 1", "4 carol: line 2", "5 carol: line 3", "6 carol: line 4")
				s.must(desk.Force{Oversight: c.over(sue), To: bob})
				s.pass(10 * patient)
				require.Equal(t, desk.UnheardUnreachable, c.unheard(tr))
				c.says("and now?")
				s.sees(bob, "bind epoch 2", "outcome accepted by bob", "replay 1-6", "7 carol: and now?")
				tried, lines := map[int64]int{}, 0
				for _, it := range s.courier.to(sue) {
					tried[it.ID]++
					if it.Kind == desk.KindHeard {
						lines++
					}
				}
				for _, n := range tried {
					require.LessOrEqual(t, n, 3, "what is behind the one that was given up goes with it")
				}
				require.Equal(t, attempts, lines)
				require.Empty(t, s.store.graves())
				for _, it := range s.courier.all() {
					require.NotEqual(t, desk.KindUndelivered, it.Kind)
				}
				s.atRest()
			}, overseen, func(s *scene) {
				s.outbox.Tries = 3
				s.first = desk.Presence{Agent: bob, Available: true, Online: true}
			})
		})
	}
}

// What is for a listener as an agent does not wait for what they hear.
func TestHeardHoldsUpNothing(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(sue)
		c.listens(sue)
		s.courier.does(func(it desk.Item) verdict { return verdict{keep: it.Kind == desk.KindHeard} })
		for range 65 { // a lane's window, and one
			c.says("hello?")
		}
		require.False(t, s.desk.Listens(c.local(), sue))
		s.must(desk.Barge{Oversight: c.over(sue)})
		c.says("anybody?")
		var got []string
		for _, it := range s.courier.to(sue) {
			got = append(got, words(it))
		}
		require.Subset(t, got, []string{"bind epoch 1", "replay 1-66", "67 carol: anybody?"})
		s.courier.answerAll(nil)
		s.courier.does(nil)
		s.settle()
		s.courier.answerAll(nil)
	}, overseen)
}

// One who is too far behind does not listen any more, and learns it behind what
// is on its way.
func TestListenerBehind(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(sue)
		tr := c.listens(sue)
		s.courier.does(func(it desk.Item) verdict { return verdict{keep: it.To == sue} })
		for i := range 70 {
			c.says(fmt.Sprint("line ", i))
		}
		require.Len(t, s.courier.to(alice)[s.looked[alice]:], 70)
		require.Equal(t, desk.UnheardBehind, c.unheard(tr))
		s.courier.does(nil)
		s.courier.answerAll(nil)
		s.settle()
		heard := s.courier.to(sue)
		require.Len(t, heard, 65)
		require.Equal(t, "hears 65 of carol", words(heard[63]))
		require.Equal(t, "leave behind", words(heard[64]))
		s.atRest()
	}, overseen)
}

// What was on its way to a listener survives a restart; a role they lost
// meanwhile is looked at when it is carried out.
func TestHeardSurvivesARestart(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(sue)
		c.listens(sue)
		s.courier.keeps()
		c.says("one")
		c.says("two")
		s.courier.does(nil)
		s.ignore()
		s.restart()
		s.sees(sue, "hears 2 of carol", "hears 3 of carol")
		c.says("three")
		s.sees(sue)
		s.atRest()
	}, overseen)
}

// The end of a session of which the desk never learned ends it all the same.
func TestListenEndsUnnoticed(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(sue)
		c.listens(sue)
		s.store.forgets(true)
		_, err := s.do(c.hangingUp())
		require.ErrorIs(t, err, desk.ErrStore)
		s.store.forgets(false)
		require.Equal(t, handoff.Idle, c.now().Phase)
		s.ignore()
		c.says("again")
		s.sees(sue)
		require.True(t, s.must(c.listening(sue)).On, "she can begin anew")
		c.says("hello")
		s.sees(sue, "hears 3 of carol")
	}, overseen)
}
