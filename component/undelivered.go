package component

import (
	"context"
	"fmt"
	"strings"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
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
	dir, v := c.desk.Directory(), c.voice(j.To)
	name := func(p handoff.Party) string {
		if p == j.conv.Caller {
			return j.conv.Name
		}
		return dir.NameOf(p)
	}
	args := lang.Args{"Tag": j.conv.Tag(), "Why": reasonOf(e.Reason), "Who": name(e.Who), "By": name(e.By), "What": e.What}
	switch {
	case e.Seq > 0 && e.By == j.To:
		args["Text"] = ""
		if l, err := c.desk.Store().LineBySeq(ctx, c.cfg.Domain, j.conv.Local, e.Seq); err == nil {
			args["Text"] = fmt.Sprintf(" %q", quoted(l.Body))
		}
		return v.Say("undelivered_own", args)
	case e.Seq > 0 && e.Who == j.To:
		return v.Say("undelivered_to_you", args)
	case e.Seq > 0:
		return v.Say("undelivered_line", args)
	}
	return v.Say("undelivered_news", args)
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
