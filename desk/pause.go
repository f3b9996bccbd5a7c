package desk

import (
	"slices"
	"time"

	"baton/handoff"
)

// Pause keeps offers from an agent until they resume, whatever their presence
// says, and across restarts. What they hold they keep; what rings for them goes
// on to the next. Result.Duplicate says that they were paused already.
type Pause struct{ By handoff.Party }

// Resume ends a pause. Result.Duplicate says that there was none.
type Resume struct{ By handoff.Party }

// Paused is an agent's pause as the store keeps it.
type Paused struct {
	Domain string // the component domain
	Agent  handoff.Party
	Since  time.Time // zero in a Batch: the pause is over
}

func (r Pause) apply(w *work) (Result, error) { return w.pause(r.By, w.now) }

func (r Resume) apply(w *work) (Result, error) { return w.pause(r.By, time.Time{}) }

func (w *work) pause(who handoff.Party, since time.Time) (Result, error) {
	if _, ok := w.d.Directory().Agent(who); !ok {
		return Result{}, ErrHidden
	}
	if w.paused(who) != since.IsZero() {
		return Result{Duplicate: true}, nil
	}
	w.b.Pauses = append(w.b.Pauses, Paused{Domain: w.d.cfg.Domain, Agent: who, Since: since})
	if since.IsZero() {
		w.d.rerouted = true
	} else {
		w.unavailable(who)
	}
	return Result{}, nil
}

// unavailable lets offers that ring for who go on to the next, right after this
// batch.
func (w *work) unavailable(who handoff.Party) {
	d := w.d
	for id := range d.busyAt(who) {
		d.after = append(d.after, call{gone{d.shelf.local(id), who}, func(Result, error) {}})
	}
	for local, s := range w.b.staged { // not committed yet
		if s.now.Offer.Rings(who) {
			d.after = append(d.after, call{gone{local, who}, func(Result, error) {}})
		}
	}
}

// paused reports whether who takes a break, as far as the batch has come.
func (w *work) paused(who handoff.Party) bool {
	for _, p := range slices.Backward(w.b.Pauses) {
		if p.Agent == who {
			return !p.Since.IsZero()
		}
	}
	_, ok := w.d.paused[who]
	return ok
}

// here reports whether who can be offered anything: available, and not paused.
func (w *work) here(who handoff.Party) bool { return w.d.present[who] && !w.paused(who) }

// takeBreaks makes committed pauses the desk's view.
func (d *Desk) takeBreaks(ps []Paused) {
	for _, p := range ps {
		if p.Since.IsZero() {
			delete(d.paused, p.Agent)
		} else {
			d.paused[p.Agent] = p.Since
		}
		d.stale = true
	}
}
