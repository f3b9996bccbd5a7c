package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

func (c *chat) holding(by handoff.Party) desk.Hold { return desk.Hold{Local: c.local(), By: by} }

// The holder tells the caller that they will be right back, and that they are;
// what they say to the caller ends it without another word.
func TestHoldToldToTheCaller(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		require.True(t, s.must(c.holding(alice)).On)
		s.sees(carol, "caller_held Alice")
		c.says("thanks") // what the caller says does not end it
		s.sees(alice, "2 carol: thanks")
		require.False(t, s.must(c.holding(alice)).On)
		s.sees(carol, "caller_back Alice")
		s.sees(alice)

		require.True(t, s.must(c.holding(alice)).On)
		c.replies(alice, "here I am")
		s.sees(carol, "caller_held Alice", "3 alice: here I am")
		require.True(t, s.must(c.holding(alice)).On, "her line ended it")
		s.sees(carol, "caller_held Alice")
		require.Equal(t, alice, c.now().Holder)
		require.Len(t, c.lines(), 3, "it is no line")
	})
}

// A switch that is set, or a message that comes twice, tells the caller nothing
// twice.
func TestHoldTwice(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		h := c.holding(alice)
		h.Set = desk.Off
		require.Equal(t, []bool{true, false}, both(s.must(h)), "she is there")
		h.Set = desk.On
		require.Equal(t, []bool{false, true}, both(s.must(h)))
		require.Equal(t, []bool{true, true}, both(s.must(h)))
		s.sees(carol, "caller_held Alice")
		h = c.holding(alice)
		h.OriginID = "o1"
		require.Equal(t, []bool{false, false}, both(s.must(h)))
		require.Equal(t, []bool{true, false}, both(s.must(h)), "the same message again")
		s.sees(carol, "caller_back Alice")
		h.OriginID = "o2"
		results, errs := s.submit(h, h) // in one batch
		require.Equal(t, []error{nil, nil}, errs)
		require.Equal(t, []bool{false, true, true, true}, append(both(results[0]), both(results[1])...))
		s.sees(carol, "caller_held Alice")
	})
}

func both(r desk.Result) []bool { return []bool{r.Duplicate, r.On} }

// Only the holder holds, and only their own session; whoever has it next begins
// anew.
func TestHoldIsTheHolders(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.with(handoff.Join, alice, bob)
		s.refused(handoff.ErrNotHolder, c.holding(bob))
		s.refused(desk.ErrHidden, c.holding(ben))
		s.refused(desk.ErrHidden, c.holding(carol))
		other := c.holding(alice)
		other.Session = c.local() + ".9"
		s.refused(desk.ErrHidden, other)
		s.must(c.holding(alice))
		c.replies(bob, "I am here too") // a guest's line does not end it
		s.ignore()
		require.False(t, s.must(c.holding(alice)).On)
		s.must(c.holding(alice))
		c.hands(alice, desk.Target{Agent: bob})
		c.accepts(bob)
		s.ignore()
		require.True(t, s.must(c.holding(bob)).On)
		s.sees(carol, "caller_held Bob")
		s.refused(handoff.ErrNotHolder, c.holding(alice))
		c.hangsUp()
		s.refused(handoff.ErrNoSession, c.holding(bob))
		c.says("again")
		s.refused(handoff.ErrNotHolder, c.holding(bob)) // nobody holds it
	})
}

// While the holder consults, what they say in private does not end it.
func TestHoldWhileConsulting(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		c.with(handoff.Consult, alice, bob)
		s.must(c.holding(alice))
		c.replies(alice, "what do I tell her?")
		s.sees(carol, "caller_held Alice")
		aloud := c.replying(alice, "one moment more")
		aloud.Aloud = true
		h := c.holding(alice)
		h.Set = desk.On
		require.True(t, s.must(h).Duplicate)
		s.must(aloud)
		require.False(t, s.must(h).Duplicate, "the line to the caller ended it")
	})
}

// The idle clock begins anew, and no sooner; who waits, and where, is the same.
func TestHoldIsNoSilence(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.pass(19 * time.Second)
		s.must(c.holding(alice))
		s.pass(19 * time.Second)
		require.Equal(t, handoff.Active, c.now().Phase)
		s.pass(2 * time.Second)
		require.Equal(t, handoff.Idle, c.now().Phase)
		s.sees(carol, "caller_held Alice", "leave idle")
	}, func(s *scene) { s.idle = 20 * time.Second })
}

// A restart forgets it: the next one tells the caller again.
func TestHoldEndsWithARestart(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.must(c.holding(alice))
		s.restart()
		s.ignore()
		require.True(t, s.must(c.holding(alice)).On)
		s.sees(carol, "caller_held Alice")
	})
}

// Who lost a session without handing it on is told how, as long as that is
// known.
func TestFormerHolderIsToldHow(t *testing.T) {
	for name, tc := range map[string]struct {
		lose          func(c *chat)
		waits, passed string
	}{
		"handed on": {func(c *chat) { c.hands(alice, desk.Target{Agent: bob}); c.accepts(bob) }, "",
			"You handed this session on. Your message was not delivered."},
		"away": {func(c *chat) { c.leave(alice); c.pass(time.Minute); c.arrive(alice) },
			"You were away, so this session waits in the queue. Your message was not delivered.",
			"You were away, so Bob took over. Your message was not delivered."},
		"put back": {func(c *chat) { c.must(c.returning(alice)) },
			"You put this session back into the queue. Your message was not delivered.",
			"You put this session back into the queue. Your message was not delivered."},
		"unreachable": {func(c *chat) {
			c.deaf(alice, errBlocked, desk.KindLine)
			c.says("are you there?")
			c.pass(2 * time.Minute)
			c.courier.does(nil)
		},
			"This session was taken from you and waits in the queue. Your message was not delivered.",
			"This session was taken from you, and Bob has it. Your message was not delivered."},
		"forced": {func(c *chat) { c.must(desk.Force{Oversight: c.over(sue), To: bob}) }, "",
			"This session was taken from you, and Bob has it. Your message was not delivered."},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				c := s.taken(carol, "support", alice)
				s.arrive(bob)
				s.must(desk.Pause{By: alice})
				tc.lose(c)
				if tc.waits != "" {
					require.EqualError(t, s.refused(desk.ErrFormer, c.replying(alice, "late")), tc.waits)
					s.must(desk.Force{Oversight: c.over(sue), To: bob})
				}
				require.Equal(t, bob, c.now().Holder)
				require.EqualError(t, s.refused(desk.ErrFormer, c.replying(alice, "late")), tc.passed)

				// What is known of it goes when they have it again.
				s.must(desk.Resume{By: alice})
				s.must(desk.Force{Oversight: c.over(sue), To: alice})
				c.hands(alice, desk.Target{Agent: bob})
				c.accepts(bob)
				require.EqualError(t, s.refused(desk.ErrFormer, c.replying(alice, "late")),
					"You handed this session on. Your message was not delivered.")
			}, overseen, func(s *scene) { s.grace = 30 * time.Second })
		})
	}
}
