package store

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

var (
	powerCuts = flag.Int("cuts", 150, "power cuts to play")
	cutSeed   = flag.Uint64("cuts.seed", 1, "seed of the first history of power cuts")
)

// A history is a few runs of the machine, each ended by a power cut; of each run
// several cuts are played and looked at, and the last one is where the next run
// begins.
const (
	runsPerHistory = 5
	cutsPerRun     = 10
)

// tally is what came of many cuts.
type tally struct {
	cuts, lost, ahead, broken atomic.Int64
	ops, files                atomic.Int64
}

// run is one run of the machine: the states the database went through, and how
// many operations the disk had seen when each was acknowledged.
type run struct {
	from   map[string][]byte
	disk   *disk
	states []string
	acks   []int
}

// TestPowerCuts cuts the power in the middle of whatever the store does: the
// start with its migrations, commits, checkpoints, closing. What was
// acknowledged is there, whole, and nothing else but the commit under way.
func TestPowerCuts(t *testing.T) {
	n := playCuts(t, *powerCuts, "FULL")
	t.Logf("%d power cuts among %d operations, %d of them looked at by the program's own SQLite, seed %d: "+
		"lost %d, broken %d, under way and whole %d", n.cuts.Load(), n.ops.Load(), n.files.Load(), *cutSeed,
		n.lost.Load(), n.broken.Load(), n.ahead.Load())
	require.Zero(t, n.lost.Load(), "acknowledged and lost")
	require.Zero(t, n.broken.Load(), "neither before nor after a commit, or damaged")
	require.Positive(t, n.files.Load())
	require.Positive(t, n.ahead.Load(), "no cut fell between writing and acknowledging")
}

// TestPowerCutsBite shows that the disk is as treacherous as it says: without a
// sync for each commit acknowledged ones are lost, and without any the
// database is damaged.
func TestPowerCutsBite(t *testing.T) {
	n := playCuts(t, *powerCuts/4, "NORMAL")
	t.Logf("synchronous=NORMAL: %d of %d cuts lost what was acknowledged, broken %d",
		n.lost.Load(), n.cuts.Load(), n.broken.Load())
	require.Greater(t, n.lost.Load(), n.cuts.Load()/8)
	require.Zero(t, n.broken.Load(), "what is left is whole all the same")

	n = playCuts(t, *powerCuts/8, "OFF")
	t.Logf("synchronous=OFF: %d of %d cuts lost what was acknowledged, broken %d",
		n.lost.Load(), n.cuts.Load(), n.broken.Load())
	require.Positive(t, n.broken.Load())
}

// playCuts plays histories until there were so many cuts.
func playCuts(t *testing.T, cuts int, synchronous string) *tally {
	t.Helper()
	n := &tally{}
	var next atomic.Uint64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 4, 1+cuts/100) {
		wg.Go(func() {
			for {
				seed := *cutSeed + next.Add(1) - 1
				if n.cuts.Load() >= int64(cuts) || t.Failed() {
					return
				}
				playHistory(t, seed, synchronous, n)
			}
		})
	}
	wg.Wait()
	return n
}

func playHistory(t *testing.T, seed uint64, synchronous string, n *tally) {
	rnd := rand.New(rand.NewPCG(seed, 0))
	var left map[string][]byte
	for number := range runsPerHistory {
		r := newRun(t, left, synchronous, rnd)
		if r == nil || t.Failed() {
			return
		}
		n.ops.Add(int64(len(r.disk.ops)))
		for range cutsPerRun {
			at := rnd.IntN(len(r.disk.ops) + 1)
			left = r.disk.cut(r.from, at, rnd)
			n.cuts.Add(1)
			own := rnd.IntN(8) == 0
			if problem := r.look(t, left, at, own, n); problem != "" && synchronous == "FULL" {
				t.Errorf("seed %d, run %d, cut behind operation %d of %d: %s", seed, number, at, len(r.disk.ops), problem)
				return
			}
		}
	}
}

// look opens what a cut left, perhaps as files and by the program's own SQLite,
// and says what is wrong with it.
func (r *run) look(t *testing.T, left map[string][]byte, at int, own bool, n *tally) string {
	var s *SQLite
	var err error
	drop := func() {}
	if own {
		n.files.Add(1)
		src := tempSource(t)
		for name, data := range left {
			write(t, filepath.Join(filepath.Dir(src.Path), name), string(data), 0o600)
		}
		s, err = Open(t.Context(), src, Options{})
	} else {
		s, drop, err = tryOpenOn(t, newDisk(r.disk.shm, left))
	}
	if err != nil {
		n.broken.Add(1)
		return "it does not open: " + err.Error()
	}
	defer drop()
	defer s.Close()
	state, err := stateOf(s)
	if err != nil {
		n.broken.Add(1)
		return "it is damaged: " + err.Error()
	}
	acked := 0
	for acked+1 < len(r.acks) && r.acks[acked+1] <= at {
		acked++
	}
	switch i := index(r.states, state); {
	case i < 0:
		n.broken.Add(1)
		return "half a commit: it is in none of the states that it went through"
	case i < acked:
		n.lost.Add(1)
		return fmt.Sprintf("commit %d was acknowledged and is lost: it is as after commit %d", acked, i)
	case i > acked+1:
		n.broken.Add(1)
		return "it is ahead of its time"
	case i > acked:
		n.ahead.Add(1)
	}
	return ""
}

func index(states []string, state string) int {
	for i, s := range states {
		if s == state {
			return i
		}
	}
	return -1
}

// newRun starts the machine with what a cut left and has the store work; nil
// if the database is damaged, as it must not be.
func newRun(t *testing.T, from map[string][]byte, synchronous string, rnd *rand.Rand) *run {
	shm := t.TempDir()
	r := &run{from: from, disk: newDisk(shm, from)}
	work := &worker{rnd: rnd, run: r}
	for range 1 + rnd.IntN(2) { // and perhaps a restart in good order
		s, drop, err := tryOpenOn(t, r.disk)
		if err != nil {
			return nil
		}
		err = work.works(s, synchronous)
		if closed := s.Close(); err == nil {
			err = closed
		}
		drop()
		if err != nil {
			if synchronous != "OFF" {
				t.Errorf("the store does not work: %v", err)
			}
			return nil
		}
	}
	return r
}

// acknowledged notes that the state of now was promised.
func (r *run) acknowledged(s *SQLite) error {
	state, err := stateOf(s)
	if len(r.states) > 0 && r.states[len(r.states)-1] == state {
		return err // nothing changed
	}
	r.states, r.acks = append(r.states, state), append(r.acks, len(r.disk.ops))
	return err
}

// stateOf returns all that the database holds, after checking that it is sound.
func stateOf(s *SQLite) (string, error) {
	ctx := context.Background()
	var b strings.Builder
	for _, check := range []string{"integrity_check", "foreign_key_check"} {
		found, err := rowsOf(ctx, s, "SELECT * FROM pragma_"+check)
		if err != nil {
			return "", err
		}
		if text := strings.TrimSpace(found); text != "ok" && text != "" {
			return "", fmt.Errorf("%s: %s", check, text)
		}
	}
	// Schema and key differ with each migration; what is in the journal still does not matter, the views have all.
	tables, err := rowsOf(ctx, s, `SELECT name FROM sqlite_master WHERE type = 'table'
		AND name NOT IN ('schema_versions', 'archive_key', 'lines', 'backlog', 'conversations', 'journal', 'sqlite_sequence') OR name IN ('dialog', 'outbox', 'standing') ORDER BY name`)
	if err != nil {
		return "", err
	}
	for _, table := range strings.Fields(tables) {
		query := "SELECT * FROM " + table // by their primary key
		if table == "dialog" || table == "outbox" || table == "standing" {
			query += " ORDER BY id"
		}
		rows, err := rowsOf(ctx, s, query)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, "%s\n%s", table, rows)
	}
	if err := consistent(ctx, s); err != nil {
		return "", err
	}
	return b.String(), nil
}

func rowsOf(ctx context.Context, s *SQLite, query string) (string, error) {
	rows, err := s.conn.QueryContext(ctx, query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	values, into := make([]string, len(columns)), make([]any, len(columns))
	null := make([]*string, len(columns))
	for i := range values {
		into[i] = &null[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return "", err
		}
		for i, v := range null {
			if values[i] = "NULL"; v != nil {
				values[i] = *v
			}
		}
		fmt.Fprintln(&b, strings.Join(values, "|"))
	}
	return b.String(), rows.Err()
}

// consistent checks by the store's own methods what every state must be: as many
// lines as were numbered, and of every epoch its holder.
func consistent(ctx context.Context, s *SQLite) error {
	snap, err := restored(ctx, s, domain)
	if err != nil {
		return err
	}
	for _, c := range snap.Open {
		lines, err := s.Lines(ctx, domain, c.Local, 0, ^uint64(0), 0)
		if err != nil {
			return err
		}
		if uint64(len(lines)) != c.Seq {
			return fmt.Errorf("%s has %d lines and says %d", c.Local, len(lines), c.Seq)
		}
		if c.Holder == "" {
			continue
		}
		if held, _, err := s.Held(ctx, domain, c.Local, c.Holder); err != nil || held != c.Session {
			return fmt.Errorf("%s is held by %s, who held session %d: %w", c.Local, c.Holder, held, err)
		}
	}
	for _, it := range snap.Items {
		if it.Kind == desk.KindLine && it.Line.Body == "" {
			return fmt.Errorf("item %d has no line", it.ID)
		}
	}
	return nil
}
