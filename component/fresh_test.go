package component_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"baton/store"
)

// fresh makes an empty database at path, unless there is one. Migrations take
// most of a short test's time; they are played once and copied from then on.
func fresh(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	made, err := migrated()
	if err != nil {
		return err
	}
	return os.WriteFile(path, made, 0o600)
}

var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "component")
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
