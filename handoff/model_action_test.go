package handoff

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
)

// kind of a thing that can happen in the model.
type kind uint8

const (
	happens   kind = iota // an event is stepped and committed
	lost                  // an event is stepped; the desk crashes before the commit
	overdue               // time passes to the end of the offer
	performs              // the outbox performs a row
	repeats               // a copy of a row already performed arrives, late
	crashes               // the desk crashes; what was not confirmed is performed again
	pauses                // the same, but the desk lives on: another takes over
	wakes                 // whoever was paused commits an event on what they knew
	lingers               // whoever was paused performs a row
	reconfirm             // whoever was paused confirms what they performed
)

// action is one edge of the model's graph.
type action struct {
	kind  kind
	event Event
	lane  int
	row   int
	whole bool             // with the rest of the row's commit
	back  [laneCount]uint8 // rows of each lane performed and not confirmed
}

// describe says what the action does to w, for a counterexample.
func (a action) describe(w *world) string {
	switch a.kind {
	case happens:
		return fmt.Sprintf("%T%+v", a.event, a.event)
	case lost:
		return fmt.Sprintf("%T%+v, and the desk crashes before the commit", a.event, a.event)
	case wakes:
		return fmt.Sprintf("who was paused commits %T%+v", a.event, a.event)
	case reconfirm:
		return "who was paused confirms what was sent to " + string(parties[ownerOf(a.lane)])
	case crashes, pauses:
		return a.describeCrash()
	case overdue:
		return "the offer's time passes"
	}
	rows := w.lanes[a.lane].rows[a.row:]
	text := fmt.Sprintf("to %s: %T%+v", parties[ownerOf(a.lane)], rows[0].fx, rows[0].fx)
	switch a.kind {
	case repeats:
		return "sent again, late, " + text
	case lingers:
		return "who was paused sends " + text
	}
	for _, r := range rows[1:] {
		if !r.more || !a.whole {
			break
		}
		text += fmt.Sprintf(", %T%+v", r.fx, r.fx)
	}
	return "sent " + text
}

func (a action) describeCrash() string {
	var again []string
	for i, n := range a.back {
		if n > 0 {
			again = append(again, fmt.Sprintf("%d to %s", n, parties[ownerOf(i)]))
		}
	}
	what := "the desk crashes"
	if a.kind == pauses {
		what = "the desk stops for a while, another takes over"
	}
	return what + "; not confirmed: [" + strings.Join(again, ", ") + "]"
}

// apply makes of out the world after a; same says that nothing happened, or
// nothing but that the budget shrank.
func (x *explorer) apply(w, out *world, a action) (same bool, err error) {
	switch a.kind {
	case happens:
		changed, err := x.shell.commit(w, out, &w.conv, a.event)
		if out.left.spend(a.event); x.bounds.eager && changed && err == nil {
			err = x.shell.empty(out)
		}
		return !changed, err
	case wakes:
		if w.ghost.stale && !x.shell.noCompare {
			return true, nil // the store's version is another
		}
		changed, err := x.shell.commit(w, out, w.ghost.conv, a.event)
		out.left.spend(a.event)
		return !changed, err
	}
	*out = *w
	same, err = x.applyOutbox(w, out, a)
	if !x.shell.freshIDs {
		out.skips()
	}
	return same, err
}

// applyOutbox is apply for what happens beside events.
func (x *explorer) applyOutbox(w, out *world, a action) (same bool, err error) {
	switch a.kind {
	case lost:
		return x.loses(w, out, a.event)
	case performs:
		return false, x.shell.performNext(out, a.lane, a.row, a.whole)
	case repeats:
		out.left.repeats--
		err := x.shell.perform(out, a.lane, w.lanes[a.lane].rows[a.row])
		return out.contact == w.contact && len(out.lanes[a.lane].seen) == len(w.lanes[a.lane].seen), err
	case lingers:
		out.ghost.next[a.lane]++
		out.ghost.done[a.lane]++
		return false, x.shell.perform(out, a.lane, w.lanes[a.lane].rows[a.row])
	case reconfirm:
		return x.shell.confirms(out, a.lane)
	case crashes:
		return false, x.crash(out, a)
	case pauses:
		out.left.takeovers--
		out.pauses(a.back)
		return false, nil
	}
	out.now = w.conv.Offer.Expires
	return false, nil
}

func (x *explorer) crash(out *world, a action) error {
	out.left.crashes--
	for i, n := range a.back {
		l := &out.lanes[i]
		l.next -= int(n)
		out.stuck[i] = x.shell.noResume && n > 0
	}
	if x.shell.clearSent != nil {
		out.lanes[a.lane].next++ // sent, taken for done, and never arrived
	}
	return survives(out)
}

// loses is a crash between a step and its commit. Where the desk does not
// commit first, idle lanes have already sent.
func (x *explorer) loses(w, out *world, e Event) (same bool, err error) {
	var early world
	if changed, err := x.shell.commit(w, &early, &w.conv, e); err != nil || !changed {
		return true, err
	}
	out.left.crashes--
	for i := range early.lanes {
		l := &early.lanes[i]
		if n := len(w.lanes[i].rows); x.shell.sendEarly && l.next == n && n < len(l.rows) && !arranges(l.rows[n].fx) {
			out.lanes[i].seen = append(slices.Clip(out.lanes[i].seen), l.rows[n])
		}
	}
	return !x.shell.sendEarly, survives(out)
}

func (b *budget) spend(e Event) {
	switch e.(type) {
	case Connect:
		b.sessions--
	case Say:
		b.messages--
	case Transfer, Assign, Reclaim, Release:
		b.transfers--
	}
}

// allows reports whether e may be tried; what is refused costs nothing.
func (w *world) allows(e Event) bool {
	switch e.(type) {
	case Connect:
		return w.left.sessions > 0 || w.conv.Phase != Idle
	case Say:
		return w.left.messages > 0
	case Transfer, Assign, Reclaim, Release:
		return w.left.transfers > 0
	}
	return true
}

// actions returns everything that can happen in w, always in the same order.
func (x *explorer) actions(w *world) []action {
	acts := make([]action, 0, 40)
	for _, e := range x.possible(w) {
		if !w.allows(e) {
			continue
		}
		acts = append(acts, action{kind: happens, event: e})
		if w.left.crashes > 0 && x.shell.sendEarly { // otherwise a plain crash
			acts = append(acts, action{kind: lost, event: e})
		}
		if w.ghost.stale {
			acts = append(acts, action{kind: wakes, event: e})
		}
	}
	if w.conv.Offer.Open() && w.now.Before(w.conv.Offer.Expires) {
		acts = append(acts, action{kind: overdue})
	}
	for i := range w.lanes {
		acts = x.deliveries(acts, w, i)
	}
	if w.left.crashes > 0 {
		acts = x.crashes(acts, w, crashes)
	}
	if w.left.takeovers > 0 {
		acts = x.crashes(acts, w, pauses)
	}
	return acts
}

// possible returns the events that Step does not refuse, or refuses wrongly.
// What it answers depends on the conversation and the time alone, so that it is
// asked once for each of these, however much is in the outbox.
func (x *explorer) possible(w *world) []Event {
	made := x.bounds.transfers - w.left.transfers
	if w.ghost.stale && x.shell.noCompare { // who has another conversation in mind
		return x.menus[made][0]
	}
	late := w.conv.Offer.Open() && !w.now.Before(w.conv.Offer.Expires)
	var room [128]byte
	e := encoder{b: room[:0], as: [len(parties)]byte{0, 1, 2, 3, 4}}
	e.bytes(made)
	e.bools(late)
	e.conversation(&w.conv)
	k := maphash.Bytes(keySeed, e.b)
	events, known := x.cando[k]
	if known {
		return events
	}
	for _, e := range x.menus[made][laneOf(w.conv.Holder)] {
		next, fx, err := x.shell.step(w.conv, w.now, e)
		if err != nil && refused(w.conv, e, next, fx, err) == nil {
			continue
		}
		if _, idle := e.(Gone); idle && len(fx) == 0 && sameConversation(w.conv, next) {
			continue
		}
		events = append(events, e)
	}
	x.cando[k] = events
	return events
}

// deliveries adds what the outbox can do in lane i.
func (x *explorer) deliveries(acts []action, w *world, i int) []action {
	l, g := &w.lanes[i], &w.ghost
	for k := l.next; k < len(l.rows) && !w.stuck[i]; k++ {
		acts = append(acts, action{kind: performs, lane: i, row: k, whole: x.bounds.together && !x.shell.noOrder})
		if !x.shell.noOrder {
			break
		}
	}
	for k := l.next - 1; k >= 0 && w.left.repeats > 0; k-- {
		if x.shell.matters(l.rows[k]) {
			acts = append(acts, action{kind: repeats, lane: i, row: k})
		}
	}
	if g.alive && g.next[i] < g.known[i] {
		acts = append(acts, action{kind: lingers, lane: i, row: g.next[i]})
	}
	if g.alive && g.done[i] > 0 {
		acts = append(acts, action{kind: reconfirm, lane: i})
	}
	return acts
}

// mostInFlight is how many rows of a lane a crash may find performed and not
// confirmed: as many as an accept makes for one party, and one. mostLanes is in
// how many lanes at once.
const (
	mostInFlight = 4
	mostLanes    = 2
)

// crashes adds a crash, or a change of instance, for each choice of what was not
// confirmed. A crash that finds everything confirmed changes nothing.
func (x *explorer) crashes(acts []action, w *world, k kind) []action {
	from := len(acts)
	acts = append(acts, action{kind: k}) // also for the next lane to build on
	for i := range w.lanes {
		l := &w.lanes[i]
		if x.shell.clearSent != nil {
			if l.next < len(l.rows) && x.shell.clearSent(l.rows[l.next].fx) {
				acts = append(acts, action{kind: k, lane: i})
			}
			continue
		}
		for _, a := range acts[from:] {
			if a.lane++; a.lane > mostLanes { // counts the lanes chosen
				continue
			}
			for n := 1; n <= min(mostInFlight, l.next); n++ {
				if a.back[i] = uint8(n); x.shell.matters(l.rows[l.next-n]) || x.shell.noToken {
					acts = append(acts, a)
				}
			}
		}
	}
	if k == pauses {
		return acts
	}
	return slices.Delete(acts, from, from+1)
}
