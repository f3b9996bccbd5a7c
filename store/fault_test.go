package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// failing returns the error that a full or failing disk has for an operation.
func failing(o op) error {
	switch o.kind {
	case opCreate:
		return sqlite3.CANTOPEN
	case opDelete:
		return sqlite3.IOERR_DELETE
	case opTruncate:
		return sqlite3.IOERR_TRUNCATE
	case opSync:
		return sqlite3.IOERR_FSYNC
	}
	return sqlite3.FULL
}

// chore is one thing the store is asked to do, twice if the first time fails.
type chore func(s *SQLite) error

// chores are what the disk fails under: every way to write there is, and enough
// of it that the log is copied into the database on the way.
func chores() []chore {
	ctx := context.Background()
	first, later := ledger(waiting(1)), &desk.Batch{}
	batches, last := []*desk.Batch{first}, *first.Conversations[0]
	for range 2 {
		state := last
		b := &desk.Batch{Conversations: []*desk.Conversation{&state}}
		said(b, &state, 3)
		for i := range b.Lines {
			b.Lines[i].Payload = []byte(strings.Repeat("hello ", 700))
		}
		last = state
		batches = append(batches, b)
	}
	list := []chore{pragmatic("wal_autocheckpoint = 8")}
	for i, b := range batches {
		list = append(list, func(s *SQLite) error {
			if i > 0 {
				b.Conversations[0].Key, b.Conversations[0].Version = first.Conversations[0].Key, int64(i)
			}
			return s.Commit(ctx, b)
		})
	}
	dead := func() desk.Dead { return desk.Dead{Item: *batches[1].Items[1], Reason: "too big", At: at(1)} }
	return append(list,
		func(s *SQLite) error { return s.Retry(ctx, batches[1].Items[2].ID, 3) },
		func(s *SQLite) error {
			later.Done, later.Buried = []int64{batches[1].Items[0].ID}, []desk.Dead{dead()}
			return s.Commit(ctx, later)
		},
		pragmatic("wal_checkpoint(TRUNCATE)"),
		func(s *SQLite) error {
			other := waiting(2)
			other.Phase = handoff.Idle
			return s.Commit(ctx, &desk.Batch{Conversations: []*desk.Conversation{other}})
		})
}

func pragmatic(text string) chore {
	return func(s *SQLite) error {
		_, err := s.conn.ExecContext(context.Background(), "PRAGMA "+text)
		return err
	}
}

// TestDiskFailsAnywhere fails operations on the disk one by one: full, or broken
// for writing and syncing. What was not committed is refused and changes
// nothing, what was is there even if power is lost then, and when the disk works
// again so does the store, without a restart.
func TestDiskFailsAnywhere(t *testing.T) {
	made := newDisk(t.TempDir(), nil)
	_, done := openOn(t, made)
	done()
	base := made.contents()

	sound := newDisk(t.TempDir(), base)
	s, done := openOn(t, sound)
	states := []string{mustState(t, s)}
	for _, do := range chores() {
		require.NoError(t, do(s))
		states = append(states, mustState(t, s))
	}
	done()
	refused, unsure, failed := 0, 0, 0
	for n, o := range sound.ops {
		for _, lasting := range []bool{false, true} {
			if *powerCuts < 1000 && (o.kind == opWrite && n%16 != 0 || lasting && n%8 != 0) {
				continue // all of them with the long run
			}
			failed++
			t.Run(fmt.Sprintf("%d-%s-%v", n, o.kind, lasting), func(t *testing.T) {
				f := faulty{base: base, states: states, disk: newDisk(t.TempDir(), base), rnd: rand.New(rand.NewPCG(uint64(n), 0))}
				f.play(t, n, lasting)
				refused, unsure = refused+f.refused, unsure+f.unsure
			})
		}
	}
	t.Logf("%d faults among %d operations: %d commits refused, %d of unknown outcome", failed, len(sound.ops), refused, unsure)
	require.Positive(t, refused)
	require.Positive(t, unsure)
}

type faulty struct {
	base   map[string][]byte
	states []string
	disk   *disk
	rnd    *rand.Rand

	refused, unsure int
}

// play has the n-th operation fail, and those after it too until somebody has
// noticed, if it is lasting.
func (f *faulty) play(t *testing.T, n int, lasting bool) {
	seen, broken := 0, true
	f.disk.fault = func(o op) error {
		seen++
		if broken && (seen == n+1 || lasting && seen > n) {
			return failing(o)
		}
		return nil
	}
	heal := func() { f.disk.mu.Lock(); broken = false; f.disk.mu.Unlock() }
	s, drop, err := tryOpenOn(t, f.disk)
	if err != nil {
		require.ErrorContains(t, err, "/baton.db")
		f.left(t, 0, 0)
		heal()
		s, drop, err = tryOpenOn(t, f.disk)
		require.NoError(t, err, "the disk works again")
	}
	for i, do := range chores() {
		if err := do(s); err != nil {
			f.failed(t, s, i, err)
			heal()
			require.NoError(t, do(s), "the disk works again")
		}
		require.Equal(t, f.states[i+1], mustState(t, s))
	}
	last := len(f.states) - 1
	_ = s.Close() // perhaps the disk fails only now; all was committed
	drop()
	heal()
	f.left(t, last, last)
	s, done := openOn(t, f.disk)
	require.Equal(t, f.states[last], mustState(t, s))
	done()
}

// failed checks what a chore that failed left behind.
func (f *faulty) failed(t *testing.T, s *SQLite, i int, err error) {
	require.Equal(t, f.states[i], mustState(t, s), "something of it is there")
	if errors.Is(err, desk.ErrUnknownOutcome) {
		f.unsure++
		f.left(t, i, i+1)
	} else {
		f.refused++
		f.left(t, i, i)
	}
	if strings.HasPrefix(err.Error(), "sqlite3") {
		return // of a PRAGMA, which the store does not explain
	}
	require.Regexp(t, `no room left for /baton\.db, free some space|the disk of /baton\.db fails or is full|/baton\.db and its folder must be writable`, err.Error())
}

// left checks what a power cut now would leave: one of two states.
func (f *faulty) left(t *testing.T, i, j int) {
	s, done := openOn(t, newDisk(t.TempDir(), f.disk.cut(f.base, len(f.disk.ops), f.rnd)))
	defer done()
	require.Contains(t, f.states[i:j+1], mustState(t, s))
}

func mustState(t *testing.T, s *SQLite) string {
	t.Helper()
	state, err := stateOf(s)
	require.NoError(t, err)
	return state
}

// contents returns what the disk shows.
func (d *disk) contents() map[string][]byte {
	files := map[string][]byte{}
	for name, f := range d.files {
		files[name] = f.data
	}
	return files
}

// TestShortReads: a disk that gives less than there is makes errors, not
// conversations. What it had read may stay with it: it takes a restart.
func TestShortReads(t *testing.T) {
	d := newDisk(t.TempDir(), nil)
	s, done := openOn(t, d)
	c := waiting(1)
	mustCommit(t, s, ledger(c))
	want := mustState(t, s)
	done()

	short := false
	d.short = func(name string, off int64) bool { return short && name == "/baton.db" && off >= 4096 }
	s, done = openOn(t, d)
	short = true
	_, err := s.Restore(t.Context(), domain, nil)
	require.ErrorContains(t, err, "/baton.db is damaged, restore a backup")
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, 1)
	require.Error(t, s.Commit(t.Context(), b))
	short = false
	done()
	s, done = openOn(t, d)
	require.Equal(t, want, mustState(t, s), "the file itself is whole")
	mustCommit(t, s, b)
	done()
}

// TestLockedByAnother has another program, which knows nothing of our lock, keep
// the database to itself.
func TestLockedByAnother(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	c := waiting(1)
	mustCommit(t, s, ledger(c))
	_, err := s.conn.ExecContext(t.Context(), "PRAGMA busy_timeout = 20") // not to wait for long here
	require.NoError(t, err)

	db, err := sql.Open("sqlite", writerDSN(src.Path, true))
	require.NoError(t, err)
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, 1)
	requireRefused(t, s, b, nil)
	require.ErrorContains(t, s.Commit(t.Context(), b), "another program has "+src.Path+" locked")
	require.NoError(t, tx.Rollback())
	mustCommit(t, s, b)
	require.Len(t, restore(t, s, domain).Items, 2)
}
