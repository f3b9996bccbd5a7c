package desk

import (
	"slices"
	"sync/atomic"
	"time"

	"baton/handoff"
)

// Agent is someone who can hold sessions, a person or a bot.
type Agent struct {
	JID      handoff.Party
	Name     string
	Queues   []string
	Skills   []string
	Roles    []string // agent, supervisor, admin
	Bot      bool
	Capacity int // most sessions held at a time
	Lang     string
}

// oversees reports whether the agent is told of what goes wrong.
func (a Agent) oversees() bool {
	return slices.Contains(a.Roles, "supervisor") || slices.Contains(a.Roles, "admin")
}

// Queue is a class of agents, and an address callers write to.
type Queue struct {
	Name     string
	Title    string
	Greeting string // sent when a session begins; may be empty
	Auto     bool   // assign without asking
	RingAll  bool   // ask all candidates at once
	Share    Share  // what a target sees where the transfer does not say

	Hours         Hours         // nil: always open
	Away          string        // sent to who waits outside Hours; empty: a sentence in their language
	Overflow      string        // the queue whose agents help out; empty: none
	OverflowAfter time.Duration // after a session has waited for this long
	TellPosition  bool          // the caller is told their place while they wait
}

// Directory is everybody and everything configured. It is read-only once a
// desk has it.
type Directory struct {
	Agents []Agent
	Queues []Queue

	places atomic.Pointer[map[handoff.Party]int] // of agents; nil: they are looked for
}

// index has agents found at once, who are looked up several times for each message.
// Nobody changes the directory any more.
func (d *Directory) index() {
	places := make(map[handoff.Party]int, len(d.Agents))
	for i := range slices.Backward(d.Agents) { // the first of a name counts
		places[d.Agents[i].JID] = i
	}
	d.places.Store(&places)
}

// Agent returns the agent with the bare JID p.
func (d *Directory) Agent(p handoff.Party) (Agent, bool) {
	if places := d.places.Load(); places != nil {
		i, ok := (*places)[p]
		if !ok {
			return Agent{}, false
		}
		return d.Agents[i], true
	}
	i := slices.IndexFunc(d.Agents, func(a Agent) bool { return a.JID == p })
	if i < 0 {
		return Agent{}, false
	}
	return d.Agents[i], true
}

// Queue returns the queue of that name.
func (d *Directory) Queue(name string) (Queue, bool) {
	i := slices.IndexFunc(d.Queues, func(q Queue) bool { return q.Name == name })
	if i < 0 {
		return Queue{}, false
	}
	return d.Queues[i], true
}

// NameOf returns what people call p: the agent's name, else the address itself.
func (d *Directory) NameOf(p handoff.Party) string {
	if a, ok := d.Agent(p); ok && a.Name != "" {
		return a.Name
	}
	return string(p)
}

// Title returns what people call a queue.
func (d *Directory) Title(queue string) string {
	if q, ok := d.Queue(queue); ok && q.Title != "" {
		return q.Title
	}
	return queue
}

// Policy is the settings the desk decides by.
type Policy struct {
	OfferTimeout time.Duration // how long an offer rings for one agent
	MaxHops      int           // most accepted transfers of a session
	Grace        time.Duration // how long somebody offline keeps their sessions; 0: for ever
	TellCaller   bool          // a line to the caller after a transfer
	IDFormat     string        // "{name}.{id}"
	Inbox        int           // most lines to a side that have not arrived; 0: any number

	CommitInterval time.Duration // the shortest time between two commits; 0: none

	Idle   time.Duration // silence after which a held session ends; 0: never
	Memory time.Duration // how long a returning caller finds the same conversation; 0: for ever

	FormerReadsOwn bool   // a former holder may read in the archive what they took part in
	Copies         Copies // what becomes of what a former holder's own server archived
}
