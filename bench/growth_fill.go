package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// absentees are the agents who hold what nobody uses.
const absentees = 100

// slice is how many rows are made at a time.
const slice = 50_000

// field is a store's database, opened from outside while Baton does not run. It
// grows by copies of what Baton has written: only what must differ does.
type field struct{ *sql.DB }

func (p *plot) openDatabase(ctx context.Context) (field, error) {
	db, err := sql.Open("sqlite", "file:"+p.database()+"?_pragma=journal_mode(delete)&_pragma=synchronous(off)&_pragma=cache_size(-200000)")
	if err != nil {
		return field{}, err
	}
	db.SetMaxOpenConns(1)
	f := field{db}
	var left bool
	if columns, err := f.columns(ctx, "journal"); err != nil || len(columns) == 0 { // of a version without one
		return f, err
	}
	err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM journal)").Scan(&left)
	if err == nil && left {
		err = errors.New("the journal is not empty: Baton has not stopped in order")
	}
	return f, err
}

// grow makes it so large, closes it, and returns what a bare SELECT of the open
// conversations takes.
func (f field) grow(ctx context.Context, by string, size int, progress func(int)) (bare time.Duration, err error) {
	defer func() { err = errors.Join(err, f.Close()) }()
	open, lines := 1000, 1000 // of what does not grow
	if by == byConversations {
		open = size
	} else {
		lines = size
	}
	if err = f.conversations(ctx, open, progress); err == nil {
		err = f.lines(ctx, lines, progress)
	}
	for range starts {
		if err != nil {
			return 0, err
		}
		began := time.Now()
		if err = f.read(ctx, "SELECT * FROM conversations WHERE phase <> 0"); bare == 0 || time.Since(began) < bare {
			bare = time.Since(began)
		}
	}
	return bare, err
}

func (f field) read(ctx context.Context, query string) error {
	rows, err := f.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
	}
	return rows.Err()
}

// newestLine is the highest id of a line; max(id) of a view would read them all.
const newestLine = "SELECT id FROM dialog ORDER BY id DESC LIMIT 1"

// conversations brings the number of open conversations to n. They are those of
// another caller each, held by agents who are not there, with their lines.
func (f field) conversations(ctx context.Context, n int, progress func(int)) error {
	var have, like, top int
	err := errors.Join(
		f.QueryRowContext(ctx, "SELECT max(max(id), max(number)) FROM conversations").Scan(&have),
		f.QueryRowContext(ctx, "SELECT id FROM conversations WHERE caller = ?", caller(1)).Scan(&like),
		f.QueryRowContext(ctx, newestLine).Scan(&top))
	if err != nil {
		return err
	}
	holder := fmt.Sprintf("printf('other%%03d@bench.example', n.i %% %d)", absentees)
	for _, c := range []copied{
		{"conversations", fmt.Sprintf("SELECT * FROM conversations WHERE id = %d", like), map[string]string{
			"id": "n.i", "number": "n.i", "caller": "'grown' || n.i || '@bench.example'", "holder": holder,
			"local": "'grown.' || printf('%08d', n.i)", "seq": "1"}},
		{"epochs", fmt.Sprintf("SELECT * FROM epochs WHERE conv = %d", like), map[string]string{
			"id": "NULL", "conv": "n.i", "holder": holder}},
		{"lines", fmt.Sprintf("SELECT * FROM dialog WHERE conv = %d AND seq = 1", like), map[string]string{
			"id": fmt.Sprintf("%d + n.i", top-have), "conv": "n.i", "recipient": holder}},
	} {
		if err := f.copy(ctx, c, have+1, n, progress); err != nil {
			return err
		}
	}
	return nil
}

// lines brings the number of lines in the 64 conversations that are used to n: one
// of them has half of these.
func (f field) lines(ctx context.Context, n int, progress func(int)) error {
	var have, top int
	_, err := f.ExecContext(ctx, `CREATE TEMP TABLE IF NOT EXISTS used AS
		SELECT row_number() OVER (ORDER BY caller) - 1 AS k, id AS conv, seq AS last FROM conversations
		WHERE caller BETWEEN ? AND ?`, caller(0), caller(callers-1))
	if err == nil {
		err = f.QueryRowContext(ctx, "SELECT sum(last), ("+newestLine+") FROM used").Scan(&have, &top)
	}
	if err != nil {
		return err
	}
	place, seq := fmt.Sprintf("iif(n.i %% 2, 0, 1 + n.i / 2 %% %d)", callers-1), fmt.Sprintf("1 + iif(n.i %% 2, n.i / 2, n.i / 2 / %d)", callers-1)
	c := copied{"lines", "SELECT * FROM dialog WHERE conv = (SELECT conv FROM used WHERE k = 0) AND seq = 1", map[string]string{
		"id": fmt.Sprintf("%d + n.i", top+1), "conv": "(SELECT conv FROM used WHERE k = " + place + ")",
		"seq":    "(SELECT last FROM used WHERE k = " + place + ") + " + seq,
		"at":     "t.at + n.i",
		"stanza": "'s' || hex(n.i)", "origin": fmt.Sprintf("printf('o%d-%%032d', n.i)", have)}}
	if err := f.copy(ctx, c, 0, n-have-1, progress); err != nil {
		return err
	}
	if n <= have {
		return nil
	}
	_, err = f.ExecContext(ctx, `UPDATE conversations SET seq = (SELECT max(seq) FROM lines l WHERE l.conv = conversations.id)
		WHERE id IN (SELECT conv FROM used)`)
	return err
}

// copied is how many rows are made of one: the columns that differ, as expressions
// of the counter n.i and of the row t.
type copied struct {
	table, of string
	but       map[string]string
}

// copy makes a row for each number from first to last.
func (f field) copy(ctx context.Context, c copied, first, last int, progress func(int)) error {
	columns, err := f.columns(ctx, c.table)
	if err != nil {
		return err
	}
	values := slices.Clone(columns)
	for i, name := range columns {
		if values[i] = "t." + name; c.but[name] != "" {
			values[i] = c.but[name]
		}
	}
	text := fmt.Sprintf(`INSERT INTO %s (%s)
		WITH RECURSIVE n(i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		SELECT %s FROM n CROSS JOIN (%s) t`, c.table, strings.Join(columns, ", "), strings.Join(values, ", "), c.of)
	for ; first <= last; first += slice {
		if _, err := f.ExecContext(ctx, text, first, min(first+slice-1, last)); err != nil {
			return fmt.Errorf("copying rows of %s: %w", c.table, err)
		}
		progress(min(first+slice-1, last))
	}
	return nil
}

func (f field) columns(ctx context.Context, table string) (names []string, err error) {
	rows, err := f.QueryContext(ctx, "SELECT name FROM pragma_table_info(?)", table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
