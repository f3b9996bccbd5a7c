package store

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
)

// Source says which database to open.
type Source struct {
	Path string // the SQLite file
}

// ParseSource reads the setting "store": "sqlite:baton.db", with a path that
// is relative to dir when it is not absolute.
func ParseSource(setting, dir string) (Source, error) {
	engine, rest, ok := strings.Cut(setting, ":")
	switch {
	case engine == "postgres" || engine == "postgresql":
		return Source{}, errors.New("store: this version keeps its data in SQLite only: write sqlite:baton.db")
	case !ok || engine != "sqlite":
		return Source{}, fmt.Errorf("store: %q names no database: write sqlite:baton.db", setting)
	case rest == "" || strings.HasPrefix(rest, ":"):
		return Source{}, fmt.Errorf("store: %q names no file: write sqlite:baton.db", setting)
	case strings.ContainsRune(rest, 0):
		return Source{}, errors.New("store: the path of the database holds a zero byte")
	}
	if !filepath.IsAbs(rest) {
		rest = filepath.Join(dir, rest)
	}
	return Source{Path: rest}, nil
}

// String returns the source as it is written in the settings.
func (s Source) String() string { return "sqlite:" + s.Path }

// busyTimeout bounds the wait, in milliseconds, for a lock of another
// connection. Only this process has the file open, so that it is a safety net.
const busyTimeout = 5000

// writerDSN names the file at path for the connection that writes.
func writerDSN(path string, foreignKeys bool) string {
	q := url.Values{"_txlock": {"immediate"}, "_dqs": {"0"}}
	for _, p := range writerPragmas(foreignKeys) {
		q.Add("_pragma", fmt.Sprintf("%s(%s)", p.name, p.set))
	}
	return fileDSN(path, q)
}

// readerDSN names it for the connections that cannot write.
func readerDSN(path string) string { return queryDSN(path, "ro") }

// menderDSN names it for a connection that only asks, and may take back what a
// crash left half done in a database that is not in WAL mode.
func menderDSN(path string) string { return queryDSN(path, "rw") }

func queryDSN(path, mode string) string {
	return fileDSN(path, url.Values{
		"mode": {mode},
		"_dqs": {"0"},
		"_pragma": {
			fmt.Sprintf("busy_timeout(%d)", busyTimeout), "query_only(1)", "mmap_size(0)",
		},
	})
}

// fileDSN escapes what would end the path in a URI.
func fileDSN(path string, q url.Values) string {
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	return u.String()
}

// pragma is a property of a connection: how it is set and what reading it back
// must answer.
type pragma struct{ name, set, want string }

func writerPragmas(foreignKeys bool) []pragma {
	fk := "0"
	if foreignKeys {
		fk = "1"
	}
	timeout := fmt.Sprint(busyTimeout)
	return []pragma{
		{"busy_timeout", timeout, timeout},
		{"journal_mode", "WAL", "wal"},
		{"synchronous", "FULL", "2"},
		{"foreign_keys", fk, fk},
		{"mmap_size", "0", "0"},
		{"cache_size", "-16384", "-16384"}, // KiB: what is put into the tables together is of many pages
	}
}
