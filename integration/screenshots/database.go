package main

import (
	"context"
	"database/sql"
	"fmt"

	_ "modernc.org/sqlite" // both clients keep everything in SQLite
)

// writeDatabase makes a client's database, before its first start, with these statements.
func writeDatabase(ctx context.Context, file string, statements ...string) error {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	defer db.Close()
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return db.Close()
}

// ask returns the one value of a query in a running client's database; found is false while there is none.
func ask(ctx context.Context, file, query string, args ...any) (value string, found bool) {
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro&_pragma=busy_timeout(2000)")
	if err != nil {
		return "", false
	}
	defer db.Close()
	// Any error counts as "not yet": the client makes file and tables when it likes.
	err = db.QueryRowContext(ctx, query, args...).Scan(&value)
	return value, err == nil
}
