package store

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// day is a moment n days after the samples' first.
func day(n int) time.Time { return at(0).AddDate(0, 0, n) }

// aged opens a store with one conversation, whose sessions had so many lines,
// each said that many days after the samples' first; closed says that the last session ended.
func aged(t *testing.T, n int64, s *SQLite, closed bool, sessions ...map[int]int) *desk.Conversation {
	t.Helper()
	c := waiting(n)
	for i, lines := range sessions {
		c.Session, c.First, c.Phase = uint64(i+1), c.Seq+1, handoff.Waiting
		b := &desk.Batch{Conversations: []*desk.Conversation{c}}
		for d := range 1000 {
			from := len(b.Lines)
			said(b, c, lines[d])
			for j := range b.Lines[from:] {
				b.Lines[from+j].At = day(d)
			}
		}
		for j, l := range b.Lines {
			b.Items[j].At = l.At
		}
		if closed || i < len(sessions)-1 {
			c.Phase = handoff.Idle
		}
		mustCommit(t, s, b)
		done := &desk.Batch{}
		for _, it := range b.Items {
			done.Done = append(done.Done, it.ID)
		}
		mustCommit(t, s, done)
	}
	return c
}

func left(t *testing.T, s *SQLite, c *desk.Conversation) (first uint64, lines int) {
	t.Helper()
	all, err := s.Lines(t.Context(), domain, c.Local, 1, 1<<40, 1<<20)
	require.NoError(t, err)
	if len(all) > 0 {
		first = all[0].Seq
	}
	return first, len(all)
}

const someDays = 24 * time.Hour

// The lines of sessions that are over for long enough go, whole sessions at a
// time; an open session's stay, and so does what is still to be delivered.
func TestPruneLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, tempSource(t))
		over := aged(t, 1, s, true, map[int]int{1: 2, 5: 1}, map[int]int{9: 3, 12: 1}, map[int]int{30: 2})
		open := aged(t, 2, s, false, map[int]int{1: 2}, map[int]int{2: 3})
		prune := func(d int) Pruned {
			n, err := s.Prune(t.Context(), Retention{Lines: 10 * someDays, Memory: 1000 * someDays}, day(d))
			require.NoError(t, err)
			return n
		}
		require.Zero(t, prune(10), "its last line is not too old")
		require.Equal(t, Pruned{Lines: 5}, prune(16))
		require.Zero(t, prune(16))
		first, n := left(t, s, over)
		require.Equal(t, []int{4, 6}, []int{int(first), n})
		first, n = left(t, s, open)
		require.Equal(t, []int{3, 3}, []int{int(first), n})
		require.Equal(t, Pruned{Lines: 4}, prune(23), "the second session, and nothing of the third")
		require.Equal(t, Pruned{Lines: 2}, prune(500))
		_, n = left(t, s, open)
		require.Equal(t, 3, n)

		count, err := s.ArchiveCount(t.Context(), domain, open.Local, desk.View{Spans: []desk.Span{{First: 1, Through: 5}}})
		require.NoError(t, err)
		require.EqualValues(t, 3, count)
		kept, err := s.ByLocal(t.Context(), domain, over.Local)
		require.NoError(t, err)
		require.EqualValues(t, 9, kept.Seq, "the numbers of its lines go on")
		kept.Session, kept.First, kept.Phase = 4, 10, handoff.Waiting
		b := &desk.Batch{Conversations: []*desk.Conversation{&kept}}
		said(b, &kept, 1)
		mustCommit(t, s, b)
		first, n = left(t, s, &kept)
		require.Equal(t, []int{10, 1}, []int{int(first), n})
	})
}

// A line that somebody has not got yet stays, and what is behind it; a dead
// letter goes with its line.
func TestPruneUndelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, tempSource(t))
		c := waiting(1)
		b := &desk.Batch{Conversations: []*desk.Conversation{c}}
		said(b, c, 6)
		c.Phase = handoff.Idle
		b.Items = append(b.Items, &desk.Item{Domain: domain, Conversation: c.Local, Kind: desk.KindOutcome, To: "alice@example.com",
			Effect: handoff.Outcome{Transfer: "x-1", To: "alice@example.com"}, At: at(1)})
		mustCommit(t, s, b)
		mustCommit(t, s, &desk.Batch{Done: []int64{b.Items[0].ID, b.Items[2].ID, b.Items[4].ID, b.Items[5].ID},
			Buried: []desk.Dead{{Item: *b.Items[1], Reason: "no way", At: day(0)}}})
		prune := func() Pruned {
			n, err := s.Prune(t.Context(), Retention{Lines: 10 * someDays}, day(30))
			require.NoError(t, err)
			return n
		}
		require.Equal(t, Pruned{Lines: 3}, prune())
		stats, err := s.Stats(t.Context())
		require.NoError(t, err)
		require.Equal(t, Stats{Outbox: 2}, stats)
		require.Zero(t, prune())
		mustCommit(t, s, &desk.Batch{Done: []int64{b.Items[3].ID}})
		require.Equal(t, Pruned{Lines: 3}, prune())
		mustCommit(t, s, &desk.Batch{Done: []int64{b.Items[6].ID}})
		require.Equal(t, Pruned{Conversations: 1}, prune())
	})
}

// More than a slice goes in several transactions, and others commit in between.
func TestPruneSlices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, tempSource(t))
		aged(t, 1, s, true, map[int]int{1: 2*pruneSlice + 7})
		other := waiting(2)
		mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{other}})
		sizes := make(chan int, 1)
		go func() { // after every pause, how many are left
			n, err := s.Prune(t.Context(), Retention{Lines: 10 * someDays}, day(100))
			require.NoError(t, err)
			sizes <- n.Lines
		}()
		var seen []int
		for len(sizes) == 0 {
			synctest.Wait() // it pauses
			_, n := left(t, s, &desk.Conversation{Local: "caller.00000001"})
			seen = append(seen, n)
			other.Hops++
			mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{other}})
			time.Sleep(prunePause)
			synctest.Wait()
		}
		require.Equal(t, 2*pruneSlice+7, <-sizes)
		require.Subset(t, seen, []int{pruneSlice + 7, 7, 0})
	})
}

// The record goes when nothing is left of it and nobody need find it again. The
// caller who comes back is a new one, with another number and address.
func TestPruneConversations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := mustOpen(t, tempSource(t))
		c := waiting(1)
		b := ledger(c)
		mustCommit(t, s, b)
		c.Phase, c.Holder, c.Offer = handoff.Idle, "", handoff.Offer{}
		b = &desk.Batch{Conversations: []*desk.Conversation{c}}
		mustCommit(t, s, b)
		aged(t, 2, s, true, map[int]int{1: 1})
		never := waiting(3) // nothing was ever said, and nothing tells when
		never.Phase = handoff.Idle
		mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{never}})
		items, err := s.Restore(t.Context(), domain, nil)
		require.NoError(t, err)
		for _, it := range items.Items {
			mustCommit(t, s, &desk.Batch{Done: []int64{it.ID}})
		}
		prune := func(d int) int {
			n, err := s.Prune(t.Context(), Retention{Lines: 10 * someDays, Memory: 20 * someDays}, day(d))
			require.NoError(t, err)
			return n.Conversations
		}
		require.Zero(t, prune(15), "the lines are gone, and they may come back")
		require.Zero(t, prune(20))
		require.Equal(t, 1, prune(21), "the first; the second spoke a day later")
		require.Equal(t, 1, prune(22))
		_, err = s.ByLocal(t.Context(), domain, c.Local)
		require.ErrorIs(t, err, desk.ErrNotFound)
		again := waiting(9)
		again.Local = c.Local
		require.ErrorIs(t, s.Commit(t.Context(), &desk.Batch{Conversations: []*desk.Conversation{again}}), desk.ErrStale)
		c.Hops++
		require.ErrorIs(t, s.Commit(t.Context(), &desk.Batch{Conversations: []*desk.Conversation{c}}), desk.ErrStale,
			"a desk that had it loaded")
	})
}

// It runs after a minute and then every hour, says how much it took out, and
// nothing where there is nothing; 0 is for ever.
func TestRetain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log shared
		s := mustOpen(t, tempSource(t))
		s.log = slog.New(slog.NewTextHandler(&log, nil))
		aged(t, 1, s, true, map[int]int{1: 3})
		began := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan struct{})
		go func() {
			defer close(over)
			s.Retain(ctx, Retention{Lines: 10 * someDays}, func() time.Time { return day(10).Add(time.Since(began)) })
		}()
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		require.Empty(t, log.String())
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Contains(t, log.String(), "lines=3 conversations=1")
		cancel()
		<-over
		s.Retain(t.Context(), Retention{}, nil) // returns
	})
}

// shared is a buffer for several goroutines.
type shared struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *shared) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
