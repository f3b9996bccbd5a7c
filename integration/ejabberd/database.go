package ejabberd

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // to make the tables

	"baton/integration/throwaway"
)

// schema are Debian's tables for ejabberd on SQLite.
const schema = "/usr/share/ejabberd/sql/lite.sql"

func database(i *throwaway.Instance) string { return filepath.Join(i.DataDir, "ejabberd.db") }

// makeDatabase makes the tables, which ejabberd 23.01 does not do by itself. A database that is there already stays.
func makeDatabase(i *throwaway.Instance) (err error) {
	file := database(i)
	if throwaway.Exists(file) {
		return nil
	}
	tables, err := os.ReadFile(schema)
	if err != nil {
		return err
	}
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(wal)") // ejabberd's writes then wait for the disk once
	if err != nil {
		return err
	}
	_, err = db.Exec("BEGIN; " + string(tables) + "; COMMIT")
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	return i.HandOver(file)
}
