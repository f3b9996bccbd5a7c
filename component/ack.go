package component

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"baton/component/wire"
	"baton/desk"
	"baton/fault"
	"baton/handoff"
)

// Times of signs of arrival.
const (
	clientPong = 10 * time.Second // for a client's answer
	serverPong = 30 * time.Second // for a server's
	askAgain   = 10 * time.Second // after nobody answered
	silence    = 10 * time.Minute // then it is taken for lost
	provisory  = 30 * time.Second // until a server's word is as good as a client's
)

// acks finds out when what was written has arrived. XEP-0114 has no
// acknowledgements; a ping sent behind a message on the same stream, to the
// receiver's own client, is answered only after the client got the message.
//
// Where no client can be asked, or none answers with a result, the receiver's
// server is asked: it has the message then, but may lose it with its own end, or with
// a client that was there in name only. Such a message counts for good when
// neither has happened for a while; else it is sent again, with the same id.
//
// Silence is no sign of loss: while the link stands the ping alone is repeated.
// One ping serves all that was written to a party before it.
type acks struct {
	c     *Component
	mu    sync.Mutex
	by    map[handoff.Party]*flight
	sent  map[posted]*parcel  // for bounces
	maybe map[*trial]struct{} // what only a server answered for
	idle  chan struct{}       // closed when nothing is under way; nil: nobody waits
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
	asked   time.Time // when the first ping for pinged was sent
}

// trial is what a server has and no client confirmed.
type trial struct {
	client  string // that did not answer; empty: none was known
	to      handoff.Party
	parcels []*parcel
	timer   *time.Timer
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
// as [desk.Channel] says.
func (a *acks) expect(party handoff.Party, from, client, id string, write func(), done func(error)) {
	p := &parcel{id: id, done: done}
	a.mu.Lock()
	if a.by == nil {
		a.by, a.sent, a.maybe = map[handoff.Party]*flight{}, map[posted]*parcel{}, map[*trial]struct{}{}
	}
	f := a.by[party]
	if f == nil {
		f = &flight{}
		a.by[party] = f
	}
	f.waiting = append(f.waiting, p)
	a.sent[posted{party, id}] = p
	write() // under the lock: a ping asked for meanwhile must not overtake it
	fault.Point("ack.written")
	ask := len(f.pinged) == 0
	if ask {
		f.pinged, f.waiting, f.asked = f.waiting, nil, time.Now()
	}
	a.mu.Unlock()
	if ask {
		a.ping(f, party, from, client)
	}
}

// ping asks the party's client, then its server, until one answers or nobody has
// for too long.
func (a *acks) ping(f *flight, party handoff.Party, from, client string) {
	if client == "" || client == string(party) {
		a.pingServer(f, party, from, "")
		return
	}
	a.ask(from, client, clientPong, func(r reply, err error) {
		switch {
		case err == nil && !r.failed:
			a.landed(f, party, from, client, nil)
		case err == nil, errors.Is(err, errNoReply):
			// An error may be the client's, or its server's that has no such client.
			a.pingServer(f, party, from, client)
		default:
			a.landed(f, party, from, client, err)
		}
	})
}

// pingServer asks the party's server. An error is an answer too: whoever wrote
// it had dealt with what came before.
func (a *acks) pingServer(f *flight, party handoff.Party, from, client string) {
	a.ask(from, serverOf(string(party)), serverPong, func(_ reply, err error) {
		switch {
		case err == nil:
			a.landed(f, party, from, client, desk.ErrProvisional)
		case errors.Is(err, errNoReply) && a.patient(f, party):
			time.AfterFunc(askAgain, func() { a.ping(f, party, from, client) })
		default:
			a.landed(f, party, from, client, err)
		}
	})
}

// patient reports whether it is too early to take silence for a loss.
func (a *acks) patient(f *flight, party handoff.Party) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.by[party] == f && time.Since(f.asked) < silence
}

func (a *acks) ask(from, to string, timeout time.Duration, done func(reply, error)) {
	a.c.iqs.send(from, to, "get", []byte("<ping xmlns='urn:xmpp:ping'/>"), timeout, done)
	fault.Point("ack.ping.sent")
}

// landed ends what the answered ping was behind, and asks for what was written
// meanwhile.
func (a *acks) landed(f *flight, party handoff.Party, from, client string, err error) {
	fault.Point("ack.pong.received")
	a.mu.Lock()
	if a.by[party] != f { // of an earlier link
		a.mu.Unlock()
		return
	}
	ended := f.pinged
	f.pinged, f.waiting, f.asked = f.waiting, nil, time.Now()
	again := len(f.pinged) > 0
	if !again {
		delete(a.by, party)
		a.restLocked()
	}
	if errors.Is(err, desk.ErrProvisional) {
		a.tryLocked(&trial{client: client, to: party, parcels: ended})
	} else {
		a.forgetLocked(party, ended)
	}
	a.mu.Unlock()
	switch {
	case errors.Is(err, errLost):
		err = desk.ErrDown
	case errors.Is(err, errNoReply):
		err = fmt.Errorf("%w: no sign of arrival at %s", desk.ErrLater, party)
	}
	for _, p := range ended {
		if errors.Is(err, desk.ErrProvisional) {
			p.done(err)
		} else {
			p.end(err)
		}
	}
	fault.Point("ack.confirmed")
	if again {
		a.ping(f, party, from, client)
	}
}

// forgetLocked takes no bounces for parcels any more.
func (a *acks) forgetLocked(party handoff.Party, parcels []*parcel) {
	for _, p := range parcels {
		if key := (posted{party, p.id}); a.sent[key] == p { // not one that was sent again meanwhile
			delete(a.sent, key)
		}
	}
}

// tryLocked begins the time after which a server's word counts.
func (a *acks) tryLocked(t *trial) {
	fault.Point("ack.provisional")
	a.maybe[t] = struct{}{}
	t.timer = time.AfterFunc(provisory, func() { a.settle(t, nil) })
}

// settle ends a trial.
func (a *acks) settle(t *trial, err error) {
	a.mu.Lock()
	_, on := a.maybe[t]
	delete(a.maybe, t)
	if on {
		a.forgetLocked(t.to, t.parcels)
	}
	a.mu.Unlock()
	if !on {
		return
	}
	fault.Point("ack.settled")
	t.timer.Stop()
	for _, p := range t.parcels {
		p.end(err)
	}
}

// left says that a party's client is gone. What it never confirmed is sent
// again: it may have been lost with it.
func (a *acks) left(party handoff.Party, client string) {
	for _, t := range a.trials() {
		if t.to == party && t.client == client {
			a.settle(t, fmt.Errorf("%s has gone without a sign of arrival", client))
		}
	}
}

// came says that a client of the party's is there. It is asked about what only
// their server has answered for.
func (a *acks) came(party handoff.Party, from, client string) {
	var open []*trial
	for _, t := range a.trials() {
		if t.to == party {
			open = append(open, t)
		}
	}
	if len(open) == 0 {
		return
	}
	a.ask(from, client, clientPong, func(r reply, err error) {
		if err != nil || r.failed {
			return
		}
		for _, t := range open {
			a.settle(t, nil)
		}
	})
}

func (a *acks) trials() []*trial {
	a.mu.Lock()
	defer a.mu.Unlock()
	var all []*trial
	for t := range a.maybe {
		all = append(all, t)
	}
	return all
}

// bounced ends the item whose stanza came back as an error.
func (a *acks) bounced(from handoff.Party, id string, err error) bool {
	a.mu.Lock()
	key := posted{from, id}
	p := a.sent[key]
	delete(a.sent, key)
	a.mu.Unlock()
	if p == nil {
		return false
	}
	fault.Point("ack.bounced")
	p.end(err)
	return true
}

// returned says what a message that came back means for the next attempt: the way
// is closed, the receiver cannot be reached, or only this message is not taken.
func returned(st wire.Stanza, condition string) error {
	text := "it came back: " + condition
	switch condition {
	case "remote-server-timeout", "remote-server-not-found", "internal-server-error":
		return fmt.Errorf("%w: %s", desk.ErrLater, text)
	}
	if errorType(st) == "wait" {
		return fmt.Errorf("%w: %s", desk.ErrLater, text)
	}
	switch condition {
	case "service-unavailable", "recipient-unavailable", "item-not-found", "gone", "redirect", "forbidden", "not-allowed",
		"not-authorized", "registration-required", "subscription-required":
		return fmt.Errorf("%w: %s", desk.ErrUnreachable, text)
	}
	return errors.New(text)
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

// abort ends everything under way: the link is gone. In order says that the
// server closed it behind all that it was sent: it keeps what it has.
func (a *acks) abort(inOrder bool) {
	verdict := desk.ErrDown
	if inOrder {
		verdict = nil
	}
	for _, t := range a.trials() {
		a.settle(t, verdict)
	}
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
