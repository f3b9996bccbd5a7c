package live

import (
	"database/sql"
	"os"
	"path/filepath"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // what the program keeps its data in
)

// count asks the program's database, while it runs or not, for a number.
func (w *world) count(query string, args ...any) (n int) {
	w.t.Helper()
	w.query(query, args, &n)
	return n
}

// text asks the program's database for a text.
func (w *world) text(query string, args ...any) (s string) {
	w.t.Helper()
	w.query(query, args, &s)
	return s
}

func (w *world) query(query string, args []any, into ...any) {
	w.t.Helper()
	db := openDB(w, filepath.Join(w.dir, "baton.db"))
	defer db.Close()
	require.NoError(w.t, db.QueryRowContext(w.t.Context(), query, args...).Scan(into...), query)
}

// openDB opens a database for reading. Read-only, so that closing it moves
// nothing of the program's log.
func openDB(w *world, file string) *sql.DB {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro&_pragma=busy_timeout(10000)")
	require.NoError(w.t, err)
	db.SetMaxOpenConns(1)
	return db
}

// line is a line of the dialog as journalled.
type line struct {
	seq, epoch   int
	author, body string
}

// journal reads the dialog from a copy of the database as it lies on disk, as
// it must be when the program was killed: opening the original would mend it.
func (w *world) journal() []line {
	w.t.Helper()
	copied := filepath.Join(w.t.TempDir(), "copy.db")
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(filepath.Join(w.dir, "baton.db"+end))
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(w.t, err)
		require.NoError(w.t, os.WriteFile(copied+end, b, 0o600))
	}
	db, err := sql.Open("sqlite", copied)
	require.NoError(w.t, err)
	defer db.Close()
	rows, err := db.QueryContext(w.t.Context(), "SELECT seq, epoch, author, body FROM dialog ORDER BY conv, seq")
	require.NoError(w.t, err)
	defer rows.Close()
	var out []line
	for rows.Next() {
		var l line
		require.NoError(w.t, rows.Scan(&l.seq, &l.epoch, &l.author, &l.body))
		out = append(out, l)
	}
	require.NoError(w.t, rows.Err())
	return out
}
