package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"baton/desk"
)

var _ desk.Changes = (*SQLite)(nil)

// Changes implements [desk.Changes].
func (s *SQLite) Changes(ctx context.Context, domain string) ([]desk.Change, error) {
	out, err := changes(ctx, s.reading, domain)
	if err != nil {
		return nil, s.readError("directory", err)
	}
	return out, nil
}

// KeepChange implements [desk.Changes].
func (s *SQLite) KeepChange(ctx context.Context, c desk.Change) error {
	return s.changeDirectory(ctx, "keep a change of the directory", `INSERT INTO directory (domain, kind, name, settings, author, at)
		VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (domain, kind, name)
		DO UPDATE SET settings = excluded.settings, author = excluded.author, at = excluded.at`,
		c.Domain, string(c.Kind), c.Name, c.Settings, string(c.By), micros(c.At))
}

// ResetChange implements [desk.Changes].
func (s *SQLite) ResetChange(ctx context.Context, c desk.Change) error {
	return s.changeDirectory(ctx, "reset an entry of the directory",
		`DELETE FROM directory WHERE domain = ? AND kind = ? AND name = ?`, c.Domain, string(c.Kind), c.Name)
}

func (s *SQLite) changeDirectory(ctx context.Context, op, query string, args ...any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transact(ctx, op, func(ctx context.Context) error {
		_, err := s.conn.ExecContext(ctx, query, args...)
		return err
	})
}

// Changes reads what [SQLite.Changes] would, from outside; nothing from a database
// of another schema.
func (i *Inspection) Changes(ctx context.Context, domain string) (out []desk.Change, err error) {
	if !i.Exists || i.Schema != SchemaVersion {
		return nil, nil
	}
	err = i.look(func(db *sql.DB) (err error) {
		out, err = changes(ctx, db, domain)
		return err
	})
	return out, err
}

// ReadChanges reads what [SQLite.Changes] would, beside the service or without it.
func ReadChanges(ctx context.Context, src Source, domain string) (out []desk.Change, err error) {
	err = look(ctx, src, func(tx *sql.Tx) (err error) {
		out, err = changes(ctx, tx, domain)
		return err
	})
	return out, err
}

func changes(ctx context.Context, db interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}, domain string) (out []desk.Change, err error) {
	rows, err := db.QueryContext(ctx, `SELECT domain, kind, name, settings, author, at
		FROM directory WHERE domain = ? ORDER BY at, kind, name`, domain)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var c desk.Change
		var at int64
		if err := rows.Scan(&c.Domain, (*string)(&c.Kind), &c.Name, &c.Settings, (*string)(&c.By), &at); err != nil {
			return nil, err
		}
		c.At = time.UnixMicro(at).UTC()
		out = append(out, c)
	}
	return out, rows.Err()
}
