package desk

import (
	"errors"
	"slices"

	"baton/handoff"
)

// Standing is what somebody is to a conversation.
type Standing uint8

// The standings, the least first.
const (
	Stranger Standing = iota // may not even know that it is there
	Overseer                 // reads it, by their role
	Former                   // held it once
	Asked                    // an offer of it rings for them
	Guest                    // joined it, or is consulted
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
	a, ok := w.d.Directory().Agent(p)
	if !ok {
		return Stranger, nil
	}
	switch {
	case c.Has(p):
		return Guest, nil
	case c.Offer.Rings(p):
		return Asked, nil
	}
	held, _, err := w.held(p)
	switch {
	case err == nil && held > 0:
		return Former, nil
	case err == nil && a.Supervises():
		return Overseer, nil
	}
	return Stranger, err
}

// held returns the last session in which p held the conversation, and the last
// epoch, both 0 if they never did.
func (w *work) held(p handoff.Party) (session, epoch uint64, err error) {
	c := &w.conv
	for _, e := range slices.Backward(w.b.Epochs) {
		if e.Conversation == c.Local && e.Holder == p {
			return e.Session, e.Epoch, nil
		}
	}
	session, epoch, err = w.d.cfg.Store.Held(w.ctx, c.Domain, c.Local, p)
	if err != nil {
		return 0, 0, errors.Join(ErrStore, err)
	}
	return session, epoch, nil
}

// AgentSays journals the message of a holder, of a guest, or of an agent who is
// consulted.
type AgentSays struct {
	Local string
	By    handoff.Party
	Aloud bool // of a holder who consults: to the caller all the same

	About   uint64 // the line it refers to; 0: none
	Changes bool   // it corrects that line, or takes it back
	Text
}

func (r AgentSays) apply(w *work) (Result, error) {
	if err := w.byLocal(r.Local); err != nil {
		return Result{}, err
	}
	if dup, err := w.repeated(r.By, r.OriginID); dup.Seq > 0 || err != nil {
		return Result{Line: dup, Duplicate: true}, err
	}
	if err := w.mustTakePart(r.By); err != nil {
		return Result{}, err
	}
	if err := r.fits(w); err != nil {
		return Result{}, err
	}
	a, _ := w.d.Directory().Agent(r.By)
	role := RoleAgent
	if w.d.IsBot(r.Local, r.By) {
		role = RoleBot
	}
	res, err := w.say(handoff.Say{By: r.By, Aloud: r.Aloud}, role, a.Name, r.Text)
	if errors.Is(err, handoff.ErrQuiet) {
		return Result{}, refuse(err, "Whom you consulted has left: this was not sent to anybody. Cancel ends the consultation; then what you write goes to %s again.", w.conv.Name)
	}
	return res, err
}

// fits keeps what was said in private from the caller: what refers to it goes
// to those who heard it, or nowhere. A correction goes where the line went.
func (r *AgentSays) fits(w *work) error {
	c := &w.conv
	if r.Aloud && r.By == c.Aside {
		return refuse(handoff.ErrNotHolder, "Only %s speaks to the customer. Your message was not delivered.",
			w.d.Directory().NameOf(c.Holder))
	}
	if r.About == 0 {
		return nil
	}
	l, err := w.line(r.About)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case l.Role == RoleNote:
		return refuse(handoff.ErrNotHolder, "That is a note, for agents only. Your message was not delivered.")
	case !l.Private:
		r.Aloud = r.Aloud || r.Changes && r.By == c.Holder
	case r.Aloud, c.Aside == "", l.By != c.Aside && l.To != c.Aside, r.By != c.Aside && r.By != c.Holder:
		return refuse(handoff.ErrNotHolder, "That was said in private, and those who heard it are not here any more. Your message was not delivered.")
	}
	return nil
}

// line returns a line of the conversation, of this batch's too.
func (w *work) line(seq uint64) (Line, error) {
	for _, l := range w.b.Lines {
		if l.Conversation == w.conv.Local && l.Seq == seq {
			return l, nil
		}
	}
	l, err := w.d.cfg.Store.LineBySeq(w.ctx, w.conv.Domain, w.conv.Local, seq)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return l, errors.Join(ErrStore, err)
	}
	return l, err
}

// mustTakePart refuses everybody who is not in the conversation now, in words
// that tell each no more than they may know.
func (w *work) mustTakePart(p handoff.Party) error {
	s, err := w.standing(p)
	switch {
	case err != nil:
		return err
	case s >= Guest:
		return nil
	case s == Asked:
		return refuse(handoff.ErrNotHolder, "Accept the offer first: answer y to the transfer desk.")
	case s == Former && w.conv.Phase == handoff.Idle:
		return refuse(handoff.ErrNoSession, "The session has ended. Your message was not delivered.")
	case s == Overseer:
		return refuse(handoff.ErrNotHolder, "You are not in this chat. Your message was not delivered.")
	case s == Former:
		return w.former(p)
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
	for c := range w.d.sessionsOf(r.By) {
		found = append(found, *c)
	}
	sortByNumber(found)
	return Result{Found: found}, nil
}

// Presence tells whether an agent is available for offers, and whether they
// are online at all.
type Presence struct {
	Agent     handoff.Party
	Available bool // for offers
	Online    bool
}

func (r Presence) apply(w *work) (Result, error) {
	d := w.d
	if r.Online || r.Available {
		delete(d.absent, r.Agent)
	} else if _, known := d.absent[r.Agent]; !known {
		d.absent[r.Agent] = w.now
		d.rerouted = true // others may have to help out
		if grace := d.Policy().Grace; grace > 0 {
			for id := range d.busyAt(r.Agent) {
				d.alarm(id, w.now.Add(grace))
			}
		}
	}
	d.stale = true
	if d.present[r.Agent] == r.Available {
		return Result{}, nil
	}
	if r.Available {
		d.present[r.Agent] = true
		d.rerouted = true
		return Result{}, nil
	}
	d.present[r.Agent] = false
	w.unavailable(r.Agent)
	return Result{}, nil
}

// vanished reports whether p has been offline for longer than the grace.
func (w *work) vanished(p handoff.Party) bool {
	since, absent := w.d.absent[p]
	grace := w.d.Policy().Grace
	return absent && grace > 0 && !w.now.Before(since.Add(grace))
}

// lose lets go of those who have been offline for too long: guests leave, and a
// holder's session goes back to the queue. Guests who are no agents any more leave
// too; the holder keeps the session.
func (w *work) lose() error {
	if err := w.unask(); err != nil {
		return err
	}
	c := w.conv
	for _, p := range c.advisers() {
		if w.vanished(p) || w.d.dismissed(p) {
			if err := w.step(handoff.Part{Who: p}, nil); err != nil {
				return err
			}
		}
	}
	if c.Holder == "" || !w.vanished(c.Holder) {
		w.watchAgain()
		return nil
	}
	_, err := w.release("", ReasonGone, "")
	return err
}

// watchAgain sets the alarm for those whose grace is not over: the setting may
// have changed since the last one was set.
func (w *work) watchAgain() {
	for _, p := range concerned(w.conv) {
		if since, absent := w.d.absent[p]; absent && !w.vanished(p) && w.d.Policy().Grace > 0 {
			w.d.alarm(w.d.shelf.find(w.conv.Local), since.Add(w.d.Policy().Grace))
		}
	}
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

// Signal finds out whom a sign of life of By goes to: By takes part in the
// conversation Local, or is the caller at the queue Entry.
type Signal struct {
	Local, Entry string
	By           handoff.Party
}

func (r Signal) apply(w *work) (Result, error) {
	if r.Local != "" {
		if err := w.byLocal(r.Local); err != nil {
			return Result{}, err
		}
		switch {
		case !w.conv.Has(r.By):
			return Result{}, ErrHidden
		case w.conv.Quiet && r.By == w.conv.Holder: // nor does what they type go out
			return Result{}, nil
		case w.conv.Aside == "":
			return Result{To: w.conv.Caller}, nil
		case r.By == w.conv.Holder: // what they type is for the one they consult
			return Result{To: w.conv.Aside}, nil
		case r.By == w.conv.Aside:
			return Result{To: w.conv.Holder}, nil
		}
		return Result{To: w.conv.Caller}, nil
	}
	if err := w.byCaller(r.Entry, r.By); err != nil {
		return Result{}, err
	}
	return Result{To: w.conv.Holder}, nil
}
