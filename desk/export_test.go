package desk

import (
	"fmt"
	"maps"
	"slices"

	"baton/handoff"
)

// Lanes returns how many lanes the outbox keeps in memory.
func (o *Outbox) Lanes() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.lanes)
}

// KeepWarm bounds how many conversations are kept unpacked. Call it before Restore.
func (d *Desk) KeepWarm(n int) { d.shelf.most = n }

// Audit counts anew, on the desk's goroutine, what the desk counts as things change.
type Audit struct{}

func (Audit) apply(w *work) (Result, error) {
	d := w.d
	at, held := map[handoff.Party]map[uint32]struct{}{}, map[handoff.Party]int{}
	order := ranks{}
	waiting := 0
	for id, c := range d.shelf.all() {
		if d.shelf.find(c.Local) != id || d.shelf.findCaller(callerKey{c.Entry, c.Caller}) != id {
			return Result{}, fmt.Errorf("%s is not found", c.Local)
		}
		for _, p := range concerned(*c) {
			if at[p] == nil {
				at[p] = map[uint32]struct{}{}
			}
			at[p][id] = struct{}{}
			if c.Has(p) {
				held[p]++
			}
		}
		wait, ok := d.waiting[c.Local]
		if ok != (c.Phase == handoff.Waiting) {
			return Result{}, fmt.Errorf("%s is %s, and waits: %t", c.Local, c.Phase, ok)
		}
		if ok {
			waiting++
			order.put(c.Queue, wait.order, c.Route.Since)
		}
	}
	if len(at) != len(d.busy) || waiting != len(d.waiting) || len(order) != len(d.ranks) {
		return Result{}, fmt.Errorf("%d agents are busy, %d sessions wait in %d queues, not %d, %d, %d",
			len(at), waiting, len(order), len(d.busy), len(d.waiting), len(d.ranks))
	}
	for p, b := range d.busy {
		if !maps.Equal(b.at, at[p]) || b.held != held[p] {
			return Result{}, fmt.Errorf("%s is in %v, %d of them held: not %v, %d", p, at[p], held[p], b.at, b.held)
		}
	}
	for q, rs := range d.ranks {
		if !slices.EqualFunc(rs, order[q], func(a, b rank) bool { return a.order == b.order && a.since.Equal(b.since) }) {
			return Result{}, fmt.Errorf("in %s wait %v, not %v", q, order[q], rs)
		}
	}
	return Result{}, nil
}
