package handoff

import (
	"slices"
	"time"
)

func (c Conversation) transfer(now time.Time, e Transfer) (Conversation, []Effect, error) {
	switch {
	case e.ID == "" || e.Timeout <= 0:
		return c, nil, errBadEvent
	case c.Phase == Idle:
		return c, nil, ErrNoSession
	case e.By == "" && c.Phase == Active:
		return c, nil, ErrHeld
	case e.By != c.Holder:
		return c, nil, ErrNotHolder
	case c.Offer.Open():
		return c, nil, ErrTransfer
	case e.By != "" && e.MaxHops > 0 && c.Hops >= e.MaxHops:
		return c, nil, ErrHops
	}
	ask := c.eligible(e.Candidates)
	if len(ask) == 0 {
		if len(e.Candidates) > 0 && slices.Contains(e.Candidates, c.Holder) {
			return c, nil, ErrIsHolder
		}
		return c, nil, ErrNobody
	}
	c.Offer = Offer{ID: e.ID, By: e.By, Next: ask, Timeout: e.Timeout}
	n := 1
	if e.All {
		n = len(ask)
	}
	c, fx := c.ring(now, n)
	return c, fx, nil
}

// eligible returns the candidates that can be asked: each once, never the
// holder and never the caller.
func (c Conversation) eligible(candidates []Party) []Party {
	var ask []Party
	for _, p := range candidates {
		if p != "" && p != c.Holder && p != c.Caller && !slices.Contains(ask, p) {
			ask = append(ask, p)
		}
	}
	return ask
}

// ring asks the next n candidates. The slices are built anew, because older
// values of the conversation share the former ones.
func (c Conversation) ring(now time.Time, n int) (Conversation, []Effect) {
	o := c.Offer
	o.Ringing = slices.Clone(o.Next[:n])
	o.Next = slices.Clone(o.Next[n:])
	o.Expires = now.Add(o.Timeout)
	c.Offer = o
	fx := make([]Effect, 0, n)
	for _, p := range o.Ringing {
		fx = append(fx, Ring{Transfer: o.ID, To: p, Expires: o.Expires})
	}
	return c, fx
}

func (c Conversation) assign(e Assign) (Conversation, []Effect, error) {
	switch {
	case e.ID == "" || e.To == "" || e.To == c.Caller:
		return c, nil, errBadEvent
	case c.Phase == Idle:
		return c, nil, ErrNoSession
	case c.Phase == Active:
		return c, nil, ErrHeld
	case c.Offer.Open():
		return c, nil, ErrTransfer
	}
	c, fx := c.take(e.ID, e.To)
	return c, fx, nil
}

func (c Conversation) accept(now time.Time, e Accept) (Conversation, []Effect, error) {
	if err := c.answerable(e.ID); err != nil {
		if c.repeats(e) {
			return c, nil, nil
		}
		return c, nil, err
	}
	if err := c.Offer.rungFor(e.By); err != nil {
		return c, nil, err
	}
	if !now.Before(c.Offer.Expires) {
		return c, nil, ErrOver // the Tick that ends it is under way
	}
	c, fx := c.take(e.ID, e.By)
	return c, fx, nil
}

// rungFor returns why p cannot answer the offer now, or nil.
func (o Offer) rungFor(p Party) error {
	switch {
	case o.Rings(p):
		return nil
	case slices.Contains(o.Passed, p):
		return ErrOver
	}
	return ErrNotTarget
}

// repeats reports whether e is the accept that made its author the holder of
// now: saying it again gets the same answer.
func (c Conversation) repeats(e Accept) bool {
	return c.Last.ID == e.ID && c.Last.State == Accepted && c.Last.By == e.By &&
		c.Phase == Active && c.Last.Epoch == c.Epoch
}

// answerable returns why the transfer id cannot be answered now, or nil.
func (c Conversation) answerable(id string) error {
	switch {
	case c.Offer.Open() && c.Offer.ID == id:
		return nil
	case id == "" || c.Last.ID != id:
		return ErrUnknown
	case c.Last.State == Accepted:
		return ErrAnswered
	}
	return ErrOver
}

// take makes p the holder: epoch, end of the dialog that moves, and the
// offer's end are one step.
func (c Conversation) take(id string, p Party) (Conversation, []Effect) {
	was, o := c.Holder, c.Offer
	old := c.Epoch
	c.Epoch++
	c.Holder, c.Phase = p, Active
	c.Offer = Offer{}
	c.Last = Closed{ID: id, State: Accepted, By: p, Epoch: c.Epoch}
	if was != "" {
		c.Hops++
	}
	fx := []Effect{
		Bind{To: p, Epoch: c.Epoch},
		Outcome{Transfer: id, To: p, Role: AsTarget, State: Accepted, By: p, Epoch: c.Epoch},
		Replay{To: p, Epoch: c.Epoch, First: c.First, Through: c.Seq, From: was, Transfer: id},
	}
	for _, other := range o.Ringing {
		if other != p {
			fx = append(fx, Outcome{Transfer: id, To: other, Role: AsTarget, State: Accepted, By: p, Epoch: c.Epoch})
		}
	}
	if was != "" {
		fx = append(fx,
			Outcome{Transfer: id, To: was, Role: AsHolder, State: Accepted, By: p, Epoch: c.Epoch},
			Leave{To: was, Reason: "transferred", Epoch: c.Epoch, By: p},
			Unbind{To: was, Epoch: old})
	}
	return c, append(fx, Moved{From: was, To: p, Epoch: c.Epoch})
}

func (c Conversation) decline(now time.Time, e Decline) (Conversation, []Effect, error) {
	if err := c.answerable(e.ID); err != nil {
		return c, nil, err
	}
	if err := c.Offer.rungFor(e.By); err != nil {
		return c, nil, err
	}
	c, fx := c.pass(now, []Party{e.By}, Declined, e.By, e.Reason)
	return c, fx, nil
}

func (c Conversation) cancel(e Cancel) (Conversation, []Effect, error) {
	if err := c.answerable(e.ID); err != nil {
		return c, nil, err
	}
	if e.By != c.Offer.By {
		return c, nil, ErrNotHolder
	}
	c, fx := c.closeOffer(Cancelled, e.By, "")
	return c, fx, nil
}

func (c Conversation) gone(now time.Time, e Gone) (Conversation, []Effect, error) {
	if !c.Offer.Open() || e.Who == "" {
		return c, nil, nil
	}
	if i := slices.Index(c.Offer.Next, e.Who); i >= 0 {
		c.Offer.Next = slices.Delete(slices.Clone(c.Offer.Next), i, i+1)
	}
	if !c.Offer.Rings(e.Who) {
		return c, nil, nil
	}
	c, fx := c.pass(now, []Party{e.Who}, Failed, e.Who, "the target is gone")
	return c, fx, nil
}

func (c Conversation) tick(now time.Time) (Conversation, []Effect, error) {
	if !c.Offer.Open() || now.Before(c.Offer.Expires) {
		return c, nil, nil
	}
	c, fx := c.pass(now, c.Offer.Ringing, Expired, "", "no answer")
	return c, fx, nil
}

// pass ends the offer for those in who, each with their own outcome. While
// others still ring it goes on; when nobody does, the next is asked; when there
// is nobody left, the transfer ends in state and its maker learns it.
func (c Conversation) pass(now time.Time, who []Party, state State, by Party, reason string) (Conversation, []Effect) {
	var fx []Effect
	var still []Party
	o := c.Offer
	o.Passed = slices.Clone(o.Passed)
	for _, p := range o.Ringing {
		if !slices.Contains(who, p) {
			still = append(still, p)
			continue
		}
		o.Passed = append(o.Passed, p)
		fx = append(fx, Outcome{Transfer: o.ID, To: p, Role: AsTarget, State: state, By: by, Epoch: c.Epoch, Reason: reason})
	}
	o.Ringing = still
	c.Offer = o
	if len(still) > 0 {
		return c, fx
	}
	if len(o.Next) > 0 {
		c, rung := c.ring(now, 1)
		return c, append(fx, rung...)
	}
	c, closed := c.closeOffer(state, by, reason)
	return c, append(fx, closed...)
}

// closeOffer ends an open offer without a new holder: those still ringing and
// the one who made it learn the same state.
func (c Conversation) closeOffer(state State, by Party, reason string) (Conversation, []Effect) {
	o := c.Offer
	if !o.Open() {
		return c, nil
	}
	var fx []Effect
	for _, p := range o.Ringing {
		fx = append(fx, Outcome{Transfer: o.ID, To: p, Role: AsTarget, State: state, By: by, Epoch: c.Epoch, Reason: reason})
	}
	if o.By != "" {
		fx = append(fx, Outcome{Transfer: o.ID, To: o.By, Role: AsHolder, State: state, By: by, Epoch: c.Epoch, Reason: reason})
	}
	c.Offer = Offer{}
	c.Last = Closed{ID: o.ID, State: state}
	return c, fx
}
