//go:build linux

package crash

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // what the program keeps its data in
)

// entry is a line as journalled.
type entry struct {
	seq                     int
	author, recipient, body string
}

func journal(t *testing.T, db *sql.DB) []entry {
	t.Helper()
	var tables int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_master WHERE name = 'dialog'").Scan(&tables))
	if tables == 0 {
		return nil
	}
	return rows(t, db, "SELECT seq, author, recipient, body FROM dialog ORDER BY conv, seq",
		func(e *entry) []any { return []any{&e.seq, &e.author, &e.recipient, &e.body} })
}

// rows reads a query's rows.
func rows[R any](t *testing.T, db *sql.DB, query string, into func(*R) []any) (out []R) {
	t.Helper()
	rs, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rs.Close()
	for rs.Next() {
		var r R
		require.NoError(t, rs.Scan(into(&r)...))
		out = append(out, r)
	}
	require.NoError(t, rs.Err())
	return out
}

// copied opens a copy of the database as it lies on disk: opening the original
// would mend it.
func (p *play) copied() *sql.DB {
	p.t.Helper()
	name := filepath.Join(p.t.TempDir(), "copy.db")
	for _, end := range []string{"", "-wal", "-journal"} {
		b, err := os.ReadFile(filepath.Join(p.dir, "baton.db"+end))
		if os.IsNotExist(err) {
			continue
		}
		require.NoError(p.t, err)
		require.NoError(p.t, os.WriteFile(name+end, b, 0o600))
	}
	db, err := sql.Open("sqlite", name)
	require.NoError(p.t, err)
	var verdict string
	require.NoError(p.t, db.QueryRowContext(p.t.Context(), "PRAGMA integrity_check").Scan(&verdict))
	require.Equal(p.t, "ok", verdict)
	return db
}

// live asks the database while the program runs; nothing comes of it when there
// is none yet, or no table.
func (p *play) live(do func(db *sql.DB) error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(p.dir, "baton.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	require.NoError(p.t, err)
	defer db.Close()
	_ = do(db)
}

// count asks the database for a number; -1 if there is none.
func (p *play) count(query string, args ...any) int {
	n := -1
	p.live(func(db *sql.DB) error { return db.QueryRowContext(p.t.Context(), query, args...).Scan(&n) })
	return n
}
