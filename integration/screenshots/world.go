package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"baton/integration/client"
	"baton/integration/prosody"
)

const (
	domain   = "example.com"
	service  = "handoff." + domain
	support  = "support@" + service
	desk     = "desk@" + service
	password = "throwaway" // of everybody
)

// configuration of `baton serve`; where the server is and where to keep data come by the environment.
const configuration = `component: {domain: ` + service + `, secret: ` + password + `}
agents:
  domains: [` + domain + `]
  list:
    - {jid: alice@` + domain + `, name: Alice, queues: [support]}
    - {jid: bob@` + domain + `, name: Bob, queues: [billing]}
    - {jid: sue@` + domain + `, name: Sue, roles: [supervisor]}
queues:
  - {name: support, title: Support, greeting: "Hello, one moment please."}
  - {name: billing, title: Billing}
http: {listen: ""}
`

// world is everything that runs.
type world struct {
	log     *slog.Logger
	dir     string
	server  *prosody.Server
	baton   *process
	forward *forwarder
	carol   *client.Client // a customer
	sue     *client.Client // a supervisor, who sees when agents are there
	alice   *gajim
	bob     *dino  // nil: he is not at work
	contact string // the conversation's, as the agents see it
}

// build starts everything, Dino if it is wanted. Whatever it returns, close takes down what stands.
func build(ctx context.Context, log *slog.Logger, baton string, withDino bool) (*world, error) {
	baton, err := filepath.Abs(baton)
	if err != nil {
		return nil, err
	}
	w := &world{log: log}
	if w.dir, err = os.MkdirTemp("", "baton-screenshots-"); err != nil {
		return nil, err
	}
	// Prosody may run as a user of its own, who must reach its part of the folder and no other.
	if err := os.Chmod(w.dir, 0o711); err != nil {
		return w, err
	}
	return w, errors.Join(w.serve(ctx, baton), w.logIn(ctx, withDino))
}

// serve starts Prosody and Baton.
func (w *world) serve(ctx context.Context, baton string) (err error) {
	o := prosody.Options{Dir: w.dir, Domain: domain, Component: service, Secret: password, Logger: w.log}
	for _, user := range []string{"alice", "bob", "sue", "carol.jones"} {
		o.Accounts = append(o.Accounts, prosody.Account{User: user, Password: password})
	}
	if w.server, err = prosody.Start(ctx, o); err != nil {
		return err
	}
	dir := filepath.Join(w.dir, "baton")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "baton.yaml"), []byte(configuration), 0o600); err != nil {
		return err
	}
	env := []string{"BATON_COMPONENT_ADDRESS=" + w.server.ComponentAddr, "BATON_DATA_DIR=" + dir}
	if w.baton, err = (place{dir: dir, env: env}).start(nil, baton, "serve", "--config", "baton.yaml"); err != nil {
		return err
	}
	return w.baton.until(ctx, "its link", func() (bool, error) {
		return strings.Contains(w.baton.output(), "msg=connected"), nil
	})
}

// logIn logs everybody in.
func (w *world) logIn(ctx context.Context, withDino bool) (err error) {
	if w.server == nil || w.baton == nil {
		return nil // serve said why
	}
	if w.carol, err = w.dial(ctx, "carol.jones"); err != nil {
		return err
	}
	if w.sue, err = w.dial(ctx, "sue"); err != nil {
		return err
	}
	home, err := newDesktop(filepath.Join(w.dir, "alice"))
	if err != nil {
		return err
	}
	if w.alice, err = newGajim(ctx, home, "alice", w.server); err != nil {
		return err
	}
	if err := w.alice.logIn(ctx); err != nil {
		return err
	}
	if withDino {
		if err := w.logInBob(ctx); err != nil {
			return err
		}
	}
	if err := w.staffed(ctx, "Support"); err != nil {
		return err
	}
	w.log.Info("the agents are logged in")
	return nil
}

func (w *world) logInBob(ctx context.Context) (err error) {
	if w.forward, err = forward(dinoServer+":5222", w.server.C2S); err != nil {
		return err
	}
	home, err := newDesktop(filepath.Join(w.dir, "bob"))
	if err != nil {
		return err
	}
	if w.bob, err = newDino(ctx, home, "bob", w.server, dinoServer); err != nil {
		return err
	}
	if err := w.bob.logIn(ctx); err != nil {
		return err
	}
	return w.staffed(ctx, "Billing")
}

// staffed waits until Baton knows that the queue's agent is there.
func (w *world) staffed(ctx context.Context, queue string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return until(ctx, "the agent of "+queue, func() (bool, error) {
		since := w.sue.Mark()
		if _, err := w.sue.Send(desk, "queue"); err != nil {
			return false, err
		}
		answer, err := w.sue.ExpectSince(ctx, since, "the queues", client.Message(desk, queue))
		return strings.Contains(answer.Body, queue+": 0 waiting, 1 of 1"), err
	})
}

func (w *world) dial(ctx context.Context, user string) (*client.Client, error) {
	return client.Dial(ctx, client.Options{JID: user + "@" + domain, Password: password, Resource: "here", Addr: w.server.C2S})
}

// logs is how everybody's logs end.
func (w *world) logs() string {
	var b strings.Builder
	all := []*process{w.baton}
	if w.alice != nil {
		all = append(all, w.alice.procs...)
	}
	if w.bob != nil {
		all = append(all, w.bob.procs...)
	}
	for _, p := range all {
		if p != nil {
			fmt.Fprintf(&b, "--- %s\n%s\n", p.name, p.output())
		}
	}
	return b.String()
}

// close takes everything down, in reverse order.
func (w *world) close(keep bool) error {
	if w.bob != nil {
		w.bob.turnOff()
	}
	if w.alice != nil {
		w.alice.turnOff()
	}
	for _, c := range []*client.Client{w.carol, w.sue} {
		if c != nil {
			_ = c.Close() // the pictures mattered
		}
	}
	var errs []error
	if w.forward != nil {
		errs = append(errs, w.forward.close())
	}
	if w.baton != nil {
		w.baton.stop()
	}
	if w.server != nil {
		errs = append(errs, w.server.Stop())
	}
	if keep {
		w.log.Info("everything is kept", "folder", w.dir)
		return errors.Join(errs...)
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}
