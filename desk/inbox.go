package desk

import "baton/handoff"

// maxWaiting bounds how many sessions may wait for an agent at a time.
const maxWaiting = 10_000

// admit refuses a new session where too many wait already.
func (w *work) admit() error {
	if len(w.d.waiting) >= maxWaiting {
		return refuse(ErrFull, "Too many people are waiting here. Try again later.")
	}
	return nil
}

// fitsInbox refuses a line of by while too much that was said to the same side
// has not arrived, or waits for somebody to take the session.
func (w *work) fitsInbox(by handoff.Party) error {
	most := w.d.Policy().Inbox
	if most <= 0 {
		return nil
	}
	c := &w.conv
	to := c.Caller
	if by == c.Caller {
		to = c.Holder
	}
	n := 0
	if to == "" {
		n = int(c.Seq - w.unheardFrom())
	} else {
		n = w.d.outbox.backlog(Lane{Conversation: c.Local, To: to})
		for _, it := range append(w.b.Items, w.items...) {
			if it.Conversation == c.Local && it.To == to {
				n++
			}
		}
	}
	if n < most {
		return nil
	}
	return refuse(ErrFull, "Too much of what you said has not been read yet: this was not delivered. Wait for an answer, then send it again.")
}

// unheardFrom returns the number of the last line before the session began to
// wait.
func (w *work) unheardFrom() uint64 {
	if wait, ok := w.d.waiting[w.conv.Local]; ok {
		return wait.from
	}
	if w.was != nil {
		return w.was.Seq
	}
	return 0
}

// backlog returns how many items of a lane have not arrived.
func (o *Outbox) backlog(key Lane) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := o.lanes[key]
	if l == nil {
		return 0
	}
	return len(l.items) - len(l.soft)
}
