package component

import (
	"context"
	"errors"
	"slices"
	"time"

	"baton/handoff"
	"baton/stanza"
)

// Grant returns what a host that agents live at lets the component do
// (XEP-0356), false if it says nothing within two seconds.
func (p *Probe) Grant(ctx context.Context, host string) (stanza.Privilege, bool) {
	r := p.c.rosters
	r.mu.Lock()
	h := r.hosts[host]
	said := h != nil && h.granted
	r.mu.Unlock()
	if h == nil {
		return stanza.Privilege{}, false
	}
	if !said {
		select {
		case <-h.news:
		case <-time.After(grantTimeout):
		case <-p.Gone():
		case <-ctx.Done():
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return h.grant, h.granted
}

// RosterWay is the strategy that the service would choose for the agents of a
// host, with one contact to try it with.
type RosterWay struct {
	Name string // of the strategy
	Why  string // it was chosen
	Todo string // what to change for a better one

	way  strategy
	r    *rosters
	host *rosterHost
	item stanza.RosterItem
}

// Roster chooses the strategy for a host, as the service does after its login.
// Where that takes writing something, it writes the contact, which is an address of the
// component: Remove it in any case.
func (p *Probe) Roster(ctx context.Context, host, contact, name string) *RosterWay {
	r := p.c.rosters
	w := &RosterWay{r: r, host: r.hosts[host], item: stanza.RosterItem{JID: contact, Name: name, Subscription: stanza.SubscriptionBoth}}
	r.trial = func(handoff.Party) stanza.RosterItem { return w.item }
	c := r.choose(ctx, w.host)
	w.Name, w.Why, w.Todo, w.way = c.name(), c.why, c.todo, c.strategy
	return w
}

// Writes reports whether rosters are changed without the agents' doing anything.
func (w *RosterWay) Writes() bool {
	_, none := w.way.(noRoster)
	return !none && !w.way.asks()
}

// Put puts the contact into an agent's roster. [ErrNoAccount]: there is no such
// account.
func (w *RosterWay) Put(ctx context.Context, agent string) error {
	return w.account(w.way.put(ctx, handoff.Party(agent), w.item))
}

// Remove takes the contact out; it may not be there.
func (w *RosterWay) Remove(ctx context.Context, agent string) error {
	way := w.way
	if !w.Writes() { // the trial by which this way was chosen may have left something
		way = privileged{w.r.c, false}
	}
	return w.account(way.remove(ctx, handoff.Party(agent), w.item.JID))
}

// Has reports whether the contact is in an agent's roster, as it was put.
// [ErrUnread]: the server does not let rosters be read.
func (w *RosterWay) Has(ctx context.Context, agent string) (bool, error) {
	items, err := w.way.get(ctx, handoff.Party(agent))
	if errors.Is(err, errNoRoster) {
		err = ErrUnread
	}
	return slices.ContainsFunc(items, func(i stanza.RosterItem) bool {
		return i.JID == w.item.JID && i.Name == w.item.Name && i.Subscription == w.item.Subscription
	}), w.account(err)
}

// Known returns [ErrNoAccount] if the server has no such account, ErrUnread where
// it does not tell. It changes nothing.
func (w *RosterWay) Known(ctx context.Context, agent string) error {
	w.r.mu.Lock()
	ns := w.host.grant.NS
	w.r.mu.Unlock()
	switch way := w.way.(type) {
	case *ejabberdAPI:
		return w.account(way.known(ctx, handoff.Party(agent)))
	case privileged:
		if ns == stanza.NSPrivilege2 { // Prosody: what is not there to be removed is item-not-found, and no user is no service
			return w.account(way.remove(ctx, handoff.Party(agent), w.item.JID))
		}
	}
	return ErrUnread
}

// Errors of a [RosterWay].
var (
	ErrNoAccount = errors.New("there is no such account")
	ErrUnread    = errors.New("the server does not tell")
)

// account makes of the ways in which servers say so that there is no account one.
func (w *RosterWay) account(err error) error {
	var refused *refusedError
	if errors.Is(err, errNoAccount) || errors.As(err, &refused) &&
		(refused.condition == string(stanza.ServiceUnavailable) || refused.condition == string(stanza.ItemNotFound)) {
		return ErrNoAccount
	}
	return err
}

// EjabberdAccount asks ejabberd's HTTP API, at base, whether there is such an
// account. It needs no login.
func EjabberdAccount(ctx context.Context, cfg ProbeConfig, agent string) error {
	api := newEjabberdAPI(cfg.EjabberdAPI, cfg.HTTP)
	defer api.close()
	err := api.known(ctx, handoff.Party(agent))
	if errors.Is(err, errNoAccount) {
		return ErrNoAccount
	}
	return err
}
