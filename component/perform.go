package component

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	xmpp "mellium.im/xmpp/stanza"

	"baton/component/wire"
	"baton/desk"
	"baton/fault"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// answerTimeout is how long a client may take to answer a native request.
const answerTimeout = 15 * time.Second

// job is an item being performed, with what is needed of its conversation.
type job struct {
	desk.Item
	conv desk.Conversation
	done func(error)
}

// Perform carries out one item of the desk's outbox; it implements
// desk.Channel. It waits while the server is behind with reading: all that waits
// after an outage, given at once, would look like a server that never reads.
func (c *Component) Perform(ctx context.Context, item desk.Item, done func(error)) time.Duration {
	if l := c.link.Load(); l == nil || !l.calm(maxAhead) {
		done(desk.ErrDown)
		return 0
	}
	conv, err := c.desk.Conversation(ctx, item.Conversation)
	if err != nil {
		done(fmt.Errorf("its conversation cannot be loaded: %w", err))
		return 0
	}
	j := job{Item: item, conv: conv, done: done}
	if c.listens(ctx, j) {
		return 0
	}
	switch e := item.Effect.(type) {
	case handoff.Line:
		c.sendLine(j)
	case handoff.Opened:
		c.sendGreeting(j, e)
	case handoff.Ring:
		c.ring(ctx, j, e)
	case handoff.Outcome:
		c.sendOutcome(ctx, j, e)
	case handoff.Replay:
		return c.sendHandover(ctx, j, e)
	case handoff.Bind, handoff.Unbind:
		c.arrangeRoster(j)
	case handoff.Surrender:
		c.surrender(j, e)
	case handoff.Leave:
		c.sendLeave(j, e)
	case handoff.Parted:
		c.sendParted(j, e)
	case handoff.Moved:
		c.sendMoved(j, e)
	case handoff.Notice:
		c.sendNotice(j, e)
	case handoff.Undelivered:
		c.sendUndelivered(ctx, j, e)
	default:
		done(fmt.Errorf("%w: no way to perform %T", desk.ErrNever, e))
	}
	return 0
}

// client returns the address to ask for a sign of arrival: the receiver's own
// client where one is known.
func (j job) client(c *Component) string {
	if j.To == j.conv.Caller {
		return j.conv.Reach
	}
	return c.agents.client(j.To)
}

// maxPost bounds what is sent, in bytes: clients' streams end at 256 KiB a
// stanza, and a connection that such a stanza broke would be broken by it again.
const maxPost = 224 << 10

// post sends a stanza that arrives like a message, and ends the job when there
// is a sign that it did.
func (c *Component) post(j job, id string, b []byte) {
	if len(b) > maxPost {
		j.done(fmt.Errorf("%w: it would take %d bytes", desk.ErrNever, len(b)))
		return
	}
	from := c.contact(localDesk)
	if j.To == j.conv.Caller { // who knows of no desk
		from = c.contact(j.conv.Entry)
	}
	c.acks.expect(j.To, from, j.client(c), id, func() { c.write(b) }, j.done)
}

// postMessage is post for a message of the service's own.
func (c *Component) postMessage(j job, m stanza.Message) {
	m.To, m.Type, m.OriginID = string(j.To), xmpp.ChatMessage, m.ID
	b, err := xml.Marshal(m)
	if err != nil {
		j.done(fmt.Errorf("%w: %w", desk.ErrNever, err))
		return
	}
	c.post(j, m.ID, b)
}

// sendLine sends the copy of a line: a root of ours, the children byte for
// byte.
func (c *Component) sendLine(j job) {
	fault.Point("line.before")
	toAgent := j.To != j.conv.Caller
	local := j.conv.Entry
	if toAgent {
		local = j.conv.Local
	}
	id := copyID(j.conv.Local, j.Line.Seq, toAgent)
	b := make([]byte, 0, 512+len(j.Line.Payload))
	b = append(b, "<message type='chat'"...)
	b = wire.AppendAttr(b, "from", c.contact(local))
	b = wire.AppendAttr(b, "to", string(j.To))
	b = wire.AppendAttr(b, "id", id)
	b = append(b, '>')
	b = append(b, c.attributed(j, toAgent)...)
	b = append(b, "<origin-id xmlns='urn:xmpp:sid:0'"...)
	b = wire.AppendAttr(b, "id", id)
	b = append(b, "/>"...)
	if toAgent || c.agents.nativeAt(j.conv.Reach) {
		b = append(b, "<session xmlns='urn:xmpp:handoff:0'"...)
		b = wire.AppendAttr(b, "id", j.conv.Local+"."+strconv.FormatUint(j.Line.Session, 10))
		b = wire.AppendAttr(b, "epoch", strconv.FormatUint(j.Line.Epoch, 10))
		b = append(b, "/>"...)
	}
	if toAgent {
		b = c.archive.appendStanzaID(b, j.conv.Local, j.Line.Seq)
	}
	c.post(j, id, append(b, "</message>"...))
	fault.Point("line.after")
}

// attributed returns a line's children.
func (c *Component) attributed(j job, toAgent bool) []byte {
	if !toAgent {
		return j.Line.Payload
	}
	return c.voiced(*j.Line, j.conv.Caller, j.conv.Aside != "" || len(j.conv.Guests) > 0, "you")
}

// voiced returns a line's children for an agent, who sees one contact, whoever
// speaks; so a colleague's text says whose it is, and who heard it (heardBy)
// where others did not. Together says that the reader sees more than the
// caller's lines.
func (c *Component) voiced(l desk.Line, caller handoff.Party, together bool, heardBy string) []byte {
	_, rest, _ := bytes.Cut(l.Payload, endBody)
	switch {
	case l.By == caller && together && holdsBracketed(l.Body): // nobody speaks in another's name
		return retold(l.Body, rest, unbracket)
	case l.By == caller:
		return l.Payload
	}
	if l.Body == "" {
		rest = l.Payload
	}
	short := shortID(l.Conversation) // agents know the lines by other ids than the caller
	rest = bytes.ReplaceAll(rest, []byte(" id='"+short+side(false)), []byte(" id='"+short+side(true)))
	if l.Body == "" {
		return rest
	}
	name := c.nameIn(l)
	switch {
	case l.Role == desk.RoleNote:
		name += ", note"
	case l.Private:
		name += ", to " + heardBy + " only"
	}
	return retold(l.Body, rest, func(text string) string { return "[" + name + "] " + behind(text) })
}

// wireRole is a line's role as the protocol has it: who wrote a note is an agent.
func wireRole(r desk.Role) string {
	if r == desk.RoleNote {
		r = desk.RoleAgent
	}
	return string(r)
}

// spoken is a line's text where only its author stands beside it.
func spoken(l desk.Line) string {
	if l.Role == desk.RoleNote {
		return "[note] " + behind(l.Body)
	}
	return l.Body
}

// behind returns a text that stands behind a name: none of its further lines
// looks as if another's began there.
func behind(text string) string {
	for first := range linesOf(text) {
		return first + unbracket(text[len(first):])
	}
	return text
}

func (c *Component) sendGreeting(j job, e handoff.Opened) {
	q, _ := c.desk.Directory().Queue(j.conv.Entry)
	if q.Greeting == "" {
		j.done(nil)
		return
	}
	fault.Point("greeting.before")
	c.postMessage(j, stanza.Message{
		From: c.contact(j.conv.Entry),
		ID:   fmt.Sprintf("%s-s%d", shortID(j.conv.Local), e.Session),
		Body: q.Greeting,
	})
}

// sendLeave disconnects one leg: natively where the client speaks the protocol,
// in a line where it does not and nothing else says so.
func (c *Component) sendLeave(j job, e handoff.Leave) {
	fault.Point("leave.before")
	native := c.nativeClients(j)
	if len(native) > 0 {
		c.sendDisconnect(j, native, stanza.Disconnect{Session: j.session(e.Session),
			Reason: stanza.DisconnectReason(e.Reason), Epoch: e.Epoch}, j.done)
		return
	}
	v := c.voiceTo(j)
	text, from := "", c.contact(j.conv.Local)
	switch {
	case j.To == j.conv.Caller:
		text, from = v.Say("caller_ended"), c.contact(j.conv.Entry)
	case e.Reason == string(stanza.ReasonTransferred), e.Reason == desk.ReasonReturned, e.Reason == desk.ReasonGone,
		e.Reason == desk.ReasonUnreachable, e.Reason == desk.ReasonForced:
		j.done(nil) // an outcome, or the answer to the command, says it
		return
	default:
		text = c.cfg.Mark + v.Say(c.leaveText(j, e), lang.Args{"Name": j.conv.Name})
	}
	id := fmt.Sprintf("%s-l%d", shortID(j.conv.Local), j.ID) // the conversation may have gone on meanwhile
	c.postMessage(j, stanza.Message{From: from, ID: id, Body: text})
	fault.Point("leave.after")
}

// leaveText returns the name of what whoever leaves is told.
func (c *Component) leaveText(j job, e handoff.Leave) string {
	left := e.Reason == handoff.ReasonLeft
	_, agent := c.desk.Directory().Agent(j.To)
	switch {
	case left && e.By == j.To:
		return "you_left"
	case left && e.By == "" && !agent:
		return "left_removed"
	case left && e.By == "":
		return "left_offline"
	case left:
		return "not_needed"
	case e.By == j.conv.Caller:
		return "caller_hung_up"
	}
	return "session_over"
}

// sendParted tells the holder that somebody beside them has left.
func (c *Component) sendParted(j job, e handoff.Parted) {
	fault.Point("parted.before")
	name, as := "parted", stanza.AsGuest
	if e.Aside {
		name, as = "parted_aside", stanza.AsAside
	}
	text := c.voice(j.To).Say(name, lang.Args{"Who": c.desk.Directory().NameOf(e.Who), "Name": j.conv.Name, "P": c.cfg.Prefix})
	c.postMessage(j, stanza.Message{From: c.contact(j.conv.Local), Body: c.cfg.Mark + text,
		Parted: &stanza.Parted{Session: sessionID(j.conv), Who: string(e.Who), As: as},
		ID:     fmt.Sprintf("%s-p%d", shortID(j.conv.Local), j.ID)})
}

// nativeClients returns the receiver's clients that announce the protocol.
func (c *Component) nativeClients(j job) []string {
	if j.To != j.conv.Caller {
		return c.agents.native(j.To)
	}
	if c.agents.nativeAt(j.conv.Reach) {
		return []string{j.conv.Reach}
	}
	return nil
}

// sendDisconnect sends a native disconnect to every client. One that does not
// acknowledge it stops nothing: ownership is the service's.
func (c *Component) sendDisconnect(j job, clients []string, d stanza.Disconnect, done func(error)) {
	from := c.contact(j.conv.Local)
	if j.To == j.conv.Caller {
		from = c.contact(j.conv.Entry)
	}
	payload, err := xml.Marshal(d)
	if err != nil {
		done(fmt.Errorf("%w: %w", desk.ErrNever, err))
		return
	}
	c.askAll(from, clients, payload, func(err error) {
		if errors.Is(err, desk.ErrDown) {
			done(err)
			return
		}
		if err != nil {
			c.log.Info("a disconnect was not acknowledged", "by", j.To, "conversation", j.conv.Local, "error", err)
		}
		done(nil)
	})
}

// askAll sends a request to all clients. done gets nil as soon as one of them
// answered with a result, else the last failure.
func (c *Component) askAll(from string, clients []string, payload []byte, done func(error)) {
	var left atomic.Int32
	left.Store(int32(len(clients)))
	p := parcel{done: done}
	for _, to := range clients {
		c.iqs.send(from, to, "set", payload, answerTimeout, func(r reply, err error) {
			switch {
			case errors.Is(err, errLost):
				p.end(desk.ErrDown)
			case err == nil && !r.failed:
				p.end(nil)
			default:
				if err == nil {
					err = fmt.Errorf("%s answered %s", to, r.condition())
				}
				if left.Add(-1) == 0 {
					p.end(err)
				}
			}
		})
	}
}

// sendMoved tells the caller of the new agent: natively as the disconnect of
// the old leg, in a line where the settings say so.
func (c *Component) sendMoved(j job, e handoff.Moved) {
	fault.Point("moved.before")
	native, tell := c.nativeClients(j), c.desk.Policy().TellCaller
	if len(native) > 0 {
		done := j.done
		if tell { // the line's sign of arrival is the item's
			done = func(error) {}
		}
		c.sendDisconnect(j, native, stanza.Disconnect{Session: j.session(e.Session),
			Reason: stanza.ReasonTransferred, Epoch: e.Epoch}, done)
	}
	switch {
	case tell:
		dir := c.desk.Directory()
		v := c.voiceTo(j)
		text := v.Say("caller_moved", lang.Args{"Who": dir.NameOf(e.To)})
		if j.conv.Queue != j.conv.Entry {
			text = v.Say("caller_moved_team", lang.Args{"Team": strings.TrimSuffix(dir.Title(j.conv.Queue), " team")})
		}
		c.postMessage(j, stanza.Message{From: c.contact(j.conv.Entry),
			ID:   fmt.Sprintf("%s-m%d", shortID(j.conv.Local), e.Epoch),
			Body: text})
	case len(native) == 0:
		j.done(nil)
	}
}
