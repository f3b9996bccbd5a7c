package handoff

import "time"

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
	case Transfer:
		return c.transfer(now, e)
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
	c.Hops = 0
	return c, []Effect{Opened{Session: c.Session}}, nil
}

// say fixes the line's addressee: whoever is at the other end now.
func (c Conversation) say(e Say) (Conversation, []Effect, error) {
	var to Party
	switch {
	case c.Phase == Idle:
		return c, nil, ErrNoSession
	case e.By == c.Caller:
		to = c.Holder
	case c.Phase == Active && e.By == c.Holder:
		to = c.Caller
	default:
		return c, nil, ErrNotHolder
	}
	c.Seq++
	return c, []Effect{Line{Seq: c.Seq, Epoch: c.Epoch, By: e.By, To: to}}, nil
}

func (c Conversation) disconnect(e Disconnect) (Conversation, []Effect, error) {
	if c.Phase == Idle {
		return c, nil, ErrNoSession
	}
	if e.By != "" && e.By != c.Caller && (c.Phase != Active || e.By != c.Holder) {
		return c, nil, ErrNotHolder
	}
	state := Failed
	if e.By != "" && e.By == c.Holder {
		state = Cancelled
	}
	c, fx := c.closeOffer(state, e.By, "the session ended")
	if c.Phase == Active {
		if e.By != c.Holder {
			fx = append(fx, Leave{To: c.Holder, Reason: e.Reason, Epoch: c.Epoch, By: e.By})
		}
		fx = append(fx, Unbind{To: c.Holder, Epoch: c.Epoch})
	}
	if e.By != c.Caller {
		fx = append(fx, Leave{To: c.Caller, Reason: e.Reason, Epoch: c.Epoch, By: e.By})
	}
	c.Phase, c.Holder = Idle, ""
	return c, append(fx, Ended{Session: c.Session}), nil
}
