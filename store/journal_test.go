package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

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
		for _, c := range all {
			b := &desk.Batch{Conversations: []*desk.Conversation{c}}
			said(b, c, 1)
			c.Route.Heard = at(int(c.Seq))
			mustCommit(t, s, b)
		}
	}
	return all
}

func rowsIn(t testing.TB, s *SQLite, table string) (n int) {
	t.Helper()
	require.NoError(t, s.conn.QueryRowContext(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}

// everything is what each way of reading finds of a conversation.
func everything(t testing.TB, s *SQLite, c *desk.Conversation, seq uint64) (all []any) {
	t.Helper()
	ctx := t.Context()
	one := func(l desk.Line, err error) { t.Helper(); require.NoError(t, err); all = append(all, l) }
	one(s.LineBySeq(ctx, domain, c.Local, seq))
	one(s.LineByStanza(ctx, domain, c.Local, c.Caller, fmt.Sprint("s", seq), int(c.Seq-seq)+1))
	one(s.LineByOrigin(ctx, domain, c.Local, c.Caller, fmt.Sprint("o", seq)))
	for _, limit := range []int{0, 1, 3, 1000} {
		ls, err := s.Lines(ctx, domain, c.Local, 1, seq, limit)
		require.NoError(t, err)
		all = append(all, ls)
	}
	snap := restore(t, s, domain)
	all = append(all, snap, mustStats(t, s))
	for _, find := range []func() (desk.Conversation, error){
		func() (desk.Conversation, error) { return s.ByLocal(ctx, domain, c.Local) },
		func() (desk.Conversation, error) { return s.ByNumber(ctx, domain, c.Number) },
		func() (desk.Conversation, error) { return s.ByCaller(ctx, domain, c.Entry, c.Caller) },
	} {
		got, err := find()
		require.NoError(t, err)
		require.Equal(t, *c, got)
	}
	var exported bytes.Buffer // by another process, for all it knows
	_, err := Export(ctx, Source{s.path}, Filter{}, &exported)
	require.NoError(t, err)
	all = append(all, exported.String())
	for id := range int64(70) {
		pending, err := s.Pending(ctx, id)
		require.NoError(t, err)
		all = append(all, pending)
	}
	return all
}

// Whether something is in the tables yet makes no difference to who reads it, nor
// does a start in between, in order or after a crash.
func TestJournalReadsAlike(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	all := chatter(t, s, 3, 10)
	require.NoError(t, s.settle(t.Context()))
	b := &desk.Batch{Conversations: all[:2], Done: []int64{2, 3, 30}}
	said(b, all[0], 8)
	said(b, all[1], 9)
	mustCommit(t, s, b)
	mustCommit(t, s, &desk.Batch{Done: []int64{9, 33, 35}})
	require.Equal(t, []int{30, 30, 2}, []int{rowsIn(t, s, "lines"), rowsIn(t, s, "backlog"), rowsIn(t, s, "journal")})
	want := map[uint64][]any{}
	for _, seq := range []uint64{1, 7, 10, 11, 18} {
		want[seq] = everything(t, s, all[0], seq)
	}
	same := func(when string) {
		t.Helper()
		for seq := range want {
			require.Equal(t, want[seq], everything(t, s, all[0], seq), "%s: line %d", when, seq)
		}
	}
	crashed := tempSource(t)
	copyOf(t, src, crashed)
	require.NoError(t, s.settle(t.Context()))
	require.Equal(t, []int{47, 41, 0}, []int{rowsIn(t, s, "lines"), rowsIn(t, s, "backlog"), rowsIn(t, s, "journal")})
	same("in the tables")
	tables := dump(t, s)
	require.NoError(t, s.Close())
	s = mustOpen(t, src)
	same("after a start")
	require.NoError(t, s.Close())
	s = mustOpen(t, crashed)
	require.Equal(t, []int{47, 41, 0}, []int{rowsIn(t, s, "lines"), rowsIn(t, s, "backlog"), rowsIn(t, s, "journal")})
	same("after a crash")
	require.Equal(t, tables, dump(t, s), "brought into the tables by either way")
}

// copyOf copies a database that is open, its log included, as a crash would leave it.
func copyOf(t testing.TB, from, to Source) {
	t.Helper()
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(from.Path + suffix)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(to.Path+suffix, data, 0o600))
	}
}

// dump returns the tables that the journal goes to.
func dump(t require.TestingT, s *SQLite) (all []string) {
	for _, table := range []string{"lines", "backlog", "dead_letters", "conversations", "sqlite_sequence", "journal"} {
		rows, err := rowsOf(context.Background(), s, "SELECT * FROM "+table)
		require.NoError(t, err)
		all = append(all, rows)
	}
	return all
}

// The journal never has more entries than it may, and nothing is left in it that
// something else was committed behind.
func TestJournalEmpties(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	s.journal.most = 100
	all := chatter(t, s, 50, 20)
	require.Equal(t, []int{1000, 1000}, []int{rowsIn(t, s, "dialog"), rowsIn(t, s, "outbox")})
	require.LessOrEqual(t, s.journal.size, 100)
	require.Greater(t, s.journal.size, 0)
	require.Less(t, rowsIn(t, s, "lines"), 1000)
	for _, c := range all {
		ls, err := s.Lines(t.Context(), domain, c.Local, 1, 20, 0)
		require.NoError(t, err)
		require.Len(t, ls, 20)
		for i, l := range ls {
			require.Equal(t, uint64(i+1), l.Seq)
		}
	}
	all[3].Phase, all[3].Holder = handoff.Active, "bob@example.com"
	mustCommit(t, s, &desk.Batch{Conversations: all[3:4]})
	require.Equal(t, []int{1000, 1000, 0}, []int{rowsIn(t, s, "lines"), rowsIn(t, s, "backlog"), rowsIn(t, s, "journal")})
	require.Zero(t, s.journal.size)
	for _, it := range restore(t, s, domain).Items {
		require.Equal(t, it.Effect.(handoff.Line).Seq, it.Line.Seq)
		require.NotZero(t, it.Line.Session, "the line of item %d", it.ID)
	}
}

// What has arrived before the journal was put into the tables is never in the
// outbox's; nor are ids given out twice because of that.
func TestJournalPassesTheOutboxBy(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	c := chatter(t, s, 1, 3)[0]
	mustCommit(t, s, &desk.Batch{Done: []int64{1, 2, 3}})
	require.NoError(t, s.Close())
	s = mustOpen(t, src)
	require.Equal(t, []int{3, 0}, []int{rowsIn(t, s, "lines"), rowsIn(t, s, "outbox")})
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, 1)
	mustCommit(t, s, b)
	require.Equal(t, int64(4), b.Items[0].ID)
	require.NoError(t, s.Retry(t.Context(), 4, 2))
	require.Equal(t, 2, restore(t, s, domain).Items[0].Tries)
	mustCommit(t, s, &desk.Batch{Done: []int64{4}})
	pending, err := s.Pending(t.Context(), 4)
	require.NoError(t, err)
	require.False(t, pending)
	require.Equal(t, []int{1, 0}, []int{rowsIn(t, s, "backlog"), rowsIn(t, s, "outbox")})
}

// A line or an origin-id that is there already is refused wherever it is, and a
// dead letter's line is put into the tables.
func TestJournalRules(t *testing.T) {
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
	for _, where := range []string{"in the journal", "in the tables"} {
		seq, origin := again()
		require.ErrorIs(t, s.Commit(t.Context(), seq), desk.ErrConflict, where)
		require.ErrorIs(t, s.Commit(t.Context(), origin), desk.ErrConflict, where)
		require.Equal(t, 3, rowsIn(t, s, "dialog"))
		require.NoError(t, s.settle(t.Context()))
	}
	stale := *c
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, 2)
	mustCommit(t, s, b)
	late := &desk.Batch{Conversations: []*desk.Conversation{&stale}}
	said(late, &stale, 1)
	require.ErrorIs(t, s.Commit(t.Context(), late), desk.ErrStale)
	require.Equal(t, 1, rowsIn(t, s, "journal"))
	mustCommit(t, s, &desk.Batch{Buried: []desk.Dead{{Item: *b.Items[0], Reason: "too big", At: at(1)}}})
	require.Equal(t, []int{0, 1}, []int{rowsIn(t, s, "journal"), rowsIn(t, s, "dead_letters")})
}

// Whatever somebody changes in a conversation is more than that people spoke, so
// that it is written: no field is forgotten.
func TestAlikeMissesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		was := conversation(t, domain)
		require.True(t, alike(*was, was))
		names := fieldsOf(reflect.TypeFor[desk.Conversation](), nil)
		require.Greater(t, len(names), 30)
		for _, path := range names {
			now := *was
			name := alter(reflect.ValueOf(&now).Elem(), path)
			ofEachLine := name == "Conversation.Seq" || name == "Version" || name == "Route.Heard"
			require.Equal(t, ofEachLine, alike(*was, &now), name)
		}
	})
}

// fieldsOf returns the ways to all fields of a struct and of those in it.
func fieldsOf(t reflect.Type, path []int) (all [][]int) {
	if t.Kind() != reflect.Struct || t == reflect.TypeFor[time.Time]() {
		return [][]int{path}
	}
	for i := range t.NumField() {
		all = append(all, fieldsOf(t.Field(i).Type, append(slices.Clone(path), i))...)
	}
	return all
}

// alter changes one field and returns its name.
func alter(v reflect.Value, path []int) string {
	var names []string
	for _, i := range path {
		names = append(names, v.Type().Field(i).Name)
		v = v.Field(i)
	}
	was, isTime := v.Interface().(time.Time)
	switch {
	case isTime:
		v.Set(reflect.ValueOf(was.Add(time.Millisecond)))
	case v.Kind() == reflect.String:
		v.SetString(v.String() + "x")
	case v.Kind() == reflect.Bool:
		v.SetBool(!v.Bool())
	case v.Kind() == reflect.Slice:
		v.Set(reflect.Append(v.Slice3(0, v.Len(), v.Len()), reflect.New(v.Type().Elem()).Elem()))
	case v.CanInt():
		v.SetInt(v.Int() ^ 1)
	default:
		v.SetUint(v.Uint() ^ 1)
	}
	return strings.Join(names, ".")
}

// What the journal keeps is what encoding/json reads from it.
func TestJournalText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.SampledFrom([]rune("\"\\<>&\x00\x1f\u2028é\n")), 0, 20, -1)).Draw(t, "text")
		var got string
		require.NoError(t, json.Unmarshal(appendQuoted(nil, want), &got))
		require.Equal(t, want, got)
		require.Equal(t, appendQuoted(nil, want), appendQuoted(nil, []byte(want)))
	})
}

// What JSON cannot hold is kept as it is: such a batch goes into the tables.
func TestJournalKeepsBytes(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	c := chatter(t, s, 1, 1)[0]
	for i, odd := range []string{"\xff", "a\x00b", "\u2028"} {
		b := &desk.Batch{Conversations: []*desk.Conversation{c}}
		said(b, c, 1)
		b.Lines[0].Body, b.Lines[0].Payload = odd, []byte(odd)
		mustCommit(t, s, b)
		for _, settle := range []func(context.Context) error{func(context.Context) error { return nil }, s.settle} {
			require.NoError(t, settle(t.Context()))
			l, err := s.LineBySeq(t.Context(), domain, c.Local, uint64(i+2))
			require.NoError(t, err)
			require.Equal(t, []string{odd, odd}, []string{l.Body, string(l.Payload)})
		}
	}
}
