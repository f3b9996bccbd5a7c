package component

import (
	"context"
	"fmt"
	"strings"

	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// session names the session an item is about: the conversation may be in a later
// one by now. 0, in items of version 1, is taken for the one of now.
func (j job) session(n uint64) stanza.SessionID {
	id := sessionID(j.conv)
	if n != 0 {
		id.N = uint(n)
	}
	return id
}

// sendUndelivered tells an agent of what was given up: the author of a line in
// the conversation, everybody else from the transfer desk.
func (c *Component) sendUndelivered(ctx context.Context, j job, e handoff.Undelivered) {
	from := c.contact(localDesk)
	if j.conv.Has(j.To) {
		from = c.contact(j.conv.Local)
	}
	c.postMessage(j, stanza.Message{From: from, ID: fmt.Sprintf("%s-u%d", shortID(j.conv.Local), j.ID),
		Body: c.cfg.Mark + c.undeliveredText(ctx, j, e)})
}

// excerpt bounds how much of a line is repeated to its author, in bytes.
const excerpt = 60

func (c *Component) undeliveredText(ctx context.Context, j job, e handoff.Undelivered) string {
	dir := c.desk.Directory()
	name := func(p handoff.Party) string {
		if p == j.conv.Caller {
			return j.conv.Name
		}
		return dir.NameOf(p)
	}
	tag, why := "#"+fmt.Sprint(j.conv.Number), reasonOf(e.Reason)
	switch {
	case e.Seq > 0 && e.By == j.To:
		text := ""
		if l, err := c.desk.Store().LineBySeq(ctx, c.cfg.Domain, j.conv.Local, e.Seq); err == nil {
			text = fmt.Sprintf(" %q", quoted(l.Body))
		}
		return fmt.Sprintf("Not delivered to %s (%s):%s. %s did not get it.", name(e.Who), why, text, name(e.Who))
	case e.Seq > 0 && e.Who == j.To:
		return fmt.Sprintf("A message of %s could not be brought to you (%s). The archive of this contact has it.",
			name(e.By), why)
	case e.Seq > 0:
		return fmt.Sprintf("%s: a message of %s could not be delivered to %s (%s).", tag, name(e.By), name(e.Who), why)
	}
	return fmt.Sprintf("%s: %s could not be told what happened (%s: %s).", tag, name(e.Who), e.What, why)
}

// reasonOf takes the technical marks off a reason.
func reasonOf(reason string) string {
	for _, e := range []error{desk.ErrNever, desk.ErrLater, desk.ErrUnreachable} {
		reason = strings.TrimPrefix(reason, e.Error()+": ")
	}
	return reason
}

// quoted cuts a text for a quotation on one line.
func quoted(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= excerpt {
		return text
	}
	return strings.ToValidUTF8(text[:excerpt], "") + "…"
}
