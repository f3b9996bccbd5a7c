package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/dustin/go-humanize"
	"golang.org/x/sys/unix"

	"baton/store"
)

// configuration tells of what was loaded and is not quite right.
func (v *visit) configuration() {
	text := fmt.Sprintf("%s: %s, %s", orElse(v.o.File, "the environment"),
		count(len(v.cfg.Agents.List), "agent", "agents"), count(len(v.cfg.Queues), "queue", "queues"))
	var empty []string
	for _, q := range v.cfg.Queues {
		served := false
		for _, a := range v.cfg.Agents.List {
			for _, name := range a.Queues {
				served = served || name == q.Name
			}
		}
		if !served {
			empty = append(empty, q.Name)
		}
	}
	switch {
	case len(v.cfg.Agents.List) == 0:
		v.add("configuration", Wrong, text, "add somebody to agents.list: nobody can answer")
	case len(empty) > 0:
		v.add("configuration", Degraded, text+"; nobody answers "+strings.Join(empty, ", "), "name the queue in queues of an agent in agents.list")
	default:
		v.ok("configuration", "%s", text)
	}
}

// data looks at folder, disk and database. The database is nobody else's until
// what is returned is closed.
func (v *visit) data(ctx context.Context) *store.Inspection {
	dir := filepath.Dir(v.o.Source.Path)
	db, err := store.Inspect(ctx, v.o.Source)
	info, statErr := os.Stat(dir)
	if statErr != nil || !info.IsDir() {
		v.add("data folder", Wrong, plainly(err), "")
		return db
	}
	v.folder(dir, info)
	v.space(dir, db)
	v.database(ctx, db, err)
	return db
}

func (v *visit) folder(dir string, info os.FileInfo) {
	mode := info.Mode().Perm()
	text := fmt.Sprintf("%s (mode %04o)", dir, mode)
	switch {
	case unix.Access(dir, unix.W_OK|unix.X_OK) != nil:
		v.add("data folder", Wrong, text+fmt.Sprintf(" cannot be written by this user (uid %d)", os.Geteuid()),
			"run doctor as the service's user; if that is this one: chown it to them, or set data_dir to another")
	case mode&0o002 != 0 && info.Mode()&os.ModeSticky == 0:
		v.add("data folder", Wrong, text+": everybody on this machine can replace files in it", "chmod 700 "+dir)
	case mode&0o077 != 0:
		v.add("data folder", Degraded, text+": others can look into it", "chmod 700 "+dir)
	default:
		v.ok("data folder", "%s", text)
	}
}

// Free space, in bytes.
const (
	tooLittle = 64 << 20
	little    = 1 << 30
)

func (v *visit) space(dir string, db *store.Inspection) {
	free, err := v.o.Free(dir)
	text := humanize.IBytes(free) + " free"
	switch {
	case err != nil:
		v.add("disk space", NotChecked, err.Error(), "")
	case free < tooLittle:
		v.add("disk space", Wrong, "only "+text, "free some space, or set data_dir to a folder on a larger disk")
	case free < little:
		v.add("disk space", Degraded, "only "+text, "free some space, or set data_dir to a folder on a larger disk")
	case free < uint64(db.Bytes):
		v.add("disk space", Degraded, fmt.Sprintf("%s, less than the database has (%s): baton erase needs as much", text, humanize.IBytes(uint64(db.Bytes))), "free some space")
	default:
		v.ok("disk space", "%s", text)
	}
}

// FreeSpace returns how many bytes a user without privileges can still write
// to the disk that holds dir.
func FreeSpace(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, fmt.Errorf("%s: %w", dir, err)
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil
}

func (v *visit) database(ctx context.Context, db *store.Inspection, err error) {
	ctx, cancel := step(ctx)
	defer cancel()
	if err == nil && db.Exists {
		err = db.QuickCheck(ctx)
	}
	var notes []string
	if db.Schema == store.SchemaVersion {
		notes = append(notes, fmt.Sprintf("schema %d", db.Schema), fmt.Sprintf("%d open, %d undelivered, %d given up", db.Open, db.Outbox, db.Dead))
	} else {
		notes = append(notes, fmt.Sprintf("schema %d; the next start brings it to %d", db.Schema, store.SchemaVersion))
	}
	text := db.Path + ", " + humanize.IBytes(uint64(db.Bytes)) + ", " + strings.Join(notes, "; ")
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		v.add("database", NotChecked, text+fmt.Sprintf("; looking for damage takes longer than %v", stepTimeout), "sqlite3 "+db.Path+" 'PRAGMA quick_check'")
	case err != nil:
		v.add("database", Wrong, plainly(err), "")
	case !db.Exists:
		v.ok("database", "%s is not there yet; the first start makes it", db.Path)
	case unix.Access(db.Path, unix.W_OK) != nil:
		v.add("database", Wrong, db.Path+" cannot be written by this user", "run doctor as the service's user; if that is this one: chown it to them")
	default:
		v.ok("database", "%s; no damage", text)
	}
}

// plainly is an error of the store without its prefix.
func plainly(err error) string { return strings.ReplaceAll(err.Error(), "store: ", "") }

// service finds out whether Baton is running, and how it does.
func (v *visit) service(ctx context.Context, inUse bool) (running bool) {
	ready, why, answer := v.ready(ctx)
	where := "http://" + v.cfg.HTTP.Listen + "/readyz"
	switch {
	case answer == ours && ready:
		v.ok("service", "running and connected to the server (%s)", where)
	case answer == ours:
		v.add("service", Wrong, "running, and not connected: "+why, "")
	case inUse && answer == foreign:
		v.add("service", Degraded, "running (it has the database open); another program answers at "+where, "set http.listen to a port that is free")
	case inUse && answer == none:
		v.add("service", NotChecked, "running (it has the database open); how it does cannot be asked", "set http.listen, and ask /readyz there")
	case inUse:
		v.add("service", Wrong, "running (it has the database open), and "+where+" does not answer", "see its log")
	case answer == foreign:
		v.add("service", Wrong, "not running, and another program listens at "+v.cfg.HTTP.Listen, "set http.listen to a port that is free, or to \"\" for none")
	default:
		v.ok("service", "not running: everything can be tried")
	}
	return inUse || answer == ours
}

// Who answers at http.listen.
const (
	nobody = iota
	none   // nothing is configured
	ours
	foreign
)

// ready asks whether a running service is ready.
func (v *visit) ready(ctx context.Context) (ready bool, why string, answer int) {
	if v.cfg.HTTP.Listen == "" {
		return false, "", none
	}
	host, port, err := net.SplitHostPort(v.cfg.HTTP.Listen)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := step(ctx)
	defer cancel()
	req, reqErr := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err = errors.Join(err, reqErr); err != nil {
		return false, "", nobody
	}
	req.Close = true
	via := v.o.Web
	if via == nil {
		via = &http.Transport{DisableKeepAlives: true}
	}
	resp, err := via.RoundTrip(req)
	if errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, context.DeadlineExceeded) {
		return false, "", nobody
	}
	if err != nil {
		return false, "", foreign
	}
	defer resp.Body.Close()
	var body struct{ Status, Server string }
	if json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&body) != nil || body.Status == "" || body.Server == "" {
		return false, "", foreign
	}
	return resp.StatusCode == http.StatusOK, body.Server, ours
}
