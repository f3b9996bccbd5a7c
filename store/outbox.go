package store

import (
	"context"
	"errors"
	"fmt"

	"baton/desk"
	"baton/fault"
	"baton/handoff"
)

func (s *SQLite) writeOutbox(ctx context.Context, b *desk.Batch) error {
	for _, id := range b.Done {
		if _, err := s.stmts.deleteItem.ExecContext(ctx, id); err != nil {
			return fmt.Errorf("outbox item %d: %w", id, err)
		}
		fault.Point("store.write.confirm")
	}
	for _, d := range b.Buried {
		if err := s.bury(ctx, d); err != nil {
			return fmt.Errorf("outbox item %d: %w", d.Item.ID, err)
		}
		fault.Point("store.write.buried")
	}
	for i, it := range b.Items {
		if err := s.writeItem(ctx, it, s.journal.nextItem+int64(i)); err != nil {
			return fmt.Errorf("outbox item %s to %s in %s: %w", it.Kind, it.To, it.Conversation, err)
		}
		fault.Point("store.write.item")
	}
	return nil
}

func (s *SQLite) writeItem(ctx context.Context, it *desk.Item, id int64) error {
	key, err := s.keyOf(ctx, it.Domain, it.Conversation)
	if err != nil {
		return err
	}
	seq, effect, err := encodeItem(it)
	if err != nil {
		return err
	}
	if l, ok := it.Effect.(handoff.Line); ok {
		if err := s.hasLine(ctx, it, l.Seq); err != nil {
			return err
		}
	}
	_, err = s.stmts.insertItem.ExecContext(ctx, id, it.Domain, key, string(it.Kind), string(it.To), seq, effect,
		micros(it.At), it.Tries)
	return err
}

// hasLine checks that an item's line is there, in the batch or before it: the
// table does not. The caller holds SQLite.mu, and reads what is committed.
func (s *SQLite) hasLine(ctx context.Context, it *desk.Item, seq uint64) error {
	if first := s.scratch.begins[it.Conversation]; first > 0 && seq >= first && seq <= s.scratch.seqs[it.Conversation] {
		return nil
	}
	if _, ok := s.journal.find(address{it.Domain, it.Conversation}, func(l *desk.Line) bool { return l.Seq == seq }); ok {
		return nil
	}
	_, err := s.line(ctx, s.queries.lineBySeq, it.Domain, it.Conversation, upTo(seq))
	if errors.Is(err, desk.ErrNotFound) {
		return fmt.Errorf("%w: there is no line %d", desk.ErrConflict, seq)
	}
	return err
}

// encodeItem returns what the outbox keeps of an item beside its address: the
// number of its line, or its effect.
func encodeItem(it *desk.Item) (seq any, effect string, err error) {
	if it.Kind != desk.KindLine {
		b, err := desk.EncodeEffect(it.Effect)
		return nil, string(b), err
	}
	l, ok := it.Effect.(handoff.Line)
	if !ok {
		return nil, "", fmt.Errorf("its effect is a %T", it.Effect)
	}
	return l.Seq, "", nil
}

// Pending reports whether an item is in the outbox still.
func (s *SQLite) Pending(ctx context.Context, id int64) (pending bool, err error) {
	s.journal.mu.RLock()
	defer s.journal.mu.RUnlock()
	if _, ok := s.journal.items[id]; ok {
		return true, nil
	}
	if _, ok := s.journal.done[id]; ok {
		return false, nil
	}
	if err := s.queries.pending.QueryRowContext(ctx, id).Scan(&pending); err != nil {
		return false, s.readError("outbox item", err)
	}
	return pending, nil
}

// Retry sets how often an item was tried. An item that is no longer in the
// outbox needs no more tries: that is no error. Errors are those of Commit.
func (s *SQLite) Retry(ctx context.Context, id int64, tries int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settled(ctx, "retry", func(ctx context.Context) error {
		_, err := s.stmts.retry.ExecContext(ctx, tries, id)
		fault.Point("store.retry.counted")
		return err
	})
}

// bury moves an item from the outbox to the dead letters, with Tries, Reason
// and At of d. When it is no longer in the outbox, nothing happens, so that it
// can be repeated.
func (s *SQLite) bury(ctx context.Context, d desk.Dead) error {
	_, err := s.stmts.bury.ExecContext(ctx, d.Item.Tries, d.Reason, micros(d.At), d.Item.ID)
	if err != nil {
		return err
	}
	fault.Point("store.bury.copied")
	_, err = s.stmts.deleteItem.ExecContext(ctx, d.Item.ID)
	return err
}
