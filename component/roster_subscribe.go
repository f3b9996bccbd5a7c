package component

import (
	"context"
	"errors"

	xmpp "mellium.im/xmpp/stanza"

	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// subscription asks the agent to let a contact in (RFC 6121 §3.1). It takes the
// agent's click, name and group are the client's to choose, and what is left of
// an item that is removed is for the client to delete.
type subscription struct{ r *rosters }

func (subscription) name() string { return RosterSubscribe }
func (subscription) asks() bool   { return true }

// put asks, once over every connection, unless the agent has said no. Where the
// contact is in already the server answers for the agent.
func (s subscription) put(ctx context.Context, agent handoff.Party, item stanza.RosterItem) error {
	key := binding{agent, localOf(item.JID)}
	s.r.mu.Lock()
	ask := !s.r.shut[key] && !s.r.asked[key]
	s.r.mu.Unlock()
	if !ask {
		return nil
	}
	s.r.c.writePresence(stanza.Presence{From: item.JID, To: string(agent), Type: xmpp.SubscribePresence, Nick: item.Name})
	if err := s.arrived(ctx, agent); err != nil {
		return err
	}
	s.r.mu.Lock()
	s.r.asked[key] = true
	s.r.mu.Unlock()
	return nil
}

// remove ends both subscriptions.
func (s subscription) remove(ctx context.Context, agent handoff.Party, contact string) error {
	for _, typ := range []xmpp.PresenceType{xmpp.UnsubscribePresence, xmpp.UnsubscribedPresence} {
		s.r.c.writePresence(stanza.Presence{From: contact, To: string(agent), Type: typ})
	}
	return s.arrived(ctx, agent)
}

// arrived waits until the agent's server has dealt with what was sent before.
func (s subscription) arrived(ctx context.Context, agent handoff.Party) error {
	pong := make(chan error, 1)
	s.r.c.acks.ask(s.r.c.cfg.Domain, serverOf(string(agent)), serverPong, func(_ reply, err error) { pong <- err })
	select {
	case err := <-pong:
		if errors.Is(err, errLost) {
			return desk.ErrDown
		}
		return err
	case <-ctx.Done():
		return desk.ErrDown
	}
}

func (subscription) get(context.Context, handoff.Party) ([]stanza.RosterItem, error) {
	return nil, errNoRoster
}
