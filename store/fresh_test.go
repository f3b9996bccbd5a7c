package store

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// chatter commits n lines in each of some conversations, in turn, every line in a
// batch of its own, and returns the conversations.
func chatter(t testing.TB, s *SQLite, convs, n int) []*desk.Conversation {
	t.Helper()
	var all []*desk.Conversation
	for i := range convs {
		all = append(all, waiting(int64(i+1)))
	}
	mustCommit(t, s, &desk.Batch{Conversations: all})
	for range n {
		b := &desk.Batch{Conversations: all}
		for _, c := range all {
			said(b, c, 1)
		}
		mustCommit(t, s, b)
	}
	return all
}

func rowsIn(t testing.TB, s *SQLite, table string) (n int) {
	t.Helper()
	require.NoError(t, s.conn.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}

// everything is what each way of reading finds of a conversation.
func everything(t testing.TB, s *SQLite, c *desk.Conversation, seq uint64) (all []desk.Line) {
	t.Helper()
	ctx := t.Context()
	one := func(l desk.Line, err error) { require.NoError(t, err); all = append(all, l) }
	one(s.LineBySeq(ctx, domain, c.Local, seq))
	one(s.LineByStanza(ctx, domain, c.Local, c.Caller, fmt.Sprint("s", seq)))
	one(s.LineByOrigin(ctx, domain, c.Local, c.Caller, fmt.Sprint("o", seq)))
	for _, limit := range []int{0, 1, 3, 1000} {
		ls, err := s.Lines(ctx, domain, c.Local, 1, seq, limit)
		require.NoError(t, err)
		all = append(all, ls...)
	}
	page, _, err := s.ArchivePage(ctx, desk.ArchiveQuery{Domain: domain, Local: c.Local, Limit: 10_000, Bytes: 1 << 30,
		View: desk.View{Private: true, Spans: []desk.Span{{First: 1, Through: seq}}}})
	require.NoError(t, err)
	return append(all, page...)
}

// Whether a line is among the others yet makes no difference to who reads it, nor
// does a start in between.
func TestFreshReadsAlike(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	c := chatter(t, s, 3, 20)[1]
	fresh := map[uint64][]desk.Line{}
	for _, seq := range []uint64{1, 7, 20} {
		fresh[seq] = everything(t, s, c, seq)
	}
	require.Equal(t, []int{0, 60}, []int{rowsIn(t, s, "lines"), rowsIn(t, s, "fresh")})
	same := func(when string) {
		t.Helper()
		for seq, want := range fresh {
			require.Equal(t, want, everything(t, s, c, seq), "%s: line %d", when, seq)
		}
	}
	require.NoError(t, s.Close())
	s = mustOpen(t, src)
	same("after a start")
	s.fresh.mu.Lock()
	require.NoError(t, s.transact(t.Context(), "test", func(ctx context.Context) error { return s.moveThrough(ctx, 31) }))
	s.fresh.moved(31)
	s.fresh.mu.Unlock()
	require.Equal(t, []int{31, 29}, []int{rowsIn(t, s, "lines"), rowsIn(t, s, "fresh")})
	same("some among the others")
	require.NoError(t, s.settle(t.Context()))
	require.Equal(t, []int{60, 0}, []int{rowsIn(t, s, "lines"), rowsIn(t, s, "fresh")})
	require.Empty(t, s.fresh.convs)
	same("all among the others")
}

// Commits move the oldest lines when there are too many, and never more than that
// many are left.
func TestFreshMoves(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	all := chatter(t, s, 50, 100)
	require.Equal(t, 5000, rowsIn(t, s, "dialog"))
	left := rowsIn(t, s, "fresh")
	require.LessOrEqual(t, left, mostFresh)
	require.Greater(t, left, mostFresh-freshMove-1)
	require.Equal(t, left, s.fresh.count)
	for _, c := range all {
		ls, err := s.Lines(t.Context(), domain, c.Local, 1, 100, 0)
		require.NoError(t, err)
		require.Len(t, ls, 100)
		for i, l := range ls {
			require.Equal(t, uint64(i+1), l.Seq)
		}
	}
	require.NoError(t, s.Close())
	s = mustOpen(t, src)
	require.Equal(t, left, s.fresh.count)
	snap := restore(t, s, domain)
	require.Len(t, snap.Items, 5000)
	for _, it := range snap.Items {
		require.Equal(t, it.Effect.(handoff.Line).Seq, it.Line.Seq)
		require.NotZero(t, it.Line.Session, "the line of item %d", it.ID)
	}
}

// A line or an origin-id that is there already is refused wherever it is, and a
// dead letter's line is put among the others.
func TestFreshRules(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	c := chatter(t, s, 1, 3)[0]
	again := func() (seq, origin *desk.Batch) {
		seq, origin = &desk.Batch{}, &desk.Batch{}
		one, two := *c, *c
		seq.Conversations, origin.Conversations = []*desk.Conversation{&one}, []*desk.Conversation{&two}
		said(seq, &one, 1)
		seq.Lines[0].Seq, seq.Items[0].Effect = 3, handoff.Line{Seq: 3, To: seq.Items[0].To}
		said(origin, &two, 1)
		origin.Lines[0].OriginID = "o2"
		return seq, origin
	}
	for _, where := range []string{"fresh", "among the others"} {
		seq, origin := again()
		require.ErrorIs(t, s.Commit(t.Context(), seq), desk.ErrConflict, where)
		require.ErrorIs(t, s.Commit(t.Context(), origin), desk.ErrConflict, where)
		require.Equal(t, 3, rowsIn(t, s, "dialog"))
		require.NoError(t, s.settle(t.Context()))
	}
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, 2)
	mustCommit(t, s, b)
	require.Equal(t, 2, rowsIn(t, s, "fresh"))
	mustCommit(t, s, &desk.Batch{Buried: []desk.Dead{{Item: *b.Items[0], Reason: "too big", At: at(1)}}})
	require.Equal(t, []int{0, 1}, []int{rowsIn(t, s, "fresh"), rowsIn(t, s, "dead_letters")})
	l, err := s.LineBySeq(t.Context(), domain, c.Local, 5)
	require.NoError(t, err)
	require.Equal(t, uint64(5), l.Seq)
}
