package doctor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"baton/component"
	"baton/config"
)

const (
	testName   = "Baton doctor (test)"
	maxTried   = 5                      // agents
	maxUnknown = 3                      // accounts named that are missing
	nsArchive  = "urn:xmpp:mam:2"       // XEP-0313
	mostAsked  = 1000                   // accounts
	pollFor    = 100 * time.Millisecond // between two looks at a roster
)

// agentsOf lists the configured agents who live at a host.
func (v *visit) agentsOf(host string) []string {
	var out []string
	for _, a := range v.cfg.Agents.List {
		if a.JID.Domainpart() == host {
			out = append(out, a.JID.Bare().String())
		}
	}
	return out
}

// rosters tries the way to rosters that the service would choose, and what comes
// with it: accounts and the agents' archives.
func (v *visit) rosters(ctx context.Context, p *component.Probe, host string) {
	agents := v.agentsOf(host)
	if len(agents) == 0 {
		v.add("rosters", NotChecked, "no agent of agents.list lives there", "")
		return
	}
	t := &trial{v: v, p: p, host: host, contact: "baton-doctor." + strings.ToLower(rand.Text()[:8]) + "@" + v.cfg.Component.Domain,
		touched: agents[:min(len(agents), maxTried)]}
	one, cancel := step(ctx)
	t.way = p.Roster(one, host, t.contact, testName)
	cancel()
	var archive *Check
	defer func() {
		t.leaveNothing(ctx)
		if archive != nil {
			v.tell(*archive)
		}
	}()
	if ctx.Err() != nil {
		return
	}
	there := v.accounts(ctx, t.way, agents)
	if !t.way.Writes() {
		v.notWritten(t.way)
	} else if there = there[:min(len(there), maxTried)]; len(there) > 0 && ctx.Err() == nil {
		t.touched = there
		t.run(ctx)
	}
	if len(there) > 0 && ctx.Err() == nil {
		archive = v.archive(ctx, p, t, there[0])
	}
}

// notWritten tells of a way by which rosters are not written by us.
func (v *visit) notWritten(w *component.RosterWay) {
	set := v.cfg.Roster.Strategy
	switch {
	case set == config.RosterNone:
		v.ok("rosters", "left alone, as roster.strategy says")
	case set == config.RosterSubscribe:
		v.ok("rosters", "agents are asked to let each contact in, as roster.strategy says")
	case w.Name == component.RosterNone:
		v.add("rosters", Wrong, "not written: "+w.Why, v.rosterFix(w))
	default:
		v.add("rosters", Degraded, "agents are asked to let each contact in: "+w.Why, v.rosterFix(w))
	}
}

// rosterFix is what to change for a better way, on that server.
func (v *visit) rosterFix(w *component.RosterWay) string {
	switch v.on {
	case prosody:
		return "grant the roster privilege, see privileges"
	case ejabberd:
		return "ejabberd: serve mod_http_api to this machine, with check_account, get_roster, add_rosteritem and delete_rosteritem in api_permissions, load mod_admin_extra, and set roster.ejabberd_api to its address"
	}
	return w.Todo
}

// accounts finds out who of the agents has one, and returns those, or all where
// that cannot be asked.
func (v *visit) accounts(ctx context.Context, w *component.RosterWay, agents []string) []string {
	ctx, cancel := step(ctx)
	defer cancel()
	return v.tellAccounts(ctx, agents, func(agent string) error { return w.Known(ctx, agent) })
}

func (v *visit) tellAccounts(ctx context.Context, agents []string, known func(agent string) error) []string {
	var there, missing []string
	for n, agent := range agents[:min(len(agents), mostAsked)] {
		err := known(agent)
		switch {
		case err == nil:
			there = append(there, agent)
		case errors.Is(err, component.ErrNoAccount):
			missing = append(missing, agent)
		case errors.Is(err, component.ErrUnread):
			v.add("accounts", NotChecked, "the server does not tell whether an account exists",
				v.on.advise("grant the roster privilege, see privileges", "check_account of mod_http_api tells: set roster.ejabberd_api"))
			return agents
		default:
			v.add("accounts", NotChecked, fmt.Sprintf("asked about %d of %d: %s", n, len(agents), tellError(ctx, err)), "")
			return agents
		}
	}
	if len(missing) == 0 {
		v.ok("accounts", "the server knows %s", count(len(there), "agent", "agents, all of them"))
		return there
	}
	text := strings.Join(missing[:min(len(missing), maxUnknown)], ", ")
	if more := len(missing) - maxUnknown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	v.add("accounts", Wrong, fmt.Sprintf("%d of %d agents have none: %s", len(missing), len(agents), text), v.fixAccounts(missing))
	return there
}

func tellError(ctx context.Context, err error) string {
	if unseen := (unseenError{}); ctx.Err() != nil && !errors.As(err, &unseen) {
		return fmt.Sprintf("no answer within %v", stepTimeout)
	}
	return err.Error()
}

// trial is the test contact and the rosters it may be in.
type trial struct {
	v       *visit
	p       *component.Probe
	way     *component.RosterWay
	host    string
	contact string
	touched []string // whose rosters it may be in
	in      string   // whose roster it was put into, and not yet taken out of
	done    string   // what worked; empty: not all did
}

// run puts the contact into a roster and reads it back. It stays there for the
// time being.
func (t *trial) run(ctx context.Context) {
	v := t.v
	ctx, cancel := step(ctx)
	defer cancel()
	var err error
	for _, agent := range t.touched {
		t.in = agent
		if err = t.way.Put(ctx, agent); !errors.Is(err, component.ErrNoAccount) {
			break
		}
	}
	if err == nil {
		err = t.sees(ctx, true)
	}
	switch {
	case err == nil:
		t.done = "put into that of " + t.in + ", read back and taken out"
	case errors.Is(err, component.ErrUnread):
		t.done = "put into that of " + t.in + " and taken out; to read it back is not granted"
	case ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded):
	default:
		v.add("rosters", Wrong, fmt.Sprintf("by %s, a contact cannot be put into %s's roster: %s", t.way.Name, t.in, tellError(ctx, err)), v.rosterFix(t.way))
		t.in = ""
	}
}

// sees waits until the contact is in the roster, or out of it.
func (t *trial) sees(ctx context.Context, in bool) error {
	for answered := false; ; answered = true {
		has, err := t.way.Has(ctx, t.in)
		switch {
		case answered && ctx.Err() != nil:
			return unseenError{in}
		case err != nil || has == in:
			return err
		}
		select {
		case <-time.After(pollFor):
		case <-ctx.Done():
			return unseenError{in}
		}
	}
}

// unseenError says that a roster does not show what the server said it had done.
type unseenError struct{ in bool }

func (e unseenError) Error() string {
	if e.in {
		return "the server agreed, and does not show it"
	}
	return "the server agreed, and still shows it"
}

// leaveNothing takes the contact out wherever it may be, also after ctx has
// ended, over a new connection if need be.
func (t *trial) leaveNothing(ctx context.Context) {
	ctx, cancel := step(context.WithoutCancel(ctx))
	defer cancel()
	err := t.remove(ctx)
	select {
	case <-t.p.Gone():
		if again, loginErr := component.Login(ctx, t.v.probe()); loginErr == nil {
			defer again.Close()
			again.Grant(ctx, t.host)
			t.way = again.Roster(ctx, t.host, t.contact, testName)
			err = t.remove(ctx)
		}
	default:
	}
	v := t.v
	switch {
	case err != nil && t.way.Writes():
		v.add("rosters", Wrong, fmt.Sprintf("%s may be left in the roster of %s: %s", t.contact, strings.Join(t.touched, ", "), tellError(ctx, err)),
			"delete it there; Baton does so when it starts, if it can write rosters")
	case t.done != "":
		text := fmt.Sprintf("by %s: a test contact was %s", t.way.Name, t.done)
		if t.way.Name != component.RosterPrivilege {
			text += " (" + t.way.Why + ")"
		}
		v.ok("rosters", "%s", text)
	}
}

func (t *trial) remove(ctx context.Context) error {
	var errs []error
	for _, agent := range t.touched {
		if err := t.way.Remove(ctx, agent); err != nil && !errors.Is(err, component.ErrNoAccount) {
			errs = append(errs, err)
		}
	}
	if t.in != "" && len(errs) == 0 {
		if err := t.sees(ctx, false); err != nil && !errors.Is(err, component.ErrUnread) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// archive finds out whether agents' accounts have one. Servers tell only who is
// among the agent's contacts.
func (v *visit) archive(ctx context.Context, p *component.Probe, t *trial, agent string) *Check {
	ctx, cancel := step(ctx)
	defer cancel()
	from := v.cfg.Component.Domain
	if t.in != "" {
		from, agent = t.contact, t.in
	}
	c := &Check{Part: v.part, Name: "archive", Status: OK, Text: "agents' accounts have one"}
	if v.cfg.Archive.ServerCopy == config.CopyKeep {
		c.Text += "; a former holder's copy stays in theirs (archive.server_copy)"
	}
	var i info
	err := p.Ask(ctx, from, agent, askInfo, &i)
	has := v.archives || i.has(nsArchive) // ejabberd tells so of the server, Prosody of the account
	switch {
	case err != nil && !has:
		c.Status, c.Text, c.Fix = NotChecked, "the server does not tell whether "+agent+" has one", v.fixArchive()
	case !has:
		c.Status, c.Fix = Degraded, v.fixArchive()
		c.Text = "agents' accounts have none: what came while they were away, or on another device, is in the conversation's own alone"
	case v.on == ejabberd:
		c.Text += "; with mod_mam: {default: always} they keep everything"
	}
	return c
}
