// Package storetest makes databases for the tests of other packages.
package storetest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"baton/store"
)

// Fresh makes an empty database at path, unless there is one. Migrations take most
// of a short test's time; they are played once and copied from then on.
func Fresh(path string) error {
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
	dir, err := os.MkdirTemp("", "baton-storetest-")
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
