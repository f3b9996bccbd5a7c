package desk

import (
	"iter"
	"slices"

	"baton/handoff"
)

// busy is what an agent has to do.
type busy struct {
	at   map[uint32]struct{} // on the shelf: sessions they are in, and offers that ring for them
	held int                 // how many of them they are in
}

// leave takes a session away, which they were in or not, and reports whether it was
// the last.
func (b *busy) leave(id uint32, held bool) bool {
	if _, ok := b.at[id]; ok && held {
		b.held--
	}
	delete(b.at, id)
	return len(b.at) == 0
}

// engage notes who takes part in the session at a place of the shelf, or is asked
// to, and that others no longer are.
func (d *Desk) engage(id uint32, was, now *Conversation) {
	var before, after []handoff.Party
	if was != nil && was.Phase != handoff.Idle {
		before = concerned(*was)
	}
	if now.Phase != handoff.Idle {
		after = concerned(*now)
	}
	for _, p := range before {
		if b := d.busy[p]; b != nil && b.leave(id, was.Has(p)) {
			delete(d.busy, p)
		}
		if slices.Contains(after, p) {
			continue
		}
		d.rerouted = true
		d.turns++
		d.freed[p] = d.turns
	}
	for _, p := range after {
		if d.busy[p] == nil {
			d.busy[p] = &busy{at: map[uint32]struct{}{}}
		}
		d.busy[p].at[id] = struct{}{}
		if now.Has(p) {
			d.busy[p].held++
		}
	}
}

// load returns how many sessions an agent is in or asked to take.
func (d *Desk) load(who handoff.Party) int {
	if b := d.busy[who]; b != nil {
		return len(b.at)
	}
	return 0
}

// sessionsOf returns the sessions an agent is in or asked to take, as committed.
func (d *Desk) sessionsOf(who handoff.Party) iter.Seq[*Conversation] {
	return func(yield func(*Conversation) bool) {
		b := d.busy[who]
		if b == nil {
			return
		}
		for id := range b.at {
			if !yield(d.shelf.get(id)) {
				return
			}
		}
	}
}

// busyAt returns where on the shelf they are.
func (d *Desk) busyAt(who handoff.Party) map[uint32]struct{} {
	if b := d.busy[who]; b != nil {
		return b.at
	}
	return nil
}
