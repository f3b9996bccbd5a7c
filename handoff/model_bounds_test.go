package handoff

import (
	"fmt"
	"slices"
)

// bounds are the limits of one exploration.
type bounds struct {
	name string
	budget
	agents   int
	modes    []Mode // of transfers
	reclaim  bool
	release  bool
	pairs    bool // offers to one agent after another
	all      bool // offers to all agents at once
	together bool // a commit's rows for one receiver go out as one
	eager    bool // all that a commit left in the outbox goes out at once
}

func (b bounds) String() string {
	return fmt.Sprintf("%s: agents=%d sessions=%d messages=%d transfers=%d modes=%v reclaim=%v return=%v one-after-another=%v all-at-once=%v "+
		"late-copies=%d crashes=%d takeovers=%d rows-in-flight=%d in-lanes=%d rows-together=%v outbox-at-once=%v",
		b.name, b.agents, b.sessions, b.messages, b.transfers, b.modes, b.reclaim, b.release, b.pairs, b.all,
		b.repeats, b.crashes, b.takeovers, mostInFlight, mostLanes, b.together, b.eager)
}

// agentsOf returns the agents the model plays with.
func (b bounds) agentsOf() []Party { return parties[firstAgent : firstAgent+b.agents] }

// menus returns, for each number of transfers made and each holder, every event
// there can be.
func (b bounds) menus() [][len(parties)][]Event {
	menus := make([][len(parties)][]Event, b.transfers+1)
	for n := range menus {
		for i := range parties {
			menus[n][i] = b.menu(n, parties[i])
		}
	}
	return menus
}

func (b bounds) menu(n int, holder Party) []Event {
	agents := b.agentsOf()
	id := transferID(n + 1)
	menu := []Event{Connect{}, Tick{}, Say{By: carol}, Disconnect{By: carol, Reason: "done"}, Disconnect{Reason: "idle"}}
	for _, p := range agents {
		menu = append(menu, Say{By: p}, Disconnect{By: p, Reason: "done"}, Gone{Who: p}, Assign{ID: id, To: p})
		if b.reclaim {
			menu = append(menu, Reclaim{ID: id, By: p, Timeout: ringTime})
		}
		if b.release {
			menu = append(menu, Release{ID: id, By: p, Reason: "returned"})
		}
	}
	if b.release {
		menu = append(menu, Release{ID: id, Reason: "gone"})
	}
	menu = append(menu, b.beside(holder)...)
	menu = append(menu, b.transfersBy(id, holder)...)
	for k := 1; k <= n; k++ {
		menu = append(menu, b.replies(transferID(k))...)
	}
	return menu
}

// replies is every answer to a transfer, by everybody.
func (b bounds) replies(id string) []Event {
	menu := []Event{Cancel{ID: id}, Accept{ID: id, By: carol}, Decline{ID: id, By: carol}, Cancel{ID: id, By: carol}}
	for _, p := range b.agentsOf() {
		menu = append(menu, Accept{ID: id, By: p}, Decline{ID: id, By: p}, Cancel{ID: id, By: p})
	}
	return menu
}

// beside is what there is to do where others than the holder take part.
func (b bounds) beside(holder Party) []Event {
	if !slices.Contains(b.modes, Consult) && !slices.Contains(b.modes, Join) {
		return nil
	}
	var menu []Event
	if holder != "" {
		menu = append(menu, Say{By: holder, Aloud: true})
	}
	for _, p := range b.agentsOf() {
		menu = append(menu, Part{By: p, Who: p}, Part{Who: p}, Resume{By: p})
		for _, by := range b.agentsOf() {
			if by != p {
				menu = append(menu, Part{By: by, Who: p})
			}
		}
	}
	return menu
}

// transfersBy is every transfer the holder can make, or the service where there
// is none, and one of each mode by everybody else.
func (b bounds) transfersBy(id string, holder Party) []Event {
	var menu []Event
	for _, by := range append([]Party{""}, b.agentsOf()...) {
		for _, m := range b.modes {
			if by == "" && m != Warm {
				continue
			}
			t := Transfer{ID: id, By: by, Mode: m, Candidates: b.agentsOf()[:1], Timeout: ringTime, MaxHops: 2}
			if by != holder {
				menu = append(menu, t)
				continue
			}
			for _, t.Candidates = range b.lists(holder) {
				menu = append(menu, t)
			}
			if b.all {
				t.Candidates, t.All = b.agentsOf(), true
				menu = append(menu, t)
			}
		}
	}
	return menu
}

// lists returns who may be asked: any one agent, and any two in order.
func (b bounds) lists(holder Party) [][]Party {
	var lists [][]Party
	for _, p := range b.agentsOf() {
		lists = append(lists, []Party{p})
		for _, q := range b.agentsOf() {
			if b.pairs && p != q && p != holder && q != holder {
				lists = append(lists, []Party{p, q})
			}
		}
	}
	return lists
}

func transferID(n int) string { return "x-" + string(rune('0'+n)) }

// longBounds is what `make model` explores. Together they cover every mode,
// three agents, crashes, late copies and two instances; each is exhausted.
func longBounds() []bounds {
	every := []Mode{Warm, Blind, Consult, Join}
	return []bounds{
		{name: "decisions", budget: budget{sessions: 2, messages: 2, transfers: 5}, agents: 3,
			modes: every, reclaim: true, release: true, pairs: true, all: true, eager: true},
		{name: "any mode, with faults", budget: budget{sessions: 1, messages: 1, transfers: 2, repeats: 1, crashes: 1}, agents: 2,
			modes: every, reclaim: true, release: true, all: true, together: true},
		{name: "warm and blind", budget: budget{sessions: 1, messages: 1, transfers: 2}, agents: 3,
			modes: []Mode{Warm, Blind}, pairs: true, all: true, together: true},
		{name: "consult and join", budget: budget{sessions: 1, messages: 1, transfers: 3}, agents: 3,
			modes: []Mode{Warm, Consult, Join}, together: true},
		{name: "reclaim and return", budget: budget{sessions: 1, messages: 1, transfers: 3}, agents: 3,
			modes: []Mode{Warm}, reclaim: true, release: true, together: true},
		{name: "letting go beside others", budget: budget{sessions: 1, transfers: 3}, agents: 3,
			modes: []Mode{Blind, Consult, Join}, reclaim: true, release: true, together: true},
		{name: "two instances", budget: budget{sessions: 1, messages: 1, transfers: 2, takeovers: 1}, agents: 3,
			modes: []Mode{Warm, Join}, release: true, together: true},
		{name: "two instances, row by row", budget: budget{sessions: 1, messages: 1, transfers: 2, takeovers: 1, repeats: 1}, agents: 2,
			modes: []Mode{Warm}},
		{name: "crashes, row by row", budget: budget{sessions: 1, messages: 1, transfers: 2, repeats: 1, crashes: 1}, agents: 2,
			modes: []Mode{Warm, Blind, Consult}, release: true},
		{name: "two sessions", budget: budget{sessions: 2, messages: 2, transfers: 2}, agents: 2,
			modes: []Mode{Warm, Blind, Join}, together: true},
	}
}
