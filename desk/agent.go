package desk

import (
	"errors"

	"baton/handoff"
)

// Standing is what somebody is to a conversation.
type Standing uint8

// The standings, the least first.
const (
	Stranger Standing = iota // may not even know that it is there
	Former                   // held it once
	Asked                    // an offer of it rings for them
	Holder                   // holds it
)

// standing finds out what p is to the conversation.
func (w *work) standing(p handoff.Party) (Standing, error) {
	c := &w.conv
	if p == "" || p == c.Caller && p != c.Holder {
		return Stranger, nil
	}
	if p == c.Holder {
		return Holder, nil
	}
	if _, ok := w.d.Directory().Agent(p); !ok {
		return Stranger, nil
	}
	if c.Offer.Rings(p) {
		return Asked, nil
	}
	for _, e := range w.b.Epochs {
		if e.Conversation == c.Local && e.Holder == p {
			return Former, nil
		}
	}
	held, err := w.d.cfg.Store.Held(w.ctx, c.Domain, c.Local, p)
	if err != nil {
		return Stranger, errors.Join(ErrStore, err)
	}
	if held {
		return Former, nil
	}
	return Stranger, nil
}

// AgentSays journals a holder's message.
type AgentSays struct {
	Local string
	By    handoff.Party
	Text
}

func (r AgentSays) apply(w *work) (Result, error) {
	if err := w.byLocal(r.Local); err != nil {
		return Result{}, err
	}
	if dup, err := w.repeated(r.By, r.OriginID); dup.Seq > 0 || err != nil {
		return Result{Line: dup, Duplicate: true}, err
	}
	if err := w.mustHold(r.By); err != nil {
		return Result{}, err
	}
	a, _ := w.d.Directory().Agent(r.By)
	role := RoleAgent
	if a.Bot {
		role = RoleBot
	}
	return w.say(r.By, role, a.Name, r.Text)
}

// mustHold refuses everybody but the holder of now, in words that tell each no
// more than they may know.
func (w *work) mustHold(p handoff.Party) error {
	s, err := w.standing(p)
	switch {
	case err != nil:
		return err
	case s == Holder:
		return nil
	case s == Asked:
		return refuse(handoff.ErrNotHolder, "Accept the offer first: answer y to the transfer desk.")
	case s == Former && w.conv.Phase == handoff.Idle:
		return refuse(handoff.ErrNoSession, "The session has ended. Your message was not delivered.")
	case s == Former:
		return refuse(ErrFormer, "You handed this session on. Your message was not delivered.")
	}
	return ErrHidden
}

// Look finds out what By is to a conversation.
type Look struct {
	Local string
	By    handoff.Party
}

func (r Look) apply(w *work) (Result, error) {
	if err := w.byLocal(r.Local); err != nil {
		return Result{}, err
	}
	s, err := w.standing(r.By)
	return Result{Standing: s}, err
}

// Find lists the conversations that By holds or is asked to take.
type Find struct{ By handoff.Party }

func (r Find) apply(w *work) (Result, error) {
	var found []Conversation
	for local := range w.d.busy[r.By] {
		found = append(found, *w.d.convs[local])
	}
	sortByNumber(found)
	return Result{Found: found}, nil
}

// Presence tells whether an agent is available for offers.
type Presence struct {
	Agent     handoff.Party
	Available bool
}

func (r Presence) apply(w *work) (Result, error) {
	d := w.d
	if d.present[r.Agent] == r.Available {
		return Result{}, nil
	}
	if r.Available {
		d.present[r.Agent] = true
		d.rerouted = true
		return Result{}, nil
	}
	d.present[r.Agent] = false
	for local := range d.busy[r.Agent] {
		d.after = append(d.after, call{gone{local, r.Agent}, func(Result, error) {}})
	}
	for local, s := range w.b.staged { // not committed yet
		if s.now.Offer.Rings(r.Agent) {
			d.after = append(d.after, call{gone{local, r.Agent}, func(Result, error) {}})
		}
	}
	return Result{}, nil
}

// gone tells a conversation that one of its targets left.
type gone struct {
	local string
	who   handoff.Party
}

func (r gone) apply(w *work) (Result, error) {
	if err := w.byLocal(r.local); err != nil {
		return Result{}, err
	}
	return Result{}, w.pass(handoff.Gone{Who: r.who})
}

// Signal finds out whom a sign of life of By goes to: By holds the conversation
// Local, or is the caller at the queue Entry.
type Signal struct {
	Local, Entry string
	By           handoff.Party
}

func (r Signal) apply(w *work) (Result, error) {
	if r.Local != "" {
		if err := w.byLocal(r.Local); err != nil {
			return Result{}, err
		}
		if w.conv.Phase == handoff.Active && w.conv.Holder == r.By {
			return Result{To: w.conv.Caller}, nil
		}
		return Result{}, ErrHidden
	}
	if err := w.byCaller(r.Entry, r.By); err != nil {
		return Result{}, err
	}
	return Result{To: w.conv.Holder}, nil
}
