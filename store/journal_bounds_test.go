package store

import (
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// A number below that of a line that is there would make the journal one that
// cannot be put into the tables.
func TestNumbersHoldTheJournal(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	c := chatter(t, s, 1, 3)[0]
	require.NoError(t, s.settle(t.Context()))
	beyond := *c
	require.ErrorIs(t, s.Commit(t.Context(), &desk.Batch{Conversations: []*desk.Conversation{&beyond},
		Lines: []desk.Line{{Conversation: c.Local, Session: 1, Seq: 4, By: c.Caller}}}), desk.ErrConflict)
	lower := *c
	lower.Seq, lower.Name = 2, "Other"
	require.ErrorIs(t, s.Commit(t.Context(), &desk.Batch{Conversations: []*desk.Conversation{&lower}}), desk.ErrConflict)
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, 1)
	mustCommit(t, s, b)
	require.NoError(t, s.settle(t.Context()))
}

// The journal takes nothing that the tables would refuse, or understand otherwise.
func TestJournalTakesOnlyWhatTheTablesTake(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	c := chatter(t, s, 1, 3)[0]
	say := func(spoil func(*desk.Batch)) (*desk.Batch, error) {
		now := *c
		b := &desk.Batch{Conversations: []*desk.Conversation{&now}}
		said(b, &now, 1)
		spoil(b)
		err := s.Commit(t.Context(), b)
		if err == nil {
			*c = now
		}
		return b, err
	}
	for _, spoil := range []func(*desk.Line){
		func(l *desk.Line) { l.Session = 1 << 63 }, func(l *desk.Line) { l.Epoch = 1 << 63 }, func(l *desk.Line) { l.Seq++ },
	} {
		_, err := say(func(b *desk.Batch) { spoil(&b.Lines[0]) })
		require.Error(t, err)
		require.NoError(t, s.settle(t.Context()))
	}
	_, err := say(func(b *desk.Batch) { b.Items = append(b.Items, item(c, desk.Line{Seq: c.Seq + 2})) })
	require.ErrorIs(t, err, desk.ErrConflict, "an item of a line that is not there yet")
	_, err = say(func(b *desk.Batch) { b.Items = append(b.Items, item(c, desk.Line{Seq: 1})) })
	require.NoError(t, err)
	require.Zero(t, s.journal.size, "an item of an older line")
	b, err := say(func(b *desk.Batch) { b.Done = []int64{s.journal.nextItem} })
	require.NoError(t, err)
	crashed := tempSource(t)
	copyOf(t, src, crashed)
	requirePending(t, s, b.Items[0].ID, true)
	requirePending(t, mustOpen(t, crashed), b.Items[0].ID, true)
}

// What is long counts for more, so that the journal has a size in bytes too.
func TestLongLinesFillTheJournal(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	s.journal.most = 50
	c := chatter(t, s, 1, 1)[0]
	require.NoError(t, s.settle(t.Context()))
	most := 0
	for range 10 {
		b := &desk.Batch{Conversations: []*desk.Conversation{c}}
		said(b, c, 1)
		b.Lines[0].Body = strings.Repeat("x", 10*perEntry)
		mustCommit(t, s, b)
		most = max(most, len(s.journal.lines(address{domain, c.Local})))
	}
	require.Equal(t, 3, most, "of 13 entries each")
}

// Who writes without counting, as the retention and the page do, fills the disk with
// no endless log.
func TestLogHasAnEnd(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	name := strings.Repeat("x", 4<<20)
	for i := range 30 {
		require.NoError(t, s.AddWebFile(t.Context(), desk.WebFile{Key: fmt.Sprint(i), Party: "a@b", Name: name, At: at(i)}))
	}
	require.Less(t, logSize(t, s), int64(80<<20), "of 120 MB that were written")
}

// What version 9 had in its table of fresh lines, which items name, is brought along,
// and the ids of items that have arrived are not given out again.
func TestMigrationBringsFreshLines(t *testing.T) {
	src := tempSource(t)
	ms, err := migrations(embedded)
	require.NoError(t, err)
	write(t, src.Path, "", 0o600)
	db, err := sql.Open("sqlite", writerDSN(src.Path, false))
	require.NoError(t, err)
	_, _, err = migrate(t.Context(), db, ms[:9], slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `INSERT INTO conversations (id, domain, local, number, entry, queue, caller, phase, holder,
			session, epoch, seq, first, hops, offer, last, name, lang, reach, info, version, route)
			VALUES (3, 'handoff.example.com', 'caller.1', 1, 'support', 'support', 'a@b', 1, '', 1, 0, 2, 1, 0, '', '', '', '', '', '', 5, '{"heard_us":7}');
		INSERT INTO lines VALUES (1, 3, 1, 1, 0, 5, 'a@b', 'caller', '', '', 's1', 'o1', 'one', x'01', 0);
		INSERT INTO fresh VALUES (2, 3, 2, 1, 0, 6, 'a@b', 'caller', '', 'c@d', 's2', 'o2', 'two', x'', 1);
		INSERT INTO outbox (id, domain, conv, kind, recipient, seq, effect, at, tries)
			VALUES (8, 'handoff.example.com', 3, 'line', 'c@d', 2, '', 6, 4), (9, 'handoff.example.com', 3, 'line', 'c@d', 1, '', 6, 0);
		DELETE FROM outbox WHERE id = 9`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	s := mustOpen(t, src)
	snap := restore(t, s, domain)
	require.Len(t, snap.Items, 1)
	require.Equal(t, "two", snap.Items[0].Line.Body)
	require.True(t, snap.Items[0].Line.Private)
	c := snap.Open[0]
	b := &desk.Batch{Conversations: []*desk.Conversation{&c}}
	said(b, &c, 1)
	mustCommit(t, s, b)
	require.Equal(t, int64(10), b.Items[0].ID)
	ls, err := s.Lines(t.Context(), domain, "caller.1", 1, 9, 0)
	require.NoError(t, err)
	require.Len(t, ls, 3)
	require.NoError(t, s.settle(t.Context()))
	require.Equal(t, []int{3, 2}, []int{rowsIn(t, s, "lines"), rowsIn(t, s, "backlog")})
}
