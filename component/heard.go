package component

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"baton/component/wire"
	"baton/desk"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// listens brings a supervisor what is for them as a listener; false where the
// item is something else. Who lost the role meanwhile gets nothing any more.
func (c *Component) listens(ctx context.Context, j job) bool {
	switch j.Kind {
	case desk.KindHeard, desk.KindHeardOf, desk.KindUnheard:
	default:
		return false
	}
	a, _ := c.desk.Directory().Agent(j.To)
	switch e := j.Effect.(type) {
	case handoff.Copy:
		if a.Supervises() {
			c.sendHeard(ctx, j, e)
			return true
		}
	case handoff.Notice:
		if a.Supervises() {
			c.sendHeardOf(j, e)
			return true
		}
	case handoff.Leave:
		if a.Supervises() {
			c.sendUnheard(j, e)
			return true
		}
	}
	j.done(nil)
	return true
}

// sendHeard sends a line to a supervisor who listens. It says of each who said
// it, of the caller's too.
func (c *Component) sendHeard(ctx context.Context, j job, e handoff.Copy) {
	l := j.Line
	if l == nil { // of before a restart
		found, err := c.desk.Store().LineBySeq(ctx, c.cfg.Domain, j.conv.Local, e.Seq)
		switch {
		case errors.Is(err, desk.ErrNotFound): // erased meanwhile
			j.done(nil)
			return
		case err != nil:
			j.done(fmt.Errorf("the line cannot be loaded: %w", err))
			return
		}
		l = &found
	}
	id := copyID(j.conv.Local, l.Seq, true)
	b := append([]byte(nil), "<message type='chat'"...)
	b = wire.AppendAttr(b, "from", c.contact(j.conv.Local))
	b = wire.AppendAttr(b, "to", string(j.To))
	b = wire.AppendAttr(b, "id", id)
	b = append(b, "><author xmlns='urn:xmpp:handoff:0'"...)
	b = wire.AppendAttr(b, "role", wireRole(l.Role))
	b = wire.AppendAttr(b, "jid", string(l.By))
	b = wire.AppendAttr(b, "name", l.Name)
	b = append(append(b, "/>"...), c.overheard(*l, j.conv.Caller)...)
	b = append(b, "<origin-id xmlns='urn:xmpp:sid:0'"...)
	b = wire.AppendAttr(b, "id", id)
	b = append(b, "/><session xmlns='urn:xmpp:handoff:0'"...)
	b = wire.AppendAttr(b, "id", j.conv.Local+"."+strconv.FormatUint(l.Session, 10))
	b = wire.AppendAttr(b, "epoch", strconv.FormatUint(l.Epoch, 10))
	b = append(b, "/>"...)
	b = c.archive.appendStanzaID(b, j.conv.Local, l.Seq)
	c.post(j, id, append(b, "</message>"...))
}

// overheard returns a line's children for somebody who listens.
func (c *Component) overheard(l desk.Line, caller handoff.Party) []byte {
	if l.By != caller {
		return c.voiced(l, caller, true, c.desk.Directory().NameOf(l.To))
	}
	if l.Body == "" {
		return l.Payload
	}
	_, rest, _ := bytes.Cut(l.Payload, endBody)
	return retold(l.Body, rest, func(text string) string { return "[" + c.nameIn(l) + "] " + behind(text) })
}

// sendHeardOf tells a supervisor who listens that somebody hands the session on, has
// it now, joins or leaves: a line for each.
func (c *Component) sendHeardOf(j job, e handoff.Notice) {
	v := c.voice(j.To)
	var lines []string
	for i := range e.Says {
		lines = append(lines, c.cfg.Mark+saidIn(v, e.Says[i:i+1]))
	}
	c.postMessage(j, stanza.Message{From: c.contact(j.conv.Local), ID: fmt.Sprintf("%s-w%d", shortID(j.conv.Local), j.ID),
		Body: strings.Join(lines, "\n")})
}

// sendUnheard tells a supervisor that they do not listen any more.
func (c *Component) sendUnheard(j job, e handoff.Leave) {
	text := c.voice(j.To).Say("unheard_"+e.Reason, lang.Args{"Tag": j.conv.Tag(), "Name": j.conv.Name, "P": c.cfg.Prefix})
	c.postMessage(j, stanza.Message{From: c.contact(j.conv.Local), ID: fmt.Sprintf("%s-o%d", shortID(j.conv.Local), j.ID),
		Listen: &stanza.Listen{Session: j.session(e.Session), State: stanza.Off}, Body: c.cfg.Mark + text})
}
