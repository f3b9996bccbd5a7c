package store

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// TestFolderNotWritable also fails as root: the thread gives up root's right to
// write everywhere.
func TestFolderNotWritable(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	require.NoError(t, os.Chmod(dir, 0o555))
	if os.Geteuid() == 0 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		require.NoError(t, syscall.Setfsuid(65534))
		defer syscall.Setfsuid(0)
	}
	_, err := Open(t.Context(), Source{filepath.Join(dir, "baton.db")}, Options{})
	require.ErrorContains(t, err, "baton.db.lock: permission denied: the user this runs as (uid ")
	require.ErrorContains(t, err, "must be able to write there")
}

// TestFull has SQLite run out of pages in the middle of a batch.
func TestFull(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	c := waiting(1)
	mustCommit(t, s, ledger(c))
	pages := func(n int) {
		var got, has int
		require.NoError(t, s.conn.QueryRowContext(t.Context(), "PRAGMA page_count").Scan(&has))
		require.NoError(t, s.conn.QueryRowContext(t.Context(), fmt.Sprintf("PRAGMA max_page_count(%d)", has+n)).Scan(&got))
		require.Equal(t, has+n, got)
	}
	pages(2)
	was := *c
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, 500)
	said := *c
	requireRefused(t, s, b, nil)
	require.Equal(t, said, *c)
	err := s.Commit(t.Context(), b)
	require.ErrorContains(t, err, "no room left for "+s.path+", free some space on its disk")

	pages(1000)
	mustCommit(t, s, b)
	require.Equal(t, was.Version+1, c.Version)
	require.Len(t, restore(t, s, domain).Items, 501)
}

// TestDiskFailsUnderCommit lets the write-ahead log grow no more, so that it is
// COMMIT itself that fails.
func TestDiskFailsUnderCommit(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	c := waiting(1)
	mustCommit(t, s, ledger(c))
	before := restore(t, s, domain)

	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, 100)
	said := *c
	info, err := os.Stat(src.Path + "-wal")
	require.NoError(t, err)
	lift := limitFiles(t, uint64(info.Size())+6000)
	err = s.Commit(t.Context(), b)
	lift()
	require.ErrorIs(t, err, desk.ErrUnknownOutcome)
	require.ErrorContains(t, err, "the disk of "+s.path+" fails or is full")
	require.Equal(t, said, *c)
	require.Equal(t, before, restore(t, s, domain), "this process goes on without it")

	mustCommit(t, s, b)
	require.Len(t, restore(t, s, domain).Items, 101)
	require.Len(t, restore(t, mustOpen(t, crashImage(t, src)), domain).Items, 101)
}

// limitFiles bounds the size to which this process can write files, until the
// function it returns is called.
func limitFiles(t *testing.T, bytes uint64) func() {
	var was syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: was.Max}))
	return func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was)) }
}
