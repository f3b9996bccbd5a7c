package desk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// marked is a message with an origin-id.
func marked(body, origin string) desk.Text { return desk.Text{Body: body, OriginID: origin} }

func TestRepeatedMessages(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		first := desk.CallerSays{Caller: c.caller(), Text: marked("charged twice", "o1")}
		repeat := desk.CallerSays{Caller: c.caller(), Text: marked("charged twice (again)", "o1")}
		reply := desk.AgentSays{Local: c.local(), By: alice, Text: marked("I see", "o1")}
		check := func(res desk.Result, seq uint64, body string) {
			t.Helper()
			require.True(t, res.Duplicate)
			require.Equal(t, seq, res.Line.Seq)
			require.Equal(t, body, res.Line.Body, "the line it repeats")
		}

		// In one batch. The key is the author with the id, never the id alone.
		res, errs := s.submit(first, repeat, reply, reply)
		require.Equal(t, []error{nil, nil, nil, nil}, errs)
		require.False(t, res[0].Duplicate)
		require.False(t, res[2].Duplicate)
		check(res[1], 2, "charged twice")
		check(res[3], 3, "I see")
		// In a later one, and after a restart.
		check(s.must(repeat), 2, "charged twice")
		s.restart()
		check(s.must(repeat), 2, "charged twice")
		check(s.must(reply), 3, "I see")

		s.sees(alice, "2 carol: charged twice")
		s.sees(carol, "3 alice: I see")
		require.Len(t, c.lines(), 3)

		// Without an id nothing is a repetition, and elsewhere neither.
		c.says("hello?")
		c.says("hello?")
		d := s.chat(carol, "billing")
		require.False(t, s.must(desk.CallerSays{Caller: d.caller(), Text: marked("charged twice", "o1")}).Duplicate)
		require.Len(t, c.lines(), 5)
	})
}

// A repetition does nothing at all, whatever became of the session meanwhile.
func TestRepeatedLater(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		reply := desk.AgentSays{Local: c.local(), By: alice, Text: marked("I see", "o2")}
		s.must(desk.CallerSays{Caller: c.caller(), Text: marked("charged twice", "o1")})
		s.must(reply)
		s.arrive(bob)
		c.hands(alice, desk.Target{Agent: bob})
		c.accepts(bob)
		s.ignore()
		require.True(t, s.must(reply).Duplicate, "it was delivered: the former holder gets the first answer")
		s.refused(desk.ErrHidden, desk.AgentSays{Local: c.local(), By: mallory, Text: marked("I see", "o2")})

		c.hangsUp()
		s.flush()
		s.ignore()
		require.True(t, s.must(desk.CallerSays{Caller: c.caller(), Text: marked("charged twice", "o1")}).Duplicate)
		require.Equal(t, handoff.Idle, c.now().Phase, "it opens no session")
		s.sees(bob)
		s.sees(carol)
	})
}

// A message that was refused because the store failed is new when it comes
// again.
func TestRepeatedAfterFailure(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		req := desk.CallerSays{Caller: c.caller(), Text: marked("charged twice", "o1")}
		s.store.breakDown(errBroken)
		s.refused(desk.ErrStore, req)
		_, errs := s.submit(req, req)
		require.ErrorIs(t, errs[0], desk.ErrStore)
		require.ErrorIs(t, errs[1], desk.ErrStore, "what it repeats was not committed")
		s.store.breakDown(nil)
		require.False(t, s.must(req).Duplicate)
		s.sees(alice, "2 carol: charged twice")
	})
}
