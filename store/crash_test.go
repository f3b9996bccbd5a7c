package store

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// crashImage copies the files of a database that is open, as a crash of the
// machine would leave them.
func crashImage(t *testing.T, src Source) Source {
	t.Helper()
	image := tempSource(t)
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(src.Path + suffix)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(image.Path+suffix, data, 0o600))
	}
	return image
}

func TestCrashImageHoldsAllThatWasCommitted(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	b := ledger(waiting(1))
	c := b.Conversations[0]
	mustCommit(t, s, b)
	c.Phase, c.Holder, c.Epoch = handoff.Active, "alice@example.com", 1
	more := &desk.Batch{Conversations: b.Conversations}
	said(more, c, 50)
	mustCommit(t, s, more)
	b.Lines, b.Items = append(b.Lines, more.Lines...), append(b.Items, more.Items...)

	image := mustOpen(t, crashImage(t, src))
	requireStored(t, image, domain, b)
	left := *c
	next := &desk.Batch{Conversations: []*desk.Conversation{&left}}
	said(next, &left, 1)
	mustCommit(t, image, next)
	require.Greater(t, next.Items[0].ID, b.Items[len(b.Items)-1].ID, "ids go on")
}

// TestCrashLeavesWholeCommits cuts the log of a database off at every length a
// crash could: what is left is the first so many commits, each of them whole.
func TestCrashLeavesWholeCommits(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	c := waiting(1)
	const commits, perCommit = 12, 5
	for range commits {
		b := &desk.Batch{Conversations: []*desk.Conversation{c}}
		said(b, c, perCommit)
		c.Epoch++
		b.Epochs = []desk.Epoch{{Conversation: c.Local, Epoch: c.Epoch, Session: 1, Holder: "alice@example.com"}}
		mustCommit(t, s, b)
	}
	db, err := os.ReadFile(src.Path)
	require.NoError(t, err)
	wal, err := os.ReadFile(src.Path + "-wal")
	require.NoError(t, err)

	rnd := rand.New(rand.NewPCG(1, 2))
	seen := map[int64]bool{}
	for cut := 0; cut <= len(wal); cut += 1 + rnd.IntN(len(wal)/40) {
		left := bytes.Clone(wal[:cut])
		if rnd.IntN(2) == 0 { // a torn write leaves anything behind the cut
			left = append(left, bytes.Repeat([]byte{0xa5}, rnd.IntN(9000))...)
		}
		seen[requireWhole(t, db, left, perCommit)] = true
	}
	require.Equal(t, int64(commits), requireWhole(t, db, wal, perCommit))
	require.Greater(t, len(seen), 6, "the cuts fell between many commits")
}

// requireWhole opens what a crash left and returns how many commits it has.
func requireWhole(t *testing.T, db, wal []byte, perCommit int) int64 {
	t.Helper()
	dir, err := os.MkdirTemp(t.TempDir(), "")
	require.NoError(t, err)
	src := Source{filepath.Join(dir, "baton.db")}
	write(t, src.Path, string(db), 0o600)
	write(t, src.Path+"-wal", string(wal), 0o600)
	s, err := Open(t.Context(), src, Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	snap := restore(t, s, domain)
	if len(snap.Open) == 0 {
		require.Empty(t, snap.Items)
		return 0
	}
	c := snap.Open[0]
	lines, err := s.Lines(t.Context(), domain, c.Local, 0, ^uint64(0), 0)
	require.NoError(t, err)
	var epochs int64
	require.NoError(t, s.reading.QueryRowContext(t.Context(), "SELECT count(*) FROM epochs").Scan(&epochs))
	require.Equal(t, c.Version, epochs)
	require.Len(t, lines, int(c.Version)*perCommit)
	require.Len(t, snap.Items, int(c.Version)*perCommit)
	require.Equal(t, int(c.Seq), len(lines))
	return c.Version
}
