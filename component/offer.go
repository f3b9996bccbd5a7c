package component

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"slices"
	"time"

	xmpp "mellium.im/xmpp/stanza"

	"baton/desk"
	"baton/fault"
	"baton/handoff"
	"baton/stanza"
)

// dialogBytes bounds, encoded, the dialog that rides in an offer or a handover
// message: clients' streams end at 256 KiB a stanza. What is older is in the
// archive.
const dialogBytes = 48 << 10

// dialogLines bounds how many lines are looked at for that.
const dialogLines = 500

// ring tells a target of an offer: natively where a client of theirs speaks the
// protocol, else by a message of the transfer desk. An offer that is over
// meanwhile is not sent any more; its outcome follows.
func (c *Component) ring(ctx context.Context, j job, e handoff.Ring) {
	fault.Point("ring.before")
	if j.conv.Offer.ID != e.Transfer || !j.conv.Offer.Rings(e.To) {
		j.done(nil)
		return
	}
	t, lines, err := c.transfer(ctx, e.Transfer)
	if err != nil {
		j.done(err)
		return
	}
	clients := c.agents.native(e.To)
	if len(clients) == 0 {
		c.ringInWords(j, e, t, lines)
		return
	}
	payload, err := c.nativeOffer(j.conv, e, t, lines)
	if err != nil { // too much was collected: in words it is cut short
		c.log.Warn("an offer cannot be made natively, asking in words", "transfer", e.Transfer, "error", err)
		c.ringInWords(j, e, t, lines)
		return
	}
	c.askAll(c.contact(j.conv.Local), clients, payload, func(err error) {
		if err == nil || errors.Is(err, desk.ErrDown) {
			j.done(err)
			return
		}
		c.log.Warn("a client did not take the offer it was sent, asking in words", "to", e.To, "error", err)
		c.ringInWords(j, e, t, lines)
	})
}

// dialog is the part of a conversation that somebody may see.
type dialog struct {
	lines []desk.Line
	count uint64 // of the whole of what they may see
}

// transfer loads a transfer and the dialog its target may see.
func (c *Component) transfer(ctx context.Context, id string) (desk.Transfer, dialog, error) {
	t, err := c.desk.Store().TransferByID(ctx, c.cfg.Domain, id)
	if err != nil {
		return t, dialog{}, fmt.Errorf("the transfer cannot be loaded: %w", err)
	}
	conv, err := c.desk.Conversation(ctx, t.Conversation)
	if err != nil {
		return t, dialog{}, fmt.Errorf("the conversation cannot be loaded: %w", err)
	}
	first := conv.First
	if conv.Session != t.Session || t.Mode == handoff.Reclaimed.String() {
		first = t.Through + 1 // of a session that is over, nothing; and who is asked for it back has what they may see
	}
	d, err := c.dialog(ctx, t, first, t.Through)
	return t, d, err
}

// dialog loads the lines first..through as far as the transfer shares them.
func (c *Component) dialog(ctx context.Context, t desk.Transfer, first, through uint64) (dialog, error) {
	if t.Share.None || first > through {
		return dialog{}, nil
	}
	d := dialog{count: through - first + 1}
	var err error
	d.lines, err = c.desk.Store().Lines(ctx, c.cfg.Domain, t.Conversation, first, through, dialogLines)
	if err != nil {
		return d, fmt.Errorf("the dialog cannot be loaded: %w", err)
	}
	all := len(d.lines)
	d.lines = slices.DeleteFunc(d.lines, func(l desk.Line) bool { return l.Private && l.Role != desk.RoleNote })
	d.count -= uint64(all - len(d.lines))
	if n := t.Share.Last; n > 0 { // of those they may see
		d.count = min(d.count, uint64(n))
		d.lines = d.lines[max(0, len(d.lines)-n):]
	}
	return d, nil
}

func (c *Component) nativeOffer(conv desk.Conversation, e handoff.Ring, t desk.Transfer, d dialog) ([]byte, error) {
	o := stanza.Offer{
		ID: t.ID, Session: sessionID(conv), Mode: stanza.Mode(t.Mode), From: string(t.By), Queue: queueOf(conv, t), Expires: e.Expires.UTC(),
		Caller: stanza.Caller{JID: string(conv.Caller), Name: conv.Name, Lang: conv.Lang},
		Form:   formOf(t.Info),
		Dialog: stanza.Dialog{Count: d.count},
	}
	if t.By == "" {
		o.From = c.address(conv.Entry)
	}
	if t.Reason != "" {
		o.Reason = stanza.Texts{{Lang: t.ReasonLang, Value: t.Reason}}
	}
	for _, l := range d.lines {
		o.Dialog.Messages = append(o.Dialog.Messages, c.forwarded(conv, l))
	}
	if err := o.Dialog.Trim(dialogBytes); err != nil {
		return nil, err
	}
	b, err := xml.Marshal(o)
	if err == nil && len(b) > maxPost {
		err = fmt.Errorf("it would take %d bytes", len(b))
	}
	return b, err
}

// queueOf returns the queue that will serve the session if the transfer is
// accepted.
func queueOf(conv desk.Conversation, t desk.Transfer) string {
	if t.Target.Queue != "" {
		return t.Target.Queue
	}
	return conv.Queue
}

// forwarded wraps a line of the dialog (XEP-0297).
func (c *Component) forwarded(conv desk.Conversation, l desk.Line) stanza.Forwarded {
	from, to := string(l.By), c.address(conv.Local)
	return stanza.Forwarded{
		Delay: stanza.Delay{From: c.cfg.Domain, Stamp: l.At.UTC()},
		Message: stanza.Message{From: from, To: to, Type: xmpp.ChatMessage, ID: copyID(l.Conversation, l.Seq, true),
			Body:   spoken(l),
			Author: &stanza.Author{Role: stanza.Role(wireRole(l.Role)), JID: from, Name: l.Name}},
	}
}

func formOf(info []desk.Field) *stanza.Form {
	var out stanza.Info
	for _, f := range info {
		out = append(out, stanza.Field{Var: f.Var, Label: f.Label, Value: f.Value})
	}
	return out.Form()
}

// ringInWords sends the desk's message that asks for y or n. Its id is the
// transfer's: the same message is corrected when the offer is over.
func (c *Component) ringInWords(j job, e handoff.Ring, t desk.Transfer, d dialog) {
	c.postMessage(j, stanza.Message{From: c.contact(localDesk), ID: t.ID,
		Body: c.offerText(c.voice(e.To), j.conv, t, d, e.Expires.Sub(c.now()))})
	fault.Point("ring.after")
}

// sendOutcome tells a party how a transfer ended. The maker learns it by a
// message of the conversation; so does a target with a client that speaks the
// protocol. Any other target has the desk's message corrected, which asked
// them. Who accepted has the outcome in their handover message.
func (c *Component) sendOutcome(ctx context.Context, j job, e handoff.Outcome) {
	fault.Point("outcome.before")
	t, err := c.desk.Store().TransferByID(ctx, c.cfg.Domain, e.Transfer)
	if err != nil {
		j.done(fmt.Errorf("the transfer cannot be loaded: %w", err))
		return
	}
	native := len(c.agents.native(e.To)) > 0
	won := e.State == handoff.Accepted && e.By == e.To && t.Mode != modeReturn
	id := e.Transfer + "-r"
	if e.Role == handoff.AsTarget { // whatever is known of their clients now: sent again it must be the same
		id = e.Transfer + "-t"
	}
	m := stanza.Message{ID: id, From: c.contact(j.conv.Local), Body: c.cfg.Mark + c.outcomeText(c.voice(e.To), j.conv, t, e)}
	switch {
	case won && (native || e.Role == handoff.AsHolder || c.assigned(t)):
		j.done(nil) // the handover message says it
		return
	case won:
		m.From, m.Replace = c.contact(localDesk), e.Transfer
	case e.Role == handoff.AsHolder, native:
		m.Outcome = c.outcome(t, e)
	default:
		m.From, m.Replace = c.contact(localDesk), e.Transfer
		m.Outcome = c.outcome(t, e)
	}
	c.postMessage(j, m)
	fault.Point("outcome.after")
}

// assigned reports whether a session moved without asking whoever got it: no
// message of the desk is there to be corrected.
func (c *Component) assigned(t desk.Transfer) bool { return !t.Deadline.After(t.At) }

func (c *Component) outcome(t desk.Transfer, e handoff.Outcome) *stanza.Outcome {
	return &stanza.Outcome{Transfer: t.ID, State: stanza.OutcomeState(e.State), By: string(e.By),
		Session: stanza.SessionID{Conversation: t.Conversation, N: uint(t.Session)},
		Epoch:   e.Epoch, Reason: stanza.Say(e.Reason)}
}

// handoverID is the handover message's id. Within an epoch somebody may come
// in more than once.
func handoverID(conv desk.Conversation, e handoff.Replay) string {
	if e.Mode == handoff.Consult || e.Mode == handoff.Join {
		return e.Transfer + "-h"
	}
	return fmt.Sprintf("%s-h%d", shortID(conv.Local), e.Epoch)
}

// sendHandover begins the stream of a new holder with one message that tells
// who the caller is, why the session moves, and what was said. Live lines come
// a little later, because some clients file the first message of a chat late.
func (c *Component) sendHandover(ctx context.Context, j job, e handoff.Replay) time.Duration {
	fault.Point("handover.before")
	t, err := c.desk.Store().TransferByID(ctx, c.cfg.Domain, e.Transfer)
	var d dialog
	if err == nil {
		d, err = c.dialog(ctx, t, e.First, e.Through)
	}
	if err != nil {
		j.done(fmt.Errorf("the handover cannot be written: %w", err))
		return 0
	}
	out := handoff.Outcome{Transfer: t.ID, State: handoff.Accepted, By: e.To, Epoch: e.Epoch}
	c.postMessage(j, stanza.Message{
		From:    c.contact(j.conv.Local),
		ID:      handoverID(j.conv, e),
		Body:    c.handoverText(c.voice(e.To), j.conv, t, d, e),
		Session: &stanza.Session{ID: stanza.SessionID{Conversation: t.Conversation, N: uint(t.Session)}, Epoch: e.Epoch},
		Outcome: c.outcome(t, out),
		Hints:   []stanza.Hint{stanza.Store},
	})
	fault.Point("handover.after")
	if len(c.agents.native(e.To)) > 0 {
		return 0
	}
	return c.cfg.Settle
}
