package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"baton/desk"
	"baton/fault"
	"baton/handoff"
)

// settled runs do in a transaction behind what the journal holds, which is put into
// the tables first. The caller holds SQLite.mu.
func (s *SQLite) settled(ctx context.Context, op string, do func(context.Context) error) error {
	if s.journal.size == 0 {
		return s.transact(ctx, op, do)
	}
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	err := s.transact(ctx, op, func(ctx context.Context) error {
		if err := s.empty(ctx); err != nil {
			return fmt.Errorf("putting the journal into the tables: %w", err)
		}
		return do(ctx)
	})
	if err == nil {
		s.journal.clear()
	}
	return err
}

// settle puts what the journal holds into the tables.
func (s *SQLite) settle(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flush(ctx)
}

// flush is settle for who holds SQLite.mu.
func (s *SQLite) flush(ctx context.Context) error {
	if s.journal.size == 0 {
		return nil
	}
	return s.settled(ctx, "settle", func(context.Context) error { return nil })
}

// empty writes what the journal holds into the tables and deletes it, in a
// transaction of the caller's.
func (s *SQLite) empty(ctx context.Context) error {
	talks := make([]*talk, 0, len(s.journal.convs))
	for _, t := range s.journal.convs {
		talks = append(talks, t)
	}
	// Together, so that lines of one conversation share pages of the indexes.
	slices.SortFunc(talks, func(a, b *talk) int { return cmp.Compare(a.key, b.key) })
	for _, t := range talks {
		for i := range t.lines {
			if err := s.writeLine(ctx, t.key, &t.lines[i]); err != nil {
				return err
			}
			fault.Point("store.settle.line")
		}
	}
	for _, t := range talks {
		route, err := encodeRoute(t.route)
		if err != nil {
			return err
		}
		if _, err := s.stmts.advance.ExecContext(ctx, t.seq, route, t.version, t.key); err != nil {
			return err
		}
	}
	fault.Point("store.settle.conversations")
	if err := s.emptyOutbox(ctx); err != nil {
		return err
	}
	fault.Point("store.settle.outbox")
	_, err := s.stmts.emptyJournal.ExecContext(ctx)
	return err
}

// emptyOutbox writes the journal's items that have not arrived into the outbox's
// table, and takes out those that have.
func (s *SQLite) emptyOutbox(ctx context.Context) error {
	j := s.journal
	for id := range j.done {
		if _, err := s.stmts.deleteItem.ExecContext(ctx, id); err != nil {
			return err
		}
	}
	items := make([]*desk.Item, 0, len(j.items))
	for _, it := range j.items {
		items = append(items, it)
	}
	slices.SortFunc(items, func(a, b *desk.Item) int { return cmp.Compare(a.ID, b.ID) })
	for _, it := range items {
		key := j.convs[address{it.Domain, it.Conversation}].key
		_, err := s.stmts.insertItem.ExecContext(ctx, it.ID, it.Domain, key, string(it.Kind), string(it.To),
			it.Effect.(handoff.Line).Seq, "", micros(it.At), it.Tries)
		if err != nil {
			return err
		}
	}
	_, err := s.stmts.lastItem.ExecContext(ctx, j.nextItem-1) // an id is never given out twice
	return err
}

// replay puts what the process before has left in the journal into the tables, and
// finds out where to go on.
func (s *SQLite) replay(ctx context.Context) error {
	var left bool
	if err := s.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM journal)`).Scan(&left); err != nil {
		return err
	}
	if left {
		if err := s.transact(ctx, "replay", s.emptyTable); err != nil {
			return err
		}
	}
	return s.conn.QueryRowContext(ctx, `SELECT 1 + coalesce((SELECT max(id) FROM lines), 0),
		1 + (SELECT seq FROM sqlite_sequence WHERE name = 'backlog')`).Scan(&s.journal.nextLine, &s.journal.nextItem)
}

// emptyTable does what empty does, from the table alone.
func (s *SQLite) emptyTable(ctx context.Context) error {
	for _, query := range []string{
		`INSERT INTO lines (id, ` + storedLine + `) SELECT id, ` + storedLine + ` FROM journal_lines ORDER BY id`,
		`UPDATE conversations SET (seq, route, version) = (SELECT seq, route, version FROM standing n WHERE n.id = conversations.id)
			WHERE id IN (SELECT conv FROM journal_convs)`,
		`INSERT INTO backlog (id, domain, conv, kind, recipient, seq, effect, at, tries)
			SELECT i.id, c.domain, i.conv, 'line', i.recipient, i.seq, '', i.at, 0
			FROM journal_items i JOIN conversations c ON c.id = i.conv ORDER BY i.id`,
		`DELETE FROM backlog WHERE id IN (SELECT id FROM journal_done)`,
		`UPDATE sqlite_sequence SET seq = max(seq, coalesce((SELECT max(i.value ->> 0)
			FROM journal j, json_each(j.said, '$.items') i), 0)) WHERE name = 'backlog'`,
		`DELETE FROM journal`,
	} {
		if _, err := s.conn.ExecContext(ctx, query); err != nil {
			return fmt.Errorf("putting the journal into the tables: %w", err)
		}
	}
	return nil
}
