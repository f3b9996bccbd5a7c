package handoff

import "time"

// situation is a conversation that something happens to.
type situation struct {
	name string
	conv Conversation
	now  time.Time
}

// situations are the phases, with and without an offer, and what an agent may
// have been in them: holder, former holder, target, next to be asked, nobody.
//
//	idle     nothing has happened yet
//	waiting  carol waits and has said line 1
//	asked    the same, and x-1 rings alice, then bob
//	active   alice took x-1: epoch 1, and carol has said line 2
//	handing  the same, and alice's x-2 rings bob, then chris
//	all      the same, and alice's x-2 rings bob and chris at once
//	late     as handing, and the time is up
//	moved    bob took x-2: epoch 2, alice is a former holder
//	ended    the same, and carol has left
func situations() []situation {
	idle := Conversation{Caller: carol}
	waiting := must(idle, Connect{}, Say{By: carol})
	asked := must(waiting, Transfer{ID: "x-1", Candidates: []Party{alice, bob}, Timeout: ringTime})
	active := must(asked, Accept{"x-1", alice}, Say{By: carol})
	two := Transfer{ID: "x-2", By: alice, Candidates: []Party{bob, chris}, Timeout: ringTime}
	handing := must(active, two)
	two.All = true
	all := must(active, two)
	moved := must(handing, Accept{"x-2", bob})
	ended := must(moved, Disconnect{By: carol, Reason: "done"})
	return []situation{
		{"idle", idle, epochOfTests}, {"waiting", waiting, epochOfTests}, {"asked", asked, epochOfTests},
		{"active", active, epochOfTests}, {"handing", handing, epochOfTests}, {"all", all, epochOfTests},
		{"late", handing, epochOfTests.Add(ringTime)}, {"moved", moved, epochOfTests}, {"ended", ended, epochOfTests},
	}
}

// must steps through events that are in order.
func must(c Conversation, events ...Event) Conversation {
	for _, e := range events {
		next, _, err := c.Step(epochOfTests, e)
		if err != nil {
			panic(err)
		}
		c = next
	}
	return c
}

// namedEvent is an event by the words the tables know it by.
type namedEvent struct {
	name  string
	event Event
}

// situationsEvents is every kind of event by everybody who may try it.
func situationsEvents() []namedEvent {
	to := func(by Party, ps ...Party) Transfer {
		return Transfer{ID: "x-9", By: by, Candidates: ps, Timeout: ringTime}
	}
	events := []namedEvent{
		{"connect", Connect{}},
		{"say carol", Say{By: carol}}, {"say alice", Say{By: alice}}, {"say bob", Say{By: bob}}, {"say chris", Say{By: chris}}, {"say -", Say{}},
		{"offer - to chris", to("", chris)}, {"offer carol to chris", to(carol, chris)},
		{"offer alice to chris", to(alice, chris)}, {"offer bob to chris", to(bob, chris)},
		{"offer alice to alice", to(alice, alice)}, {"offer bob to bob", to(bob, bob)}, {"offer - to carol", to("", carol)},
		{"assign chris", Assign{"x-9", chris}}, {"assign carol", Assign{"x-9", carol}},
	}
	for _, id := range []string{"x-1", "x-2", "x-8"} {
		for _, p := range []Party{alice, bob, chris, carol, ""} {
			if id == "x-8" && p != alice { // one is enough for a transfer nobody made
				continue
			}
			events = append(events,
				namedEvent{"accept " + id + " " + name(p), Accept{id, p}},
				namedEvent{"decline " + id + " " + name(p), Decline{id, p, "busy"}},
				namedEvent{"cancel " + id + " " + name(p), Cancel{id, p}})
		}
	}
	for _, p := range []Party{alice, bob, chris, carol, ""} {
		events = append(events,
			namedEvent{"gone " + name(p), Gone{p}},
			namedEvent{"end " + name(p), Disconnect{p, "done"}})
	}
	return append(events, namedEvent{"tick", Tick{}})
}
