package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"baton/desk"
	"baton/handoff"
)

// worker has a store do what a desk has it do, at random.
type worker struct {
	rnd *rand.Rand
	run *run
}

// works commits some batches, lets the log be copied into the database now and
// then, and notes every state that was acknowledged.
func (w *worker) works(s *SQLite, synchronous string) error {
	ctx := context.Background()
	for _, p := range []string{"synchronous = " + synchronous,
		fmt.Sprintf("wal_autocheckpoint = %d", []int{4, 16, 64, 1000}[w.rnd.IntN(4)])} {
		if _, err := s.conn.ExecContext(ctx, "PRAGMA "+p); err != nil {
			return err
		}
	}
	if err := w.run.acknowledged(s); err != nil {
		return err
	}
	for range 2 + w.rnd.IntN(8) {
		if err := w.step(ctx, s); err != nil {
			return err
		}
		if err := w.run.acknowledged(s); err != nil {
			return err
		}
		if w.rnd.IntN(6) == 0 {
			mode := []string{"PASSIVE", "RESTART", "TRUNCATE"}[w.rnd.IntN(3)]
			if _, err := s.conn.ExecContext(ctx, "PRAGMA wal_checkpoint("+mode+")"); err != nil {
				return err
			}
		}
	}
	return nil
}

// step commits one batch of whatever comes.
func (w *worker) step(ctx context.Context, s *SQLite) error {
	snap, err := restored(ctx, s, domain)
	if err != nil {
		return err
	}
	b := &desk.Batch{}
	for i := range snap.Open {
		if w.rnd.IntN(2) == 0 {
			w.change(b, &snap.Open[i])
		}
	}
	if len(snap.Open) == 0 || w.rnd.IntN(4) == 0 {
		c := waiting(snap.NextNumber)
		w.change(b, c)
	}
	for _, it := range snap.Items {
		switch w.rnd.IntN(6) {
		case 0, 1:
			b.Done = append(b.Done, it.ID)
		case 2:
			b.Buried = append(b.Buried, desk.Dead{Item: it, Reason: "too big", At: at(1)})
		}
	}
	if len(snap.Items) > 0 && w.rnd.IntN(8) == 0 {
		it := snap.Items[w.rnd.IntN(len(snap.Items))]
		return s.Retry(ctx, it.ID, it.Tries+1)
	}
	return s.Commit(ctx, b)
}

// change has somebody say something in a conversation, and perhaps take it or
// end it.
func (w *worker) change(b *desk.Batch, c *desk.Conversation) {
	b.Conversations = append(b.Conversations, c)
	from := len(b.Lines)
	said(b, c, 1+w.rnd.IntN(4))
	for i := from; i < len(b.Lines); i++ {
		b.Lines[i].Payload = []byte(strings.Repeat("hello ", w.rnd.IntN(500)))
	}
	switch {
	case w.rnd.IntN(3) == 0:
		c.Epoch++
		c.Phase, c.Holder = handoff.Active, handoff.Party(fmt.Sprintf("agent%d@example.com", c.Epoch))
		id := fmt.Sprintf("x-%d-%d", c.Number, c.Epoch)
		b.Epochs = append(b.Epochs, desk.Epoch{Conversation: c.Local, Epoch: c.Epoch, Session: c.Session,
			Holder: c.Holder, Transfer: id, First: c.First, Through: c.Seq, At: at(2)})
		b.Transfers = append(b.Transfers, desk.Transfer{ID: id, Domain: domain, Conversation: c.Local, Session: c.Session,
			Reason: "a refund", At: at(2), Deadline: at(2).Add(time.Minute)})
		b.Outcomes = append(b.Outcomes, ended(c, id, c.Holder, handoff.AsTarget))
		b.Items = append(b.Items, &desk.Item{Domain: domain, Conversation: c.Local, Kind: desk.KindBind, To: c.Holder,
			Effect: handoff.Bind{To: c.Holder, Epoch: c.Epoch}, At: at(2)})
	case w.rnd.IntN(12) == 0:
		c.Phase, c.Holder = handoff.Idle, ""
	}
}
