package handoff

import (
	"slices"
	"time"
)

func (c Conversation) transfer(now time.Time, e Transfer) (Conversation, []Effect, error) {
	if err := c.mayOffer(e); err != nil {
		return c, nil, err
	}
	ask := c.eligible(e)
	if len(ask) == 0 {
		if len(e.Candidates) > 0 && slices.ContainsFunc(e.Candidates, c.Has) {
			return c, nil, ErrIsHolder
		}
		return c, nil, ErrNobody
	}
	c.Offer = Offer{ID: e.ID, By: e.By, Mode: e.Mode, Next: ask, Timeout: e.Timeout}
	if e.Mode == Warm && len(ask) == 1 && ask[0] == c.Aside {
		c, fx := c.take(e.ID, c.Aside, c.Aside) // they have agreed on it
		return c, fx, nil
	}
	n := 1
	if e.All {
		n = len(ask)
	}
	c, fx := c.ring(now, n)
	if e.Mode == Blind {
		var left []Effect
		c, left = c.letGo(e.By, ReasonTransferred)
		fx = append(fx, left...)
	}
	return c, fx, nil
}

// mayOffer returns why a transfer cannot be opened now, or nil.
func (c Conversation) mayOffer(e Transfer) error {
	switch {
	case e.ID == "" || e.Timeout <= 0 || e.Mode > Join || e.By == "" && e.Mode != Warm:
		return errBadEvent
	case c.Phase == Idle:
		return ErrNoSession
	case e.By == "" && c.Phase == Active:
		return ErrHeld
	case e.By != c.Holder:
		return ErrNotHolder
	case c.Offer.Open() || e.Mode == Consult && c.Aside != "":
		return ErrTransfer
	case e.By != "" && e.Mode <= Blind && e.MaxHops > 0 && c.Hops >= e.MaxHops:
		return ErrHops
	}
	return nil
}

// eligible returns the candidates that can be asked: each once, never the
// holder and never the caller, nor whoever is there for coming in.
func (c Conversation) eligible(e Transfer) []Party {
	var ask []Party
	for _, p := range e.Candidates {
		in := p == c.Holder || e.Mode > Blind && c.Has(p)
		if p != "" && p != c.Caller && !in && !slices.Contains(ask, p) {
			ask = append(ask, p)
		}
	}
	return ask
}

// reclaim asks the holder to give the session back; one that waits moves at
// once, and an offer of it ends.
func (c Conversation) reclaim(now time.Time, e Reclaim) (Conversation, []Effect, error) {
	switch {
	case e.ID == "" || e.By == "" || e.By == c.Caller || e.Timeout <= 0:
		return c, nil, errBadEvent
	case c.Phase == Idle:
		return c, nil, ErrNoSession
	case e.By == c.Holder:
		return c, nil, ErrIsHolder
	case c.Phase == Waiting:
		c, fx := c.closeOffer(Cancelled, e.By, "")
		c.Offer = Offer{ID: e.ID, By: e.By, Mode: Reclaimed}
		c, taken := c.take(e.ID, e.By, e.By)
		return c, append(fx, taken...), nil
	case c.Offer.Open():
		return c, nil, ErrTransfer
	}
	c.Offer = Offer{ID: e.ID, By: e.By, Mode: Reclaimed, Next: []Party{c.Holder}, Timeout: e.Timeout}
	c, fx := c.ring(now, 1)
	return c, fx, nil
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
	c, fx := c.take(e.ID, e.To, e.To)
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
	switch c.Offer.Mode {
	case Consult, Join:
		c, fx := c.enter(e.ID, e.By)
		return c, fx, nil
	case Reclaimed:
		c, fx := c.take(e.ID, c.Offer.By, e.By)
		return c, fx, nil
	}
	c, fx := c.take(e.ID, e.By, e.By)
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

// repeats reports whether e is the accept by which the session moved to the
// holder of now, or its author came in and is there still: said again it gets
// the same answer.
func (c Conversation) repeats(e Accept) bool {
	l := c.Last
	if l.ID != e.ID || l.State != Accepted || l.By != e.By {
		return false
	}
	if l.Epoch == 0 {
		return c.Has(e.By)
	}
	return c.Phase == Active && l.Epoch == c.Epoch
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

// take makes p the holder by the answer of by: epoch, end of the dialog that
// moves, and the offer's end are one step.
func (c Conversation) take(id string, p, by Party) (Conversation, []Effect) {
	was, o := c, c.Offer
	from := was.Holder
	if from == "" && was.Was != p {
		from = was.Was // who let go
	}
	if o.By != "" && o.Mode <= Blind {
		c.Hops++
	}
	c.Epoch++
	c.Holder, c.Phase, c.Aside, c.Quiet, c.Was = p, Active, "", false, ""
	c.Guests = slices.DeleteFunc(slices.Clone(c.Guests), func(g Party) bool { return g == p })
	c.Offer = Offer{}
	c.Last = Closed{ID: id, State: Accepted, By: by, Epoch: c.Epoch}
	fx := c.welcome(id, p, from, o)
	if was.Aside != p {
		fx = append(fx, c.farewell(was.Aside, ReasonLeft, was.Holder, was.Epoch)...)
	}
	fx = append(fx, c.farewell(was.Holder, ReasonTransferred, p, was.Epoch)...)
	return c, append(fx, Moved{From: from, To: p, Epoch: c.Epoch, Session: c.Session})
}

// enter brings p in beside the holder, who stays.
func (c Conversation) enter(id string, p Party) (Conversation, []Effect) {
	o := c.Offer
	if o.Mode == Consult {
		c.Aside, c.Quiet = p, false
	} else {
		c.Guests = append(slices.Clone(c.Guests), p)
	}
	c.Offer = Offer{}
	c.Last = Closed{ID: id, State: Accepted, By: p}
	return c, c.welcome(id, p, o.By, o)
}

// welcome is what follows when p accepted the offer o: the contact, the dialog
// so far, and for everybody concerned the one outcome.
func (c Conversation) welcome(id string, p, from Party, o Offer) []Effect {
	outcome := func(to Party, role Role) Effect {
		return Outcome{Transfer: id, To: to, Role: role, State: Accepted, By: p, Epoch: c.Epoch}
	}
	role := AsTarget
	if p == o.By {
		role = AsHolder // asked for it back
	}
	fx := []Effect{
		Bind{To: p, Epoch: c.Epoch},
		outcome(p, role),
		Replay{To: p, Epoch: c.Epoch, First: c.First, Through: c.Seq, From: from, Transfer: id, Mode: o.Mode},
	}
	for _, other := range o.Ringing {
		if other != p {
			fx = append(fx, outcome(other, AsTarget))
		}
	}
	if o.By != "" && o.By != p {
		fx = append(fx, outcome(o.By, AsHolder))
	}
	return fx
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
	if e.By != c.Offer.By || c.Offer.Mode == Blind { // who let go has nothing to take back
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
