package store

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// A line is looked for as far back as asked, wherever the lines are.
func TestLineByStanzaReachesSoFar(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	c := chatter(t, s, 1, 6)[0]
	require.NoError(t, s.settle(t.Context()))
	for range 4 { // these stay in the journal
		b := &desk.Batch{Conversations: []*desk.Conversation{c}}
		said(b, c, 1)
		mustCommit(t, s, b)
	}
	require.Equal(t, 4, rowsIn(t, s, "journal"))
	for _, settled := range []bool{false, true} {
		if settled {
			require.NoError(t, s.settle(t.Context()))
		}
		for among := range 12 {
			for seq := range c.Seq {
				l, err := s.LineByStanza(t.Context(), domain, c.Local, c.Caller, fmt.Sprint("s", seq+1), among)
				if among > 0 && c.Seq-seq > uint64(among) {
					require.ErrorIs(t, err, desk.ErrNotFound, "line %d among %d, settled: %t", seq+1, among, settled)
					continue
				}
				require.NoError(t, err, "line %d among %d, settled: %t", seq+1, among, settled)
				require.Equal(t, seq+1, l.Seq)
			}
		}
	}
}
