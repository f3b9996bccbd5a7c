package desk_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

func (c *chat) noting(by handoff.Party, text string) desk.Note {
	return desk.Note{Local: c.local(), By: by, Text: desk.Text{Body: text}}
}

// A note is kept, shown to the agents who are there, never to the caller, and
// not to the agent who is consulted.
func TestNote(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob, ben)
		s.ignore()
		s.must(c.noting(alice, "alone"))
		s.sees(alice)
		s.sees(carol)
		c.with(handoff.Join, alice, bob)
		s.ignore()
		s.must(c.noting(alice, "for bob"))
		s.sees(bob, "3 alice: for bob")
		s.must(c.noting(bob, "for alice"))
		s.sees(alice, "4 bob: for alice")
		s.sees(carol)
		c.with(handoff.Consult, alice, ben)
		s.ignore()
		s.must(c.noting(alice, "not for ben"))
		s.sees(ben)
		s.refused(handoff.ErrNotHolder, c.noting(ben, "nor by ben"))
		s.sees(carol)
		for _, l := range c.lines()[1:] {
			if l.Role == desk.RoleNote {
				require.True(t, l.Private)
				require.Empty(t, l.To)
			}
		}
		s.refused(desk.ErrHidden, c.noting(adam, "x"))
		s.refused(desk.ErrHidden, c.noting(carol, "x"))
		again := c.noting(alice, "once")
		again.OriginID = "o1"
		first := s.must(again)
		dup := s.must(again)
		require.True(t, dup.Duplicate)
		require.Equal(t, first.Line.Seq, dup.Line.Seq)

		old := c.noting(alice, "x")
		old.Session = c.local() + ".9"
		s.refused(desk.ErrHidden, old)
		c.hangsUp()
		s.refused(handoff.ErrNoSession, c.noting(alice, "late"))
	})
}

// What refers to a note goes to nobody.
func TestReferenceToANote(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		seq := s.must(c.noting(alice, "rude")).Line.Seq
		s.ignore()
		correction := c.replying(alice, "polite")
		correction.About, correction.Changes = seq, true
		err := s.refused(handoff.ErrNotHolder, correction)
		require.ErrorContains(t, err, "not delivered")
		s.sees(carol)
	})
}

func TestInform(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		inform := func(by handoff.Party, info ...desk.Field) desk.Inform {
			return desk.Inform{Local: c.local(), By: by, Info: info}
		}
		s.must(inform(alice, desk.Field{Var: "order", Value: "1"}, desk.Field{Var: "plan", Value: "gold"}))
		s.must(inform(alice, desk.Field{Var: "order", Value: "2"}))
		require.Equal(t, []desk.Field{{Var: "order", Value: "2"}, {Var: "plan", Value: "gold"}}, c.now().Info)
		s.restart()
		s.must(inform(alice, desk.Field{Var: "order"}, desk.Field{Var: "unknown"}))
		require.Equal(t, []desk.Field{{Var: "plan", Value: "gold"}}, c.now().Info)
		s.refused(desk.ErrHidden, inform(bob, desk.Field{Var: "x", Value: "y"}))
		for i := range 31 {
			s.must(inform(alice, desk.Field{Var: fmt.Sprint(i), Value: "x"}))
		}
		s.refused(desk.ErrFull, inform(alice, desk.Field{Var: "one more", Value: "x"}))
		s.must(inform(alice, desk.Field{Var: "plan", Value: "silver"}))
		c.hangsUp()
		s.refused(handoff.ErrNotHolder, inform(alice, desk.Field{Var: "x", Value: "y"}))
	})
}

// A request for the session as somebody saw it does nothing once it has moved,
// be it in the same batch.
func TestAsOf(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		seen := c.now()
		id := c.hands(alice, desk.Target{Agent: bob}).ID
		asOf := func(by handoff.Party, at desk.Conversation, req desk.Request) desk.AsOf {
			return desk.AsOf{Local: at.Local, By: by, Session: at.Session, Epoch: at.Epoch, Request: req}
		}
		_, errs := s.submit(asOf(alice, seen, c.replying(alice, "before")), c.accepting(bob, id),
			asOf(bob, seen, c.ending(bob)), asOf(alice, seen, c.ending(alice)))
		require.Equal(t, []error{nil, nil}, errs[:2])
		for _, err := range errs[2:] {
			require.ErrorIs(t, err, handoff.ErrOver)
			require.ErrorContains(t, err, "nothing was done")
		}
		require.Equal(t, bob, c.now().Holder)
		for _, stranger := range []handoff.Party{adam, carol, mallory, ""} {
			err := s.refused(desk.ErrHidden, asOf(stranger, seen, c.ending(stranger)))
			require.Equal(t, desk.ErrHidden.Error(), err.Error())
		}
		now := c.now()
		byNumber := asOf(bob, now, c.ending(bob))
		byNumber.Local, byNumber.Number = "", now.Number
		s.must(byNumber)
		s.refused(handoff.ErrOver, asOf(bob, now, c.ending(bob)))
		c.says("again")
		s.refused(handoff.ErrOver, asOf(bob, now, c.ending(bob)))
		byNumber.Number = 99
		s.refused(desk.ErrHidden, byNumber)
	})
}

func (c *chat) over(by handoff.Party) desk.Oversight { return desk.Oversight{By: by, Local: c.local()} }

// Only supervisors act on sessions that are not theirs, and nobody else learns
// whether there is one.
func TestOversightIsForSupervisors(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		for _, by := range []handoff.Party{alice, bob} {
			for _, o := range []desk.Oversight{c.over(by), {By: by, Local: "nobody.00000000"}, {By: by, Number: 99}} {
				for _, req := range []desk.Request{desk.Force{Oversight: o}, desk.End{Oversight: o}, desk.Barge{Oversight: o}, desk.Whisper{Oversight: o}} {
					err := s.refused(handoff.ErrNotHolder, req)
					require.EqualError(t, err, "That is for supervisors.")
				}
			}
		}
		for _, by := range []handoff.Party{carol, mallory, ""} {
			s.refused(desk.ErrHidden, desk.End{Oversight: c.over(by)})
		}
		require.Equal(t, alice, c.now().Holder)
	})
}

func TestOversight(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		s.ignore()
		s.must(desk.Whisper{Oversight: c.over(sue), Text: desk.Text{Body: "offer a voucher"}})
		s.sees(alice, "2 sue: offer a voucher")
		s.sees(carol)

		s.must(desk.Barge{Oversight: c.over(sue)})
		require.Equal(t, []handoff.Party{sue}, c.now().Guests)
		s.refused(handoff.ErrIsHolder, desk.Barge{Oversight: c.over(sue)})
		s.ignore()
		c.replies(sue, "I am Sue")
		s.sees(carol, "3 sue: I am Sue")

		s.must(desk.Force{Oversight: c.over(sue), To: bob})
		require.Equal(t, bob, c.now().Holder)
		require.Equal(t, uint64(2), c.now().Epoch)
		s.refused(handoff.ErrIsHolder, desk.Force{Oversight: c.over(sue), To: bob})
		s.refused(desk.ErrHidden, desk.Force{Oversight: c.over(sue), To: mallory})
		s.refused(desk.ErrUnavailable, desk.Force{Oversight: c.over(sue), To: ben})
		s.leave(bob)
		s.must(desk.Force{Oversight: c.over(sue)})
		require.Equal(t, sue, c.now().Holder)
		require.Empty(t, c.now().Guests)
		s.refused(handoff.ErrNotHolder, desk.Whisper{Oversight: c.over(sue), Text: desk.Text{Body: "to me"}})
		s.must(desk.End{Oversight: c.over(sue)})
		require.Equal(t, handoff.Idle, c.now().Phase)
		s.refused(handoff.ErrNoSession, desk.End{Oversight: c.over(sue)})
	}, overseen)
}

// A session that waits, and rings for somebody, is given away all the same.
func TestForceWhatWaits(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, bob)
		c := s.chat(carol, "support")
		c.says("hello")
		s.refused(handoff.ErrNoSession, desk.Barge{Oversight: c.over(sue)})
		s.refused(handoff.ErrNoSession, desk.Whisper{Oversight: c.over(sue)})
		id := c.offer()
		s.must(desk.Force{Oversight: c.over(sue), To: bob})
		require.Equal(t, bob, c.now().Holder)
		require.Equal(t, []string{"alice failed"}, c.outcomes(id))
	}, overseen)
}
