package store

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// names lists what is in the folder of a database.
func names(t *testing.T, src Source) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(src.Path))
	require.NoError(t, err)
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

// A look changes nothing, makes nothing, and keeps others out until it is over.
func TestInspect(t *testing.T) {
	src := tempSource(t)
	i, err := Inspect(t.Context(), src)
	require.NoError(t, err)
	require.False(t, i.Exists)
	require.False(t, i.InUse)
	require.NoError(t, i.Close())
	require.Empty(t, names(t, src))

	s := mustOpen(t, src)
	mustCommit(t, s, ledger(waiting(1)))
	i, err = Inspect(t.Context(), src)
	require.NoError(t, err)
	require.True(t, i.InUse)
	require.Equal(t, 1, i.Open, "it reads the log too")
	require.NoError(t, i.QuickCheck(t.Context()))
	require.NoError(t, i.Close())
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{waiting(2)}})
	require.NoError(t, s.Close())

	before := names(t, src)
	i, err = Inspect(t.Context(), src)
	require.NoError(t, err)
	require.False(t, i.InUse)
	require.Equal(t, 2, i.Open)
	require.Equal(t, SchemaVersion, i.Schema)
	require.NoError(t, i.QuickCheck(t.Context()))
	_, err = Open(t.Context(), src, Options{})
	require.ErrorIs(t, err, ErrInUse)
	require.ErrorContains(t, err, "this process")
	require.NoError(t, i.Close())
	require.Equal(t, before, names(t, src))
	require.NoError(t, mustOpen(t, src).Close())
}

// What Open would refuse is refused.
func TestInspectRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		prepare func(path string) error
		want    string
	}{
		"no folder": {func(path string) error { return os.Remove(filepath.Dir(path)) }, "does not exist"},
		"foreign":   {func(path string) error { return os.WriteFile(path, []byte("some notes, no database at all"), 0o600) }, ErrForeign.Error()},
		"readable":  {func(path string) error { return os.WriteFile(path, nil, 0o644) }, "chmod 600"},
	} {
		t.Run(name, func(t *testing.T) {
			src := Source{Path: filepath.Join(t.TempDir(), "sub", "baton.db")}
			require.NoError(t, os.Mkdir(filepath.Dir(src.Path), 0o700))
			require.NoError(t, tt.prepare(src.Path))
			i, err := Inspect(t.Context(), src)
			require.ErrorContains(t, err, tt.want)
			require.NoError(t, i.Close())
		})
	}
}
