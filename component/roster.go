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

// grantTimeout is how long after connecting a server may take to say what it
// grants.
const grantTimeout = 2 * time.Second

// privileges is what the server grants the component (XEP-0356), by host. It
// says so anew on every stream; who asks before it has waits for it.
type privileges struct {
	mu      sync.Mutex
	by      map[string]bool // may write the rosters of that host's users
	open    bool            // the server may still say
	lost    error           // the stream is over
	waiting map[string][]func(answer)
	timer   *time.Timer
}

// answer says whether a roster may be written.
type answer struct {
	may  bool
	late bool  // it had to be waited for
	err  error // the stream ended first
}

// begin forgets what the last stream was granted.
func (p *privileges) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.by, p.waiting, p.open, p.lost = nil, map[string][]func(answer){}, true, nil
	p.timer = time.AfterFunc(grantTimeout, func() { p.end(nil) })
}

// end ends the waiting: nothing more will be granted on this stream.
func (p *privileges) end(err error) {
	p.mu.Lock()
	p.timer.Stop()
	all := p.waiting
	p.waiting, p.open, p.lost = nil, false, err
	p.mu.Unlock()
	for _, ws := range all {
		for _, w := range ws {
			w(answer{late: true, err: err})
		}
	}
}

// grant notes what a host says, and tells those who wait for it.
func (p *privileges) grant(host string, may bool) {
	p.mu.Lock()
	if p.by == nil {
		p.by = map[string]bool{}
	}
	p.by[host] = may
	ws := p.waiting[host]
	delete(p.waiting, host)
	p.mu.Unlock()
	for _, w := range ws {
		w(answer{may: may, late: true})
	}
}

// known calls do with whether the rosters of a host's users may be written: at
// once, or as soon as the server has said so or is too late, or with the error
// that ended the stream. It returns false if do has to wait.
func (p *privileges) known(host string, do func(answer)) bool {
	p.mu.Lock()
	may, said := p.by[host]
	if !said && p.open {
		p.waiting[host] = append(p.waiting[host], do)
		p.mu.Unlock()
		return false
	}
	err := p.lost
	p.mu.Unlock()
	do(answer{may: may, err: err})
	return true
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
	p.grant(host, may)
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
			if conv.Has(agent) {
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

// arrangeRoster makes an agent's roster and the contact's presence fit who takes
// part in the conversation now, whichever change asked for it: done twice, late, or out
// of turn it comes to the same.
func (c *Component) arrangeRoster(j job) {
	if !j.conv.Has(j.To) {
		c.absenceOf(j.conv.Local, j.To)
	}
	if c.cfg.NoRoster {
		c.writeContact(j, answer{})
		return
	}
	if !c.may.known(serverOf(string(j.To)), func(a answer) { c.writeContact(j, a) }) && j.conv.Has(j.To) {
		c.presenceOf(j.conv.Local, j.To) // that need not wait
	}
}

// writeContact writes the contact into an agent's roster, or takes it out, if
// that may be done.
func (c *Component) writeContact(j job, a answer) {
	conv, err := c.desk.Conversation(context.Background(), j.conv.Local) // it may have waited
	if err := errors.Join(a.err, err); err != nil {
		j.done(err)
		return
	}
	holds := conv.Has(j.To)
	if a.may {
		item := stanza.RosterItem{JID: c.address(conv.Local), Subscription: stanza.SubscriptionRemove}
		if holds {
			item = stanza.RosterItem{JID: item.JID, Name: conv.Name + " · " + conv.Tag(),
				Subscription: stanza.SubscriptionBoth, Groups: []string{c.cfg.RosterGroup(conv.Queue)}}
		}
		c.setRoster(j.To, item, j.done)
	}
	if holds && (a.may || !a.late) {
		c.presenceOf(conv.Local, j.To)
	}
	if !a.may {
		j.done(nil)
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
