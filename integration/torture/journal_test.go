package torture

import (
	"database/sql"
	"os"
	"path/filepath"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // what the program keeps its data in
)

// line is a journalled line.
type line struct {
	conv                              string
	seq, epoch                        int
	author, recipient, stanza, origin string
}

// epoch is one holder's stretch, and the dialog that moved to them.
type epoch struct {
	holder         string
	first, through int
}

type key struct {
	conv string
	n    int // number of an epoch, or of a line
}

// outcome is how a transfer ended for a party, as journalled.
type outcome struct{ transfer, party, state string }

// journal is what the database holds.
type journal struct {
	last     int64
	lines    map[string]line // by text
	twice    []string        // texts that are there more than once
	bySeq    map[key]string  // texts
	epochs   map[key]epoch
	outcomes map[outcome]int
	makers   map[string]string // of the transfers; "" is the service
}

func newJournal() *journal {
	return &journal{lines: map[string]line{}, bySeq: map[key]string{}}
}

// copied copies the database as it lies on disk: opening the original would
// mend it.
func (w *world) copied() string {
	w.t.Helper()
	file := filepath.Join(w.copies, "copy.db")
	for _, end := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(file + end) // of the cycle before
	}
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(filepath.Join(w.dir, "baton.db"+end))
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(w.t, err)
		require.NoError(w.t, os.WriteFile(file+end, b, 0o600))
	}
	return file
}

// read adds the lines that are new in a database, which is a copy, or the
// program's own opened for reading.
func (j *journal) read(w *world, file string) {
	w.t.Helper()
	w.rows(file, func(r *sql.Rows) error {
		var l line
		var body string
		if err := r.Scan(&j.last, &l.conv, &l.seq, &l.epoch, &l.author, &l.recipient, &l.stanza, &l.origin, &body); err != nil {
			return err
		}
		if _, again := j.lines[body]; again {
			j.twice = append(j.twice, body)
		}
		j.lines[body], j.bySeq[key{l.conv, l.seq}] = l, body
		return nil
	}, `SELECT l.id, c.local, l.seq, l.epoch, l.author, l.recipient, l.stanza, l.origin, l.body
		FROM dialog l JOIN conversations c ON c.id = l.conv WHERE l.id > ? ORDER BY l.id`, j.last)
}

// readRest reads epochs and outcomes.
func (j *journal) readRest(w *world, file string) {
	w.t.Helper()
	j.epochs, j.outcomes, j.makers = map[key]epoch{}, map[outcome]int{}, map[string]string{}
	w.rows(file, func(r *sql.Rows) error {
		var k key
		var e epoch
		err := r.Scan(&k.conv, &k.n, &e.holder, &e.first, &e.through)
		j.epochs[k] = e
		return err
	}, `SELECT c.local, e.epoch, e.holder, e.first, e.through FROM epochs e JOIN conversations c ON c.id = e.conv`)
	w.rows(file, func(r *sql.Rows) error {
		var o outcome
		err := r.Scan(&o.transfer, &o.party, &o.state)
		j.outcomes[o]++
		return err
	}, `SELECT transfer, party, state FROM outcomes`)
	w.rows(file, func(r *sql.Rows) error {
		var id, maker string
		err := r.Scan(&id, &maker)
		j.makers[id] = maker
		return err
	}, `SELECT transfer, author FROM transfers`)
}

func (w *world) rows(file string, scan func(*sql.Rows) error, query string, args ...any) {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&mode="+mode(file, w.dir))
	require.NoError(w.t, err)
	defer db.Close()
	rows, err := db.QueryContext(w.t.Context(), query, args...)
	require.NoError(w.t, err)
	defer rows.Close()
	for rows.Next() {
		require.NoError(w.t, scan(rows))
	}
	require.NoError(w.t, rows.Err())
}

// mode: the program's own is only read.
func mode(file, dir string) string {
	if filepath.Dir(file) == dir {
		return "ro"
	}
	return "rw"
}

// live is the program's database, which may be in use.
func (w *world) live() string { return filepath.Join(w.dir, "baton.db") }

func (w *world) count(query string) (n int) {
	w.rows(w.live(), func(r *sql.Rows) error { return r.Scan(&n) }, query)
	return n
}
