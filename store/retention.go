package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"baton/desk"
	"baton/handoff"
)

// Bounds of taking out what is too old. Commits go on between two slices.
const (
	pruneSlice = 500                    // rows deleted in one transaction
	prunePage  = 500                    // conversations looked at in one query
	prunePause = 100 * time.Millisecond // between two of either
	pruneFirst = time.Minute            // after the start
	pruneEvery = time.Hour
)

// Retention says how long things are kept.
type Retention struct {
	// Lines are kept for so long after the last line of their session; 0: for
	// ever, and conversations too. Those of an open session are kept.
	Lines time.Duration
	// Memory is how long a conversation without lines is kept beyond its last
	// line, with its caller, epochs and transfers; not before Lines is over.
	Memory time.Duration
}

// Pruned counts what was taken out.
type Pruned struct{ Lines, Conversations int }

// Retain prunes a minute after it was called and then every hour, until ctx
// ends, and logs what it took out. now is the clock.
func (s *SQLite) Retain(ctx context.Context, r Retention, now func() time.Time) {
	if r.Lines <= 0 {
		return
	}
	timer := time.NewTimer(pruneFirst)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
		began := time.Now()
		n, err := s.Prune(ctx, r, now())
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.Error("what is too old cannot be taken out of the archive; it is tried again", "again_in", pruneEvery, "error", err)
		}
		if n != (Pruned{}) {
			s.log.Info("taken out of the archive: older than archive.retention", "lines", n.Lines,
				"conversations", n.Conversations, "took", time.Since(began).Round(time.Millisecond))
		}
		timer.Reset(pruneEvery)
	}
}

// Prune takes out what is older than the retention allows, in slices of a
// transaction each. It returns what it took out, also with an error.
func (s *SQLite) Prune(ctx context.Context, r Retention, now time.Time) (n Pruned, err error) {
	if r.Lines <= 0 {
		return n, nil
	}
	if err := s.settle(ctx); err != nil {
		return n, err
	}
	p := pruner{s: s, lines: micros(now.Add(-r.Lines)), memory: micros(now.Add(-max(r.Lines, r.Memory)))}
	for after := int64(0); err == nil; {
		var page []aging
		if page, err = p.page(ctx, after); err != nil || len(page) == 0 {
			break
		}
		for _, a := range page {
			if after = a.Key; err == nil {
				err = p.prune(ctx, a)
			}
		}
		err = errors.Join(err, pause(ctx))
	}
	if err != nil {
		err = fmt.Errorf("store: pruning: %w", err)
	}
	return p.done, err
}

// pause lets others commit.
func pause(ctx context.Context) error {
	select {
	case <-time.After(prunePause):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

type pruner struct {
	s             *SQLite
	lines, memory int64 // what is older goes
	done          Pruned
}

// aging is a conversation that may have something to take out.
type aging struct {
	desk.Conversation
	oldest sql.NullInt64 // when its first line that is left was said
}

// page reads the next conversations of which the oldest line is too old, or that
// have none.
func (p *pruner) page(ctx context.Context, after int64) (page []aging, err error) {
	rows, err := p.s.reading.QueryContext(ctx, `SELECT c.id, c.domain, c.local, c.number, c.phase, c.first,
		(SELECT l.at FROM lines l WHERE l.conv = c.id ORDER BY l.seq LIMIT 1) FROM conversations c
		WHERE c.id > ? ORDER BY c.id LIMIT ?`, after, prunePage)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var a aging
		if err := rows.Scan(&a.Key, &a.Domain, &a.Local, &a.Number, &a.Phase, &a.First, &a.oldest); err != nil {
			return nil, err
		}
		page = append(page, a)
	}
	return page, rows.Err()
}

func (p *pruner) prune(ctx context.Context, a aging) error {
	if a.oldest.Valid && a.oldest.Int64 < p.lines {
		through, err := p.through(ctx, a)
		for more := err == nil && through > 0; more && err == nil; {
			if more, err = p.slice(ctx, a, through); more {
				err = errors.Join(err, pause(ctx))
			}
		}
		if err != nil {
			return err
		}
	}
	if a.Phase == handoff.Idle && (!a.oldest.Valid || a.oldest.Int64 < p.lines) {
		return p.forget(ctx, a)
	}
	return nil
}

// through returns the last line of the oldest sessions all of whose lines are
// too old; 0 if there is none, or if something is still to be delivered of them.
func (p *pruner) through(ctx context.Context, a aging) (through uint64, err error) {
	open := uint64(math.MaxInt64)
	if a.Phase != handoff.Idle {
		open = a.First
	}
	rows, err := p.s.reading.QueryContext(ctx, `SELECT l.seq, l.session, l.at FROM lines l
		WHERE l.conv = ? AND l.seq < min(?, coalesce((SELECT min(o.seq) FROM backlog o WHERE o.conv = l.conv), ?))
		ORDER BY l.seq`, a.Key, open, int64(math.MaxInt64))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var session, last uint64
	for rows.Next() {
		var seq, of uint64
		var at int64
		if err := rows.Scan(&seq, &of, &at); err != nil {
			return 0, err
		}
		if of != session {
			session, through = of, last
		}
		if at >= p.lines {
			return through, nil
		}
		last = seq
	}
	return last, rows.Err()
}

// slice deletes some lines up to one, the oldest first, with the dead letters
// that name them; more says that others are left.
func (p *pruner) slice(ctx context.Context, a aging, through uint64) (more bool, err error) {
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	var n int64
	err = s.transact(ctx, "prune", func(ctx context.Context) error {
		const some = ` FROM lines WHERE conv = :conv AND seq <= :through ORDER BY seq LIMIT :limit`
		args := []any{sql.Named("conv", a.Key), sql.Named("through", upTo(through)), sql.Named("limit", pruneSlice)}
		_, err := s.conn.ExecContext(ctx, `UPDATE conversations SET quiet = max(quiet, (SELECT max(at) FROM (SELECT at`+some+`)))
			WHERE id = :conv`, args...)
		if err != nil {
			return err
		}
		if _, err := s.conn.ExecContext(ctx, `DELETE FROM dead_letters WHERE conv = :conv AND seq IN (SELECT seq`+some+`)`, args...); err != nil {
			return err
		}
		if err := s.pruneWeb(ctx, some, args); err != nil {
			return err
		}
		res, err := s.conn.ExecContext(ctx, `DELETE FROM lines WHERE id IN (SELECT id`+some+`)`, args...)
		if err == nil {
			n, err = res.RowsAffected()
		}
		return err
	})
	if err != nil {
		return false, err
	}
	p.done.Lines += int(n)
	return n == pruneSlice, nil
}

// forget removes the record of a conversation nothing is left of, once nobody
// need know it again: as an erased caller's, its number and address are not given
// out again.
func (p *pruner) forget(ctx context.Context, a aging) error {
	s := p.s
	s.mu.Lock()
	defer s.mu.Unlock()
	over := false
	err := s.transact(ctx, "prune", func(ctx context.Context) error {
		err := s.conn.QueryRowContext(ctx, `SELECT phase = 0 AND NOT EXISTS (SELECT 1 FROM lines WHERE conv = :conv)
			AND NOT EXISTS (SELECT 1 FROM backlog WHERE conv = :conv)
			AND max(quiet, coalesce((SELECT max(at) FROM epochs WHERE conv = :conv), 0),
				coalesce((SELECT max(at) FROM outcomes WHERE conv = :conv), 0),
				coalesce((SELECT max(at) FROM transfers WHERE conv = :conv), 0),
				coalesce((SELECT max(buried) FROM dead_letters WHERE conv = :conv), 0)) BETWEEN 1 AND :before
			FROM conversations WHERE id = :conv`, sql.Named("conv", a.Key), sql.Named("before", p.memory-1)).Scan(&over)
		if err != nil || !over {
			return err
		}
		return s.removeConversation(ctx, a.Conversation)
	})
	if over && err == nil {
		p.done.Conversations++
	}
	return err
}
