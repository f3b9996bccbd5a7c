package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"baton/config"
	"baton/integration/client"
	"baton/integration/prosody"
	"baton/integration/sms/smsc"
)

// Addresses of the demo.
const (
	demoDomain  = "example.com"
	demoService = "handoff." + demoDomain
	demoSupport = "support@" + demoService
	demoDesk    = "desk@" + demoService
)

// startServer is prosody.Start, or what a test puts in its place.
type startServer func(context.Context, prosody.Options) (*prosody.Server, error)

// person is one of the cast: an account and its real client.
type person struct {
	id       string // as in the record
	name     string
	part     string // what they are in the story
	account  string // localpart
	password string
	number   string // of who has a phone instead of a client
	*client.Client

	seen  int               // of what a phone shows, how much is in the transcript
	shown client.Mark       // up to where what they received is in the transcript
	chats map[string]string // names of the contacts they have or had, by address
}

func newCast() []*person {
	chats := func() map[string]string { return map[string]string{} }
	return []*person{
		{id: "carol", name: "Carol Jones", part: "a customer", account: "carol.jones", password: "carol", chats: chats()},
		{id: "alice", name: "Alice", part: "an agent of support", account: "alice", password: "alice", chats: chats()},
		{id: "bob", name: "Bob", part: "an agent of billing", account: "bob", password: "bob", chats: chats()},
	}
}

func (p *person) address() string {
	if p.number != "" {
		return p.number
	}
	return p.account + "@" + demoDomain
}

// stage is what the story is played on: a folder, Prosody, the cast's clients,
// Baton.
type stage struct {
	server   startServer
	fell     context.CancelCauseFunc // told when something the story stands on has ended
	progress func(what, detail string)

	dir     string
	prosody *prosody.Server
	cast    []*person
	app     *app
	phones  bool       // with a message centre
	centre  *smsc.SMSC // nil: there is none
	logFile *os.File

	stopBaton context.CancelFunc
	baton     chan error     // how Baton ended; nil: it never ran
	wg        sync.WaitGroup // of who watches Prosody
}

// setUp starts everything. Whatever it returns, strike takes down what stands.
func (s *stage) setUp(ctx context.Context) (err error) {
	if s.dir, err = os.MkdirTemp("", "baton-demo-"); err != nil {
		return fmt.Errorf("%w: %w", errNoFolder, err)
	}
	// Prosody may run as a user of its own, who must reach its part of the folder and no other.
	if err := os.Chmod(s.dir, 0o711); err != nil {
		return err
	}
	s.cast = newCast()
	opts := prosody.Options{Dir: s.dir, Domain: demoDomain, Component: demoService, Secret: "demo"}
	for _, p := range s.cast {
		opts.Accounts = append(opts.Accounts, prosody.Account{User: p.account, Password: p.password})
	}
	if s.prosody, err = s.server(ctx, opts); err != nil {
		return err
	}
	ended := s.prosody.Done()
	s.wg.Go(func() {
		<-ended
		s.fell(errors.New("the server (Prosody) has ended"))
	})
	if err := s.logIn(ctx); err != nil {
		return err
	}
	return s.startBaton(ctx)
}

// logIn logs the cast in, before Baton runs: the transfer desk will appear in
// the agents' contacts before everybody's eyes.
func (s *stage) logIn(ctx context.Context) error {
	var names []string
	for _, p := range s.cast {
		var err error
		p.Client, err = client.Dial(ctx, client.Options{JID: p.address(), Password: p.password,
			Resource: "demo", Name: "Baton demo", Addr: s.prosody.C2S})
		if err != nil {
			return err
		}
		names = append(names, p.account)
	}
	s.progress("Prosody"+s.version(ctx), "a throwaway server for this demo, "+s.prosody.C2S)
	s.progress("3 real clients", strings.Join(names, ", ")+" logged in, by SCRAM")
	return nil
}

// version asks the server for its version (XEP-0092).
func (s *stage) version(ctx context.Context) string {
	reply, err := s.cast[0].IQ(ctx, demoDomain, "get", "<query xmlns='jabber:iq:version'/>")
	if v, ok := reply.Find("jabber:iq:version", "version"); err == nil && ok {
		return " " + v.Text
	}
	return ""
}

// startBaton starts the service as `baton serve` does, in this process.
func (s *stage) startBaton(ctx context.Context) (err error) {
	dir := filepath.Join(s.dir, "baton")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if s.logFile, err = os.OpenFile(s.logPath(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(s.logFile, &slog.HandlerOptions{Level: slog.LevelDebug}))
	// What was begun is ended by strike, in its place: not when ctx ends.
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stopBaton = stop
	cfg, err := demoConfig(s.prosody.ComponentAddr, dir)
	if err != nil {
		return err
	}
	if s.phones {
		if err := s.addPhone(&cfg); err != nil {
			return err
		}
	}
	if s.app, err = newApp(inner, cfg, log); err != nil {
		return err
	}
	s.baton = make(chan error, 1)
	go func() {
		err := s.app.run(inner)
		s.fell(errors.Join(errors.New("the service (Baton) has ended"), err))
		s.baton <- err
	}()
	for _, p := range s.cast[1:] {
		if _, err := p.ExpectSince(ctx, 0, "the transfer desk among the contacts", client.Roster(demoDesk, "both")); err != nil {
			return err
		}
		if _, err := p.ExpectSince(ctx, 0, "the transfer desk's presence", client.Presence(demoDesk, "available")); err != nil {
			return err
		}
	}
	s.progress(strings.TrimSuffix("Baton "+version, " unknown"), "its component "+demoService+", on SQLite")
	return nil
}

func (s *stage) logPath() string { return filepath.Join(s.dir, "baton", "baton.log") }

// demoConfig is the service's configuration. It is not loaded, so that nothing
// in the environment can change it.
func demoConfig(address, dir string) (config.Config, error) {
	cfg := config.Default()
	cfg.Component.Domain = demoService
	cfg.Component.Address = config.Endpoint{Network: "tcp", Address: address}
	cfg.Component.Secret = "demo"
	cfg.DataDir = dir
	cfg.HTTP.Listen = "127.0.0.1:0" // any port that is free
	cfg.Web.Enabled, cfg.Web.Queues = true, []string{"support"}
	cfg.Agents.Domains = []string{demoDomain}
	for name, queue := range map[string]string{"Alice": "support", "Bob": "billing"} {
		a := config.Agent{Name: name, Queues: []string{queue}, Roles: []config.Role{config.RoleAgent}, Kind: config.Person, Capacity: 4}
		host, err := a.JID.WithDomain(demoDomain)
		if err != nil {
			return cfg, err
		}
		if a.JID, err = host.WithLocal(strings.ToLower(name)); err != nil {
			return cfg, err
		}
		cfg.Agents.List = append(cfg.Agents.List, a)
	}
	cfg.Queues = []config.Queue{
		{Name: "support", Title: "Support", Greeting: "Hello, one moment please.", Assign: config.AssignOffer, Ring: config.RingOne},
		{Name: "billing", Title: "Billing", Assign: config.AssignOffer, Ring: config.RingOne},
	}
	return cfg, nil
}

// logOut ends the cast's clients.
func (s *stage) logOut() {
	for _, p := range s.cast {
		if p.Client != nil {
			_ = p.Close() // it was the story that mattered
		}
	}
}

// strike takes everything down, in reverse order. It may be called whatever
// stands.
func (s *stage) strike(keep bool) error {
	s.logOut()
	var errs []error
	if s.stopBaton != nil {
		s.stopBaton()
	}
	if s.baton != nil {
		errs = append(errs, <-s.baton) // it closes its stream in order, which takes a server
	}
	if s.centre != nil {
		s.centre.Close()
	}
	if s.prosody != nil {
		if err := s.prosody.Stop(); err != nil {
			errs = append(errs, err) // who watches it goes on waiting: not we
		} else {
			s.wg.Wait()
		}
	}
	if s.logFile != nil {
		errs = append(errs, s.logFile.Close())
	}
	if s.dir != "" && !keep {
		errs = append(errs, os.RemoveAll(s.dir))
	}
	return errors.Join(errs...)
}

// logs is how the logs end, for whoever looks for a failure's reason. It must be
// asked for before strike.
func (s *stage) logs() string {
	var b strings.Builder
	if text, err := os.ReadFile(s.logPath()); err == nil {
		fmt.Fprintf(&b, "\nBaton's log (%s) ends:\n%s\n", s.logPath(), tail(string(text), 25))
	}
	if s.prosody != nil {
		fmt.Fprintf(&b, "\n%s\n", s.prosody.Log())
	}
	return b.String()
}

// tail returns the last lines of a text.
func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
