package component

import (
	"context"
	"encoding/xml"
	"slices"
	"strings"

	xmpp "mellium.im/xmpp/stanza"

	"baton/desk"
	"baton/fault"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// localOf returns the localpart of an address of ours.
func localOf(addr string) string {
	local, _, _ := strings.Cut(bare(addr), "@")
	return strings.ToLower(local)
}

// deskItem is the transfer desk as it is in an agent's roster.
func (c *Component) deskItem(agent handoff.Party) stanza.RosterItem {
	return stanza.RosterItem{JID: c.address(localDesk), Name: c.voice(agent).Say("desk_name"), Subscription: stanza.SubscriptionBoth}
}

// item is a conversation as it is in the rosters of those who are in it, and
// speak that language.
func (c *Component) item(conv desk.Conversation, v lang.Voice) stanza.RosterItem {
	queue, group := c.desk.Directory().Title(conv.Queue), ""
	if c.cfg.RosterGroup != nil {
		group = c.cfg.RosterGroup(queue)
	}
	if group == "" {
		group = v.Say("roster_group", lang.Args{"Queue": queue})
	}
	group = strings.TrimSpace(strings.ReplaceAll(group, ";", ",")) // ejabberd's API parts groups by ;
	return stanza.RosterItem{JID: c.address(conv.Local), Name: conv.Name + " · " + conv.Tag(),
		Subscription: stanza.SubscriptionBoth, Groups: []string{group}}
}

// arrangeRoster makes an agent's roster and the contact's presence fit who takes
// part in the conversation now, whichever change asked for it: done twice, late, or out
// of turn it comes to the same.
func (c *Component) arrangeRoster(j job) {
	holds := j.conv.Has(j.To)
	if !holds {
		c.absenceOf(j.conv.Local, j.To)
	}
	w := c.rosters.knownWay(serverOf(string(j.To)))
	if _, none := w.(noRoster); holds && (none || w == nil) { // that need not wait
		c.presenceOf(j.conv.Local, j.To)
		if none {
			j.done(nil)
			return
		}
	}
	if holds && c.rosters.now(j.To, c.item(j.conv, c.voice(j.To)), func(err error) {
		if err == nil {
			fault.Point("roster.bind.after")
			c.presenceOf(j.conv.Local, j.To)
		}
		j.done(err)
	}) {
		return
	}
	c.rosters.do(j.To, func(ctx context.Context, w strategy) error {
		return c.rosters.arrange(ctx, w, j.To, j.conv.Local)
	}, j.done)
}

// arrange puts the contact into the agent's roster or takes it out, whatever
// is right at this moment: it may have had to wait for its turn.
func (r *rosters) arrange(ctx context.Context, w strategy, agent handoff.Party, local string) error {
	conv, err := r.c.desk.Conversation(ctx, local)
	if err != nil {
		return err
	}
	if !conv.Has(agent) {
		r.forget(binding{agent, local})
		fault.Point("roster.unbind.before")
		return w.remove(ctx, agent, r.c.address(local))
	}
	if err := w.put(ctx, agent, r.c.item(conv, r.c.voice(agent))); err != nil {
		return err
	}
	r.c.presenceOf(local, agent) // the contact is there only now
	return nil
}

// forget forgets that an agent keeps a contact out.
func (r *rosters) forget(b binding) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.shut, b)
	delete(r.said, b)
	delete(r.asked, b)
}

// arrive makes us and a host's agents known to each other over a new
// connection: presences are asked for, because some servers do not tell them by
// themselves; the server has forgotten ours; and the rosters are checked.
func (r *rosters) arrive(ctx context.Context, h *rosterHost) {
	w := r.knownWay(h.name)
	_, none := w.(noRoster)
	_, asks := w.(subscription)
	for _, agent := range r.agentsOf(h.name) {
		if !asks { // there the answer to a request that may still be asked would be no
			r.c.probe(agent)
		}
		if none {
			continue // nobody has our contacts
		}
		r.c.presenceOf(localDesk, agent)
		held, err := r.held(ctx, agent)
		if err != nil {
			return
		}
		for _, conv := range held {
			r.c.presenceOf(conv.Local, agent)
		}
	}
	r.checkHost(h)
}

// held lists the conversations that an agent takes part in.
func (r *rosters) held(ctx context.Context, agent handoff.Party) ([]desk.Conversation, error) {
	res, err := r.c.desk.Do(ctx, desk.Find{By: agent})
	return slices.DeleteFunc(res.Found, func(c desk.Conversation) bool { return !c.Has(agent) }), err
}

// presenceOf tells somebody that the contact with that localpart is available.
func (c *Component) presenceOf(local string, to handoff.Party) {
	c.writePresence(stanza.Presence{From: c.contact(local), To: string(to), Status: c.statusFor(local, to),
		Caps: c.capsOf(local), Avatar: c.avatarHash(local)})
}

// statusOf is what a contact says of itself.
func (c *Component) statusOf(local string) string {
	dir := c.desk.Directory()
	if _, ok := dir.Queue(local); ok {
		return ""
	}
	conv, err := c.desk.Conversation(context.Background(), local)
	if err != nil {
		return ""
	}
	return dir.Title(conv.Queue) + " · " + conv.Tag()
}

// absenceOf tells somebody that the contact is gone.
func (c *Component) absenceOf(local string, to handoff.Party) {
	c.writePresence(stanza.Presence{From: c.contact(local), To: string(to), Type: xmpp.UnavailablePresence,
		Status: c.voice(to).Say("status_gone")})
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

// letIn takes note that somebody lets a contact of ours in.
func (r *rosters) letIn(agent handoff.Party, local string) {
	r.mu.Lock()
	delete(r.shut, binding{agent, local})
	r.mu.Unlock()
	if local == localDesk {
		r.c.probe(agent)
	}
}

// letOut takes note that an agent does not let a contact in whom they were asked
// for. Otherwise it only says that a contact was deleted, which the check at
// their next login mends.
func (r *rosters) letOut(agent handoff.Party, local string) {
	b := binding{agent, local}
	r.mu.Lock()
	delete(r.checked, agent)
	no := r.asked[b] && !r.shut[b]
	if local == localDesk && !no {
		r.failed[agent] = true // their next login may not show: checked again soon
	}
	if no {
		r.shut[b] = true
	}
	r.mu.Unlock()
	if no {
		r.c.log.Info("an agent does not let a contact into their roster; they are not asked again", "agent", agent, "contact", local)
	}
}

// bounced takes note of a message that came back from an agent who is there:
// the answer where a contact is blocked (XEP-0191 §3.4). They are told once.
func (r *rosters) bounced(in incoming, condition string) {
	conv := in.to.kind == kindConversation
	if _, is := r.c.agent(in.header.From); !is || !conv && in.to.kind != kindDesk || r.c.agents.client(in.from) == "" ||
		condition != string(stanza.ServiceUnavailable) && condition != string(stanza.NotAcceptable) {
		return
	}
	b := binding{in.from, in.to.local}
	r.mu.Lock()
	said := r.said[b]
	r.said[b], r.shut[b] = true, true
	r.mu.Unlock()
	if said {
		return
	}
	r.c.log.Warn("an agent who is online takes no messages of a contact: is it blocked?", "agent", in.from, "contact", in.to.local)
	if conv {
		r.c.say(r.c.address(localDesk), string(in.from), r.c.voice(in.from).Say("refused_by_client",
			lang.Args{"Contact": r.c.nameOfConversation(in.to.local)}))
	}
}

func (c *Component) nameOfConversation(local string) string {
	conv, err := c.desk.Conversation(context.Background(), local)
	if err != nil {
		return c.address(local)
	}
	return conv.Name + " · " + conv.Tag()
}

// heard takes note that an agent writes to the desk. If it is not known that they
// are there, they are asked; where rosters are left alone, for the desk to be
// let in, once.
func (r *rosters) heard(agent handoff.Party) {
	if _, is := r.c.agent(string(agent)); !is || r.c.agents.client(agent) != "" {
		return
	}
	if _, none := r.knownWay(serverOf(string(agent))).(noRoster); !none {
		r.c.probe(agent)
		return
	}
	r.mu.Lock()
	no := r.shut[binding{agent, localDesk}]
	r.mu.Unlock()
	if !no {
		r.halfway(agent)
	}
}

// halfway asks an agent who took the desk among their contacts, or writes to
// it, to let it in, once over a connection: where rosters are not written it would
// never be known whether they are there.
func (r *rosters) halfway(agent handoff.Party) {
	w := r.knownWay(serverOf(string(agent)))
	b := binding{agent, localDesk}
	r.mu.Lock()
	ask := w != nil && w.asks() && (!r.asked[b] || r.shut[b])
	if ask {
		r.asked[b] = true
		delete(r.shut, b)
	}
	r.mu.Unlock()
	if ask {
		r.c.writePresence(stanza.Presence{From: r.c.address(localDesk), To: string(agent), Type: xmpp.SubscribePresence})
	}
}
