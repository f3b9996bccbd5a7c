package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// checkpointAfter is how many entries are committed between two copies of SQLite's
// log into the database: some 15 MB of it.
const checkpointAfter = 16384

// mostFrames is when SQLite copies its log by itself after all, 64 MB of it, because
// the retention for example writes without counting, or copying beside failed.
const mostFrames = 16384

// rowsEntries is what a commit into the tables counts for.
const rowsEntries = 64

// checkpoints copies SQLite's log into the database, beside the commits. SQLite
// would do it within one of them, all that came in waiting for it.
type checkpoints struct {
	db    *sql.DB
	since int // entries; guarded by SQLite.mu
	due   chan struct{}
	stop  chan struct{}
	over  sync.WaitGroup
}

// openCheckpoints takes most of the copying over from SQLite.
func (s *SQLite) openCheckpoints(ctx context.Context) (err error) {
	if _, err := s.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", mostFrames)); err != nil {
		return err
	}
	c := &checkpoints{due: make(chan struct{}, 1), stop: make(chan struct{})}
	if c.db, err = s.drv.open(writerDSN(s.path, false)); err != nil {
		return err
	}
	c.db.SetMaxOpenConns(1)
	s.copying = c
	c.over.Go(func() {
		for {
			select {
			case <-c.due:
				s.checkpoint(c)
			case <-c.stop:
				return
			}
		}
	})
	return nil
}

// checkpoint copies most of the log while commits go on, and then the little that
// they have added while none does, so that the next begins the log anew.
func (s *SQLite) checkpoint(c *checkpoints) {
	const passive = "PRAGMA wal_checkpoint(PASSIVE)"
	if _, err := c.db.Exec(passive); err != nil {
		s.log.Warn("cannot copy the log into the database; it is tried again", "error", err)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := c.db.Exec(passive); err != nil {
		s.log.Warn("cannot copy the log into the database; it is tried again", "error", err)
	}
}

// committed counts what was committed. The caller holds SQLite.mu.
func (c *checkpoints) committed(entries int) {
	if c == nil {
		return
	}
	if c.since += entries; c.since < checkpointAfter {
		return
	}
	select {
	case c.due <- struct{}{}:
		c.since = 0
	default: // it is busy with the last ones
	}
}

// close waits for a copy under way. The caller must not hold SQLite.mu.
func (c *checkpoints) close() error {
	if c == nil {
		return nil
	}
	close(c.stop)
	c.over.Wait()
	return c.db.Close()
}
