package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// Copied into the database, the log begins anew; SQLite does not see to it by itself.
func TestLogIsCopied(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	frames := func() (log int) {
		var busy, copied int
		require.NoError(t, s.conn.QueryRowContext(t.Context(), "PRAGMA wal_checkpoint(NOOP)").Scan(&busy, &log, &copied))
		return log
	}
	all := chatter(t, s, 3, 350)
	require.Greater(t, frames(), 1000, "more than after which SQLite would do it")
	s.checkpoint(s.copying)
	b := &desk.Batch{Conversations: all[:1]}
	said(b, all[0], 1)
	mustCommit(t, s, b)
	require.Less(t, frames(), 20)
	require.Equal(t, 1051, rowsIn(t, s, "dialog"))
}

// It is due after so many entries, and not while the last ones are being copied.
func TestCheckpointIsDue(t *testing.T) {
	c := &checkpoints{due: make(chan struct{}, 1)}
	c.committed(checkpointAfter - 1)
	require.Empty(t, c.due)
	c.committed(1)
	require.Len(t, c.due, 1)
	c.committed(checkpointAfter)
	require.Len(t, c.due, 1)
	<-c.due
	c.committed(1)
	require.Len(t, c.due, 1, "what came meanwhile counts")
	var none *checkpoints
	none.committed(1)
	require.NoError(t, none.close())
}
