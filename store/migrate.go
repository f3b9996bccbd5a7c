package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"time"

	"baton/fault"
)

// SchemaVersion is the schema that this program reads and writes: the number of
// the last migration.
const SchemaVersion = 11

//go:embed migrations/*.sql
var embedded embed.FS

// migration is one step of the schema. A released one is never edited: the
// database remembers its checksum.
type migration struct {
	version   int
	name, sql string
	sum       string
}

// migrations reads migrations/0001_name.sql and so on, without gaps.
func migrations(fsys fs.FS) ([]migration, error) {
	names, err := fs.Glob(fsys, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	ms := make([]migration, 0, len(names))
	for i, path := range names { // Glob sorts
		text, err := fs.ReadFile(fsys, path)
		if err != nil {
			return nil, err
		}
		name := path[len("migrations/"):]
		if v, err := strconv.Atoi(name[:min(4, len(name))]); err != nil || v != i+1 {
			return nil, fmt.Errorf("store: migration %s must be number %04d", name, i+1)
		}
		sum := sha256.Sum256(text)
		ms = append(ms, migration{i + 1, name, string(text), hex.EncodeToString(sum[:])})
	}
	return ms, nil
}

const createVersions = `CREATE TABLE IF NOT EXISTS schema_versions (
	version  INTEGER PRIMARY KEY,
	name     TEXT    NOT NULL,
	checksum TEXT    NOT NULL,
	at       INTEGER NOT NULL
) STRICT`

// migrate brings the database up to the last of ms, each in a transaction of
// its own, and returns the versions before and after. Foreign keys must be off
// on the connections of db, so that tables can be rebuilt; they are checked
// before each commit.
func migrate(ctx context.Context, db *sql.DB, ms []migration, log *slog.Logger) (from, to int, err error) {
	from, err = applied(ctx, db, ms)
	if err != nil {
		return 0, 0, err
	}
	for _, m := range ms[from:] {
		if err := apply(ctx, db, m); err != nil {
			return from, m.version - 1, fmt.Errorf("migration %s: %w", m.name, err)
		}
		fault.Point("store.migrate.committed")
		log.Info("store migrated", "version", m.version, "migration", m.name)
	}
	return from, len(ms), nil
}

// applied returns the version of the database after comparing what made it
// with ms.
func applied(ctx context.Context, db *sql.DB, ms []migration) (int, error) {
	var tables, ours int
	err := db.QueryRowContext(ctx, `SELECT count(*), count(CASE name WHEN 'schema_versions' THEN 1 END)
		FROM sqlite_master`).Scan(&tables, &ours)
	switch {
	case err != nil:
		return 0, err
	case ours == 0 && tables > 0:
		return 0, fmt.Errorf("%w: it has tables of another program: set store to another path", ErrForeign)
	case ours == 0:
		return 0, nil
	}
	var newest int
	if err := db.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM schema_versions`).Scan(&newest); err != nil {
		return 0, err
	}
	if newest > len(ms) {
		return 0, fmt.Errorf("%w (schema %d, this one knows %d): install the newer one or restore a backup",
			ErrNewer, newest, len(ms))
	}
	for _, m := range ms[:newest] {
		var sum string
		err := db.QueryRowContext(ctx, `SELECT checksum FROM schema_versions WHERE version = ?`, m.version).Scan(&sum)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return 0, err
		}
		if sum != m.sum {
			return 0, fmt.Errorf("%w: its schema %d was not made by %s as this version has it: "+
				"install the version that made it or restore a backup", ErrForeign, m.version, m.name)
		}
	}
	return newest, nil
}

func apply(ctx context.Context, db *sql.DB, m migration) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	fault.Point("store.migrate.begun")
	if _, err := tx.ExecContext(ctx, createVersions); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, m.sql); err != nil {
		return err
	}
	var table string
	switch err := tx.QueryRowContext(ctx, `SELECT "table" FROM pragma_foreign_key_check LIMIT 1`).Scan(&table); {
	case err == nil:
		return fmt.Errorf("it leaves rows of %s that refer to nothing", table)
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO schema_versions (version, name, checksum, at) VALUES (?, ?, ?, ?)`,
		m.version, m.name, m.sum, time.Now().UnixMicro())
	if err != nil {
		return err
	}
	fault.Point("store.migrate.applied")
	return tx.Commit()
}
