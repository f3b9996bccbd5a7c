package store

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"baton/desk"
	"baton/handoff"
)

var _ desk.Mailbox = (*SQLite)(nil)

// usedStep is how old the note of a session's last use may become.
const usedStep = 10 * time.Minute

// PostWeb implements [desk.Mailbox].
func (s *SQLite) PostWeb(ctx context.Context, domain string, events []desk.WebEvent) error {
	if len(events) == 0 {
		return nil
	}
	return s.changeWeb(ctx, "post to the web page", func(ctx context.Context) error {
		for _, e := range events {
			_, err := s.conn.ExecContext(ctx, `INSERT INTO web_events (conv, id, item, kind, at, data)
				SELECT c.id, (SELECT coalesce(max(id), 0) + 1 FROM web_events WHERE conv = c.id), ?, ?, ?, ?
				FROM conversations c WHERE c.domain = ? AND c.local = ?
				ON CONFLICT (conv, item) DO NOTHING`, e.Item, e.Kind, micros(e.At), string(e.Data), domain, e.Local)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// changeWeb runs do in a transaction of the writing connection.
func (s *SQLite) changeWeb(ctx context.Context, op string, do func(context.Context) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transact(ctx, op, do)
}

// WebEvents implements [desk.Mailbox].
func (s *SQLite) WebEvents(ctx context.Context, domain, local string, after uint64, limit int) ([]desk.WebEvent, error) {
	rows, err := s.reading.QueryContext(ctx, `SELECT e.id, e.item, e.kind, e.at, e.data
		FROM conversations c CROSS JOIN web_events e ON e.conv = c.id
		WHERE c.domain = ? AND c.local = ? AND e.id > ? ORDER BY e.id LIMIT ?`, domain, local, upTo(after), limit)
	if err != nil {
		return nil, s.readError("web events", err)
	}
	defer rows.Close()
	var out []desk.WebEvent
	for rows.Next() {
		e := desk.WebEvent{Local: local}
		var at int64
		if err := rows.Scan(&e.ID, &e.Item, &e.Kind, &at, &e.Data); err != nil {
			return nil, s.readError("web events", err)
		}
		e.At = time.UnixMicro(at).UTC()
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, s.readError("web events", err)
	}
	return out, nil
}

// UnpostedWeb implements [desk.Mailbox].
func (s *SQLite) UnpostedWeb(ctx context.Context, domain string) ([]desk.Line, error) {
	if err := s.settle(ctx); err != nil {
		return nil, err
	}
	rows, err := s.reading.QueryContext(ctx, `SELECT c.local, `+lineColumns+` FROM conversations c CROSS JOIN lines l ON l.conv = c.id
		WHERE c.domain = ?1 AND c.caller LIKE ?2 || '%@' || ?1 AND l.author = c.caller
		AND NOT EXISTS (SELECT 1 FROM web_events e WHERE e.conv = c.id AND e.item = 'line:' || l.seq)
		ORDER BY 1, 2`, domain, desk.WebPrefix)
	if err != nil {
		return nil, s.readError("web lines", err)
	}
	defer rows.Close()
	var out []desk.Line
	for rows.Next() {
		l, err := scanLine(rows)
		if err != nil {
			return nil, s.readError("web lines", err)
		}
		out = append(out, l)
	}
	if err := rows.Err(); err != nil {
		return nil, s.readError("web lines", err)
	}
	return out, nil
}

const webSessionColumns = `token, start, domain, entry, caller, name, lang, verified, began, used`

func scanWebSession(r interface{ Scan(...any) error }) (desk.WebSession, error) {
	var w desk.WebSession
	var began, used int64
	err := r.Scan(&w.Token, &w.Start, &w.Domain, &w.Entry, (*string)(&w.Party), &w.Name, &w.Lang, &w.Verified, &began, &used)
	w.Began, w.Used = time.UnixMicro(began).UTC(), time.UnixMicro(used).UTC()
	return w, err
}

// OpenWebSession implements [desk.Mailbox].
func (s *SQLite) OpenWebSession(ctx context.Context, w desk.WebSession, since time.Time) (desk.WebSession, error) {
	kept := w
	err := s.changeWeb(ctx, "open a web session", func(ctx context.Context) error {
		had, err := scanWebSession(s.conn.QueryRowContext(ctx, `SELECT `+webSessionColumns+` FROM web_sessions WHERE start = ?`, w.Start))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			_, err := s.conn.ExecContext(ctx, `INSERT INTO web_sessions (`+webSessionColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				w.Token, w.Start, w.Domain, w.Entry, string(w.Party), w.Name, w.Lang, w.Verified, micros(w.Began), micros(w.Used))
			return err
		case err != nil:
			return err
		case had.Began.Before(since) || had.Entry != w.Entry || had.Verified != w.Verified || w.Verified && had.Party != w.Party:
			return fmt.Errorf("%w: the session began already", desk.ErrConflict)
		}
		kept = had
		kept.Token = w.Token
		_, err = s.conn.ExecContext(ctx, `UPDATE web_sessions SET token = ? WHERE start = ?`, w.Token, w.Start)
		return err
	})
	return kept, err
}

// WebSession implements [desk.Mailbox]. That it was used is written every ten
// minutes at most.
func (s *SQLite) WebSession(ctx context.Context, token []byte, at, since time.Time) (desk.WebSession, error) {
	w, err := scanWebSession(s.reading.QueryRowContext(ctx, `SELECT `+webSessionColumns+` FROM web_sessions WHERE token = ?`, token))
	switch {
	case err != nil:
		return desk.WebSession{}, s.readError("web session", err)
	case subtle.ConstantTimeCompare(w.Token, token) != 1 || w.Used.Before(since):
		return desk.WebSession{}, s.readError("web session", sql.ErrNoRows)
	case at.Sub(w.Used) < usedStep:
		return w, nil
	}
	w.Used = at
	err = s.changeWeb(ctx, "note the use of a web session", func(ctx context.Context) error {
		if _, err := s.conn.ExecContext(ctx, `UPDATE web_sessions SET used = ? WHERE token = ?`, micros(at), token); err != nil {
			return err
		}
		_, err := s.conn.ExecContext(ctx, `DELETE FROM web_sessions WHERE used < ?`, micros(since))
		return err
	})
	return w, err
}

// AddWebFile implements [desk.Mailbox].
func (s *SQLite) AddWebFile(ctx context.Context, f desk.WebFile) error {
	return s.changeWeb(ctx, "keep a file", func(ctx context.Context) error {
		_, err := s.conn.ExecContext(ctx, `INSERT INTO web_files (key, caller, name, type, size, at) VALUES (?, ?, ?, ?, ?, ?)`,
			f.Key, string(f.Party), f.Name, f.Type, f.Size, micros(f.At))
		return err
	})
}

// WebFile implements [desk.Mailbox].
func (s *SQLite) WebFile(ctx context.Context, key string) (desk.WebFile, error) {
	f := desk.WebFile{Key: key}
	var at int64
	err := s.reading.QueryRowContext(ctx, `SELECT caller, name, type, size, at FROM web_files WHERE key = ?`, key).
		Scan((*string)(&f.Party), &f.Name, &f.Type, &f.Size, &at)
	if err != nil {
		return desk.WebFile{}, s.readError("web file", err)
	}
	f.At = time.UnixMicro(at).UTC()
	return f, nil
}

// WebFiles implements [desk.Mailbox].
func (s *SQLite) WebFiles(ctx context.Context) (keys []string, bytes int64, err error) {
	rows, err := s.reading.QueryContext(ctx, `SELECT key, size FROM web_files ORDER BY key`)
	if err != nil {
		return nil, 0, s.readError("web files", err)
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var size int64
		if err := rows.Scan(&key, &size); err != nil {
			return nil, 0, s.readError("web files", err)
		}
		keys, bytes = append(keys, key), bytes+size
	}
	if err := rows.Err(); err != nil {
		return nil, 0, s.readError("web files", err)
	}
	return keys, bytes, nil
}

// RateWeb implements [desk.Mailbox].
func (s *SQLite) RateWeb(ctx context.Context, domain, local string, r desk.WebRating) error {
	return s.changeWeb(ctx, "keep a rating", func(ctx context.Context) error {
		_, err := s.conn.ExecContext(ctx, `INSERT INTO web_ratings (conv, session, stars, email, at)
			SELECT c.id, ?, ?, ?, ? FROM conversations c WHERE c.domain = ? AND c.local = ?
			ON CONFLICT (conv, session) DO UPDATE SET stars = excluded.stars, email = excluded.email, at = excluded.at`,
			r.Session, r.Stars, r.Email, micros(r.At), domain, local)
		return err
	})
}

// removeWeb deletes what is kept of a caller's browsers; their files are deleted
// from the disk at the next start.
func (s *SQLite) removeWeb(ctx context.Context, caller handoff.Party) error {
	for _, table := range []string{"web_sessions", "web_files"} {
		if _, err := s.conn.ExecContext(ctx, "DELETE FROM "+table+" WHERE caller = ?", string(caller)); err != nil {
			return err
		}
	}
	return nil
}

// pruneWeb empties what the page has of some lines that are deleted, and deletes
// the caller's files of that time. An empty event keeps its number from being
// given out again.
func (s *SQLite) pruneWeb(ctx context.Context, some string, args []any) error {
	for _, q := range []string{
		`UPDATE web_events SET kind = '', data = '{}' WHERE conv = :conv AND item IN (SELECT 'line:' || seq` + some + `)`,
		`DELETE FROM web_files WHERE caller = (SELECT caller FROM conversations WHERE id = :conv)
			AND at <= (SELECT max(at) FROM (SELECT at` + some + `))`,
	} {
		if _, err := s.conn.ExecContext(ctx, q, args...); err != nil {
			return err
		}
	}
	return nil
}
