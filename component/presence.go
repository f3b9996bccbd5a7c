package component

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	xmpp "mellium.im/xmpp/stanza"

	"baton/desk"
	"baton/fault"
	"baton/handoff"
	"baton/stanza"
)

// Times of presence.
const (
	discoTimeout = 5 * time.Second
	resync       = 5 * time.Second // after a reconnect, for presences to come anew
)

// maxClients bounds how many callers' clients are remembered.
const maxClients = 10_000

// agents knows which clients people are online with, and which of those speak
// the protocol natively. Only agents' presence counts; of callers only their
// clients' features are kept.
type agents struct {
	c    *Component
	mu   sync.Mutex
	by   map[handoff.Party]map[string]*client // by full address
	told map[handoff.Party]told               // what the desk was told
	caps map[stanza.Caps]bool                 // whether software with these speaks the protocol
	seen map[string]bool                      // the same of callers' clients
	link int                                  // counts connections
}

// told is an agent's presence as the desk knows it.
type told struct{ free, online bool }

// client is one resource.
type client struct {
	free   bool // not away, not busy
	known  bool // its features are
	asked  bool // for its features, over this connection
	native bool
	atDesk bool // it shows itself to the desk, not only to a contact
	prio   int8
	link   int // the connection it was last seen over
}

// presence deals with a presence stanza.
func (c *Component) presence(ctx context.Context, in incoming) {
	_, isAgent := c.agent(in.header.From)
	switch in.header.Type {
	case "", "unavailable":
		if isAgent {
			c.agents.update(ctx, in)
		}
	case "subscribe":
		c.subscribe(ctx, in, true)
	case "probe":
		c.subscribe(ctx, in, false)
	case "subscribed":
		if isAgent {
			c.rosters.letIn(in.from, in.to.local)
			c.subscribe(ctx, in, false)
		}
	case "unsubscribed":
		if isAgent {
			c.rosters.letOut(in.from, in.to.local)
		}
	}
}

// subscribe tells whoever may know of a contact that it is available; asked
// says that they want to be told from now on.
func (c *Component) subscribe(ctx context.Context, in incoming, asked bool) {
	h, to := in.header, in.from
	yes := func() {
		if asked {
			c.writePresence(stanza.Presence{From: bare(h.To), To: string(to), Type: xmpp.SubscribedPresence})
		}
		if in.to.kind != kindService {
			c.presenceOf(in.to.local, to)
		}
	}
	_, isAgent := c.agent(h.From)
	if asked && isAgent && in.to.kind == kindDesk {
		defer c.rosters.halfway(to)
	}
	switch {
	case in.to.kind == kindQueue, in.to.kind == kindService && isAgent, in.to.kind == kindDesk && isAgent:
		yes()
	case in.to.kind == kindConversation:
		c.submit(ctx, h, desk.Look{Local: in.to.local, By: to}, func(res desk.Result, err error) {
			if err == nil && res.Standing >= desk.Guest {
				yes()
			} else if asked {
				c.refuse(h, desk.ErrHidden)
			}
		})
	case asked:
		c.refuse(h, desk.ErrHidden)
	}
}

// update notes what an agent's client says of itself.
func (a *agents) update(ctx context.Context, in incoming) {
	who, full := in.from, in.header.From
	var p stanza.Presence
	st, err := stanza.Parse(in.Raw)
	if err == nil {
		err = st.Decode(&p)
	}
	if err != nil {
		a.c.log.Debug("a presence cannot be read", "from", full, "error", err)
		return
	}
	elsewhere := in.to.kind == kindConversation || in.to.kind == kindQueue
	a.mu.Lock()
	if p.Type == xmpp.UnavailablePresence && elsewhere && a.seenAtDesk(who, full) {
		a.mu.Unlock() // that contact is only out of their sight: out of their roster, or blocked
		return
	}
	if p.Type == xmpp.UnavailablePresence {
		gone := []string{full}
		if full == string(who) { // all of them
			gone = slices.Collect(maps.Keys(a.by[who]))
			delete(a.by, who)
		}
		delete(a.by[who], full)
		a.mu.Unlock()
		for _, client := range gone {
			a.c.acks.left(who, client)
		}
		a.tell(ctx, who)
		return
	}
	if a.by == nil {
		a.by, a.caps = map[handoff.Party]map[string]*client{}, map[stanza.Caps]bool{}
	}
	if a.by[who] == nil {
		a.by[who] = map[string]*client{}
	}
	first := len(a.by[who]) == 0
	cl := a.by[who][full]
	if cl == nil {
		cl = &client{}
		a.by[who][full] = cl
	}
	cl.free, cl.prio = p.Show == "" || p.Show == stanza.Chat, p.Priority
	var caps stanza.Caps
	if p.Caps != nil {
		caps = *p.Caps
		if native, ok := a.caps[caps]; ok {
			cl.native, cl.known = native, true
		}
	}
	if cl.link != a.link {
		cl.asked = false
	}
	ask := !cl.known && !cl.asked
	cl.asked, cl.link = true, a.link
	cl.atDesk = cl.atDesk || !elsewhere
	a.mu.Unlock()
	if first {
		a.c.acks.came(who, a.c.contact(localDesk), full)
		a.c.rosters.loggedIn(who)
	}
	if ask {
		a.discover(a.c.contact(localDesk), full, func(native bool, err error) {
			a.mu.Lock()
			if cl := a.by[who][full]; cl != nil && !errors.Is(err, errLost) {
				cl.native, cl.known = native, true
			}
			if caps.Ver != "" && err == nil {
				if len(a.caps) >= maxClients {
					clear(a.caps)
				}
				a.caps[caps] = native
			}
			a.mu.Unlock()
			a.tell(ctx, who)
		})
		return
	}
	a.tell(ctx, who)
}

// seenAtDesk reports whether a client, or with a bare address any of theirs,
// shows itself to the desk. The caller holds mu.
func (a *agents) seenAtDesk(who handoff.Party, full string) bool {
	for f, cl := range a.by[who] {
		if cl.atDesk && (f == full || full == string(who)) {
			return true
		}
	}
	return false
}

// discover asks a client what it can do (XEP-0030). One that does not say in
// time speaks no protocol of ours; done's error is why it did not say.
func (a *agents) discover(from, full string, done func(native bool, err error)) {
	payload := []byte("<query xmlns='" + stanza.NSDiscoInfo + "'/>")
	a.c.iqs.send(from, full, "get", payload, discoTimeout, func(r reply, err error) {
		native := false
		if err == nil && !r.failed {
			var info stanza.DiscoInfo
			if st, perr := stanza.Parse(r.Raw); perr == nil && st.Decode(&info) == nil {
				native = slices.Contains(info.Features, stanza.NS)
			}
		}
		done(native, err)
	})
}

// tell tells the desk whether an agent is available and online, if that changed
// or was never told.
func (a *agents) tell(ctx context.Context, who handoff.Party) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := told{online: len(a.by[who]) > 0}
	for _, cl := range a.by[who] {
		now.free = now.free || cl.free && cl.known
	}
	if before, ever := a.told[who]; ever && before == now {
		return
	}
	fault.Point("presence.told")
	err := a.c.desk.Submit(ctx, desk.Presence{Agent: who, Available: now.free, Online: now.online}, func(desk.Result, error) {})
	if err != nil {
		return
	}
	if a.told == nil {
		a.told = map[handoff.Party]told{}
	}
	a.told[who] = now
}

// connected begins a new connection: presences come anew. Who has not shown up
// after a while is not there, or has left meanwhile.
func (a *agents) connected(ctx context.Context) {
	a.mu.Lock()
	a.link++
	link := a.link
	a.mu.Unlock()
	time.AfterFunc(resync, func() {
		a.mu.Lock()
		still := a.link == link && a.c.link.Load() != nil
		if still {
			for _, clients := range a.by {
				maps.DeleteFunc(clients, func(_ string, cl *client) bool { return cl.link != link })
			}
		}
		a.mu.Unlock()
		if !still {
			return
		}
		for _, agent := range a.c.desk.Directory().Agents {
			a.tell(ctx, agent.JID)
		}
	})
}

// client returns an agent's client to ask for a sign of arrival: the one with
// the highest priority; empty when none is online. One that was not seen over
// this connection does not count: the server may have restarted and stored for
// them what another one with the same name would answer for.
func (a *agents) client(who handoff.Party) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	best := ""
	for full, cl := range a.by[who] {
		if cl.link != a.link {
			continue
		}
		b := a.by[who][best]
		if b == nil || cmp.Or(cmp.Compare(cl.prio, b.prio), cmp.Compare(best, full)) > 0 {
			best = full
		}
	}
	return best
}

// native returns an agent's clients that speak the protocol.
func (a *agents) native(who handoff.Party) []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	var out []string
	for full, cl := range a.by[who] {
		if cl.native {
			out = append(out, full)
		}
	}
	slices.Sort(out)
	return out
}

// meet finds out once whether a caller's client speaks the protocol; from is
// the contact they write to.
func (a *agents) meet(from, full string) {
	a.mu.Lock()
	_, met := a.seen[full]
	if !met {
		if a.seen == nil || len(a.seen) >= maxClients {
			a.seen = map[string]bool{}
		}
		a.seen[full] = false
	}
	a.mu.Unlock()
	if met || full == bare(full) {
		return
	}
	a.discover(from, full, func(native bool, err error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		if err != nil {
			delete(a.seen, full) // ask again next time
			return
		}
		a.seen[full] = native
	})
}

// announces notes that a caller's client speaks the protocol: it just did.
func (a *agents) announces(full string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.seen == nil || len(a.seen) >= maxClients {
		a.seen = map[string]bool{}
	}
	a.seen[full] = true
}

// nativeAt reports whether a caller's client speaks the protocol.
func (a *agents) nativeAt(full string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen[full]
}
