package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"baton/desk"
	"baton/handoff"
)

// row is a *sql.Row or *sql.Rows.
type row interface{ Scan(dest ...any) error }

// collect runs a query and scans all its rows.
func collect[T any](ctx context.Context, q *sql.Stmt, scan func(row) (T, error), args ...any) (_ []T, err error) {
	rows, err := q.QueryContext(ctx, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var all []T
	for rows.Next() {
		t, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, rows.Err()
}

// scanLine reads the conversation's localpart and lineColumns.
func scanLine(r row) (desk.Line, error) {
	var l desk.Line
	var at int64
	err := r.Scan(&l.Conversation, &l.Seq, &l.Session, &l.Epoch, &at, (*string)(&l.By), (*string)(&l.Role), &l.Name,
		(*string)(&l.To), &l.StanzaID, &l.OriginID, &l.Body, &l.Payload, &l.Private)
	l.At = fromMicros(at)
	return l, err
}

func scanTransfer(r row) (desk.Transfer, error) {
	var t desk.Transfer
	var info string
	var at, deadline int64
	err := r.Scan(&t.Domain, &t.ID, &t.Conversation, &t.Session, (*string)(&t.By), &t.ByName,
		(*string)(&t.Target.Agent), &t.Target.Queue, &t.Target.Skill, &t.Mode, &t.Reason, &t.ReasonLang, &t.Share.None,
		&t.Share.Last, &info, &t.Through, &at, &deadline)
	if err != nil {
		return t, err
	}
	t.At, t.Deadline = fromMicros(at), fromMicros(deadline)
	if t.Info, err = decodeInfo(info); err != nil {
		return t, fmt.Errorf("transfer %s: %w", t.ID, err)
	}
	return t, nil
}

func scanOutcome(r row) (desk.Outcome, error) {
	var o desk.Outcome
	var at int64
	err := r.Scan(&o.Domain, &o.Transfer, &o.Conversation, (*string)(&o.To), &o.Role, (*string)(&o.State),
		(*string)(&o.By), &o.Epoch, &o.Reason, &at)
	o.Outcome.Transfer, o.At = o.Transfer, fromMicros(at)
	return o, err
}

// scanItem reads an outbox item and, NULL for all kinds but one, lineColumns.
func scanItem(r row) (desk.Item, error) {
	var it desk.Item
	var effect string
	var at int64
	var seq, session, epoch, lineAt sql.NullInt64
	var by, role, name, to, stanza, origin, body sql.NullString
	var payload []byte
	var private sql.NullBool
	err := r.Scan(&it.ID, &it.Domain, &it.Conversation, (*string)(&it.Kind), (*string)(&it.To), &effect, &at, &it.Tries,
		&seq, &session, &epoch, &lineAt, &by, &role, &name, &to, &stanza, &origin, &body, &payload, &private)
	if err != nil {
		return it, err
	}
	it.At = fromMicros(at)
	if it.Kind != desk.KindLine {
		if it.Effect, err = desk.DecodeEffect(it.Kind, []byte(effect)); err != nil {
			return it, fmt.Errorf("outbox item %d: %w", it.ID, err)
		}
		return it, nil
	}
	l := desk.Line{
		Conversation: it.Conversation, Session: uint64(session.Int64), Seq: uint64(seq.Int64),
		Epoch: uint64(epoch.Int64), At: fromMicros(lineAt.Int64), By: handoff.Party(by.String),
		Role: desk.Role(role.String), Name: name.String, To: handoff.Party(to.String), StanzaID: stanza.String,
		OriginID: origin.String, Body: body.String, Payload: payload, Private: private.Bool,
	}
	it.Line = &l
	it.Effect = handoff.Line{Seq: l.Seq, Epoch: l.Epoch, By: l.By, To: it.To, Private: l.Private}
	return it, nil
}
