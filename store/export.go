package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"baton/desk"
	"baton/handoff"
)

// Filter says what is exported; the zero Filter is everything.
type Filter struct {
	Caller       handoff.Party // only conversations of this caller
	Conversation string        // only the one with this localpart
}

// Export writes what the database holds as JSON, one object a line, each with a
// "kind": of each conversation the record itself, its sessions, lines, epochs,
// transfers, outcomes, and what is undelivered. docs/operations.md has the names
// of the fields; they stay as they are.
//
// It reads all as of one moment, changes nothing, and may run beside the service.
// It returns how many objects it wrote. It wraps [ErrNewer] and [ErrForeign] like
// [Open]; a database of an older version must be migrated first.
func Export(ctx context.Context, src Source, f Filter, w io.Writer) (n int, err error) {
	err = look(ctx, src, func(tx *sql.Tx) error {
		x := exporter{ctx: ctx, tx: tx, to: json.NewEncoder(w)}
		x.to.SetEscapeHTML(false)
		err := x.all(f)
		n = x.n
		return err
	})
	return n, err
}

// look runs do in a transaction that reads a database as of one moment, beside the
// service or without it.
func look(ctx context.Context, src Source, do func(*sql.Tx) error) (err error) {
	s := &SQLite{drv: onDisk, log: slog.New(slog.DiscardHandler)}
	if s.path, err = locate(src.Path); err != nil {
		return err
	}
	if err := existing(s.path); err != nil {
		return err
	}
	ms, err := migrations(embedded)
	if err != nil {
		return err
	}
	db, err := s.drv.open(readerDSN(s.path))
	if err != nil {
		return s.explain("export", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	switch version, err := applied(ctx, db, ms); {
	case err != nil:
		return s.explain("export", err)
	case version < len(ms):
		return fmt.Errorf("store: %s is of an older version (schema %d, this one reads %d): run baton migrate first",
			s.path, version, len(ms))
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return s.explain("export", err)
	}
	defer tx.Rollback()
	if err := do(tx); err != nil {
		return s.explain("export", err)
	}
	return nil
}

type exporter struct {
	ctx context.Context
	tx  *sql.Tx
	to  *json.Encoder
	n   int
}

// write puts one object out.
func (x *exporter) write(object any) error {
	if err := x.to.Encode(object); err != nil {
		return fmt.Errorf("writing: %w", err)
	}
	x.n++
	return nil
}

// chosen returns the conversations that a filter lets through.
func (f Filter) chosen(ctx context.Context, tx *sql.Tx) ([]desk.Conversation, error) {
	stmt, err := tx.PrepareContext(ctx, `SELECT `+convColumns+` FROM standing c
		WHERE (:caller = '' OR c.caller = :caller) AND (:local = '' OR c.local = :local) ORDER BY c.domain, c.number`)
	if err != nil {
		return nil, err
	}
	defer stmt.Close()
	return collect(ctx, stmt, scanConversation, sql.Named("caller", string(f.Caller)), sql.Named("local", f.Conversation))
}

func (x *exporter) all(f Filter) error {
	convs, err := f.chosen(x.ctx, x.tx)
	if err != nil {
		return err
	}
	fresh, err := x.fresh()
	if err != nil {
		return err
	}
	tables, views := exportParts("lines", notArrived), exportParts("dialog", "outbox")
	for i := range convs {
		c := &convs[i]
		if err := x.write(exportConversation(c)); err != nil {
			return err
		}
		parts := tables
		if fresh[c.Key] {
			parts = views
		}
		for _, part := range parts {
			if err := x.part(part, c.Domain, c.Local, c.Key); err != nil {
				return fmt.Errorf("conversation %s: %w", c.Local, err)
			}
		}
	}
	return nil
}

// notArrived are the items in the tables but for those that the journal knows to have
// arrived; it is read only where there are any.
const notArrived = `(SELECT * FROM backlog WHERE id NOT IN (SELECT id FROM journal_done))`

// fresh returns the conversations that the journal has something of. For those alone
// its views are asked: they read all of it each time.
func (x *exporter) fresh() (map[int64]bool, error) {
	rows, err := x.tx.QueryContext(x.ctx, `SELECT conv FROM journal_convs`)
	if err != nil {
		return nil, err
	}
	keys, err := scanIDs(rows)
	fresh := make(map[int64]bool, len(keys))
	for _, key := range keys {
		fresh[key] = true
	}
	return fresh, err
}

// part writes the rows of one kind that a conversation has.
func (x *exporter) part(p exportPart, domain, local string, key int64) (err error) {
	rows, err := x.tx.QueryContext(x.ctx, p.query, key)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		object, err := p.scan(rows, exportHead{Kind: p.kind, Domain: domain, Conversation: local})
		if err == nil {
			err = x.write(object)
		}
		if err != nil {
			return err
		}
	}
	return rows.Err()
}
