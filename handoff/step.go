package handoff

import (
	"slices"
	"time"
)

// Step decides what follows from an event at the time now. It returns the
// conversation after the event and the effects to be committed together with
// it, in the order in which each receiver must see them. An error is one of
// this package's sentinels: the event is refused and nothing changed.
func (c Conversation) Step(now time.Time, e Event) (Conversation, []Effect, error) {
	switch e := e.(type) {
	case Connect:
		return c.connect()
	case Say:
		return c.say(e)
	case Note:
		return c.note(e)
	case Transfer:
		return c.transfer(now, e)
	case Reclaim:
		return c.reclaim(now, e)
	case Assign:
		return c.assign(e)
	case Accept:
		return c.accept(now, e)
	case Decline:
		return c.decline(now, e)
	case Cancel:
		return c.cancel(e)
	case Gone:
		return c.gone(now, e)
	case Tick:
		return c.tick(now)
	case Release:
		return c.release(e)
	case Part:
		return c.part(e)
	case Resume:
		return c.resume(e)
	case Disconnect:
		return c.disconnect(e)
	}
	return c, nil, errUnexpected
}

func (c Conversation) connect() (Conversation, []Effect, error) {
	if c.Phase != Idle {
		return c, nil, ErrOpen
	}
	c.Phase = Waiting
	c.Session++
	c.First = c.Seq + 1
	c.Hops, c.Was = 0, ""
	return c, []Effect{Opened{Session: c.Session}}, nil
}

// say fixes who gets the line: whoever is in the conversation now. What holder
// and consulted agent say to each other stays between them.
func (c Conversation) say(e Say) (Conversation, []Effect, error) {
	line := Line{Seq: c.Seq + 1, Epoch: c.Epoch, By: e.By}
	var copies []Party
	switch {
	case c.Phase == Idle:
		return c, nil, ErrNoSession
	case e.By == c.Caller:
		line.To, copies = c.Holder, c.Guests
	case c.Quiet && e.By == c.Holder && !e.Aloud:
		return c, nil, ErrQuiet // it was meant for whom they consulted
	case c.Phase == Active && e.By == c.Holder && c.Aside != "" && !e.Aloud:
		line.To, line.Private = c.Aside, true
	case c.Phase == Active && e.By == c.Holder:
		line.To, copies = c.Caller, c.Guests
	case c.Aside != "" && e.By == c.Aside:
		line.To, line.Private = c.Holder, true
	case slices.Contains(c.Guests, e.By):
		line.To = c.Caller
		copies = append([]Party{c.Holder}, c.Guests...)
	default:
		return c, nil, ErrNotHolder
	}
	c.Seq++
	fx := []Effect{line}
	for _, p := range copies {
		if p != e.By && p != "" {
			fx = append(fx, Copy{Seq: line.Seq, Epoch: line.Epoch, By: line.By, To: p})
		}
	}
	return c, fx, nil
}

// release takes the session from its holder without giving it to another: it
// goes back to the queue and waits.
func (c Conversation) release(e Release) (Conversation, []Effect, error) {
	switch {
	case e.ID == "":
		return c, nil, errBadEvent
	case c.Phase == Idle:
		return c, nil, ErrNoSession
	case c.Phase == Waiting || e.By != "" && e.By != c.Holder:
		return c, nil, ErrNotHolder
	}
	told := Outcome{Transfer: e.ID, To: c.Holder, Role: AsHolder, State: Accepted, By: e.By, Epoch: c.Epoch, Reason: e.Reason}
	c, fx := c.letGo(e.By, e.Reason)
	return c, append([]Effect{told}, fx...), nil
}

// letGo leaves the session without a holder. An open offer of theirs goes on,
// as a blind one, and whoever takes it takes a session that waits.
func (c Conversation) letGo(by Party, reason string) (Conversation, []Effect) {
	was := c.Holder
	c, fx := c.endAside(by)
	if c.Offer.Open() {
		if c.Offer.Mode == Warm {
			c.Offer.Mode = Blind
		}
		if c.Offer.Mode != Blind { // it needs its holder
			var closed []Effect
			c, closed = c.closeOffer(Failed, by, "the holder left")
			fx = append(fx, closed...)
		}
	}
	c.Phase, c.Holder, c.Was, c.Quiet = Waiting, "", was, false
	return c, append(fx, c.farewell(was, reason, by, c.Epoch)...)
}

// part takes a guest or a consulted agent out of the conversation. Whoever
// leaves of their own accord, the holder is told; of the consulted agent before
// anything they say goes out again.
func (c Conversation) part(e Part) (Conversation, []Effect, error) {
	switch {
	case c.Phase == Idle:
		return c, nil, ErrNoSession
	case e.By != "" && e.By != e.Who && (c.Phase != Active || e.By != c.Holder):
		return c, nil, ErrNotHolder
	}
	aside := e.Who != "" && e.Who == c.Aside
	i := slices.Index(c.Guests, e.Who)
	var fx []Effect
	switch {
	case aside:
		c, fx = c.endAside(e.By)
		c.Quiet = e.By != c.Holder
	case i >= 0:
		c.Guests = slices.Delete(slices.Clone(c.Guests), i, i+1)
		fx = c.farewell(e.Who, ReasonLeft, e.By, c.Epoch)
	default:
		return c, nil, ErrNotTarget
	}
	if c.Holder != "" && e.By != c.Holder {
		fx = append(fx, Parted{To: c.Holder, Who: e.Who, Aside: aside, Epoch: c.Epoch})
	}
	return c, fx, nil
}

func (c Conversation) resume(e Resume) (Conversation, []Effect, error) {
	switch {
	case c.Phase == Idle:
		return c, nil, ErrNoSession
	case e.By == "" || e.By != c.Holder:
		return c, nil, ErrNotHolder
	}
	c.Quiet = false
	return c, nil, nil
}

// endAside ends the consultation, if there is one.
func (c Conversation) endAside(by Party) (Conversation, []Effect) {
	was := c.Aside
	c.Aside = ""
	return c, c.farewell(was, ReasonLeft, by, c.Epoch)
}

// farewell ends the leg of p, who was in the conversation in the epoch in. For
// nobody there is nothing to do.
func (c Conversation) farewell(p Party, reason string, by Party, in uint64) []Effect {
	if p == "" {
		return nil
	}
	return []Effect{Leave{To: p, Reason: reason, Epoch: c.Epoch, By: by, Session: c.Session}, Unbind{To: p, Epoch: in}}
}

func (c Conversation) disconnect(e Disconnect) (Conversation, []Effect, error) {
	if c.Phase == Idle {
		return c, nil, ErrNoSession
	}
	if e.By != "" && e.By != c.Caller && (c.Phase != Active || e.By != c.Holder) {
		return c, nil, ErrNotHolder
	}
	state := Failed
	if e.By != "" && e.By == c.Offer.By {
		state = Cancelled
	}
	c, fx := c.closeOffer(state, e.By, "the session ended")
	for _, p := range append(slices.Clone(c.Guests), c.Aside) {
		fx = append(fx, c.farewell(p, e.Reason, e.By, c.Epoch)...)
	}
	left := c.farewell(c.Holder, e.Reason, e.By, c.Epoch)
	if e.By == c.Holder && e.By != "" {
		left = left[1:] // they know
	}
	fx = append(fx, left...)
	if e.By != c.Caller {
		fx = append(fx, Leave{To: c.Caller, Reason: e.Reason, Epoch: c.Epoch, By: e.By, Session: c.Session})
	}
	c.Phase, c.Holder, c.Guests, c.Aside, c.Quiet, c.Was = Idle, "", nil, "", false, ""
	return c, append(fx, Ended{Session: c.Session}), nil
}
