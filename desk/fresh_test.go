package desk_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/stretchr/testify/require"

	"baton/store"
)

// fresh makes an empty database at path, unless there is one. Migrations take
// most of a short test's time; they are played once and copied from then on.
func fresh(t T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		require.NoError(t, err)
		return
	}
	made, err := migrated()
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, made, 0o600))
}

var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "desk")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "empty.db")
	if _, _, err := store.Migrate(context.Background(), store.Source{Path: path}, store.Options{}); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})
