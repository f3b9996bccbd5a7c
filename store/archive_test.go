package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"baton/desk"
	"baton/handoff"
)

// spoken adds a line to a conversation.
func spoken(b *desk.Batch, c *desk.Conversation, by, to handoff.Party, private bool, when time.Time) {
	c.Seq++
	b.Lines = append(b.Lines, desk.Line{Conversation: c.Local, Session: c.Session, Seq: c.Seq, Epoch: c.Epoch, At: when, By: by,
		Role: desk.RoleAgent, To: to, Private: private, Body: fmt.Sprint(c.Seq), Payload: []byte("<body/>")})
}

func whole(c *desk.Conversation, reader handoff.Party) desk.View {
	return desk.View{Reader: reader, Spans: []desk.Span{{First: 1, Through: c.Seq}}}
}

func pageOf(t require.TestingT, s *SQLite, c *desk.Conversation, q desk.ArchiveQuery) ([]uint64, bool) {
	q.Domain, q.Local = c.Domain, c.Local
	if q.Bytes == 0 {
		q.Bytes = math.MaxInt
	}
	lines, more, err := s.ArchivePage(context.Background(), q)
	require.NoError(t, err)
	var seqs []uint64
	for _, l := range lines {
		require.Equal(t, fmt.Sprint(l.Seq), l.Body)
		require.Equal(t, c.Local, l.Conversation)
		seqs = append(seqs, l.Seq)
	}
	return seqs, more
}

// Whoever pages through an archive, with pages of any size, forth or back, gets
// each line that they may read exactly once and in order, whatever is said
// meanwhile; and the count is right.
func TestArchivePaging(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	number := int64(0)
	who := rapid.SampledFrom([]handoff.Party{"", "alice", "bob", "caller", "eve"})
	rapid.Check(t, func(t *rapid.T) {
		number++
		c := waiting(number)
		speak := func(n int) {
			b := &desk.Batch{Conversations: []*desk.Conversation{c}}
			for range n {
				spoken(b, c, who.Draw(t, "by"), who.Draw(t, "to"), rapid.Bool().Draw(t, "private"), at(int(c.Seq)))
			}
			mustCommit(t, s, b)
		}
		speak(rapid.IntRange(1, 30).Draw(t, "lines"))
		view := desk.View{Reader: "alice", Private: rapid.Bool().Draw(t, "all")}
		for next := uint64(1); next <= c.Seq; {
			span := desk.Span{First: next + rapid.Uint64Range(0, 5).Draw(t, "gap"), Own: rapid.Bool().Draw(t, "own")}
			span.Through = span.First + rapid.Uint64Range(0, 9).Draw(t, "span")
			if span.Through = min(span.Through, c.Seq); span.First <= span.Through {
				view.Spans = append(view.Spans, span)
			}
			next = span.Through + 1
		}
		with := who.Draw(t, "with")
		var want []uint64
		visible := uint64(0)
		all, err := s.Lines(context.Background(), domain, c.Local, 1, c.Seq, 0)
		require.NoError(t, err)
		own := false
		for _, span := range view.Spans {
			own = own || span.Own
			for _, l := range all[span.First-1 : span.Through] {
				mine := l.By == "alice" || l.To == "alice"
				if l.Private && !view.Private && !mine || span.Own && !mine {
					continue
				}
				visible++
				if with == "" || l.By == with || l.To == with {
					want = append(want, l.Seq)
				}
			}
		}
		if !own {
			n, err := s.ArchiveCount(context.Background(), domain, c.Local, view)
			require.NoError(t, err)
			require.Equal(t, visible, n)
		}

		var got []uint64
		back := rapid.Bool().Draw(t, "backward")
		for rest, more := view, true; more; {
			q := desk.ArchiveQuery{View: rest, With: with, Backward: back, Limit: rapid.IntRange(1, 7).Draw(t, "max"),
				Bytes: rapid.IntRange(0, 40).Draw(t, "bytes")}
			var page []uint64
			page, more = pageOf(t, s, c, q)
			require.True(t, len(page) > 0 || !more)
			require.LessOrEqual(t, len(page), q.Limit)
			if back {
				got = append(page, got...)
			} else {
				got = append(got, page...)
			}
			if more && back {
				rest = view.Within(1, page[0]-1)
			} else if more {
				rest = view.Within(page[len(page)-1]+1, math.MaxUint64)
			}
			if rapid.Bool().Draw(t, "meanwhile") {
				speak(1)
			}
		}
		require.Equal(t, want, got)
	})
}

// No statement of the archive reads a table from end to end or sorts what it
// read: the lines of a page are looked up by conversation and number.
func TestArchivePlans(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	for _, text := range s.archive.texts() {
		var args []any
		for _, name := range regexp.MustCompile(`:(\w+)`).FindAllStringSubmatch(text.sql, -1) {
			args = append(args, sql.Named(name[1], 1))
		}
		rows, err := s.reading.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+text.sql, args...)
		require.NoError(t, err, text.sql)
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
			plan = append(plan, detail)
		}
		require.NoError(t, rows.Err())
		joined := strings.Join(plan, "\n")
		require.NotContains(t, joined, "TEMP B-TREE", text.sql)
		if strings.Contains(text.sql, "archive_key") { // of one row
			continue
		}
		if strings.Contains(text.sql, "lines l") {
			joined = strings.ReplaceAll(joined, "SCAN CONSTANT ROW\n", "")
			require.Regexp(t, `SEARCH l USING (COVERING )?INDEX \S+ \(conv=\? AND seq>\? AND seq<\?\)`, joined, text.sql)
		}
		require.NotContains(t, joined, "SCAN", text.sql)
	}
}

// A long conversation: pages anywhere in it, by number and by time.
func TestArchiveLong(t *testing.T) {
	const n = 100_000
	s := mustOpen(t, tempSource(t))
	c := waiting(1)
	for c.Seq < n {
		b := &desk.Batch{Conversations: []*desk.Conversation{c}}
		for range 10_000 {
			spoken(b, c, c.Caller, "alice", c.Seq%1000 == 499, at(int(c.Seq)+1)) // line 500 of each thousand
		}
		mustCommit(t, s, b)
	}
	view := whole(c, "bob")
	count, err := s.ArchiveCount(t.Context(), domain, c.Local, view)
	require.NoError(t, err)
	require.Equal(t, uint64(n-100), count)

	page, more := pageOf(t, s, c, desk.ArchiveQuery{View: view, Limit: 50, Backward: true})
	require.True(t, more)
	require.Equal(t, uint64(n-49), page[0])
	page, more = pageOf(t, s, c, desk.ArchiveQuery{View: view.Within(50_450, n), Limit: 100})
	require.True(t, more)
	require.Len(t, page, 100)
	require.NotContains(t, page, uint64(50_500))
	require.Equal(t, uint64(50_550), page[99])

	first, through, err := s.ArchiveBetween(t.Context(), domain, c.Local, at(70_000), at(70_010).Add(time.Millisecond))
	require.NoError(t, err)
	require.Equal(t, []uint64{70_000, 70_010}, []uint64{first, through})

	seq, err := s.ArchiveNth(t.Context(), domain, c.Local, 1, n, 1000)
	require.NoError(t, err)
	require.Equal(t, uint64(n-1000), seq, "line 99,500 was said in private")
	for want, count := range map[uint64]int{1: n - 100, 2: n - 101, 99_501: 500, 99_500: 501, n: 1} {
		seq, err = s.ArchiveNth(t.Context(), domain, c.Local, 1, n, count)
		require.NoError(t, err)
		if want == 99_500 { // said in private: it does not count
			want--
		}
		require.Equal(t, want, seq)
	}
	for _, all := range []int{n - 99, n, math.MaxInt} {
		seq, err = s.ArchiveNth(t.Context(), domain, c.Local, 500, n, all)
		require.NoError(t, err)
		require.Equal(t, uint64(500), seq)
	}
}

// Times between which lines are looked for, where the clock went on and where it
// was set back.
func TestArchiveBetween(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	c := waiting(1)
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	for _, second := range []int{10, 20, 20, 30, 25, 40} { // set back by 5 s before the fifth
		spoken(b, c, c.Caller, "alice", false, at(second))
	}
	mustCommit(t, s, b)
	tests := []struct {
		start, end int // seconds; 0: no bound
		want       []uint64
	}{
		{0, 0, []uint64{1, 2, 3, 4, 5, 6}},
		{10, 40, []uint64{1, 2, 3, 4, 5, 6}},
		{11, 39, []uint64{2, 3, 4, 5}},
		{20, 20, []uint64{2, 3}},
		{26, 0, []uint64{4, 6}},
		{0, 25, []uint64{1, 2, 3, 5}},
		{41, 0, nil},
		{0, 9, nil},
		{30, 20, nil},
	}
	for _, tt := range tests {
		var start, end time.Time
		if tt.start > 0 {
			start = at(tt.start)
		}
		if tt.end > 0 {
			end = at(tt.end)
		}
		first, through, err := s.ArchiveBetween(t.Context(), domain, c.Local, start, end)
		require.NoError(t, err)
		got, _ := pageOf(t, s, c, desk.ArchiveQuery{View: whole(c, "alice").Within(first, through), Start: start, End: end, Limit: 10})
		require.Equal(t, tt.want, got, "%d to %d", tt.start, tt.end)
	}
	_, _, err := s.ArchiveBetween(t.Context(), domain, "nobody", at(1), time.Time{})
	require.ErrorIs(t, err, desk.ErrNotFound)
}

func TestArchiveWho(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	c := waiting(1)
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, 9)
	b.Items = nil
	transfer := func(id, mode string, share desk.Share) {
		b.Transfers = append(b.Transfers, desk.Transfer{ID: id, Domain: domain, Conversation: c.Local, Session: 1, Mode: mode,
			Target: desk.Target{Queue: "support"}, Share: share, At: at(1), Deadline: at(2)})
	}
	epoch := func(n, session uint64, who handoff.Party, id string, first, through uint64) {
		b.Epochs = append(b.Epochs, desk.Epoch{Conversation: c.Local, Epoch: n, Session: session, Holder: who, Transfer: id,
			First: first, Through: through, At: at(int(n))})
	}
	accepted := func(id string, who handoff.Party, role handoff.Role, n int) {
		b.Outcomes = append(b.Outcomes, desk.Outcome{Transfer: id, Domain: domain, Conversation: c.Local, At: at(n),
			Outcome: handoff.Outcome{Transfer: id, To: who, Role: role, State: handoff.Accepted, By: who}})
	}
	transfer("x-1", "warm", desk.Share{})
	transfer("x-2", "warm", desk.Share{Last: 3})
	transfer("x-3", "warm", desk.Share{None: true})
	transfer("x-4", "join", desk.Share{None: true})
	transfer("x-5", "consult", desk.Share{Last: 2})
	epoch(1, 1, "alice", "x-1", 1, 2)
	epoch(2, 1, "bob", "x-2", 1, 5)
	epoch(3, 2, "alice", "x-3", 6, 7)
	accepted("x-4", "bob", handoff.AsTarget, 3)
	accepted("x-4", "eve", handoff.AsHolder, 3)
	accepted("x-5", "bob", handoff.AsTarget, 4)
	accepted("x-2", "bob", handoff.AsTarget, 5)
	mustCommit(t, s, b)

	got, err := s.Stretches(t.Context(), domain, c.Local, "alice")
	require.NoError(t, err)
	require.Equal(t, []desk.Stretch{
		{Epoch: 1, Session: 1, First: 1, Through: 2, Until: 5},
		{Epoch: 3, Session: 2, First: 6, Through: 7, Share: desk.Share{None: true}, Until: 9},
	}, got)
	got, err = s.Stretches(t.Context(), domain, c.Local, "eve")
	require.NoError(t, err)
	require.Empty(t, got)

	share, when, err := s.Entered(t.Context(), domain, c.Local, "bob")
	require.NoError(t, err)
	require.Equal(t, desk.Share{Last: 2}, share)
	require.Equal(t, at(4), when)
	for _, who := range []handoff.Party{"alice", "eve"} {
		_, _, err = s.Entered(t.Context(), domain, c.Local, who)
		require.ErrorIs(t, err, desk.ErrNotFound, who)
	}
}

// The key is the database's own, and stays.
func TestArchiveKey(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	key, err := s.ArchiveKey(t.Context())
	require.NoError(t, err)
	require.Len(t, key, 16)
	require.NoError(t, s.Close())
	again, err := mustOpen(t, src).ArchiveKey(t.Context())
	require.NoError(t, err)
	require.Equal(t, key, again)
	other, err := mustOpen(t, tempSource(t)).ArchiveKey(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, key, other)
}

// A page of 50 lines costs the same in a long conversation as in a short one.
func BenchmarkArchivePage(b *testing.B) {
	for _, n := range []uint64{1_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := mustOpen(b, tempSource(b))
			c := waiting(1)
			for c.Seq < n {
				batch := &desk.Batch{Conversations: []*desk.Conversation{c}}
				for range 1000 {
					spoken(batch, c, c.Caller, "alice", false, at(int(c.Seq)))
				}
				mustCommit(b, s, batch)
			}
			for b.Loop() {
				seqs, _ := pageOf(b, s, c, desk.ArchiveQuery{View: whole(c, "alice").Within(n/2, n), Limit: 50})
				require.Len(b, seqs, 50)
			}
		})
	}
}
