package sms

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// What a phone shows of things that are no lines.
func TestTextOf(t *testing.T) {
	s, n := &Server{}, Number{Lang: "de"}
	away := handoff.Notice{Says: []handoff.Phrase{{Name: desk.TextClosed}, {Words: "Bis Montag!"}}}
	require.Equal(t, n.voice().Say(desk.TextClosed)+" Bis Montag!", s.textOf(desk.Item{Effect: away}, desk.Conversation{}, n))
	require.NotEqual(t, Number{}.voice().Say(desk.TextClosed), n.voice().Say(desk.TextClosed))
	away.Waiting = true
	for _, e := range []handoff.Effect{away, handoff.Leave{}, handoff.Moved{To: "a@example.com"}, handoff.Undelivered{}, handoff.Outcome{}} {
		require.Empty(t, s.textOf(desk.Item{Effect: e}, desk.Conversation{}, n), "%T", e)
	}
}
