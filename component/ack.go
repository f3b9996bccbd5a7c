package component

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"baton/desk"
	"baton/handoff"
)

// How long a sign of arrival may take.
const (
	clientPong = 10 * time.Second
	serverPong = 30 * time.Second
)

// acks finds out when what was written has arrived. XEP-0114 has no
// acknowledgements; a ping sent behind a message on the same stream, to the
// receiver's own client, is answered only after the client got the message.
// Where no client can be asked, or none answers, the receiver's server is asked
// instead: it then has the message, for its offline store or its
// stream management. One ping serves all that was written to a party before it.
type acks struct {
	c    *Component
	mu   sync.Mutex
	by   map[handoff.Party]*flight
	sent map[posted]*parcel // for bounces
	idle chan struct{}      // closed when nothing is under way; nil: nobody waits
}

// posted names a stanza that was sent: copies of one line have one id, whoever
// gets them.
type posted struct {
	to handoff.Party
	id string
}

// flight is what is under way to one party.
type flight struct {
	pinged  []*parcel // a ping is behind them
	waiting []*parcel // written since
}

// parcel is an outbox item under way.
type parcel struct {
	id   string // of its stanza
	once sync.Once
	done func(error)
}

func (p *parcel) end(err error) { p.once.Do(func() { p.done(err) }) }

// expect has a stanza written to party and asks for a sign of its arrival.
// from is the contact that asks, client the party's own client, empty where none is known. done is called
// once.
func (a *acks) expect(party handoff.Party, from, client, id string, write func(), done func(error)) {
	p := &parcel{id: id, done: done}
	a.mu.Lock()
	if a.by == nil {
		a.by, a.sent = map[handoff.Party]*flight{}, map[posted]*parcel{}
	}
	f := a.by[party]
	if f == nil {
		f = &flight{}
		a.by[party] = f
	}
	f.waiting = append(f.waiting, p)
	a.sent[posted{party, id}] = p
	write() // under the lock: a ping asked for meanwhile must not overtake it
	ask := len(f.pinged) == 0
	if ask {
		f.pinged, f.waiting = f.waiting, nil
	}
	a.mu.Unlock()
	if ask {
		a.ping(party, from, client)
	}
}

// ping asks the party's client, then its server.
func (a *acks) ping(party handoff.Party, from, client string) {
	server := serverOf(string(party))
	if client == "" || client == string(party) {
		a.ask(from, server, serverPong, func(err error) { a.landed(party, from, client, err) })
		return
	}
	a.ask(from, client, clientPong, func(err error) {
		if errors.Is(err, errNoReply) {
			a.ask(from, server, serverPong, func(err error) { a.landed(party, from, client, err) })
			return
		}
		a.landed(party, from, client, err)
	})
}

// ask pings. An error stanza is an answer too: whoever wrote it had dealt with
// what came before.
func (a *acks) ask(from, to string, timeout time.Duration, done func(error)) {
	a.c.iqs.send(from, to, "get", []byte("<ping xmlns='urn:xmpp:ping'/>"), timeout,
		func(_ reply, err error) { done(err) })
}

// landed ends what the answered ping was behind, and asks for what was written
// meanwhile.
func (a *acks) landed(party handoff.Party, from, client string, err error) {
	a.mu.Lock()
	f := a.by[party]
	if f == nil {
		a.mu.Unlock()
		return
	}
	ended := f.pinged
	f.pinged, f.waiting = f.waiting, nil
	again := len(f.pinged) > 0
	if !again {
		delete(a.by, party)
		a.restLocked()
	}
	for _, p := range ended {
		if key := (posted{party, p.id}); a.sent[key] == p { // not one that was sent again meanwhile
			delete(a.sent, key)
		}
	}
	a.mu.Unlock()
	switch {
	case errors.Is(err, errLost):
		err = desk.ErrDown
	case err != nil:
		err = fmt.Errorf("no sign of arrival at %s: %w", party, err)
	}
	for _, p := range ended {
		p.end(err)
	}
	if again {
		a.ping(party, from, client)
	}
}

// bounced ends the item whose stanza came back as an error.
func (a *acks) bounced(from handoff.Party, id, condition string) bool {
	a.mu.Lock()
	key := posted{from, id}
	p := a.sent[key]
	delete(a.sent, key)
	a.mu.Unlock()
	if p == nil {
		return false
	}
	p.end(fmt.Errorf("it came back: %s", condition))
	return true
}

// wait returns when nothing is under way any more, or after most.
func (a *acks) wait(most time.Duration) {
	a.mu.Lock()
	if len(a.by) == 0 {
		a.mu.Unlock()
		return
	}
	a.idle = make(chan struct{})
	idle := a.idle
	a.mu.Unlock()
	select {
	case <-idle:
	case <-time.After(most):
	}
}

func (a *acks) restLocked() {
	if a.idle != nil && len(a.by) == 0 {
		close(a.idle)
		a.idle = nil
	}
}

// abort ends everything under way: the link is gone.
func (a *acks) abort() {
	a.mu.Lock()
	all := a.by
	a.by, a.sent = nil, nil
	a.restLocked()
	a.mu.Unlock()
	for _, f := range all {
		for _, p := range append(f.pinged, f.waiting...) {
			p.end(desk.ErrDown)
		}
	}
}
