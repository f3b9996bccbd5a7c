package desk

import (
	"slices"
	"sync"

	"baton/handoff"
)

// kinds are what those are in the sessions they were in when they became a bot, or
// a person, by the settings: what a bot writes is never a command, so whoever types
// commands there must be able to go on, and a bot's text must not become one. A
// restart ends it.
type kinds struct {
	mu sync.RWMutex
	of map[kindKey]kindThen
}

type kindKey struct {
	local string
	who   handoff.Party
}

type kindThen struct {
	session uint64
	bot     bool
}

// keep notes who is in a session and will be of another kind with the next
// directory.
func (k *kinds) keep(d *Desk, next *Directory) {
	now := d.Directory()
	if now == nil {
		return
	}
	turn := map[handoff.Party]bool{} // who turns, and what they are now
	for _, a := range next.Agents {
		if was, ok := now.Agent(a.JID); ok && was.Bot != a.Bot {
			turn[a.JID] = was.Bot
		}
	}
	if len(turn) == 0 {
		return
	}
	turns := func(p handoff.Party) bool { _, ok := turn[p]; return ok }
	in := d.OpenWhere(func(c *Conversation) bool { return slices.ContainsFunc(takingPart(c), turns) })
	k.mu.Lock()
	defer k.mu.Unlock()
	for key, then := range k.of { // of sessions that are over
		if !d.inSession(key, then.session) {
			delete(k.of, key)
		}
	}
	if k.of == nil {
		k.of = map[kindKey]kindThen{}
	}
	for i := range in {
		for _, p := range takingPart(&in[i]) {
			key := kindKey{in[i].Local, p}
			if _, known := k.of[key]; turns(p) && !known { // who turns twice is what they were at first
				k.of[key] = kindThen{in[i].Session, turn[p]}
			}
		}
	}
}

// takingPart are those who do, the caller aside.
func takingPart(c *Conversation) []handoff.Party {
	return append([]handoff.Party{c.Holder}, c.advisers()...)
}

// inSession reports whether somebody takes part in a session still.
func (d *Desk) inSession(k kindKey, session uint64) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	c := d.shelf.byLocal(k.local)
	return c != nil && c.Session == session && c.Has(k.who)
}

// IsBot reports whether an agent is a bot in a conversation: as the directory says,
// but for sessions they were in already when it said something else.
func (d *Desk) IsBot(local string, who handoff.Party) bool {
	a, _ := d.Directory().Agent(who)
	key := kindKey{local, who}
	d.kinds.mu.RLock()
	then, ok := d.kinds.of[key]
	d.kinds.mu.RUnlock()
	if ok && d.inSession(key, then.session) {
		return then.bot
	}
	return a.Bot
}
