package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"slices"

	"baton/desk"
	"baton/fault"
)

// scratch is what one commit learns; kept for the next one's memory.
type scratch struct {
	own   map[string]owner  // the batch's conversations by localpart
	other map[address]int64 // keys of conversations that are not in the batch
	ids   []int64           // of the items, in their order

	begins map[string]uint64 // the number of each conversation's first line in the batch

	// Of a batch that may be brief.
	seqs    map[string]uint64 // the number of each conversation's last line so far
	origins map[[3]string]struct{}
	text    []byte
}

type owner struct {
	domain string
	key    int64
}

type address struct{ domain, local string }

func (w *scratch) reset() {
	if w.own == nil {
		w.own, w.other, w.begins = map[string]owner{}, map[address]int64{}, map[string]uint64{}
		w.seqs, w.origins = map[string]uint64{}, map[[3]string]struct{}{}
	}
	clear(w.begins)
	clear(w.seqs)
	clear(w.origins)
	clear(w.own)
	clear(w.other)
	w.ids = w.ids[:0]
}

// Commit writes the batch in one transaction and returns when it is on the
// disk. Only then does it set Key, Version and ID in the batch's records; after
// an error they are as they were. Domain, Local, Number, Entry and Caller of a
// conversation are kept as they were first committed.
//
// It wraps [desk.ErrStale] when a conversation moved on or, said to be new,
// exists; [desk.ErrConflict] when another record exists already or breaks a
// rule of the schema; in both cases, and in all but the next, nothing was
// committed. [desk.ErrUnknownOutcome] means that the disk failed under the
// transaction: this process goes on without it, but a start after a crash may
// find it committed. Loading the conversation again says which.
//
// A context that has ended refuses the batch; one that ends later is ignored,
// so that the outcome is always known.
func (s *SQLite) Commit(ctx context.Context, b *desk.Batch) error {
	if b.Empty() {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scratch.reset()
	if s.brief(ctx, b) {
		return s.note(ctx, b)
	}
	return s.commitRows(ctx, b)
}

// commitRows writes a batch into the tables, behind what is in the journal.
func (s *SQLite) commitRows(ctx context.Context, b *desk.Batch) error {
	nextLine, nextItem := s.journal.nextLine, s.journal.nextItem
	err := s.settled(ctx, "commit", func(ctx context.Context) error {
		s.scratch.reset()
		return s.write(ctx, b)
	})
	if err != nil {
		return err
	}
	s.copying.committed(rowsEntries)
	s.journal.nextLine, s.journal.nextItem = nextLine+int64(len(b.Lines)), nextItem+int64(len(b.Items))
	for _, c := range b.Conversations {
		c.Key = s.scratch.own[c.Local].key
		c.Version++
		s.remember(c)
	}
	for _, c := range b.Forgotten {
		delete(s.known, c.Key)
	}
	for i, it := range b.Items {
		it.ID = nextItem + int64(i)
	}
	s.origins.committed(b)
	return nil
}

// transact runs do in a transaction of the writing connection. The caller holds
// the mutex.
func (s *SQLite) transact(ctx context.Context, op string, do func(context.Context) error) error {
	if s.closed {
		return fmt.Errorf("%w: %s", ErrClosed, op)
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store: %s: %w", op, err)
	}
	ctx = context.WithoutCancel(ctx)
	fault.Point("store.begin.before")
	if _, err := s.stmts.begin.ExecContext(ctx); err != nil {
		return s.explain(op, err)
	}
	fault.Point("store.begin.after")
	if err := do(ctx); err != nil {
		// It fails when SQLite has rolled back already.
		_, _ = s.stmts.rollback.ExecContext(ctx)
		return s.explain(op, err)
	}
	fault.Point("store.commit.before")
	_, err := s.stmts.commit.ExecContext(ctx)
	if err == nil {
		fault.Point("store.commit.after")
		return nil
	}
	if _, failed := s.stmts.rollback.ExecContext(ctx); failed == nil {
		return s.explain(op, err) // it was still open: not committed
	}
	return fmt.Errorf("%w: %w", desk.ErrUnknownOutcome, s.explain(op, err))
}

// write executes the statements of a batch, what is referred to first.
func (s *SQLite) write(ctx context.Context, b *desk.Batch) error {
	for _, l := range slices.Backward(b.Lines) {
		s.scratch.begins[l.Conversation] = l.Seq
		s.scratch.seqs[l.Conversation] = max(s.scratch.seqs[l.Conversation], l.Seq)
	}
	for _, c := range b.Forgotten {
		if err := s.forget(ctx, c); err != nil {
			return fmt.Errorf("conversation %s: %w", c.Local, err)
		}
	}
	for _, p := range b.Pauses {
		if err := s.writePause(ctx, p); err != nil {
			return fmt.Errorf("pause of %s: %w", p.Agent, err)
		}
	}
	for _, c := range b.Conversations {
		if err := s.writeConversation(ctx, c); err != nil {
			return fmt.Errorf("conversation %s: %w", c.Local, err)
		}
		fault.Point("store.write.conversation")
	}
	for i := range b.Lines {
		key, err := s.key(b.Lines[i].Conversation)
		if err == nil {
			err = s.writeLine(ctx, key, &freshLine{s.journal.nextLine + int64(i), b.Lines[i]})
		}
		if err != nil {
			return fmt.Errorf("line %d of %s: %w", b.Lines[i].Seq, b.Lines[i].Conversation, err)
		}
		fault.Point("store.write.line")
	}
	for i := range b.Epochs {
		if err := s.writeEpoch(ctx, &b.Epochs[i]); err != nil {
			return fmt.Errorf("epoch %d of %s: %w", b.Epochs[i].Epoch, b.Epochs[i].Conversation, err)
		}
		fault.Point("store.write.epoch")
	}
	for i := range b.Transfers {
		if err := s.writeTransfer(ctx, &b.Transfers[i]); err != nil {
			return fmt.Errorf("transfer %s: %w", b.Transfers[i].ID, err)
		}
		fault.Point("store.write.transfer")
	}
	for i := range b.Outcomes {
		o := &b.Outcomes[i]
		if err := s.writeOutcome(ctx, o); err != nil {
			return fmt.Errorf("outcome of %s for %s: %w", o.Transfer, o.To, err)
		}
		fault.Point("store.write.outcome")
	}
	return s.writeOutbox(ctx, b)
}

func (s *SQLite) writeConversation(ctx context.Context, c *desk.Conversation) error {
	if _, twice := s.scratch.own[c.Local]; twice {
		return errors.New("it is in the batch twice")
	}
	if last := s.scratch.seqs[c.Local]; last > c.Seq {
		return fmt.Errorf("%w: line %d is beyond the last, %d", desk.ErrConflict, last, c.Seq)
	}
	if c.Key != 0 {
		res, err := s.updateRow(ctx, c)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return errors.Join(s.moved(ctx, c), err)
		}
		s.scratch.own[c.Local] = owner{c.Domain, c.Key}
		return nil
	}
	if c.Version != 0 {
		return fmt.Errorf("it has version %d and no key", c.Version)
	}
	var erased bool
	switch err := s.stmts.erased.QueryRowContext(ctx, erasedAddress(c.Domain, c.Local)).Scan(&erased); {
	case err != nil:
		return err
	case erased:
		return fmt.Errorf("%w: its address was that of an erased caller", desk.ErrStale)
	}
	r, err := encodeRow(c)
	if err != nil {
		return err
	}
	res, err := s.stmts.insertConv.ExecContext(ctx, c.Domain, c.Local, c.Number, c.Entry, c.Queue, string(c.Caller),
		int64(c.Phase), string(c.Holder), c.Session, c.Epoch, c.Seq, c.First, c.Hops, r.offer, r.last, c.Name, c.Lang,
		c.Reach, r.info, r.beside, r.route)
	if s.duplicate(err) {
		return fmt.Errorf("%w: %w", desk.ErrStale, err)
	}
	if err != nil {
		return err
	}
	key, err := res.LastInsertId()
	s.scratch.own[c.Local] = owner{c.Domain, key}
	return err
}

// moved says why a conversation was not replaced: it has moved on, or its next line
// is there already.
func (s *SQLite) moved(ctx context.Context, c *desk.Conversation) error {
	var same bool
	err := s.conn.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM conversations WHERE id = ? AND version = ?
		AND domain = ? AND local = ?)`, c.Key, c.Version, c.Domain, c.Local).Scan(&same)
	if err == nil && same {
		return fmt.Errorf("%w: line %d exists", desk.ErrConflict, s.before(c))
	}
	return errors.Join(desk.ErrStale, err)
}

// before returns what the number of a conversation's last line must be below, as
// committed: that of its first line in the batch. It never falls: the journal takes
// the next line's number from it.
func (s *SQLite) before(c *desk.Conversation) int64 {
	if seq := s.scratch.begins[c.Local]; seq > 0 {
		return upTo(seq)
	}
	return upTo(min(c.Seq, math.MaxInt64-1) + 1)
}

// key returns the key of a conversation of the batch.
func (s *SQLite) key(local string) (int64, error) {
	if o, ok := s.scratch.own[local]; ok {
		return o.key, nil
	}
	return 0, errors.New("its conversation is not in the batch")
}

// keyOf returns the key of any conversation.
func (s *SQLite) keyOf(ctx context.Context, domain, local string) (int64, error) {
	if o, ok := s.scratch.own[local]; ok && o.domain == domain {
		return o.key, nil
	}
	at := address{domain, local}
	if key, ok := s.scratch.other[at]; ok {
		return key, nil
	}
	var key int64
	err := s.stmts.findConv.QueryRowContext(ctx, domain, local).Scan(&key)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("%w: conversation %s", desk.ErrNotFound, local)
	}
	if err == nil {
		s.scratch.other[at] = key
	}
	return key, err
}

func (s *SQLite) writeLine(ctx context.Context, key int64, f *freshLine) error {
	l := &f.line
	payload := l.Payload
	if payload == nil {
		payload = []byte{} // nil would be NULL
	}
	_, err := s.stmts.insertLine.ExecContext(ctx, f.id, key, l.Seq, l.Session, l.Epoch, micros(l.At), string(l.By),
		string(l.Role), l.Name, string(l.To), l.StanzaID, l.OriginID, l.Body, payload, l.Private)
	return err
}

func (s *SQLite) writeEpoch(ctx context.Context, e *desk.Epoch) error {
	key, err := s.key(e.Conversation)
	if err != nil {
		return err
	}
	_, err = s.stmts.insertEpoch.ExecContext(ctx, key, e.Epoch, e.Session, string(e.Holder), e.Transfer, e.First,
		e.Through, micros(e.At))
	return err
}

func (s *SQLite) writeTransfer(ctx context.Context, t *desk.Transfer) error {
	key, err := s.keyOf(ctx, t.Domain, t.Conversation)
	if err != nil {
		return err
	}
	info, err := encodeInfo(t.Info)
	if err != nil {
		return err
	}
	_, err = s.stmts.insertTransfer.ExecContext(ctx, t.Domain, t.ID, key, t.Session, string(t.By), t.ByName,
		string(t.Target.Agent), t.Target.Queue, t.Target.Skill, t.Mode, t.Reason, t.ReasonLang, t.Share.None,
		t.Share.Last, info, t.Through, micros(t.At), micros(t.Deadline))
	return err
}

func (s *SQLite) writeOutcome(ctx context.Context, o *desk.Outcome) error {
	key, err := s.keyOf(ctx, o.Domain, o.Conversation)
	if err != nil {
		return err
	}
	_, err = s.stmts.insertOutcome.ExecContext(ctx, o.Domain, o.Transfer, key, string(o.To), int64(o.Role),
		string(o.State), string(o.By), o.Epoch, o.Reason, micros(o.At))
	return err
}
