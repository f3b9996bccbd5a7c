package desk

import (
	"slices"
	"time"

	"baton/handoff"
)

// serving returns the queues whose agents may be asked to take a session that
// waits, its own first, and when there may be others; the zero time where that
// is not a matter of time.
//
// A queue that is closed, or of which nobody is online, hands on at once to the
// one it overflows to; any other one when the session has waited for its
// OverflowAfter, and then both serve it.
func (d *Desk) serving(c *Conversation, now time.Time) (names []string, next time.Time) {
	return d.servingQueue(c.Queue, c.Route.Since, now)
}

// servingQueue is serving of a session that waits for a queue since at.
func (d *Desk) servingQueue(queue string, at, now time.Time) (names []string, next time.Time) {
	dir := d.Directory()
	if at.IsZero() {
		at = now
	}
	q, ok := dir.Queue(queue)
	for range dir.Queues { // bounds it, should they be a ring
		if !ok {
			break
		}
		switch {
		case !q.open(now):
			next = sooner(next, q.Hours.Opens(now))
		case q.Overflow == "":
			names = append(names, q.Name)
		default:
			names = append(names, q.Name)
			after := at.Add(q.OverflowAfter)
			if d.staffed(q.Name) && now.Before(after) {
				return names, sooner(next, after)
			}
			if !now.Before(after) {
				at = after
			}
		}
		q, ok = dir.Queue(q.Overflow)
	}
	return names, next
}

// sooner returns the earlier of two times, of which either may be none.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// staffed reports whether an agent of the queue is online, or may be: after a
// start nobody knows.
func (d *Desk) staffed(queue string) bool {
	return slices.ContainsFunc(d.Directory().Agents, func(a Agent) bool {
		_, absent := d.absent[a.JID]
		return !absent && slices.Contains(a.Queues, queue)
	})
}

// wake sets an alarm for when others may serve a session that waits.
func (d *Desk) wake(c *Conversation, now time.Time) {
	wait, ok := d.waiting[c.Local]
	if !ok || c.Phase != handoff.Waiting {
		return
	}
	_, next := d.serving(c, now)
	d.wakeAt(c.Local, wait, next)
}

func (d *Desk) wakeAt(local string, w wait, next time.Time) {
	if !next.IsZero() && !next.Equal(w.next) {
		w.next = next
		d.waiting[local] = w
		d.alarm(d.shelf.find(local), next)
	}
}
