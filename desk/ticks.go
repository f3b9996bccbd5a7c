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
	due := d.alarms.due(now)
	for _, local := range due {
		fault.Point("desk.alarm.fired")
		if w, ok := d.waiting[local]; ok && !now.Before(w.again) {
			w.again = time.Time{} // reached for good, wherever the clock is stepped to
			d.waiting[local] = w
		}
	}
	return d.ticks(due)
}

// reroute returns a tick for every waiting session that may be offered now.
func (d *Desk) reroute() []call {
	now := d.cfg.Now()
	var due []string
	for local, w := range d.waiting {
		if !now.Before(w.again) {
			due = append(due, local)
		}
	}
	return d.ticks(due)
}

// ticks makes the calls, who waits longest first.
func (d *Desk) ticks(locals []string) []call {
	locals = slices.DeleteFunc(locals, func(l string) bool { return d.convs[l] == nil })
	slices.SortFunc(locals, func(a, b string) int {
		return cmp.Or(cmp.Compare(d.waiting[a].order, d.waiting[b].order),
			cmp.Compare(d.convs[a].Number, d.convs[b].Number))
	})
	calls := make([]call, 0, len(locals))
	for _, local := range slices.Compact(locals) {
		calls = append(calls, call{tick{local}, func(_ Result, err error) {
			if err != nil {
				d.cfg.Log.Warn("a deadline could not be kept yet", "conversation", local, "error", err)
				d.alarms.set(d.cfg.Now().Add(tickRetry), local)
			}
		}})
	}
	return calls
}
