package component

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	xmpp "mellium.im/xmpp/stanza"

	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// rosterTimeout is how long a server may take to change a roster.
const rosterTimeout = 20 * time.Second

// privileges is what the server grants the component (XEP-0356), by host.
type privileges struct {
	mu sync.Mutex
	by map[string]bool // may write the rosters of that host's users
}

// reset forgets what the last stream was granted.
func (p *privileges) reset() {
	p.mu.Lock()
	p.by = nil
	p.mu.Unlock()
}

// roster reports whether the rosters of a host's users may be written.
func (p *privileges) roster(host string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.by[host]
}

// granted takes the server's advertisement; false if the message is none. Only
// a host that agents live at can grant anything.
func (p *privileges) granted(c *Component, in incoming) bool {
	_, v2 := in.Child(stanza.NSPrivilege2, "privilege")
	_, v1 := in.Child(stanza.NSPrivilege1, "privilege")
	host := in.header.From
	if !v1 && !v2 || strings.ContainsAny(host, "@/") {
		return false
	}
	if !slices.ContainsFunc(c.desk.Directory().Agents, func(a desk.Agent) bool { return serverOf(string(a.JID)) == host }) {
		return true
	}
	var adv stanza.Privilege
	st, err := stanza.Parse(in.Raw)
	if err == nil {
		err = st.Decode(&adv)
	}
	if err != nil {
		c.log.Warn("the server's grant of privileges cannot be read", "host", host, "error", err)
		return true
	}
	may := adv.MaySetRoster() && !c.cfg.NoRoster
	p.mu.Lock()
	if p.by == nil {
		p.by = map[string]bool{}
	}
	p.by[host] = may
	p.mu.Unlock()
	c.log.Info("privileges", "host", host, "roster", may)
	if may {
		c.enrol(host)
	}
	return true
}

// Reconfigured makes the agents known that a new configuration brought.
func (c *Component) Reconfigured() {
	c.may.mu.Lock()
	var hosts []string
	for host, may := range c.may.by {
		if may {
			hosts = append(hosts, host)
		}
	}
	c.may.mu.Unlock()
	for _, host := range hosts {
		c.enrol(host)
	}
}

// enrol puts the transfer desk into the roster of every agent of a host, and
// asks for their presence: some servers do not tell it by themselves.
func (c *Component) enrol(host string) {
	for _, a := range c.desk.Directory().Agents {
		if serverOf(string(a.JID)) != host {
			continue
		}
		item := stanza.RosterItem{JID: c.address(localDesk), Name: "Transfer desk", Subscription: stanza.SubscriptionBoth}
		c.setRoster(a.JID, item, func(err error) {
			if errors.Is(err, desk.ErrDown) {
				return // enrolled anew when the link is back
			}
			if err != nil {
				c.log.Warn("the transfer desk cannot be put into a roster: does the account exist?", "agent", a.JID, "error", err)
				return
			}
			c.presenceOf(localDesk, a.JID)
			c.probe(a.JID)
			c.presencesOf(a.JID)
		})
	}
}

// presencesOf tells an agent that the contacts they hold are available: the
// server has forgotten it when the connection was made anew.
func (c *Component) presencesOf(agent handoff.Party) {
	err := c.desk.Submit(context.Background(), desk.Find{By: agent}, func(res desk.Result, _ error) {
		for _, conv := range res.Found {
			if conv.Holder == agent {
				c.presenceOf(conv.Local, agent)
			}
		}
	})
	if err != nil {
		c.log.Debug("presences are not told", "agent", agent, "error", err)
	}
}

// setRoster writes one item of an agent's roster (XEP-0356 §4.3).
func (c *Component) setRoster(agent handoff.Party, item stanza.RosterItem, done func(error)) {
	payload, err := xml.Marshal(stanza.Roster{Items: []stanza.RosterItem{item}})
	if err != nil {
		done(fmt.Errorf("%w: %w", desk.ErrNever, err))
		return
	}
	c.iqs.send(c.cfg.Domain, string(agent), "set", payload, rosterTimeout, func(r reply, err error) {
		switch {
		case errors.Is(err, errLost):
			err = desk.ErrDown
		case err == nil && r.failed && item.Subscription == stanza.SubscriptionRemove && r.condition() == "item-not-found":
			err = nil // it is out already
		case err == nil && r.failed:
			err = fmt.Errorf("the server refused to change the roster: %s", r.condition())
		}
		done(err)
	})
}

// arrangeRoster makes an agent's roster and the contact's presence fit who holds
// the conversation now, whichever change asked for it: done twice, late, or out
// of turn it comes to the same.
func (c *Component) arrangeRoster(j job) {
	holds := j.conv.Phase == handoff.Active && j.conv.Holder == j.To
	may := c.may.roster(serverOf(string(j.To)))
	item := stanza.RosterItem{JID: c.address(j.conv.Local), Subscription: stanza.SubscriptionRemove}
	if holds {
		item = stanza.RosterItem{JID: item.JID, Name: j.conv.Name + " · " + j.conv.Tag(),
			Subscription: stanza.SubscriptionBoth, Groups: []string{c.cfg.RosterGroup(j.conv.Queue)}}
	} else {
		c.absenceOf(j.conv.Local, j.To)
	}
	if !may {
		if holds {
			c.presenceOf(j.conv.Local, j.To)
		}
		j.done(nil)
		return
	}
	c.setRoster(j.To, item, j.done)
	if holds {
		c.presenceOf(j.conv.Local, j.To)
	}
}

// presenceOf tells somebody that the contact with that localpart is available.
func (c *Component) presenceOf(local string, to handoff.Party) {
	c.writePresence(stanza.Presence{From: c.contact(local), To: string(to), Caps: contactInfo("").Caps(software)})
}

// absenceOf tells somebody that the contact is gone.
func (c *Component) absenceOf(local string, to handoff.Party) {
	c.writePresence(stanza.Presence{From: c.contact(local), To: string(to), Type: xmpp.UnavailablePresence,
		Status: "This session is with somebody else, or over."})
}

// probe asks for somebody's presence.
func (c *Component) probe(who handoff.Party) {
	c.writePresence(stanza.Presence{From: c.address(localDesk), To: string(who), Type: xmpp.ProbePresence})
}

func (c *Component) writePresence(p stanza.Presence) {
	b, err := xml.Marshal(p)
	if err != nil {
		c.log.Error("cannot encode a presence", "to", p.To, "error", err)
		return
	}
	c.write(b)
}
