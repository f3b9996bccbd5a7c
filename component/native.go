package component

import (
	"context"
	"fmt"
	"slices"

	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// iq deals with an IQ: every get and set is answered (RFC 6120 §8.2.3).
func (c *Component) iq(ctx context.Context, in incoming) {
	switch in.header.Type {
	case "result", "error":
		c.iqs.answered(in.Stanza, in.header.From, in.header.ID)
		return
	case "get", "set":
	default:
		c.fail(in.header, stanza.BadRequest, "The type of an IQ is get, set, result or error.")
		return
	}
	for k := range in.Children {
		if k.NS == nil { // encoding/xml would take the prefix for the namespace
			c.fail(in.header, stanza.BadRequest, "A prefix in this request is not declared.")
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
	case in.to.kind == kindConversation:
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
			to := in.to
			to.archive = c.readsArchive(in.from, res.Standing)
			c.info(h, to, raw, &res.Conversation)
		})
	default:
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
	case "", handoff.ReasonTransferred, handoff.ReasonLeft, desk.ReasonReturned, desk.ReasonGone, desk.ReasonUnreachable: // the service's to say
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
			c.fail(in.header, stanza.Forbidden, "You can connect for yourself only.")
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
			return nil, &stanza.Error{Condition: stanza.NotAcceptable,
				Text: fmt.Sprintf("A field of the form is too long: %d bytes at most.", maxField)}
		}
		out = append(out, desk.Field{Var: x.Var, Label: x.Label, Value: x.Value})
	}
	return out, nil
}

// brief refuses a reason that is none any more.
func brief(reason string) error {
	if len(reason) <= maxReason {
		return nil
	}
	return &stanza.Error{Condition: stanza.NotAcceptable,
		Text: fmt.Sprintf("The reason is too long: %d bytes at most. Say it in the chat.", maxReason)}
}

// agentIQ deals with an agent's native request to a conversation.
func (c *Component) agentIQ(ctx context.Context, in incoming, st stanza.Stanza, name string) {
	a := ask{by: in.from, local: in.to.local}
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
	ops := operations()
	i := slices.IndexFunc(ops, func(o operation) bool { return o.name == name && o.iq != nil })
	if i < 0 {
		c.hideFromStrangers(ctx, in, &stanza.Error{Condition: stanza.ServiceUnavailable})
		return
	}
	req, err := ops[i].iq(a, st)
	if err != nil {
		c.hideFromStrangers(ctx, in, err)
		return
	}
	c.perform(ctx, in.header, req, ops[i].reply)
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

func iqTransfer(a ask, st stanza.Stanza) (desk.Request, error) {
	var t stanza.Transfer
	if err := st.Decode(&t); err != nil {
		return nil, err
	}
	info, err := fields(t.Form)
	if err != nil {
		return nil, err
	}
	req := desk.Handoff{Local: a.local, Session: t.Session.String(), By: a.by, Mode: modes[t.Mode],
		Target: desk.Target{Agent: handoff.Party(bare(t.Target.JID)), Queue: t.Target.Queue, Skill: t.Target.Skill},
		Reason: t.Reason.In(""), Info: info}
	for _, r := range t.Reason {
		if r.Value == req.Reason {
			req.Lang = r.Lang
			break
		}
	}
	if t.Share != (stanza.Share{}) {
		req.Share = &desk.Share{None: t.Share.History == stanza.ShareNone, Last: int(t.Share.Last)}
	}
	return req, brief(req.Reason)
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

func iqAccept(a ask, st stanza.Stanza) (desk.Request, error) {
	var x stanza.Accept
	err := st.Decode(&x)
	return desk.Accept{Answer: desk.Answer{By: a.by, Local: a.local, ID: x.ID}}, err
}

func replyAccept(res desk.Result) []any { return []any{sessionOf(res.Conversation, 0)} }

func iqDecline(a ask, st stanza.Stanza) (desk.Request, error) {
	var x stanza.Decline
	err := st.Decode(&x)
	if err == nil {
		err = brief(x.Reason.In(""))
	}
	return desk.Decline{Answer: desk.Answer{By: a.by, Local: a.local, ID: x.ID}, Reason: x.Reason.In("")}, err
}

func iqCancel(a ask, st stanza.Stanza) (desk.Request, error) {
	var x stanza.Cancel
	err := st.Decode(&x)
	return desk.Cancel{Local: a.local, ID: x.ID, By: a.by}, err
}
