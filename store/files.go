package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// locate returns the real path of the database, so that two names of one file
// have one lock, after checking that its folder is there.
func locate(path string) (string, error) {
	if path == "" {
		return "", errors.New("store: no database file named")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("store: %w", err)
	}
	dir := filepath.Dir(path)
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("store: the folder %s does not exist: create it (mkdir -p -m 700 %s) or set data_dir to another", dir, dir)
	case err != nil:
		return "", fileError(dir, err)
	case !info.IsDir():
		return "", fmt.Errorf("store: %s is not a folder: set data_dir to one", dir)
	case info.Mode()&0o002 != 0 && info.Mode()&fs.ModeSticky == 0:
		return "", fmt.Errorf("store: everybody on this machine can replace files in %s (mode %04o): chmod 700 %s",
			dir, info.Mode().Perm(), dir)
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real, nil
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return "", fileError(dir, err)
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}

// existing refuses a database that is not there: where one is only read or
// cleaned, an empty one would be a wrong answer.
func existing(path string) error {
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("store: there is no database %s: set data_dir and store as for the service", path)
	}
	if err != nil {
		return fileError(path, err)
	}
	return nil
}

// checkFiles refuses a database that others can read, and creates an empty one
// that they cannot where there is none; SQLite gives its -wal and -shm the same
// mode. An existing file is only looked at, never opened: closing it again
// would drop the locks that SQLite has on it in this process.
func checkFiles(path string) error {
	if err := checkModes(path); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fileError(path, err)
	}
	return f.Close()
}

// checkModes refuses what others can read, and what is no file.
func checkModes(path string) error {
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return fileError(name, err)
		case !info.Mode().IsRegular():
			return fmt.Errorf("store: %s is not a file: set store to another path", name)
		case info.Mode().Perm()&0o077 != 0:
			return fmt.Errorf("store: %s holds what people say and others on this machine can read it (mode %04o): chmod 600 %s",
				name, info.Mode().Perm(), name)
		}
	}
	return nil
}

// fileError says what to do about a file that cannot be used.
func fileError(name string, err error) error {
	hint := ""
	switch {
	case errors.Is(err, fs.ErrPermission):
		hint = fmt.Sprintf(": the user this runs as (uid %d) must be able to write there", os.Geteuid())
	case errors.Is(err, syscall.EROFS):
		hint = ": the file system is mounted read-only"
	case errors.Is(err, syscall.ENOSPC):
		hint = ": the disk is full, free some space"
	}
	return fmt.Errorf("store: cannot use %s: %w%s", name, err, hint)
}
