package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"baton/integration/server"
)

// through is what was measured through a server.
type through struct {
	Date    string `json:"date"`
	Slower  spread `json:"slower"`  // the floor's messages a second, of Baton's
	Slixmpp spread `json:"slixmpp"` // Baton's processor time for a message, of slixmpp's; 0: it was not there
}

// runThrough measures floor, slixmpp and Baton at a real server, each at its own:
// the one whose turn it is is the only one that has something to do.
func runThrough(ctx context.Context, dir, bin string, show *page, o options) error {
	all := []contender{
		{name: "floor", make: plain(filepath.Join(bin, "floor"))},
		{name: "Baton", make: baton{dir: filepath.Join(dir, "now"), program: o.program(bin), profile: o.profile}.command},
		{name: "slixmpp", make: slixmpp},
	}
	var racers []*racer
	defer func() { stopAll(racers) }()
	for _, c := range all {
		r, err := enterServer(ctx, dir, c, o.through)
		if errors.Is(err, errMissing) {
			show.missing(c.name, err)
			continue
		}
		if r != nil {
			racers = append(racers, r)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
	}
	o.length, o.budget = max(o.length, 2*time.Second), 10*time.Minute
	fmt.Fprintf(show.w, "through %s; its own processor time is not in the figures\n", o.through)
	l := load{window: 64}
	t, err := measure(ctx, racers, l, o)
	if err != nil {
		return err
	}
	show.table(l, t)
	res, err := earlier()
	if err != nil {
		return err
	}
	out := through{Date: time.Now().Format(time.DateOnly), Slower: t.against(0, t.index("Baton"), sample.perSecond)}
	if i := t.index("slixmpp"); i >= 0 {
		out.Slixmpp = t.against(t.index("Baton"), i, sample.perMessage)
	}
	if res.through == nil {
		res.through = map[string]through{}
	}
	res.through[o.through] = out
	fmt.Fprintf(show.w, "messages a second, floor ÷ Baton: %.2f, %.2f – %.2f\n", out.Slower.Median, out.Slower.Least, out.Slower.Most)
	if t.noisy || len(t.rounds) < fewest {
		fmt.Fprintln(show.w, "not written down: a quiet machine and all rounds are what counts")
		return nil
	}
	return writeJSON(throughFile, res.through)
}

// enterServer starts a server and a contender connected to it, and has everybody
// log in.
func enterServer(ctx context.Context, dir string, c contender, make string) (*racer, error) {
	srv, err := server.Start(ctx, make, server.Options{Domain: host, Component: domain, Secret: secret, Accounts: accounts()})
	if err != nil {
		return nil, err
	}
	r := &racer{name: c.name, server: srv}
	everybody, err := gather(srv.Addr())
	r.far, r.leave = everybody, everybody.close
	if err != nil {
		return r, err
	}
	var cmd *exec.Cmd
	if cmd, err = c.make(srv.Addr().ComponentAddr); err != nil {
		r.stop()
		return nil, err
	}
	if err := r.launch(dir, cmd); err != nil {
		return r, err
	}
	contacts := 1 // all relays but Baton have one for all
	if c.name == "Baton" {
		contacts = callers
	}
	if err := everybody.connect(ctx, contacts); err != nil {
		return r, fmt.Errorf("%w: %s", err, r.tail())
	}
	return r, nil
}
