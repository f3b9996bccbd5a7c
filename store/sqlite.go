package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	sqlite3 "modernc.org/sqlite/lib"

	"baton/desk"
	"baton/fault"
)

// Options are what Open needs beside the source.
type Options struct {
	Logger *slog.Logger // nil: silent
}

// readers is how many queries run at the same time.
const readers = 4

// SQLite is a desk.Store in one file. Its methods may be called from several
// goroutines: one writes at a time, and reading waits for writing only while the
// journal is put into the tables.
type SQLite struct {
	drv  driver
	path string
	log  *slog.Logger
	free func() error // gives the claim on the file back; nil: there is none

	reading *sql.DB
	queries queries
	archive archiveQueries
	origins *origins
	journal *journal

	mu      sync.Mutex // guards what follows
	writing *sql.DB
	conn    *sql.Conn // the only connection of writing
	stmts   statements
	scratch scratch
	known   map[int64]desk.Conversation // some, as they were last committed, by key
	copying *checkpoints                // nil: SQLite does it
	closed  bool
}

var _ desk.Store = (*SQLite)(nil)

// Open opens the database, makes it if it isn't there, and brings it up to
// [SchemaVersion]. Its errors tell people what to do; it wraps [ErrInUse] when
// another process has the database open, [ErrNewer] and [ErrForeign] when this
// version cannot use it. Close it when it is no longer needed.
func Open(ctx context.Context, src Source, o Options) (*SQLite, error) {
	return open(ctx, src, o, onDisk)
}

func open(ctx context.Context, src Source, o Options, drv driver) (_ *SQLite, err error) {
	s := &SQLite{drv: drv, log: o.Logger, origins: newOrigins(), journal: newJournal(), known: map[int64]desk.Conversation{}}
	defer func() {
		if err != nil {
			s.release()
		}
	}()
	if _, _, err := s.claim(ctx, src); err != nil {
		return nil, err
	}
	if err := s.openWriter(ctx); err != nil {
		return nil, s.explain("cannot open", err)
	}
	if err := s.openReaders(ctx); err != nil {
		return nil, s.explain("cannot open for reading", err)
	}
	if drv.background {
		if err := s.openCheckpoints(ctx); err != nil {
			return nil, s.explain("cannot open", err)
		}
	}
	return s, nil
}

// Migrate brings the database up to [SchemaVersion], as Open does too, and
// returns the versions before and after, 0 being an empty file. Its errors are
// those of Open.
func Migrate(ctx context.Context, src Source, o Options) (from, to int, err error) {
	s := &SQLite{drv: onDisk, log: o.Logger}
	from, to, err = s.claim(ctx, src)
	return from, to, errors.Join(err, s.release())
}

// claim takes the lock and migrates.
func (s *SQLite) claim(ctx context.Context, src Source) (from, to int, err error) {
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.path, s.free, err = s.drv.claim(src.Path); err != nil {
		return 0, 0, err
	}
	ms, err := migrations(embedded)
	if err != nil {
		return 0, 0, err
	}
	if err := s.inspect(ctx, ms); err != nil {
		return 0, 0, s.explain("cannot open", err)
	}
	db, err := s.drv.open(writerDSN(s.path, false))
	if err != nil {
		return 0, 0, s.explain("cannot open", err)
	}
	db.SetMaxOpenConns(1)
	from, to, err = migrate(ctx, db, ms, s.log)
	if err != nil {
		err = s.explain("cannot open", err)
	}
	return from, to, errors.Join(err, db.Close())
}

// inspect refuses a database that this version must not touch, before the
// writing connection changes its journal mode. It writes nothing, unless power
// was lost while the file was made: that is taken back first.
func (s *SQLite) inspect(ctx context.Context, ms []migration) error {
	err := s.inspectBy(ctx, readerDSN(s.path), ms)
	if s.drv.code(err) == sqlite3.SQLITE_READONLY_ROLLBACK {
		err = s.inspectBy(ctx, menderDSN(s.path), ms)
	}
	return err
}

func (s *SQLite) inspectBy(ctx context.Context, dsn string, ms []migration) error {
	db, err := s.drv.open(dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	_, err = applied(ctx, db, ms)
	return err
}

func (s *SQLite) openWriter(ctx context.Context) (err error) {
	if s.writing, err = s.drv.open(writerDSN(s.path, true)); err != nil {
		return err
	}
	s.writing.SetMaxOpenConns(1)
	if s.conn, err = s.writing.Conn(ctx); err != nil {
		return err
	}
	if err := assertPragmas(ctx, s.conn, writerPragmas(true)); err != nil {
		return err
	}
	if err := prepare(ctx, s.conn, s.stmts.texts()); err != nil {
		return err
	}
	return s.replay(ctx)
}

// assertPragmas reads back what the guarantees rest on: SQLite ignores a pragma
// that it does not know or cannot apply.
func assertPragmas(ctx context.Context, conn *sql.Conn, ps []pragma) error {
	for _, p := range ps {
		var got string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil {
			return err
		}
		if got != p.want {
			return fmt.Errorf("%s is %q and must be %q: keep the database on a local disk", p.name, got, p.want)
		}
	}
	return nil
}

func (s *SQLite) openReaders(ctx context.Context) (err error) {
	if s.reading, err = s.drv.open(readerDSN(s.path)); err != nil {
		return err
	}
	s.reading.SetMaxOpenConns(readers)
	s.reading.SetMaxIdleConns(readers)
	return prepare(ctx, s.reading, append(s.queries.texts(), s.archive.texts()...))
}

// text is a statement to prepare and where it goes.
type text struct {
	stmt **sql.Stmt
	sql  string
}

func prepare(ctx context.Context, p interface {
	PrepareContext(context.Context, string) (*sql.Stmt, error)
}, texts []text) (err error) {
	for _, t := range texts {
		if *t.stmt, err = p.PrepareContext(ctx, t.sql); err != nil {
			return fmt.Errorf("%w in %s", err, t.sql)
		}
	}
	return nil
}

// Close waits for what is running, puts the journal into the tables, copies the log
// into the database, closes it and lets go of the lock. Later calls of any method
// fail; of Close they do nothing.
func (s *SQLite) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	err := s.flush(context.Background())
	copying := s.copying
	s.closed, s.copying = true, nil
	s.mu.Unlock()
	err = errors.Join(err, copying.close())
	s.mu.Lock()
	fault.Point("store.close.before")
	if err := errors.Join(err, s.release()); err != nil {
		return fmt.Errorf("store: closing %s: %w", s.path, err)
	}
	fault.Point("store.close.after")
	return nil
}

// release gives back whatever has been opened. The readers go first, so that
// the last connection leaves neither -wal nor -shm behind.
func (s *SQLite) release() error {
	errs := []error{s.copying.close()} // of one that could not be opened
	if s.reading != nil {
		errs = append(errs, s.reading.Close())
	}
	if s.conn != nil {
		_, err := s.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
		errs = append(errs, err)
		fault.Point("store.close.checkpointed")
		for _, t := range s.stmts.texts() {
			if *t.stmt != nil {
				errs = append(errs, (*t.stmt).Close())
			}
		}
		errs = append(errs, s.conn.Close())
	}
	if s.writing != nil {
		errs = append(errs, s.writing.Close())
	}
	if s.free != nil {
		errs = append(errs, s.free())
	}
	return errors.Join(errs...)
}

// Stats is what the readiness of an instance is judged by.
type Stats struct {
	Open   int // conversations with an open session
	Outbox int // items not confirmed yet
	Dead   int // items that were given up
}

// Stats counts over all domains.
func (s *SQLite) Stats(ctx context.Context) (Stats, error) {
	var st Stats
	err := s.queries.stats.QueryRowContext(ctx).Scan(&st.Open, &st.Outbox, &st.Dead)
	if err != nil {
		return Stats{}, s.readError("counting", err)
	}
	return st, nil
}
