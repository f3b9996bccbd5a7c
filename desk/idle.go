package desk

import (
	"time"

	"baton/handoff"
)

// ReasonIdle is why a session ended that was silent for too long.
const ReasonIdle = "idle"

// hush ends a session in which nothing has happened for too long. One that waits
// is not silent: it is we who owe an answer.
func (w *work) hush() error {
	idle := w.d.Policy().Idle
	if idle <= 0 || w.conv.Phase != handoff.Active || w.conv.Offer.Open() {
		return nil
	}
	if w.now.Before(w.conv.Route.Heard.Add(idle)) {
		w.d.listen(w.d.shelf.find(w.conv.Local), &w.conv, w.now)
		return nil
	}
	return w.step(handoff.Disconnect{Reason: ReasonIdle}, nil)
}

// listen sets the alarm for when a session at a place of the shelf has been silent
// for too long. At most one is set at a time, however much is said: it looks for
// itself how long it was.
func (d *Desk) listen(id uint32, c *Conversation, now time.Time) {
	if id == 0 {
		return
	}
	idle, set := d.Policy().Idle, &d.shelf.at(id).heard
	if idle <= 0 || c.Phase != handoff.Active {
		*set = 0
		return
	}
	due := c.Route.Heard.Add(idle)
	if *set != 0 && now.UnixMicro() < *set && ring(due) >= *set {
		return
	}
	*set = ring(due)
	d.alarm(id, due)
}

// heardNow gives sessions of older versions, of which it is not known when
// something happened last, the time of the start.
func heardNow(c *Conversation, now time.Time) {
	if c.Route.Heard.IsZero() {
		c.Route.Heard = now
	}
	if c.Phase == handoff.Waiting && c.Route.Since.IsZero() {
		c.Route.Since = now
	}
}

// review looks at what another configuration changes for open sessions.
func (d *Desk) review() {
	now := d.cfg.Now()
	var left []string
	for id, c := range d.shelf.all() {
		d.listen(id, c, now)
		d.wake(c, now)
		if d.outdated(c) {
			left = append(left, c.Local)
		}
	}
	d.after = append(d.after, d.ticks(left)...)
}
