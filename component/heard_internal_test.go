package component

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// Who lost the role, or is no agent any more, gets nothing of what was on its way
// to them; what is for somebody else is not taken for it.
func TestHeardAsksForTheRole(t *testing.T) {
	c := idle()
	line := &desk.Line{Conversation: "carol.aaaaaaaa", Seq: 1, By: "carol@example.net", Body: "Hi"}
	for _, it := range []desk.Item{
		{Kind: desk.KindHeard, Effect: handoff.Copy{Seq: 1}, Line: line},
		{Kind: desk.KindHeardOf, Effect: handoff.Notice{Says: []handoff.Phrase{{Name: "heard_moved", Args: map[string]string{"Who": "Bob"}}}}},
		{Kind: desk.KindUnheard, Effect: handoff.Leave{Reason: desk.UnheardOver}},
	} {
		for to, sent := range map[handoff.Party]bool{"sue@example.com": true, "alice@example.com": false, "zoe@example.com": false} {
			it.To = to
			dropped := false
			j := job{Item: it, conv: desk.Conversation{Local: "carol.aaaaaaaa", Name: "Carol"}, done: func(err error) { dropped = err == nil }}
			require.True(t, c.listens(context.Background(), j))
			require.Equal(t, !sent, dropped, "%s to %s", it.Kind, to)
		}
	}
	require.False(t, c.listens(context.Background(), job{Item: desk.Item{Kind: desk.KindLine, Effect: handoff.Line{}}}))
}
