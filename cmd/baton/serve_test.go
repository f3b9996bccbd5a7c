package main

import (
	"bytes"
	"context"
	"os"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/handoff"
	"baton/store"
)

// expiring is a context that ends when it was asked so many times whether it has.
type expiring struct {
	context.Context
	end  context.CancelFunc
	left atomic.Int32
}

func (e *expiring) Done() <-chan struct{} {
	if e.left.Add(-1) <= 0 { // asked from several goroutines
		e.end()
	}
	return e.Context.Done()
}

// SIGTERM while the program starts, at whichever point: it ends as if it had been
// stopped later, complains of nothing, and leaves nothing open.
func TestStopWhileStarting(t *testing.T) {
	for left := range 30 {
		config, src := kept(t, handoff.Waiting)
		ctx, end := context.WithCancel(t.Context())
		root := newRoot()
		var out bytes.Buffer
		root.SetArgs([]string{"serve", "--config", config})
		root.SetOut(&out)
		root.SetErr(&out)
		stopped := &expiring{Context: ctx, end: end}
		stopped.left.Store(int32(left))
		require.NoError(t, root.ExecuteContext(stopped), "after %d", left)
		end()
		require.NotContains(t, out.String(), "level=ERROR", "after %d", left)
		again, err := store.Open(t.Context(), src, store.Options{})
		require.NoError(t, err, "the database is free")
		require.NoError(t, again.Close())
		require.NoFileExists(t, src.Path+"-wal")
	}
}

// What keeps the program from starting is told all the same.
func TestStartFails(t *testing.T) {
	config, src := kept(t, handoff.Waiting)
	require.NoError(t, os.WriteFile(src.Path, bytes.Repeat([]byte("no database"), 1000), 0o600))
	_, err := says(t, "", "serve", "--config", config)
	require.ErrorContains(t, err, "store")
}
