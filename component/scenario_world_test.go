package component_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing/synctest"
	"time"

	"baton/component"
	"baton/desk"
	"baton/store"
	"baton/store/storetest"
)

// world is what a scenario plays in: the component, the desk and the store as
// they are, and a server that is not. It lives in a bubble of virtual time.
type world struct {
	dir    string
	office office
	server *fakeServer
	names  names
	last   *received // what the last out was
	log    logBuffer

	boots     int
	ids       int
	store     *store.SQLite
	desk      *desk.Desk
	component *component.Component
	halt      func() error // ends what runs; nil: nothing does

	archive func(desk.Archive) desk.Archive // put between component and store; nil: nothing is
}

// logBuffer keeps what was logged, for a scenario that fails.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newWorld(dir string) *world {
	return &world{dir: dir, office: newOffice(), server: &fakeServer{books: rosterBooks{}}, names: names{}}
}

func (w *world) database(boot int) string {
	return filepath.Join(w.dir, fmt.Sprintf("boot%d.db", boot))
}

// start opens the store and runs a desk and a component, as cmd/baton does.
func (w *world) start() error {
	log := slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	ctx := context.Background()
	err := storetest.Fresh(w.database(w.boots))
	if err != nil {
		return err
	}
	if w.store, err = store.Open(ctx, store.Source{Path: w.database(w.boots)}, store.Options{Logger: log}); err != nil {
		return err
	}
	staff, directory, err := w.office.open(w.store, log)
	if err != nil {
		return errors.Join(err, w.store.Close())
	}
	w.desk = desk.New(desk.Config{
		Domain: ourDomain, Store: w.store, Directory: directory, Policy: w.office.policy, Log: log,
		Outbox: w.office.outbox,
		NewID:  func() string { w.ids++; return fmt.Sprintf("id%06d", w.ids) },
	})
	if err := w.desk.Restore(ctx); err != nil {
		return errors.Join(err, w.store.Close())
	}
	cfg := w.office.component
	cfg.Domain, cfg.Address, cfg.Secret, cfg.Dial = ourDomain, "127.0.0.1:5347", ourSecret, w.server.dial
	cfg.Desk, cfg.Archive, cfg.Log = w.desk, w.store, log
	cfg.EjabberdAPI, cfg.HTTP = "http://127.0.0.1:5280/api", api{w.server}
	if w.archive != nil {
		cfg.Archive = w.archive(w.store)
	}
	w.server.set(func() { w.server.probes = w.office.probes })
	serve(staff, w.desk, func() *component.Component { return w.component }, &cfg)
	w.component = component.New(cfg)

	link, stopLink := context.WithCancel(ctx)
	inner, stopDesk := context.WithCancel(ctx)
	linked, decided := make(chan error, 1), make(chan error, 1)
	go func() { linked <- w.component.Run(link) }()
	go func() { decided <- w.desk.Run(inner) }()
	file := w.store
	w.halt = func() error {
		w.halt = nil
		stopLink()
		err := <-linked
		stopDesk()
		return errors.Join(err, <-decided, file.Close())
	}
	synctest.Wait()
	return nil
}

// kill ends everything as kill -9 does and starts it again after a while: what
// the next one finds is what is on the disk at this moment.
func (w *world) kill(down time.Duration) error {
	synctest.Wait()
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(w.database(w.boots) + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(w.database(w.boots+1)+suffix, b, 0o600)
		}
		if err != nil {
			return err
		}
	}
	w.server.drop()
	synctest.Wait() // it has noticed, and pauses before it tries again
	if err := w.halt(); err != nil {
		return err
	}
	time.Sleep(down)
	w.boots++
	return w.start()
}

// end closes everything in good order and checks that it was.
func (w *world) end() error {
	if w.halt == nil {
		return nil
	}
	up, _ := w.component.Connected()
	before := w.server.ended()
	err := w.halt()
	synctest.Wait()
	switch {
	case err != nil:
		return err
	case up && w.server.ended() != before+1:
		return errors.New("the stream was not closed in order")
	case len(w.server.left()) > 0:
		return fmt.Errorf("something came while it closed down\n%s", w.rest())
	}
	return w.server.complaint()
}
