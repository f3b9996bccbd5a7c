package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"baton/desk"
	"baton/handoff"
)

var _ desk.Archive = (*SQLite)(nil)

// astray is how many lines away from where its time should be a line is looked
// for: a clock that was set back leaves some.
const astray = 64

// archiveQueries are the statements that read the archive.
type archiveQueries struct {
	key, forward, backward, private *sql.Stmt
	first, at, asides, early, late  *sql.Stmt
	stretches, entered              *sql.Stmt
}

// The conversation, and the lines of it between two numbers.
const (
	oneConv   = `(SELECT id FROM conversations WHERE domain = :domain AND local = :local)`
	someLines = ` FROM lines l WHERE l.conv = ` + oneConv + ` AND l.seq BETWEEN :first AND :through`
)

func (q *archiveQueries) texts() []text {
	page := `SELECT :local, ` + lineColumns + someLines + `
		AND (l.private = 0 OR l.role = 'note' OR :private OR l.author = :reader OR l.recipient = :reader)
		AND (NOT :own OR l.author = :reader OR l.recipient = :reader)
		AND (:with = '' OR l.author = :with OR l.recipient = :with)
		AND l.at BETWEEN :start AND :end`
	return []text{
		{&q.key, `SELECT key FROM archive_key`},
		{&q.forward, page + ` ORDER BY l.seq LIMIT :limit`},
		{&q.backward, page + ` ORDER BY l.seq DESC LIMIT :limit`},
		{&q.private, `SELECT count(*)` + someLines + ` AND l.private = 1 AND l.role <> 'note' AND l.author <> :reader AND l.recipient <> :reader`},
		{&q.first, `SELECT coalesce((SELECT l.seq` + someLines + ` ORDER BY l.seq LIMIT 1), 0)`}, // min() would read them all
		{&q.at, `SELECT l.seq, l.at` + someLines + ` ORDER BY l.seq LIMIT 1`},
		{&q.asides, `SELECT count(*)` + someLines + ` AND l.private = 1 AND l.role <> 'note'`},
		{&q.early, `SELECT coalesce(min(l.seq), :through)` + someLines + ` AND l.at >= :at`},
		{&q.late, `SELECT coalesce(max(l.seq), :first)` + someLines + ` AND l.at <= :at`},
		{&q.stretches, `SELECT e.epoch, e.session, e.first, e.through, coalesce(t.share_none, 0), coalesce(t.share_last, 0),
			coalesce((SELECT n.through FROM epochs n WHERE n.conv = e.conv AND n.epoch = e.epoch + 1), c.seq)
			FROM conversations c CROSS JOIN epochs e ON e.conv = c.id
			LEFT JOIN transfers t ON t.domain = c.domain AND t.transfer = e.transfer
			WHERE c.domain = :domain AND c.local = :local AND e.holder = :who ORDER BY e.epoch`},
		{&q.entered, `SELECT t.share_none, t.share_last, o.at
			FROM outcomes o JOIN transfers t ON t.domain = o.domain AND t.transfer = o.transfer
			WHERE o.conv = ` + oneConv + ` AND o.party = :who AND o.role = 2 AND o.state = 'accepted'
			AND t.mode IN ('consult', 'join') ORDER BY o.id DESC LIMIT 1`},
	}
}

// ArchiveKey implements [desk.Archive].
func (s *SQLite) ArchiveKey(ctx context.Context) (key []byte, err error) {
	if err := s.archive.key.QueryRowContext(ctx).Scan(&key); err != nil {
		return nil, s.readError("the archive's key", err)
	}
	return key, nil
}

// ArchivePage implements [desk.Archive].
func (s *SQLite) ArchivePage(ctx context.Context, q desk.ArchiveQuery) (lines []desk.Line, more bool, err error) {
	if err := s.current(ctx, q.Domain, q.Local); err != nil {
		return nil, false, err
	}
	spans, stmt := slices.Clone(q.View.Spans), s.archive.forward
	if q.Backward {
		slices.Reverse(spans)
		stmt = s.archive.backward
	}
	end := int64(math.MaxInt64)
	if !q.End.IsZero() {
		end = micros(q.End)
	}
	start := int64(math.MinInt64)
	if !q.Start.IsZero() {
		start = micros(q.Start)
	}
	size := 0
	for _, span := range spans {
		more, err = s.pageOf(ctx, stmt, &lines, &size, q, span, start, end)
		if err != nil {
			return nil, false, s.readError("the archive", err)
		}
		if more {
			break
		}
	}
	if q.Backward {
		slices.Reverse(lines)
	}
	return lines, more, nil
}

// pageOf adds the lines of one span until the page is full; more says that it
// was before the span's end.
func (s *SQLite) pageOf(ctx context.Context, stmt *sql.Stmt, lines *[]desk.Line, size *int, q desk.ArchiveQuery,
	span desk.Span, start, end int64) (more bool, err error) {
	rows, err := stmt.QueryContext(ctx, named(q.Domain, q.Local, span.First, span.Through,
		sql.Named("private", q.View.Private), sql.Named("reader", string(q.View.Reader)), sql.Named("own", span.Own),
		sql.Named("with", string(q.With)), sql.Named("start", start), sql.Named("end", end),
		sql.Named("limit", q.Limit-len(*lines)+1))...)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		l, err := scanLine(rows)
		if err != nil {
			return false, err
		}
		*size += len(l.Body) + len(l.Payload)
		if len(*lines) == q.Limit || len(*lines) > 0 && *size > q.Bytes {
			return true, nil
		}
		*lines = append(*lines, l)
	}
	return false, rows.Err()
}

// current puts the journal into the tables, which is where the archive is read from,
// if it has any of a conversation.
func (s *SQLite) current(ctx context.Context, domain, local string) error {
	s.journal.mu.RLock()
	_, fresh := s.journal.convs[address{domain, local}]
	s.journal.mu.RUnlock()
	if !fresh {
		return nil
	}
	return s.settle(ctx)
}

// named are the arguments of a statement on some lines of one conversation.
func named(domain, local string, first, through uint64, more ...any) []any {
	return append([]any{sql.Named("domain", domain), sql.Named("local", local), sql.Named("first", upTo(first)),
		sql.Named("through", upTo(through))}, more...)
}

// ArchiveCount implements [desk.Archive]. The lines of a conversation are
// numbered without gaps; the oldest may be gone.
func (s *SQLite) ArchiveCount(ctx context.Context, domain, local string, v desk.View) (uint64, error) {
	if err := s.current(ctx, domain, local); err != nil {
		return 0, err
	}
	var oldest, count uint64
	err := s.archive.first.QueryRowContext(ctx, named(domain, local, 1, math.MaxInt64)...).Scan(&oldest)
	if err != nil || oldest == 0 {
		return 0, s.wrong("counting", err)
	}
	for _, span := range v.Within(oldest, math.MaxInt64).Spans {
		count += span.Through - span.First + 1
		if v.Private {
			continue
		}
		var hidden uint64
		err := s.archive.private.QueryRowContext(ctx, named(domain, local, span.First, span.Through,
			sql.Named("reader", string(v.Reader)))...).Scan(&hidden)
		if err != nil {
			return 0, s.readError("counting", err)
		}
		count -= hidden
	}
	return count, nil
}

// wrong is readError for what may have gone right.
func (s *SQLite) wrong(op string, err error) error {
	if err == nil {
		return nil
	}
	return s.readError(op, err)
}

// ArchiveNth implements [desk.Archive]. It steps back by as many lines as are
// still missing; what was said in private is in an index of its own.
func (s *SQLite) ArchiveNth(ctx context.Context, domain, local string, first, through uint64, n int) (uint64, error) {
	if err := s.current(ctx, domain, local); err != nil {
		return 0, err
	}
	seq := through + 1
	for missing := uint64(n); missing > 0; {
		if seq <= first || seq-first <= missing {
			return first, nil
		}
		seq -= missing
		var asides uint64
		err := s.archive.asides.QueryRowContext(ctx, named(domain, local, seq, through)...).Scan(&asides)
		if err != nil {
			return 0, s.readError("the archive", err)
		}
		missing = uint64(n) - min(through-seq+1-asides, uint64(n))
	}
	return seq, nil
}

// ArchiveBetween implements [desk.Archive]. Lines are in the order of their
// times but where a clock was set back, so it halves its way to them.
func (s *SQLite) ArchiveBetween(ctx context.Context, domain, local string, start, end time.Time) (first, through uint64, err error) {
	if err := s.current(ctx, domain, local); err != nil {
		return 0, 0, err
	}
	first, through = 1, math.MaxInt64
	if !start.IsZero() {
		if first, err = s.since(ctx, domain, local, micros(start)); err != nil {
			return 0, 0, err
		}
		err = s.archive.early.QueryRowContext(ctx, named(domain, local, first-min(first, astray), first,
			sql.Named("at", micros(start)))...).Scan(&first)
		if err != nil {
			return 0, 0, s.readError("the archive", err)
		}
	}
	if !end.IsZero() {
		if through, err = s.since(ctx, domain, local, micros(end)+1); err != nil {
			return 0, 0, err
		}
		through--
		err = s.archive.late.QueryRowContext(ctx, named(domain, local, through, through+astray,
			sql.Named("at", micros(end)))...).Scan(&through)
	}
	return first, through, s.wrong("the archive", err)
}

// since returns the number of the first line at a time or later, behind the
// last one if there is none.
func (s *SQLite) since(ctx context.Context, domain, local string, at int64) (uint64, error) {
	conv, err := s.ByLocal(ctx, domain, local)
	if err != nil {
		return 0, err
	}
	low, high := uint64(1), conv.Seq+1 // it is one of low..high
	for low < high {
		middle := low + (high-low)/2
		var seq uint64
		var when int64
		err := s.archive.at.QueryRowContext(ctx, named(domain, local, middle, high)...).Scan(&seq, &when)
		switch {
		case errors.Is(err, sql.ErrNoRows) || err == nil && when >= at:
			high = middle
		case err != nil:
			return 0, s.readError("the archive", err)
		default:
			low = seq + 1
		}
	}
	return low, nil
}

// Stretches implements [desk.Archive].
func (s *SQLite) Stretches(ctx context.Context, domain, local string, who handoff.Party) ([]desk.Stretch, error) {
	if err := s.current(ctx, domain, local); err != nil {
		return nil, err
	}
	all, err := collect(ctx, s.archive.stretches, func(r row) (st desk.Stretch, err error) {
		err = r.Scan(&st.Epoch, &st.Session, &st.First, &st.Through, &st.Share.None, &st.Share.Last, &st.Until)
		return st, err
	}, sql.Named("domain", domain), sql.Named("local", local), sql.Named("who", string(who)))
	if err != nil {
		return nil, s.readError("epochs", err)
	}
	return all, nil
}

// Entered implements [desk.Archive].
func (s *SQLite) Entered(ctx context.Context, domain, local string, who handoff.Party) (desk.Share, time.Time, error) {
	var share desk.Share
	var at int64
	err := s.archive.entered.QueryRowContext(ctx, sql.Named("domain", domain), sql.Named("local", local),
		sql.Named("who", string(who))).Scan(&share.None, &share.Last, &at)
	if err != nil {
		return desk.Share{}, time.Time{}, s.readError(fmt.Sprintf("how %s came in", who), err)
	}
	return share, fromMicros(at), nil
}
