package handoff

import (
	"fmt"
	"slices"
	"strings"
)

// kind of a thing that can happen in the model.
type kind uint8

const (
	happens  kind = iota // an event is stepped and committed
	lost                 // an event is stepped; the desk crashes before the commit
	performs             // the outbox performs a row
	repeats              // a copy of a row already performed arrives, late
	crashes              // the desk crashes; what was not confirmed is performed again
	overdue              // time passes to the end of the offer
)

// action is one edge of the model's graph.
type action struct {
	kind  kind
	event Event
	lane  int
	row   int
	whole bool                // with the rest of the row's commit
	back  [len(parties)]uint8 // rows of each lane performed and not confirmed at the crash
}

// describe says what the action does to w, for a counterexample.
func (a action) describe(w *world) string {
	switch a.kind {
	case happens:
		return fmt.Sprintf("%T%+v", a.event, a.event)
	case lost:
		return fmt.Sprintf("%T%+v, and the desk crashes before the commit", a.event, a.event)
	case performs, repeats:
		rows := w.lanes[a.lane].rows[a.row:]
		text := fmt.Sprintf("to %s: %T%+v", parties[a.lane], rows[0].fx, rows[0].fx)
		if a.kind == repeats {
			return "sent again, late, " + text
		}
		for _, r := range rows[1:] {
			if !r.more || !a.whole {
				break
			}
			text += fmt.Sprintf(", %T%+v", r.fx, r.fx)
		}
		return "sent " + text
	case crashes:
		var again []string
		for i, n := range a.back {
			if n > 0 {
				again = append(again, fmt.Sprintf("%d to %s", n, parties[i]))
			}
		}
		return "the desk crashes; not confirmed: [" + strings.Join(again, ", ") + "]"
	}
	return "the offer's time passes"
}

// apply makes of out the world after a; same says that nothing happened, or
// nothing but that the budget shrank.
func (x *explorer) apply(w, out *world, a action) (same bool, err error) {
	if a.kind == happens {
		changed, err := x.shell.commit(w, out, a.event)
		out.left.spend(a.event)
		return !changed, err
	}
	*out = *w
	switch a.kind {
	case lost:
		return x.loses(w, out, a.event)
	case performs:
		return false, x.shell.performNext(out, a.lane, a.row, a.whole)
	case repeats:
		out.left.repeats--
		l := &w.lanes[a.lane]
		err := x.shell.perform(out, a.lane, l.rows[a.row])
		after := &out.lanes[a.lane]
		return after.contact == l.contact && len(after.seen) == len(l.seen), err
	case crashes:
		out.left.crashes--
		for i, n := range a.back {
			out.lanes[i].next -= int(n)
		}
		if x.shell.clearSent != nil {
			out.lanes[a.lane].next++ // sent, taken for done, and never arrived
		}
		return false, survives(out)
	}
	out.now = w.conv.Offer.Expires
	return false, nil
}

// loses is a crash between a step and its commit. Where the desk does not
// commit first, idle lanes have already sent.
func (x *explorer) loses(w, out *world, e Event) (same bool, err error) {
	var early world
	if changed, err := x.shell.commit(w, &early, e); err != nil || !changed {
		return true, err
	}
	out.left.crashes--
	for i := range early.lanes {
		l := &early.lanes[i]
		if n := len(w.lanes[i].rows); x.shell.sendEarly && l.next == n && n < len(l.rows) {
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
	case Transfer, Assign:
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
	case Transfer, Assign:
		return w.left.transfers > 0
	}
	return true
}

// bounds are the limits of one exploration.
type bounds struct {
	budget
	agents   int
	together bool // a commit's rows for one receiver go out as one
}

func (b bounds) String() string {
	return fmt.Sprintf("agents=%d sessions=%d messages=%d transfers=%d repeats=%d crashes=%d in-flight=%d together=%v",
		b.agents, b.sessions, b.messages, b.transfers, b.repeats, b.crashes, mostInFlight, b.together)
}

// agentsOf returns the agents the model plays with.
func (b bounds) agentsOf() []Party { return parties[2 : 2+b.agents] }

// menu returns every event there can be while n transfers were made.
func (b bounds) menu(n int) []Event {
	agents := b.agentsOf()
	all := append([]Party{"", carol}, agents...)
	menu := []Event{Connect{}, Tick{}}
	id := transferID(n + 1)
	for _, by := range all {
		menu = append(menu, Disconnect{By: by, Reason: "done"})
		if by != "" {
			menu = append(menu, Say{By: by})
		}
		if by != carol {
			for _, ask := range b.candidates(n == 0) {
				t := Transfer{ID: id, By: by, Candidates: ask, Timeout: ringTime, MaxHops: 2}
				menu = append(menu, t)
				if t.All = true; len(ask) > 1 {
					menu = append(menu, t)
				}
			}
		}
	}
	for i, p := range agents {
		menu = append(menu, Gone{Who: p})
		if n > 0 || i == 0 {
			menu = append(menu, Assign{ID: id, To: p})
		}
	}
	for k := 1; k <= n; k++ {
		for _, by := range all {
			menu = append(menu, Cancel{ID: transferID(k), By: by}, Accept{ID: transferID(k), By: by})
			if by != "" {
				menu = append(menu, Decline{ID: transferID(k), By: by})
			}
		}
	}
	return menu
}

func transferID(n int) string { return "x-" + string(rune('0'+n)) }

// candidates returns who may be asked: any one agent, or all, from either end.
// Agents are alike until one is named, so the first to be named is alice.
func (b bounds) candidates(first bool) [][]Party {
	agents := b.agentsOf()
	if first {
		return [][]Party{agents[:1], agents}
	}
	var lists [][]Party
	for _, p := range agents {
		lists = append(lists, []Party{p})
	}
	reverse := make([]Party, 0, len(agents))
	for i := len(agents) - 1; i >= 0; i-- {
		reverse = append(reverse, agents[i])
	}
	return append(lists, agents, reverse)
}
