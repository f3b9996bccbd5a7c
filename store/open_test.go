package store

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

func TestParseSource(t *testing.T) {
	for _, test := range []struct{ setting, want, err string }{
		{"sqlite:baton.db", "/var/lib/baton/baton.db", ""},
		{"sqlite:/srv/b.db", "/srv/b.db", ""},
		{"sqlite:../b.db", "/var/lib/b.db", ""},
		{"sqlite:a b?mode=memory#x%41.db", "/var/lib/baton/a b?mode=memory#x%41.db", ""},
		{"sqlite:", "", "names no file: write sqlite:baton.db"},
		{"sqlite::memory:", "", "names no file"},
		{"sqlite:a\x00b", "", "zero byte"},
		{"baton.db", "", "names no database: write sqlite:baton.db"},
		{"postgres://user:pass@host/db", "", "SQLite only"},
	} {
		src, err := ParseSource(test.setting, "/var/lib/baton")
		if test.err != "" {
			require.ErrorContains(t, err, test.err, test.setting)
			require.NotContains(t, err.Error(), "pass", "no password in a message")
			continue
		}
		require.NoError(t, err, test.setting)
		require.Equal(t, Source{Path: test.want}, src)
	}
	require.Equal(t, "sqlite:/a/b.db", Source{Path: "/a/b.db"}.String())
}

func TestOpenStrangeName(t *testing.T) {
	dir := t.TempDir()
	src := Source{Path: filepath.Join(dir, "a b?mode=memory&x#y%41.db")}
	s := mustOpen(t, src)
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{waiting(1)}})
	require.FileExists(t, src.Path)
	require.NoError(t, s.Close())
	require.Len(t, restore(t, mustOpen(t, src), domain).Open, 1)
}

// TestProperties reads from the connections in use what the promises rest on.
func TestProperties(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	read := func(q interface {
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}, name string) (v string) {
		require.NoError(t, q.QueryRowContext(t.Context(), "PRAGMA "+name).Scan(&v))
		return v
	}
	for name, want := range map[string]string{
		"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "mmap_size": "0", "busy_timeout": "5000",
	} {
		require.Equal(t, want, read(s.conn, name), name)
	}
	require.Equal(t, "1", read(s.reading, "query_only"))
	_, err := s.reading.ExecContext(t.Context(), "DELETE FROM backlog")
	require.ErrorContains(t, err, "readonly")

	err = assertPragmas(t.Context(), s.conn, []pragma{{"synchronous", "EXTRA", "3"}})
	require.ErrorContains(t, err, `synchronous is "2" and must be "3"`)
}

func TestFilesArePrivate(t *testing.T) {
	src := tempSource(t)
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	s := mustOpen(t, src)
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{waiting(1)}})
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		info, err := os.Stat(src.Path + suffix)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode(), suffix)
	}
	require.NoError(t, s.Close())
	require.NoFileExists(t, src.Path+"-wal")
	require.NoFileExists(t, src.Path+"-shm")
}

func TestOpenRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(t *testing.T, path string) string // returns the path to open
		is      error
		text    string
	}{
		"no folder": {func(t *testing.T, path string) string {
			return filepath.Join(path, "sub", "baton.db")
		}, nil, "does not exist: create it (mkdir -p -m 700 "},
		"everybody may write to the folder": {func(t *testing.T, path string) string {
			require.NoError(t, os.Chmod(filepath.Dir(path), 0o777))
			return path
		}, nil, "everybody on this machine can replace files in "},
		"folder is a file": {func(t *testing.T, path string) string {
			write(t, path, "x", 0o600)
			return filepath.Join(path, "baton.db")
		}, nil, "is not a folder"},
		"database is a folder": {func(t *testing.T, path string) string {
			require.NoError(t, os.Mkdir(path, 0o700))
			return path
		}, nil, "is not a file"},
		"group may read": {func(t *testing.T, path string) string {
			write(t, path, "", 0o640)
			return path
		}, nil, "others on this machine can read it (mode 0640): chmod 600 "},
		"others may read the log": {func(t *testing.T, path string) string {
			write(t, path, "", 0o600)
			write(t, path+"-wal", "", 0o604)
			return path
		}, nil, "baton.db-wal holds what people say"},
		"not a database": {func(t *testing.T, path string) string {
			write(t, path, strings.Repeat("this is no database\n", 400), 0o600)
			return path
		}, ErrForeign, "move the file away, or set store to another path"},
		"another program's": {func(t *testing.T, path string) string {
			write(t, path, "", 0o600)
			script(t, path, "CREATE TABLE recipes (name TEXT)")
			return path
		}, ErrForeign, "it has tables of another program"},
		"newer": {func(t *testing.T, path string) string {
			write(t, path, "", 0o600)
			script(t, path, createVersions+"; INSERT INTO schema_versions VALUES (99, '0099_x.sql', 'x', 0)")
			return path
		}, ErrNewer, fmt.Sprintf("made by a newer baton (schema 99, this one knows %d): install the newer one or restore a backup", SchemaVersion)},
		"edited migration": {func(t *testing.T, path string) string {
			require.NoError(t, mustOpen(t, Source{path}).Close())
			script(t, path, "UPDATE schema_versions SET checksum = 'x'")
			return path
		}, ErrForeign, "was not made by 0001_initial.sql as this version has it"},
		"no name": {func(*testing.T, string) string { return "" }, nil, "no database file named"},
	} {
		t.Run(name, func(t *testing.T) {
			path := test.prepare(t, filepath.Join(t.TempDir(), "baton.db"))
			_, err := Open(t.Context(), Source{path}, Options{})
			require.ErrorContains(t, err, test.text)
			if test.is != nil {
				require.ErrorIs(t, err, test.is)
			}
			if path != "" && test.is != nil { // and the lock was let go
				l, err := acquire(path)
				require.NoError(t, err)
				require.NoError(t, l.release())
			}
		})
	}
}

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), mode))
	require.NoError(t, os.Chmod(path, mode))
}

// script runs SQL on a database that no store has open.
func script(t *testing.T, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", writerDSN(path, false))
	require.NoError(t, err)
	_, err = db.Exec(text)
	require.NoError(t, err)
	require.NoError(t, db.Close())
}

func TestSecondOpenerRefused(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	_, err := Open(t.Context(), src, Options{})
	require.ErrorIs(t, err, ErrInUse)
	require.ErrorContains(t, err, "is open in this process already: stop that one first")

	link := filepath.Join(t.TempDir(), "other.db")
	require.NoError(t, os.Symlink(src.Path, link))
	_, err = Open(t.Context(), Source{link}, Options{})
	require.ErrorIs(t, err, ErrInUse, "another name of the same file")

	_, _, err = Migrate(t.Context(), src, Options{})
	require.ErrorIs(t, err, ErrInUse)
	require.NoError(t, s.Close())
	mustOpen(t, src)
}

const holdEnv = "BATON_STORE_TEST_HOLD"

// TestSecondProcessRefused has another process hold the database and be killed.
func TestSecondProcessRefused(t *testing.T) {
	if path := os.Getenv(holdEnv); path != "" {
		hold(t, Source{path})
		return
	}
	src := tempSource(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestSecondProcessRefused$")
	cmd.Env = append(os.Environ(), holdEnv+"="+src.Path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	in, err := cmd.StdinPipe() // ends the other process should this one die
	require.NoError(t, err)
	defer in.Close()
	require.NoError(t, cmd.Start())
	ready, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "open\n", ready)

	_, err = Open(t.Context(), src, Options{})
	require.ErrorIs(t, err, ErrInUse)
	require.ErrorContains(t, err, "is open in process ")
	require.NoError(t, cmd.Process.Kill())
	require.Error(t, cmd.Wait())
	require.Len(t, restore(t, mustOpen(t, src), domain).Items, 3, "what it had committed is there")
}

// hold opens the database, commits, and waits to be killed.
func hold(t *testing.T, src Source) {
	s, err := Open(t.Context(), src, Options{})
	require.NoError(t, err)
	c := waiting(1)
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, 3)
	mustCommit(t, s, b)
	os.Stdout.WriteString("open\n")
	_, _ = os.Stdin.Read(make([]byte, 1))
	os.Exit(1)
}

func TestClose(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Commit(t.Context(), &desk.Batch{Done: []int64{1}}), ErrClosed)
	require.ErrorIs(t, s.Retry(t.Context(), 1, 1), ErrClosed)
	_, err := s.Restore(t.Context(), domain, nil)
	require.ErrorContains(t, err, "closed")
}
