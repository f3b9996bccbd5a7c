package component

import (
	"context"
	"errors"
	"fmt"
	"time"

	"baton/handoff"
	"baton/stanza"
)

// apiPause is how long after a failure the server's API is tried again: it may
// listen later than for components.
const apiPause = 2 * time.Second

// triedAgents bounds with how many agents it is tried what the server allows.
const triedAgents = 5

// choice is a strategy and why it was chosen.
type choice struct {
	strategy
	why  string
	todo string // what to change on the server for a better one
}

// fixed returns the strategy that needs nothing found out; nil if there is
// none.
func (r *rosters) fixed() strategy {
	switch {
	case r.c.cfg.Roster == RosterNone:
		return noRoster{}
	case r.c.cfg.Roster == RosterSubscribe:
		return subscription{r}
	case r.c.cfg.Roster == RosterEjabberd && r.api != nil:
		return r.api
	}
	return nil
}

// tend chooses a host's strategy, and anew when the server grants something
// else.
func (r *rosters) tend(ctx context.Context, h *rosterHost) {
	if r.fixed() == nil {
		select {
		case <-h.news:
		case <-time.After(grantTimeout):
		case <-ctx.Done():
			return
		}
	}
	for said := ""; ; {
		c := r.choose(ctx, h)
		if ctx.Err() != nil {
			return
		}
		r.mu.Lock()
		if h.way == nil {
			close(h.chosen)
		}
		h.way = c.strategy
		r.mu.Unlock()
		if said != c.name() {
			said = c.name()
			r.announce(h, c)
		}
		r.arrive(ctx, h)
		select {
		case <-h.news:
		case <-ctx.Done():
			return
		}
	}
}

// announce says once what was chosen, why, and what to change.
func (r *rosters) announce(h *rosterHost, c choice) {
	args := []any{"host", h.name, "strategy", c.name(), "why", c.why}
	if c.todo == "" {
		r.c.log.Info("rosters", args...)
		return
	}
	r.c.log.Warn("rosters", append(args, "to_change", c.todo)...)
}

// grantTodo is what to change where nothing is granted.
const grantTodo = "Prosody: load mod_privilege for the host and for the Component and give the component roster = \"both\" in privileged_entities; " +
	"ejabberd: serve mod_http_api to this machine and set roster.ejabberd_api to its address"

// choose finds out what works.
func (r *rosters) choose(ctx context.Context, h *rosterHost) choice {
	r.mu.Lock()
	granted, ns := h.grant.MaySetRoster(), h.grant.NS
	reads := h.grant.MayGetRoster()
	r.mu.Unlock()
	privilege := privileged{r.c, reads}
	switch r.c.cfg.Roster {
	case RosterNone, RosterSubscribe, RosterEjabberd:
		if f := r.fixed(); f != nil {
			return choice{f, "set by roster.strategy", ""}
		}
		return choice{noRoster{}, "roster.strategy is ejabberd-api, and roster.ejabberd_api is empty", "set roster.ejabberd_api"}
	case RosterPrivilege:
		if granted {
			return choice{privilege, "set by roster.strategy, and granted", ""}
		}
		return choice{noRoster{}, "roster.strategy is privilege, and the server does not grant it", grantTodo}
	}
	why := "the server grants no roster privilege"
	if granted {
		err := r.tryPrivilege(ctx, h, ns, privilege)
		if err == nil {
			return choice{privilege, "the server grants it (" + ns + ")", ""}
		}
		why = fmt.Sprintf("the server grants the roster privilege, but changing a roster fails (%v), as it does with ejabberd before 23.10", err)
	}
	err := r.tryAPI(ctx, h)
	if err == nil {
		return choice{r.api, why + "; its API works", ""}
	}
	return choice{subscription{r}, why + "; no API of ejabberd either: " + err.Error(), grantTodo}
}

// tryPrivilege finds out whether a grant is worth anything: in ejabberd 23.01,
// which grants in the first namespace, no roster can be changed.
func (r *rosters) tryPrivilege(ctx context.Context, h *rosterHost, ns string, p privileged) error {
	if ns != stanza.NSPrivilege1 {
		return nil
	}
	err := errors.New("no agent has an account there")
	for _, agent := range r.some(h) {
		err = p.put(ctx, agent, r.trial(agent))
		var refused *refusedError
		if !errors.As(err, &refused) || refused.condition != string(stanza.ItemNotFound) {
			return err
		}
	}
	return err
}

// tryAPI finds out whether ejabberd's API is there, and knows an agent.
func (r *rosters) tryAPI(ctx context.Context, h *rosterHost) error {
	if r.api == nil {
		return errors.New("roster.ejabberd_api is empty")
	}
	for again := false; ; again = true {
		err := error(errNoAccount)
		for _, agent := range r.some(h) {
			if err = r.api.known(ctx, agent); !errors.Is(err, errNoAccount) {
				break
			}
		}
		if err == nil || again || errors.Is(err, errNoAccount) {
			return err
		}
		select {
		case <-time.After(apiPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// agentsOf lists the agents who live at a host.
func (r *rosters) agentsOf(host string) []handoff.Party {
	var out []handoff.Party
	for _, a := range r.c.desk.Directory().Agents {
		if serverOf(string(a.JID)) == host {
			out = append(out, a.JID)
		}
	}
	return out
}

func (r *rosters) some(h *rosterHost) []handoff.Party {
	all := r.agentsOf(h.name)
	return all[:min(len(all), triedAgents)]
}
