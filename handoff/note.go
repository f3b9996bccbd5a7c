package handoff

// Note journals a line that no caller ever gets. With To, who must be the
// holder, it is for them alone; without, it is kept for whoever takes the
// session later, and shown to those beside its author. That By may write it is
// for the one who passes the event on to know.
type Note struct{ By, To Party }

func (Note) event() {}

func (c Conversation) note(e Note) (Conversation, []Effect, error) {
	switch {
	case c.Phase == Idle:
		return c, nil, ErrNoSession
	case e.By == "" || e.By == c.Caller, e.To != "" && e.To != c.Holder, e.To == e.By:
		return c, nil, ErrNotHolder
	}
	c.Seq++
	fx := []Effect{Line{Seq: c.Seq, Epoch: c.Epoch, By: e.By, To: e.To, Private: true}}
	if e.To != "" {
		return c, fx, nil
	}
	for _, p := range append([]Party{c.Holder}, c.Guests...) {
		if p != "" && p != e.By {
			fx = append(fx, Copy{Seq: c.Seq, Epoch: c.Epoch, By: e.By, To: p})
		}
	}
	return c, fx, nil
}
