package component

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"time"

	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// rosterTimeout is how long a server may take to read or change a roster.
const rosterTimeout = 20 * time.Second

// privileged writes rosters as the server's privilege lets it (XEP-0356 §4),
// with the same stanzas in both of its namespaces.
type privileged struct {
	c     *Component
	reads bool // may read them too
}

func (privileged) name() string { return RosterPrivilege }
func (privileged) asks() bool   { return false }

func (p privileged) put(ctx context.Context, agent handoff.Party, item stanza.RosterItem) error {
	_, err := p.ask(ctx, agent, "set", item)
	return err
}

func (p privileged) remove(ctx context.Context, agent handoff.Party, contact string) error {
	_, err := p.ask(ctx, agent, "set", stanza.RosterItem{JID: contact, Subscription: stanza.SubscriptionRemove})
	var refused *refusedError
	if errors.As(err, &refused) && refused.condition == string(stanza.ItemNotFound) {
		return nil // it is out already
	}
	return err
}

func (p privileged) get(ctx context.Context, agent handoff.Party) ([]stanza.RosterItem, error) {
	if !p.reads {
		return nil, errNoRoster
	}
	return p.ask(ctx, agent, "get")
}

// ask sends a request about an agent's roster and waits for the answer.
func (p privileged) ask(ctx context.Context, agent handoff.Party, typ string, items ...stanza.RosterItem) ([]stanza.RosterItem, error) {
	type answer struct {
		items []stanza.RosterItem
		err   error
	}
	answered := make(chan answer, 1)
	p.send(agent, typ, items, func(items []stanza.RosterItem, err error) { answered <- answer{items, err} })
	select {
	case a := <-answered:
		return a.items, a.err
	case <-ctx.Done():
		return nil, desk.ErrDown
	}
}

// begin is put without the waiting.
func (p privileged) begin(agent handoff.Party, item stanza.RosterItem, done func(error)) {
	p.send(agent, "set", []stanza.RosterItem{item}, func(_ []stanza.RosterItem, err error) { done(err) })
}

// send sends a request about an agent's roster.
func (p privileged) send(agent handoff.Party, typ string, items []stanza.RosterItem, done func([]stanza.RosterItem, error)) {
	payload, err := xml.Marshal(stanza.Roster{Items: items})
	if err != nil {
		done(nil, fmt.Errorf("%w: %w", desk.ErrNever, err))
		return
	}
	p.c.iqs.send(p.c.cfg.Domain, string(agent), typ, payload, rosterTimeout, func(r reply, err error) { done(rosterIn(r, err)) })
}

// rosterIn reads the answer to a request about a roster.
func rosterIn(r reply, err error) ([]stanza.RosterItem, error) {
	switch {
	case errors.Is(err, errLost):
		return nil, desk.ErrDown
	case err != nil:
		return nil, fmt.Errorf("the server did not answer about a roster: %w", err)
	case r.failed:
		return nil, &refusedError{r.condition()}
	}
	if _, ok := r.Child(stanza.NSRoster, "query"); !ok {
		return nil, nil
	}
	st, err := stanza.Parse(r.Raw)
	if err != nil {
		return nil, fmt.Errorf("the roster cannot be read: %w", err)
	}
	var q stanza.Roster
	if err := st.Decode(&q); err != nil {
		return nil, fmt.Errorf("the roster cannot be read: %w", err)
	}
	return q.Items, nil
}

// refusedError is the server's refusal.
type refusedError struct{ condition string }

func (e *refusedError) Error() string { return "the server refused: " + e.condition }
