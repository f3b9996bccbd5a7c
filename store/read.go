package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"baton/desk"
	"baton/handoff"
)

// errNoLine is readError of a line that is not there.
var errNoLine = fmt.Errorf("store: line: %w", desk.ErrNotFound)

// readError maps what a query fails with.
func (s *SQLite) readError(op string, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("store: %s: %w", op, desk.ErrNotFound)
	}
	return s.explain(op, err)
}

// Restore returns what a desk starts from, and calls open, unless it is nil, with
// every conversation that has an open session: all of it as of one moment.
func (s *SQLite) Restore(ctx context.Context, domain string, open func(*desk.Conversation)) (desk.Snapshot, error) {
	var snap desk.Snapshot
	s.journal.mu.RLock()
	defer s.journal.mu.RUnlock()
	tx, err := s.reading.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return snap, s.readError("restore", err)
	}
	defer tx.Rollback()
	if open != nil {
		each := func(c *desk.Conversation) {
			s.journal.overlay(c)
			open(c)
		}
		if err := eachConversation(ctx, tx.StmtContext(ctx, s.queries.open), each, domain); err != nil {
			return desk.Snapshot{}, s.readError("restore conversations", err)
		}
	}
	stored, err := collect(ctx, tx.StmtContext(ctx, s.queries.items), scanItem, domain)
	if err != nil {
		return desk.Snapshot{}, s.readError("restore the outbox", err)
	}
	snap.Items = s.journal.outbox(domain, stored)
	if snap.Paused, err = collect(ctx, tx.StmtContext(ctx, s.queries.paused), scanPaused, domain); err != nil {
		return desk.Snapshot{}, s.readError("restore pauses", err)
	}
	err = tx.StmtContext(ctx, s.queries.nextNumber).QueryRowContext(ctx, domain, domain).Scan(&snap.NextNumber)
	if err != nil {
		return desk.Snapshot{}, s.readError("restore", err)
	}
	return snap, nil
}

// ByCaller returns the conversation of a caller at the queue entry, or
// [desk.ErrNotFound].
func (s *SQLite) ByCaller(ctx context.Context, domain, entry string, caller handoff.Party) (desk.Conversation, error) {
	return s.conversation(ctx, s.queries.byCaller, domain, entry, string(caller))
}

// ByLocal returns the conversation with the localpart, or [desk.ErrNotFound].
func (s *SQLite) ByLocal(ctx context.Context, domain, local string) (desk.Conversation, error) {
	return s.conversation(ctx, s.queries.byLocal, domain, local)
}

// ByNumber returns the conversation with the short number, or
// [desk.ErrNotFound].
func (s *SQLite) ByNumber(ctx context.Context, domain string, number int64) (desk.Conversation, error) {
	return s.conversation(ctx, s.queries.byNumber, domain, number)
}

func (s *SQLite) conversation(ctx context.Context, q *sql.Stmt, args ...any) (desk.Conversation, error) {
	s.journal.mu.RLock()
	defer s.journal.mu.RUnlock()
	c, err := scanConversation(q.QueryRowContext(ctx, args...))
	if err != nil {
		return desk.Conversation{}, s.readError("conversation", err)
	}
	s.journal.overlay(&c)
	return c, nil
}

func (s *SQLite) line(ctx context.Context, q *sql.Stmt, args ...any) (desk.Line, error) {
	l, err := scanLine(q.QueryRowContext(ctx, args...))
	if err != nil {
		return desk.Line{}, s.readError("line", err)
	}
	return l, nil
}

// TransferByID returns a line of the ledger, or [desk.ErrNotFound].
func (s *SQLite) TransferByID(ctx context.Context, domain, id string) (desk.Transfer, error) {
	t, err := scanTransfer(s.queries.transfer.QueryRowContext(ctx, domain, id))
	if err != nil {
		return desk.Transfer{}, s.readError("transfer", err)
	}
	return t, nil
}

// Outcomes returns how a transfer ended so far, in the order in which it did.
func (s *SQLite) Outcomes(ctx context.Context, domain, id string) ([]desk.Outcome, error) {
	os, err := collect(ctx, s.queries.outcomes, scanOutcome, domain, id)
	if err != nil {
		return nil, s.readError("outcomes", err)
	}
	return os, nil
}

// Held returns the last session in which who held the conversation, and the last
// epoch, both 0 if they never did.
func (s *SQLite) Held(ctx context.Context, domain, local string, who handoff.Party) (session, epoch uint64, err error) {
	if err := s.queries.held.QueryRowContext(ctx, domain, local, string(who)).Scan(&session, &epoch); err != nil {
		return 0, 0, s.readError("held", err)
	}
	return session, epoch, nil
}
