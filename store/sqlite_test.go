package store

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSQLite(t *testing.T) {
	testEngine(t, func(t *testing.T) (engine, reopen) {
		src := tempSource(t)
		s := mustOpen(t, src)
		return s, func(t *testing.T) engine {
			require.NoError(t, s.Close())
			return mustOpen(t, src)
		}
	})
}

func tempSource(t testing.TB) Source {
	return Source{Path: filepath.Join(t.TempDir(), "baton.db")}
}

func mustOpen(t testing.TB, src Source) *SQLite {
	t.Helper()
	s, err := Open(t.Context(), src, Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
