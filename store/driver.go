package store

import (
	"database/sql"
	"errors"

	"modernc.org/sqlite"
)

// driver is how a store reaches SQLite and its file. Tests put another in its
// place: one whose disk can be cut off from power, or fill up.
type driver struct {
	open  func(dsn string) (*sql.DB, error)
	code  func(error) int // SQLite's extended result code, 0 for any other error
	claim func(path string) (real string, free func() error, err error)

	background bool // SQLite's log is copied into the database beside the commits
}

// onDisk is the driver of the program.
var onDisk = driver{
	open: func(dsn string) (*sql.DB, error) { return sql.Open("sqlite", dsn) },
	code: func(err error) int {
		if e, ok := errors.AsType[*sqlite.Error](err); ok {
			return e.Code()
		}
		return 0
	},
	claim: claimFile,

	background: true,
}

// claimFile makes a database this process's own, after checking that nobody else
// can read it, and creates it where there is none.
func claimFile(path string) (real string, free func() error, err error) {
	if real, err = locate(path); err != nil {
		return "", nil, err
	}
	l, err := acquire(real)
	if err != nil {
		return "", nil, err
	}
	return real, l.release, checkFiles(real)
}
