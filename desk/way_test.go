package desk_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

const visitor = handoff.Party("web-x7@handoff.example.com")

func TestWayTo(t *testing.T) {
	for party, want := range map[handoff.Party]desk.Way{
		carol:                                desk.XMPP,
		visitor:                              desk.Web,
		"+15551234567@handoff.example.com":   desk.SMS,
		"+15551234567@sms.example.net":       desk.XMPP, // a gateway elsewhere
		"web-x7@example.net":                 desk.XMPP,
		"+@handoff.example.com":              desk.XMPP,
		"carol.abcdefgh@handoff.example.com": desk.XMPP,
		"handoff.example.com":                desk.XMPP,
		"":                                   desk.XMPP,
		"+1555x@handoff.example.com":         desk.XMPP,
		"+155512345678901234567@handoff.example.com": desk.XMPP,
	} {
		require.Equal(t, want, desk.WayTo(domain, party), "%s", party)
	}
}

// What goes one way waits for that way alone.
func TestWaysAreApart(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(visitor, "support", alice)
		out, page := s.desk.Outbox(), &courier{}
		c.replies(alice, "good day")
		require.Empty(t, s.courier.to(visitor), "an XMPP channel carries nothing to a web page")
		s.sees(alice)
		require.NotZero(t, out.Pending())

		out.Up(desk.Web, page)
		s.settle()
		require.Equal(t, "2 alice: good day", words(page.to(visitor)[len(page.to(visitor))-1]))
		require.Empty(t, page.to(alice))

		out.Down(desk.XMPP)
		c.says("hello?")
		c.replies(alice, "still here")
		require.Equal(t, "4 alice: still here", words(page.to(visitor)[len(page.to(visitor))-1]))
		s.sees(alice)
		out.Up(desk.XMPP, s.courier)
		s.settle()
		s.sees(alice, "3 web-x7: hello?")
		s.atRest()
	})
}

// A sign reaches those who show it, and nobody else.
func TestSigns(t *testing.T) {
	var shown []desk.Sign
	s := newScene(t, t.TempDir()+"/desk.db")
	s.desk = desk.New(desk.Config{Domain: domain, Directory: s.directory})
	s.desk.OnSign(desk.Web, func(sign desk.Sign) { shown = append(shown, sign) })
	s.desk.Show(desk.Sign{To: visitor, State: "composing"})
	s.desk.Show(desk.Sign{To: alice, State: "composing"}) // nobody shows those
	s.desk.Show(desk.Sign{State: "composing"})
	require.Equal(t, []desk.Sign{{To: visitor, State: "composing"}}, shown)
}
