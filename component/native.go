package component

import (
	"context"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// iq deals with an IQ: every get and set is answered (RFC 6120 §8.2.3).
func (c *Component) iq(ctx context.Context, in incoming) {
	switch in.header.Type {
	case "result", "error":
		c.iqs.answered(in.Stanza, in.header.From, in.header.ID)
		return
	case "get", "set":
		c.twin.heard(in)
	default:
		c.fail(in.header, stanza.BadRequest, c.voiceFrom(in.header).Say("iq_type"))
		return
	}
	for k := range in.Children {
		if k.NS == nil { // encoding/xml would take the prefix for the namespace
			c.fail(in.header, stanza.BadRequest, c.voiceFrom(in.header).Say("prefix_undeclared"))
			return
		}
	}
	st, err := stanza.Parse(in.Raw)
	if err != nil {
		c.refuse(in.header, err)
		return
	}
	h := in.header
	name := st.Payload()
	switch {
	case name.Space == stanza.NS && h.Type == "set" && in.to.kind == kindQueue:
		c.callerIQ(ctx, in, st, name.Local)
	case name.Space == stanza.NS && h.Type == "set" && in.to.kind == kindConversation:
		c.agentIQ(ctx, in, st, name.Local)
	case name.Space == stanza.NSArchive && in.to.kind == kindConversation && c.cfg.Archive != nil:
		c.archiveIQ(ctx, in, st, name.Local)
	case name.Space == stanza.NSCommands && name.Local == "command" && h.Type == "set" && in.to.kind != kindQueue:
		c.commandIQ(ctx, in, st)
	case in.to.kind == kindConversation && !c.asksCaps(in, st):
		// Who may not know of the conversation gets one answer for everything.
		raw := st
		c.submit(ctx, h, desk.Look{Local: in.to.local, By: in.from}, func(res desk.Result, err error) {
			if err == nil && res.Standing == desk.Stranger {
				err = desk.ErrHidden
			}
			if err != nil {
				c.refuse(h, err)
				return
			}
			if answer := c.commandDisco(h, in.to, raw, &res.Conversation, res.Standing); answer != nil {
				c.result(h, answer)
				return
			}
			to := in.to
			to.archive = c.readsArchive(in.from, res.Standing)
			c.info(h, to, raw, &res.Conversation)
		})
	default:
		if answer := c.commandDisco(h, in.to, st, nil, desk.Stranger); answer != nil {
			c.result(h, answer)
			return
		}
		c.info(h, in.to, st, nil)
	}
}

// callerIQ deals with a caller's native request.
func (c *Component) callerIQ(ctx context.Context, in incoming, st stanza.Stanza, name string) {
	c.agents.announces(in.header.From)
	switch name {
	case "connect":
		c.connect(ctx, in, st)
	case "disconnect":
		var d stanza.Disconnect
		if err := st.Decode(&d); err != nil {
			c.refuse(in.header, err)
			return
		}
		c.perform(ctx, in.header, desk.Disconnect{Entry: in.to.local, Session: d.Session.String(),
			By: in.from, Reason: reasonOr(d.Reason)}, nil)
	default:
		c.fail(in.header, stanza.ServiceUnavailable, "")
	}
}

func reasonOr(r stanza.DisconnectReason) string {
	switch string(r) {
	case "", handoff.ReasonTransferred, handoff.ReasonLeft, desk.ReasonReturned, desk.ReasonGone, desk.ReasonUnreachable, desk.ReasonForced: // the service's to say
		return string(stanza.ReasonDone)
	}
	return string(r)
}

// connect opens a session on request. On whose behalf is the sender's word only
// where it is the sender.
func (c *Component) connect(ctx context.Context, in incoming, st stanza.Stanza) {
	var req stanza.Connect
	if err := st.Decode(&req); err != nil {
		c.refuse(in.header, err)
		return
	}
	caller := c.caller(in)
	if who := req.Caller; who != nil {
		if who.JID != "" && handoff.Party(bare(who.JID)) != in.from {
			c.fail(in.header, stanza.Forbidden, c.voiceFrom(in.header).Say("connect_yourself"))
			return
		}
		if n := c.callersName(who.Name); n != "" {
			caller.Name = n
		}
		if who.Lang != "" && len(who.Lang) <= maxLang {
			caller.Lang = who.Lang
		}
	}
	info, err := fields(req.Form)
	if err != nil {
		c.refuse(in.header, err)
		return
	}
	if c.localOf(ctx, in.to.local, in.from) == "" && !c.within(in, c.limit.opens(in.from)) {
		return
	}
	c.perform(ctx, in.header, desk.Connect{Caller: caller, Info: info}, func(res desk.Result) []any {
		return []any{sessionOf(res.Conversation, res.Position)}
	})
}

// sessionOf describes a session as it stands.
func sessionOf(conv desk.Conversation, position int) stanza.Session {
	s := stanza.Session{ID: sessionID(conv), Epoch: conv.Epoch, State: stanza.SessionWaiting, Position: uint64(position)}
	if conv.Phase == handoff.Active {
		s.State, s.Position = stanza.SessionActive, 0
	}
	return s
}

func sessionID(conv desk.Conversation) stanza.SessionID {
	return stanza.SessionID{Conversation: conv.Local, N: uint(conv.Session)}
}

// What is collected rides in every offer and handover, so it is bounded, in
// bytes. How many fields a session has, the desk bounds.
const (
	maxField  = 500
	maxReason = 1000
	maxLang   = 35 // RFC 5646 §4.4.1
)

// fields reads a submitted form.
func fields(f *stanza.Form) ([]desk.Field, error) {
	var out []desk.Field
	for _, x := range f.Info() {
		if max(len(x.Var), len(x.Label), len(x.Value)) > maxField {
			return nil, &said{stanza.NotAcceptable, "field_too_long", lang.Args{"Most": maxField}}
		}
		out = append(out, desk.Field{Var: x.Var, Label: x.Label, Value: x.Value})
	}
	return out, nil
}

// agentIQ deals with an agent's native request to a conversation.
func (c *Component) agentIQ(ctx context.Context, in incoming, st stanza.Stanza, name string) {
	a := ask{by: in.from, local: in.to.local, id: in.header.ID}
	if name == "disconnect" {
		var d stanza.Disconnect
		if err := st.Decode(&d); err != nil {
			c.hideFromStrangers(ctx, in, err)
			return
		}
		c.perform(ctx, in.header, desk.Disconnect{Local: a.local, Session: d.Session.String(), By: a.by,
			Reason: reasonOr(d.Reason)}, nil)
		return
	}
	o := operationNamed(name, false)
	if o == nil || o.iq == nil {
		c.hideFromStrangers(ctx, in, &stanza.Error{Condition: stanza.ServiceUnavailable})
		return
	}
	x, err := o.iq(st)
	var req desk.Request
	if err == nil {
		req, err = o.request(c, a, x)
	}
	if err != nil {
		c.hideFromStrangers(ctx, in, err)
		return
	}
	c.perform(ctx, in.header, req, o.reply)
}

// hideFromStrangers answers with err, but to those who may not know of the
// conversation as if there were none.
func (c *Component) hideFromStrangers(ctx context.Context, in incoming, err error) {
	h := in.header
	c.submit(ctx, h, desk.Look{Local: in.to.local, By: in.from}, func(res desk.Result, lerr error) {
		switch {
		case lerr != nil:
			err = lerr
		case res.Standing == desk.Stranger:
			err = desk.ErrHidden
		}
		c.refuse(h, err)
	})
}

// perform has a request carried out and answers the IQ after the commit.
func (c *Component) perform(ctx context.Context, h stanza.Header, req desk.Request, reply func(desk.Result) []any) {
	c.submit(ctx, h, req, func(res desk.Result, err error) {
		switch {
		case err != nil:
			c.refuse(h, err)
		case reply == nil:
			c.result(h)
		default:
			c.result(h, reply(res)...)
		}
	})
}

func iqTransfer(st stanza.Stanza) (input, error) {
	var t stanza.Transfer
	if err := st.Decode(&t); err != nil {
		return input{}, err
	}
	info, err := fields(t.Form)
	if err != nil {
		return input{}, err
	}
	x := input{session: t.Session.String(), mode: modes[t.Mode], text: t.Reason.In(""), info: info,
		target: desk.Target{Agent: handoff.Party(bare(t.Target.JID)), Queue: t.Target.Queue, Skill: t.Target.Skill}}
	for _, r := range t.Reason {
		if r.Value == x.text {
			x.lang = r.Lang
			break
		}
	}
	if t.Share != (stanza.Share{}) {
		x.share = &desk.Share{None: t.Share.History == stanza.ShareNone, Last: int(t.Share.Last)}
	}
	return x, brief(x.text)
}

// modes are the modes by their names on the wire; warm is the default.
var modes = map[stanza.Mode]handoff.Mode{
	stanza.Blind:   handoff.Blind,
	stanza.Consult: handoff.Consult,
	stanza.Join:    handoff.Join,
}

func replyTransfer(res desk.Result) []any {
	return []any{stanza.TransferAnswer{ID: res.Transfer.ID, Session: sessionID(res.Conversation),
		State: stanza.TransferOffered, Expires: res.Transfer.Deadline}}
}

func iqAccept(st stanza.Stanza) (input, error) {
	var x stanza.Accept
	err := st.Decode(&x)
	return input{id: x.ID}, err
}

func replyAccept(res desk.Result) []any { return []any{sessionOf(res.Conversation, 0)} }

func iqDecline(st stanza.Stanza) (input, error) {
	var x stanza.Decline
	err := st.Decode(&x)
	if err == nil {
		err = brief(x.Reason.In(""))
	}
	return input{id: x.ID, text: x.Reason.In("")}, err
}

func iqCancel(st stanza.Stanza) (input, error) {
	var x stanza.Cancel
	err := st.Decode(&x)
	return input{id: x.ID}, err
}

func iqNote(st stanza.Stanza) (input, error) {
	var x stanza.Note
	err := st.Decode(&x)
	return input{session: x.Session.String(), text: x.Text}, err
}
