package store

import (
	"errors"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"

	"baton/desk"
)

// Why a database is refused.
var (
	// ErrNewer means that a newer version of the program made the database.
	ErrNewer = errors.New("store: made by a newer baton")
	// ErrForeign means that the file is not a database of this program.
	ErrForeign = errors.New("store: not a database of baton")
	// ErrClosed means that the store was closed.
	ErrClosed = errors.New("store: closed")
)

// duplicate reports whether err says that there is such a row already.
func (s *SQLite) duplicate(err error) bool {
	return s.drv.code(err) == sqlite3.SQLITE_CONSTRAINT_UNIQUE
}

// explain adds to an error of SQLite what it means and what to do about it.
func (s *SQLite) explain(op string, err error) error {
	if errors.Is(err, ErrNewer) || errors.Is(err, ErrForeign) {
		return fmt.Errorf("%s: %w", s.path, err)
	}
	if errors.Is(err, desk.ErrStale) {
		return fmt.Errorf("store: %s: %w", op, err)
	}
	hint := ""
	switch s.drv.code(err) & 0xff {
	case sqlite3.SQLITE_CONSTRAINT:
		return fmt.Errorf("store: %s: %w: %w", op, desk.ErrConflict, err)
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: %s: %w: move the file away, or set store to another path", ErrForeign, s.path, err)
	case sqlite3.SQLITE_BUSY:
		hint = ": another program has " + s.path + " locked, end its transaction or close it"
	case sqlite3.SQLITE_FULL:
		hint = ": no room left for " + s.path + ", free some space on its disk"
	case sqlite3.SQLITE_CORRUPT:
		hint = ": " + s.path + " is damaged, restore a backup"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		hint = ": " + s.path + " and its folder must be writable for this user"
	case sqlite3.SQLITE_IOERR:
		hint = ": the disk of " + s.path + " fails or is full"
	}
	return fmt.Errorf("store: %s: %w%s", op, err, hint)
}
