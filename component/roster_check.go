package component

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"golang.org/x/text/language"

	"baton/desk"
	"baton/fault"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// Times of checking rosters.
const (
	checkEvery  = 30 * time.Minute
	checkJitter = 6 * time.Minute // of that
	checkAgain  = time.Minute     // after one failed
	checkRest   = time.Minute     // a roster just checked is not checked again when its owner logs in
)

// checkHost has the rosters of all agents of a host checked.
func (r *rosters) checkHost(h *rosterHost) {
	r.check(r.agentsOf(h.name)...)
}

// check has rosters checked as soon as it is their turn.
func (r *rosters) check(agents ...handoff.Party) {
	r.mu.Lock()
	for _, a := range agents {
		if !slices.Contains(r.due, a) {
			r.due = append(r.due, a)
		}
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// loggedIn takes note that an agent who was not there is there.
func (r *rosters) loggedIn(agent handoff.Party) {
	r.mu.Lock()
	for b := range r.shut { // they may have thought better of it
		if b.agent == agent && b.local != localDesk {
			delete(r.shut, b)
		}
	}
	fresh := time.Since(r.checked[agent]) < checkRest
	r.mu.Unlock()
	if !fresh {
		r.check(agent)
	}
}

// checks checks the rosters that are due, one at a time, and every now and then
// all of them.
func (r *rosters) checks(ctx context.Context) {
	all, again := time.NewTimer(r.nextCheck()), time.NewTicker(checkAgain)
	defer all.Stop()
	defer again.Stop()
	for {
		select {
		case <-r.wake:
		case <-again.C:
			r.mu.Lock()
			failed := slices.Sorted(maps.Keys(r.failed))
			r.mu.Unlock()
			r.check(failed...)
		case <-all.C:
			all.Reset(r.nextCheck())
			for _, a := range r.c.desk.Directory().Agents {
				r.check(a.JID)
			}
		case <-ctx.Done():
			return
		}
		for agent := r.next(); agent != ""; agent = r.next() {
			over := make(chan error, 1)
			r.do(agent, func(ctx context.Context, w strategy) error { return r.mend(ctx, w, agent) }, func(err error) { over <- err })
			r.checkOver(agent, <-over)
		}
	}
}

func (r *rosters) nextCheck() time.Duration {
	return checkEvery - checkJitter/2 + r.c.cfg.Jitter(checkJitter)
}

// next takes an agent whose roster is due; nobody: there is none.
func (r *rosters) next() handoff.Party {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.due) == 0 || r.link == nil || r.link.Err() != nil {
		return ""
	}
	agent := r.due[0]
	r.due = r.due[1:]
	return agent
}

// checkOver notes what became of a check. A failure is said once, until one
// succeeds.
func (r *rosters) checkOver(agent handoff.Party, err error) {
	r.mu.Lock()
	said := r.failed[agent]
	_, still := r.c.desk.Directory().Agent(agent)
	if err == nil || !still {
		r.checked[agent] = time.Now()
		delete(r.failed, agent)
	} else if !errors.Is(err, desk.ErrDown) {
		r.failed[agent] = true
	}
	r.mu.Unlock()
	if err != nil && !said && !errors.Is(err, desk.ErrDown) {
		r.c.log.Warn("a roster cannot be looked after: does the account exist?", "agent", agent, "error", err)
	}
}

// mend makes an agent's roster hold the transfer desk and the conversations
// they take part in, with the right names and groups, and no other conversation.
func (r *rosters) mend(ctx context.Context, w strategy, agent handoff.Party) error {
	if _, none := w.(noRoster); none {
		return nil
	}
	items, unread := w.get(ctx, agent)
	reads := unread == nil
	if !reads && !errors.Is(unread, errNoRoster) && !errors.Is(unread, errNoReply) { // a large one may be more than we take
		return unread
	}
	held, err := r.held(ctx, agent) // after it was read: what changes from now on waits for its turn
	if err != nil {
		return err
	}
	err = r.mendDesk(ctx, w, agent, items)
	for _, conv := range held {
		if r.keptOut(agent, conv.Local) || reads && r.c.fits(find(items, r.c.address(conv.Local)), conv) {
			continue
		}
		if reads {
			r.c.log.Info("a contact is put back into a roster", "agent", agent, "conversation", conv.Local)
		}
		err = errors.Join(err, r.arrange(ctx, w, agent, conv.Local))
	}
	for _, local := range r.stale(items, held) {
		r.c.log.Info("a contact is taken out of a roster: the agent is not in that conversation", "agent", agent, "conversation", local)
		err = errors.Join(err, r.drop(ctx, w, agent, local))
	}
	if errors.Is(unread, errNoReply) {
		err = errors.Join(err, unread)
	}
	return err
}

// mendDesk makes the transfer desk be among an agent's contacts. How they call
// it and where they put it is their business.
func (r *rosters) mendDesk(ctx context.Context, w strategy, agent handoff.Party, items []stanza.RosterItem) error {
	item := r.c.deskItem(agent)
	if has := find(items, item.JID); has != nil {
		if has.Subscription == stanza.SubscriptionBoth {
			return nil
		}
		item.Name, item.Groups = cmp.Or(has.Name, item.Name), has.Groups
	}
	if r.keptOut(agent, localDesk) {
		return nil
	}
	fault.Point("roster.desk.before")
	if err := w.put(ctx, agent, item); err != nil {
		return err
	}
	if !w.asks() {
		r.c.presenceOf(localDesk, agent)
		r.c.probe(agent)
	}
	return nil
}

// drop takes a contact out, unless the agent takes part by now.
func (r *rosters) drop(ctx context.Context, w strategy, agent handoff.Party, local string) error {
	err := r.arrange(ctx, w, agent, local)
	if errors.Is(err, desk.ErrNotFound) { // erased, or of another life of the store
		err = w.remove(ctx, agent, r.c.address(local))
	}
	return err
}

// stale lists the conversations in a roster that its owner is not in.
func (r *rosters) stale(items []stanza.RosterItem, held []desk.Conversation) []string {
	var out []string
	for _, i := range items {
		at, ours := r.c.place(i.JID)
		if ours && at.kind == kindConversation && !slices.ContainsFunc(held, func(c desk.Conversation) bool { return c.Local == at.local }) {
			out = append(out, at.local)
		}
	}
	return out
}

func find(items []stanza.RosterItem, addr string) *stanza.RosterItem {
	i := slices.IndexFunc(items, func(i stanza.RosterItem) bool { return i.JID == addr })
	if i < 0 {
		return nil
	}
	return &items[i]
}

// same reports whether an item is as it should be.
func same(has *stanza.RosterItem, want stanza.RosterItem) bool {
	return has != nil && has.Name == want.Name && has.Subscription == want.Subscription && slices.Equal(has.Groups, want.Groups)
}

// fits reports whether a conversation is in a roster as it should be, in whichever
// language: which one is the agent's may not be known yet.
func (c *Component) fits(has *stanza.RosterItem, conv desk.Conversation) bool {
	return slices.ContainsFunc(lang.Tags(), func(t language.Tag) bool { return same(has, c.item(conv, lang.In(t.String()))) })
}

// keptOut reports whether an agent does not want a contact.
func (r *rosters) keptOut(agent handoff.Party, local string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shut[binding{agent, local}]
}
