package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"syscall"
)

// Inspection is a look at a database from outside. Nothing is made, migrated or
// written by it, and no file of another owner is left behind.
type Inspection struct {
	Path   string
	Exists bool  // false: it will be made by [Open]
	InUse  bool  // another process has it open
	Bytes  int64 // the file's size, without its log
	Schema int   // its version; 0: empty
	Stats        // only where Schema is [SchemaVersion]

	s    *SQLite
	free func() error
}

// Inspect looks at the database that src names. Unless it is in use, nobody else
// can open it until Close. Its errors are those of [Open], but for [ErrInUse]; what
// was found before one is in the Inspection, which is to be closed in any case.
func Inspect(ctx context.Context, src Source) (i *Inspection, err error) {
	i = &Inspection{Path: src.Path, s: &SQLite{drv: onDisk, log: slog.New(slog.DiscardHandler)}}
	if i.Path, err = locate(src.Path); err != nil {
		return i, err
	}
	i.s.path = i.Path
	if err := i.hold(); err != nil {
		return i, err
	}
	info, err := os.Stat(i.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return i, nil
	}
	if err != nil {
		return i, fileError(i.Path, err)
	}
	i.Exists, i.Bytes = true, info.Size()
	if err := checkModes(i.Path); err != nil {
		return i, err
	}
	return i, i.look(func(db *sql.DB) error {
		ms, err := migrations(embedded)
		if err != nil {
			return err
		}
		if i.Schema, err = applied(ctx, db, ms); err != nil || i.Schema != SchemaVersion {
			return err
		}
		var q queries
		if err := prepare(ctx, db, q.texts()); err != nil {
			return err
		}
		return q.stats.QueryRowContext(ctx).Scan(&i.Open, &i.Outbox, &i.Dead)
	})
}

// QuickCheck has SQLite look through the whole file for damage (PRAGMA
// quick_check); the error names the first found.
func (i *Inspection) QuickCheck(ctx context.Context) error {
	return i.look(func(db *sql.DB) error {
		var found string
		if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&found); err != nil {
			return err
		}
		if found != "ok" {
			return fmt.Errorf("%s is damaged, restore a backup: %s", i.Path, found)
		}
		return nil
	})
}

// Close lets others open the database again.
func (i *Inspection) Close() error {
	if i.free == nil {
		return nil
	}
	return i.free()
}

// hold claims the database as [Open] does, but makes no file for it: one of
// whoever looks might keep the service out.
func (i *Inspection) hold() error {
	name := i.Path + ".lock"
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrPermission) {
		f, err = os.Open(name)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fileError(name, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		if i.InUse = errors.Is(err, syscall.EWOULDBLOCK); i.InUse {
			return nil
		}
		return fmt.Errorf("store: cannot lock %s: %w: keep the database on a local disk", name, err)
	}
	_ = sign(f) // who may not write there is named wrongly to whom they keep out meanwhile
	i.free = f.Close
	return nil
}

// look opens the database for reading. One that was closed in order is read
// without the files that SQLite would make beside it.
func (i *Inspection) look(see func(*sql.DB) error) error {
	dsn := readerDSN(i.Path)
	if _, err := os.Stat(i.Path + "-wal"); errors.Is(err, fs.ErrNotExist) && !i.InUse {
		dsn = fileDSN(i.Path, url.Values{"mode": {"ro"}, "immutable": {"1"}, "_dqs": {"0"}, "_pragma": {"query_only(1)"}})
	}
	db, err := i.s.drv.open(dsn)
	if err == nil {
		err = errors.Join(see(db), db.Close())
	}
	if err != nil {
		return i.s.explain("cannot read", err)
	}
	return nil
}
