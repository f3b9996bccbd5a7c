package desk

import (
	"slices"

	"baton/handoff"
)

// advisers are those who take part beside the holder: guests, and whom they consult.
func (c *Conversation) advisers() []handoff.Party {
	if c.Aside == "" {
		return c.Guests
	}
	return append(slices.Clone(c.Guests), c.Aside)
}

// dismissed reports whether who was an agent is none of the directory any more.
func (d *Desk) dismissed(p handoff.Party) bool {
	_, is := d.Directory().Agent(p)
	return !is
}

// outdated reports whether a session has somebody in it, or asks them in, who is to leave
// because they are no agent any more.
func (d *Desk) outdated(c *Conversation) bool {
	return slices.ContainsFunc(c.advisers(), d.dismissed) || len(d.askedInVain(c)) > 0 || d.asksInVain(c)
}

// asksInVain reports whether somebody asks for the session back who cannot have it.
func (d *Desk) asksInVain(c *Conversation) bool {
	return c.Offer.Mode == handoff.Reclaimed && d.dismissed(c.Offer.By)
}

// askedInVain are those for whom an offer rings that they cannot take. One that asks
// the holder to give the session back does.
func (d *Desk) askedInVain(c *Conversation) []handoff.Party {
	if c.Offer.Mode == handoff.Reclaimed || !slices.ContainsFunc(c.Offer.Ringing, d.dismissed) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(c.Offer.Ringing), func(p handoff.Party) bool { return !d.dismissed(p) })
}

// unask has offers go on, or end, without who is no agent any more.
func (w *work) unask() error {
	if o := w.conv.Offer; w.d.asksInVain(&w.conv) {
		return w.step(handoff.Cancel{ID: o.ID, By: o.By}, nil)
	}
	for _, p := range w.d.askedInVain(&w.conv) {
		if err := w.pass(handoff.Gone{Who: p}); err != nil {
			return err
		}
	}
	return nil
}

// Command is a command typed by somebody who is no agent any more. They may end what
// they hold; nothing else of what looks like a command is done, nor does it reach the
// caller.
type Command struct {
	Local  string
	By     handoff.Party
	Prefix string // of commands, as typed
	Done   bool   // it is the command that ends a session
}

func (r Command) apply(w *work) (Result, error) {
	if r.Done {
		return Disconnect{Local: r.Local, By: r.By, Reason: "done"}.apply(w)
	}
	if err := w.byLocal(r.Local); err != nil {
		return Result{}, err
	}
	if !w.conv.Has(r.By) {
		return Result{}, ErrHidden
	}
	return Result{}, refuse(handoff.ErrNotHolder, "You are no agent here any more: commands do not work, but for %sdone, which ends the session. What you write without %s reaches the customer until then.", r.Prefix, r.Prefix)
}

// turned refuses to make somebody a bot who is in a session: the commands they type
// there would reach the caller.
func (r *Administer) turned(w *work) error {
	for _, a := range r.Directory.Agents {
		if was, ok := w.d.Directory().Agent(a.JID); !a.Bot || ok && was.Bot {
			continue
		}
		if in := w.open(func(c *Conversation) bool { return c.Has(a.JID) }); in > 0 {
			return refuse(ErrInUse, "%s is in sessions (%d): they can become a bot when those have ended, or are with others.", string(a.JID), in)
		}
	}
	return nil
}

// open counts the open sessions that are as wanted, as far as the batch has taken
// them.
func (w *work) open(wanted func(*Conversation) bool) int {
	open := len(w.d.OpenWhere(func(c *Conversation) bool { return w.b.staged[c.Local] == nil && wanted(c) }))
	for _, s := range w.b.staged {
		if s.now != nil && s.now.Phase != handoff.Idle && wanted(s.now) {
			open++
		}
	}
	return open
}
