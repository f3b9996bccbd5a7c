package component

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"baton/component/wire"
	"baton/desk"
	"baton/fault"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// incoming is a stanza with what everybody needs of it. It is valid during the
// call that receives it; header is valid for good.
type incoming struct {
	wire.Stanza
	header stanza.Header // kind, addresses, id and type, decoded
	from   handoff.Party // the sender's bare address
	to     place
}

// receive deals with one stanza off the stream. It waits for nothing but a
// place in the desk's queue, and never fails: whatever a stanza holds, the
// stream goes on.
func (c *Component) receive(ctx context.Context, st wire.Stanza, over error) {
	fault.Point("receive.read")
	in := incoming{Stanza: st}
	text := func(raw []byte) string { return string(wire.Unescape(nil, raw)) }
	in.header = stanza.Header{Kind: string(st.Local), From: text(st.From), To: text(st.To),
		ID: text(st.ID), Type: text(st.Type), Lang: text(st.Lang)}
	in.from = handoff.Party(bare(in.header.From))
	var ours bool
	in.to, ours = c.place(in.header.To)
	if !wire.IsStanzaNS(st.NS) || in.from == "" || !ours {
		c.log.Debug("not for us", "kind", in.header.Kind, "from", in.header.From, "to", in.header.To)
		return
	}
	if c.fromUs(in) {
		c.log.Debug("our own, ignored", "kind", in.header.Kind, "from", in.header.From)
		return
	}
	if !c.within(in, c.limit.take(in)) {
		return
	}
	if over != nil {
		c.tooLarge(in, over)
		return
	}
	c.heard(in)
	switch in.header.Kind {
	case "message":
		c.message(ctx, in)
	case "iq":
		c.iq(ctx, in)
	case "presence":
		c.presence(ctx, in)
	}
}

// fromUs reports whether an address of ours sent it: never, but for the ping by
// which the link is tried. Taking it for somebody's could go round for ever.
func (c *Component) fromUs(in incoming) bool {
	return strings.EqualFold(serverOf(string(in.from)), c.cfg.Domain) &&
		(in.header.Kind != "iq" || strings.Contains(string(in.from), "@"))
}

// tooLarge answers a stanza that was over a limit and has been skipped.
func (c *Component) tooLarge(in incoming, over error) {
	c.provoked(in, "a stanza over a limit was refused", "error", over)
	var limit *wire.LimitError
	if errors.As(over, &limit) {
		v := c.voiceFrom(in.header)
		c.fail(in.header, stanza.NotAcceptable, v.Say("too_large", lang.Args{"Limit": limit.Limit, "Which": v.Say("limit_" + strings.ReplaceAll(limit.Which, " ", "_"))}))
	}
}

// fail answers a stanza with an error, unless it must not be answered
// (RFC 6120 §8.3.1).
func (c *Component) fail(h stanza.Header, cond stanza.Condition, text string) {
	switch {
	case h.Type == "error", h.Kind == "iq" && h.Type == "result", h.Kind == "presence" && h.Type == "":
		return
	}
	if text == "" {
		text = c.voiceFrom(h).Say(cond.Text()) // English where the language has no such sentence
	}
	fault.Point("answer.error.before")
	c.answer(h.Fail(cond, text))
	fault.Point("answer.error.after")
}

// refuse answers a stanza with what the desk refused it for.
func (c *Component) refuse(h stanza.Header, err error) {
	cond, text := condition(err)
	var theirs *stanza.Error
	if !errors.As(err, &theirs) && (cond == stanza.ServiceUnavailable || errors.Is(err, desk.ErrStore)) {
		c.provokedBy(slog.LevelError, h.From, "a request failed", "to", short(h.To), "error", err)
	}
	if text != "" {
		text = c.inWords(c.voiceFrom(h), err)
	}
	c.fail(h, cond, text)
}

// result answers an IQ.
func (c *Component) result(h stanza.Header, payloads ...any) {
	b, err := h.Result(payloads...)
	if err != nil {
		c.log.Error("cannot encode an answer", "to", h.From, "error", err)
		b = h.Fail(stanza.ServiceUnavailable, "")
	}
	if len(b) > maxPost {
		b = c.tooLargeFor(h, len(b))
	}
	fault.Point("answer.result.before")
	c.answer(b)
	fault.Point("answer.result.after")
}

// submit hands a request to the desk. When that cannot be, the sender is told
// to try again.
func (c *Component) submit(ctx context.Context, h stanza.Header, req desk.Request, done func(desk.Result, error)) {
	fault.Point("receive.submit.before")
	answered := c.owed.asked()
	if err := c.desk.Submit(ctx, req, func(res desk.Result, err error) { done(res, err); answered() }); err != nil {
		answered()
		c.fail(h, stanza.ResourceConstraint, c.voiceFrom(h).Say("closing_down"))
	}
}

// condition maps whatever was refused to the error that says so: the one place
// where that is decided (docs/protocol.md, section 3).
func condition(err error) (stanza.Condition, string) {
	text := ""
	var refusal *desk.Refusal
	if errors.As(err, &refusal) {
		text = refusal.Text
	}
	var malformed *stanza.Error
	if errors.As(err, &malformed) {
		return malformed.Condition, malformed.Text
	}
	for _, row := range conditions {
		if errors.Is(err, row.err) {
			return row.condition, text
		}
	}
	return stanza.ServiceUnavailable, text
}

var conditions = []struct {
	err       error
	condition stanza.Condition
}{
	{desk.ErrHidden, stanza.ItemNotFound},
	{desk.ErrInUse, stanza.Conflict},
	{desk.ErrUnfit, stanza.NotAcceptable},
	{handoff.ErrUnknown, stanza.ItemNotFound},
	{handoff.ErrNotHolder, stanza.Forbidden},
	{handoff.ErrNotTarget, stanza.Forbidden},
	{handoff.ErrTransfer, stanza.Conflict},
	{handoff.ErrAnswered, stanza.Conflict},
	{handoff.ErrOpen, stanza.Conflict},
	{handoff.ErrHeld, stanza.Conflict},
	{handoff.ErrOver, stanza.Gone},
	{handoff.ErrNoSession, stanza.Gone},
	{handoff.ErrNobody, stanza.RecipientUnavailable},
	{desk.ErrUnavailable, stanza.RecipientUnavailable},
	{desk.ErrBusy, stanza.ResourceConstraint},
	{desk.ErrFull, stanza.ResourceConstraint},
	{desk.ErrStore, stanza.ResourceConstraint},
	{desk.ErrStopped, stanza.ResourceConstraint},
	{handoff.ErrIsHolder, stanza.NotAcceptable},
	{handoff.ErrHops, stanza.NotAcceptable},
	{handoff.ErrQuiet, stanza.NotAcceptable},
	{desk.ErrFormer, stanza.NotAllowed},
}
