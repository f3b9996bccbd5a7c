package store

import (
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// steps makes migrations of texts.
func steps(t *testing.T, texts ...string) []migration {
	t.Helper()
	fsys := fstest.MapFS{}
	for i, text := range texts {
		fsys[fmt.Sprintf("migrations/%04d_step.sql", i+1)] = &fstest.MapFile{Data: []byte(text)}
	}
	ms, err := migrations(fsys)
	require.NoError(t, err)
	return ms
}

func rawDB(t *testing.T, src Source) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", writerDSN(src.Path, false))
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func TestEmbeddedMigrations(t *testing.T) {
	ms, err := migrations(embedded)
	require.NoError(t, err)
	require.Len(t, ms, SchemaVersion)
}

func TestMigrationsHaveNoGaps(t *testing.T) {
	for _, names := range [][]string{{"0002_a.sql"}, {"0001_a.sql", "0003_b.sql"}, {"0001_a.sql", "0001_b.sql"}, {"a.sql"}} {
		fsys := fstest.MapFS{}
		for _, n := range names {
			fsys["migrations/"+n] = &fstest.MapFile{}
		}
		_, err := migrations(fsys)
		require.ErrorContains(t, err, "must be number", names)
	}
}

func TestMigrate(t *testing.T) {
	const people = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);" +
		"CREATE TABLE pets (owner INTEGER REFERENCES people (id));" +
		"INSERT INTO people VALUES (1, 'Ann'); INSERT INTO pets VALUES (1);"
	// Foreign keys on, this DROP would take the pets' owners away.
	const rebuild = "CREATE TABLE new (id INTEGER PRIMARY KEY, name TEXT NOT NULL);" +
		"INSERT INTO new SELECT * FROM people; DROP TABLE people; ALTER TABLE new RENAME TO people;"

	db := rawDB(t, tempSource(t))
	run := func(texts ...string) (int, int, error) {
		return migrate(t.Context(), db, steps(t, texts...), slog.New(slog.DiscardHandler))
	}
	from, to, err := run(people)
	require.NoError(t, err)
	require.Equal(t, []int{0, 1}, []int{from, to})

	from, to, err = run(people, rebuild, "CREATE TABLE half (x); SELECT * FROM nowhere;")
	require.ErrorContains(t, err, "migration 0003_step.sql: ")
	require.Equal(t, []int{1, 2}, []int{from, to}, "what came before the broken one stays")
	var n int
	require.NoError(t, db.QueryRow("SELECT count(*) FROM sqlite_master WHERE name = 'half'").Scan(&n))
	require.Zero(t, n, "half a migration stayed")

	_, _, err = run(people, rebuild, "DELETE FROM people;")
	require.ErrorContains(t, err, "it leaves rows of pets that refer to nothing")

	from, to, err = run(people, rebuild, "CREATE TABLE more (x);")
	require.NoError(t, err)
	require.Equal(t, []int{2, 3}, []int{from, to})
	require.NoError(t, db.QueryRow("SELECT count(*) FROM people JOIN pets ON owner = id").Scan(&n))
	require.Equal(t, 1, n)

	_, _, err = run(people, rebuild+" ", "CREATE TABLE more (x);")
	require.ErrorIs(t, err, ErrForeign)
	require.ErrorContains(t, err, "its schema 2 was not made by 0002_step.sql")
	_, _, err = run(people, rebuild)
	require.ErrorIs(t, err, ErrNewer)
	require.ErrorContains(t, err, "(schema 3, this one knows 2)")
}

func TestMigrateOnly(t *testing.T) {
	src := tempSource(t)
	for _, want := range [][]int{{0, SchemaVersion}, {SchemaVersion, SchemaVersion}} {
		from, to, err := Migrate(t.Context(), src, Options{})
		require.NoError(t, err)
		require.Equal(t, want, []int{from, to})
	}
	info, err := os.Stat(src.Path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())
	mustCommit(t, mustOpen(t, src), &desk.Batch{Conversations: []*desk.Conversation{waiting(1)}})
}

// TestPlans: what runs for every message or reference finds its rows by index.
func TestPlans(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	for _, q := range append(s.queries.texts(), s.stmts.texts()...) {
		switch q.stmt {
		case &s.queries.stats, &s.queries.items, &s.queries.outcomes, &s.stmts.lastItem, &s.stmts.emptyJournal,
			&s.stmts.begin, &s.stmts.commit, &s.stmts.rollback:
			continue // these read a small table, sort a few rows, or read nothing
		}
		rows, err := s.reading.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+q.sql,
			make([]any, strings.Count(q.sql, "?"))...)
		require.NoError(t, err)
		for rows.Next() {
			var id, parent, unused int
			var detail string
			require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
			require.NotContains(t, detail, "TEMP B-TREE", q.sql)
			if len(detail) > 5 && detail[:5] == "SCAN " {
				require.Equal(t, "SCAN CONSTANT ROW", detail, q.sql)
			}
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
}
