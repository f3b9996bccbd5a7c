package desk

import (
	"cmp"
	"slices"
	"time"

	"baton/fault"
)

// overdue returns a tick for every conversation whose alarm went off. A tick
// looks for itself whether there is something to do.
func (d *Desk) overdue() []call {
	now := d.cfg.Now()
	var due []string
	for _, a := range d.alarms.due(now, maxBatch) { // the rest right after: others want to be served too
		fault.Point("desk.alarm.fired")
		if d.shelf.at(a.id).times != a.times {
			continue
		}
		local := d.shelf.local(a.id)
		due = append(due, local)
		if w, ok := d.waiting[local]; ok && !now.Before(w.again) {
			w.again = time.Time{} // reached for good, wherever the clock is stepped to
			d.waiting[local] = w
		}
	}
	return d.ticks(due)
}

// reroute returns a tick for every waiting session that may be offered now, or is
// to be looked at otherwise. Thousands may wait for somebody to be free: those for
// whom nobody is are not touched.
func (d *Desk) reroute() []call {
	if len(d.waiting) == 0 {
		return nil
	}
	now := d.cfg.Now()
	ready := d.ready()
	var due []string
	for local, w := range d.waiting {
		if now.Before(w.again) {
			continue
		}
		serving, next := d.servingQueue(w.queue, w.since, now)
		free := func(q string) bool { return ready[q] }
		if w.busy || len(serving) == 0 || slices.ContainsFunc(serving, free) || d.nearer(w, now) {
			due = append(due, local)
			continue
		}
		d.wakeAt(local, w, next)
	}
	return d.ticks(due)
}

// ready returns the queues of which an agent could take one more session now.
func (d *Desk) ready() map[string]bool {
	ready := map[string]bool{}
	for i := range d.Directory().Agents {
		a := &d.Directory().Agents[i]
		_, paused := d.paused[a.JID]
		if d.present[a.JID] && !paused && (a.Capacity == 0 || d.load(a.JID) < a.Capacity) {
			for _, q := range a.Queues {
				ready[q] = true
			}
		}
	}
	return ready
}

// ticks makes the calls, who waits longest first.
func (d *Desk) ticks(locals []string) []call {
	type place struct {
		local  string
		order  uint64
		number int64
	}
	places := make([]place, 0, len(locals))
	for _, local := range locals {
		if w, ok := d.waiting[local]; ok {
			places = append(places, place{local, w.order, w.number})
		} else if c := d.shelf.byLocal(local); c != nil {
			places = append(places, place{local, 0, c.Number})
		}
	}
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.number, b.number))
	})
	calls := make([]call, 0, len(places))
	for _, p := range slices.Compact(places) {
		local := p.local
		calls = append(calls, call{tick{local}, func(_ Result, err error) {
			if err != nil {
				d.cfg.Log.Warn("a deadline could not be kept yet", "conversation", local, "error", err)
				d.alarm(d.shelf.find(local), d.cfg.Now().Add(tickRetry))
			}
		}})
	}
	return calls
}
