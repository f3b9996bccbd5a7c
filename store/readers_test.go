package store

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// Readers beside commits, with the journal put into the tables and the log copied at
// any moment, find all that was acknowledged before they asked, once and in order.
func TestReadersFindWhatWasAcknowledged(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	s.journal.most = 40
	c := waiting(1)
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{c}})
	local := c.Local
	var said1, arrived atomic.Int64 // lines; items, which have the same numbers
	over := make(chan struct{})
	var wg sync.WaitGroup
	for _, read := range []func(context.Context) string{
		func(ctx context.Context) string { return restoredWrong(ctx, s, &said1, &arrived) },
		func(ctx context.Context) string { return linesWrong(ctx, s, local, &said1) },
		func(ctx context.Context) string { return archiveWrong(ctx, s, local, &said1) },
		func(context.Context) string { s.checkpoint(s.copying); return "" },
	} {
		wg.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				if wrong := read(context.Background()); wrong != "" {
					t.Error(wrong)
					return
				}
			}
		})
	}
	for i := range 150 {
		b := &desk.Batch{Conversations: []*desk.Conversation{c}}
		said(b, c, 1)
		if i%3 > 0 {
			b.Done = []int64{arrived.Load() + 1}
		}
		if i%29 == 0 {
			c.Hops++
		}
		mustCommit(t, s, b)
		said1.Store(int64(c.Seq))
		arrived.Add(int64(len(b.Done)))
	}
	close(over)
	wg.Wait()
	require.NoError(t, s.Close())
}

func restoredWrong(ctx context.Context, s *SQLite, lines, arrived *atomic.Int64) string {
	said, done := lines.Load(), arrived.Load()
	all, err := restored(ctx, s, domain)
	switch {
	case err != nil:
		return err.Error()
	case int64(all.Open[0].Seq) < said:
		return "an old conversation"
	}
	next := int64(all.Open[0].Seq) - int64(len(all.Items)) // arrived in their order
	if next < done {
		return "an item that had arrived"
	}
	for _, it := range all.Items {
		if next++; it.ID != next || int64(it.Line.Seq) != next {
			return "items out of order"
		}
	}
	return ""
}

func linesWrong(ctx context.Context, s *SQLite, local string, lines *atomic.Int64) string {
	said := lines.Load()
	if said == 0 {
		return ""
	}
	ls, err := s.Lines(ctx, domain, local, 1, ^uint64(0), 0)
	if err != nil || int64(len(ls)) < said {
		return "lines are missing"
	}
	for i, l := range ls {
		if l.Seq != uint64(i+1) {
			return "lines out of order"
		}
	}
	last := ls[said-1]
	l, err := s.LineByOrigin(ctx, domain, local, last.By, last.OriginID)
	if err != nil || l.Seq != uint64(said) {
		return "an origin-id is not known"
	}
	if c, err := s.ByLocal(ctx, domain, local); err != nil || int64(c.Seq) < said {
		return "an old conversation"
	}
	return ""
}

func archiveWrong(ctx context.Context, s *SQLite, local string, lines *atomic.Int64) string {
	said := lines.Load()
	if said == 0 {
		return ""
	}
	ls, _, err := s.ArchivePage(ctx, desk.ArchiveQuery{Domain: domain, Local: local, Limit: 3, Bytes: 1 << 20, Backward: true,
		View: desk.View{Private: true, Spans: []desk.Span{{First: 1, Through: uint64(said)}}}})
	if err != nil || len(ls) == 0 || ls[len(ls)-1].Seq != uint64(said) {
		return "the archive lacks a line"
	}
	return ""
}

// A commit of unknown outcome, behind which the same numbers and ids are given to
// something else: what was acknowledged is what is found after a power cut.
func TestUnknownOutcomeIsOvertaken(t *testing.T) {
	for seed := range uint64(15) {
		d := newDisk(t.TempDir(), nil)
		s, done := openOn(t, d)
		c := chatter(t, s, 1, 2)[0]
		broken := true
		d.fault = func(o op) error {
			if broken && o.kind == opSync {
				return failing(o)
			}
			return nil
		}
		lost := *c
		b := &desk.Batch{Conversations: []*desk.Conversation{&lost}, Done: []int64{1}}
		said(b, &lost, 1+int(seed%5))
		b.Lines[0].Body = strings.Repeat("lost", int(seed%7)*900)
		require.ErrorIs(t, s.Commit(t.Context(), b), desk.ErrUnknownOutcome)
		broken = false
		b = &desk.Batch{Conversations: []*desk.Conversation{c}}
		said(b, c, 1)
		mustCommit(t, s, b)
		require.Equal(t, int64(3), b.Items[0].ID)
		want := mustState(t, s)
		rnd := rand.New(rand.NewPCG(seed, 0))
		after, drop, err := tryOpenOn(t, newDisk(t.TempDir(), d.cut(nil, len(d.ops), rnd)))
		require.NoError(t, err)
		require.Equal(t, want, mustState(t, after))
		require.NoError(t, after.Close())
		drop()
		done()
	}
}
