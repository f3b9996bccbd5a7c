package component

import (
	"slices"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// operations is the table of everything an agent can say to the service.
func operations() []operation {
	return slices.Concat(handing(), talking(), holding(), answering(), working(), ruling(), administering(), listening(), leaving())
}

// scene is where an ad-hoc command is looked for: who looks, and at a
// conversation what they are to it.
type scene struct {
	c        *Component
	agent    desk.Agent
	conv     *desk.Conversation // nil: the transfer desk
	standing desk.Standing
}

func holds(s scene) bool     { return s.conv == nil || s.standing == desk.Holder }
func takesPart(s scene) bool { return s.conv == nil || s.standing >= desk.Guest }

// isAsked reports whether an offer waits for the answer of who looks.
func isAsked(s scene) bool {
	if s.conv != nil {
		return s.conv.Offer.Rings(s.agent.JID)
	}
	return len(s.c.offersTo(s.agent.JID)) > 0
}

var (
	toWhom = param{name: "target", kind: aTarget, required: true, missing: "to_whom"}
	why    = param{name: "reason", kind: aReason}
	which  = param{name: "number", kind: aNumber}
	more   = []param{
		{name: "share", kind: aShare, formOnly: true},
		{name: "info", kind: someInfo, formOnly: true},
	}
)

// handing is how a session is handed on.
func handing() []operation {
	modes := []struct {
		name string
		mode handoff.Mode
	}{{"transfer", handoff.Warm}, {"blind", handoff.Blind}, {"consult", handoff.Consult}, {"join", handoff.Join}}
	var ops []operation
	for _, m := range modes {
		ops = append(ops, operation{
			name: m.name, at: inChat, shown: holds, params: append([]param{toWhom, why}, more...),
			request: func(c *Component, a ask, x input) (desk.Request, error) {
				return desk.Handoff{Local: a.local, Session: x.session, By: a.by, Mode: max(m.mode, x.mode), Target: x.target,
					Reason: x.text, Lang: x.lang, Share: x.share, Info: x.info}, nil
			},
			told: toldTransfer, did: "transferred",
		})
	}
	ops[0].iq, ops[0].reply = iqTransfer, replyTransfer
	return append(ops, operation{
		name: "cancel", at: inChat, did: "cancelled",
		shown: func(s scene) bool {
			return s.conv == nil || s.conv.Offer.Open() && s.conv.Offer.By == s.agent.JID ||
				s.standing == desk.Holder && (s.conv.Aside != "" || s.conv.Quiet)
		},
		request: func(_ *Component, a ask, x input) (desk.Request, error) {
			return desk.Cancel{Local: a.local, ID: x.id, By: a.by}, nil
		},
		told: func(_ *Component, v lang.Voice, _ ask, _ input, res desk.Result) string {
			if res.Resumed {
				return v.Say("resumed", lang.Args{"Name": res.Conversation.Name})
			}
			return "" // an outcome says it
		},
		iq: iqCancel,
	}, operation{
		name: "reclaim", at: inChat, params: []param{why}, did: "you_took",
		shown: func(s scene) bool { return s.conv == nil || s.standing == desk.Former },
		request: func(_ *Component, a ask, x input) (desk.Request, error) {
			return desk.Handoff{Local: a.local, By: a.by, Target: desk.Target{Agent: a.by}, Reason: x.text}, nil
		},
		told: func(c *Component, v lang.Voice, _ ask, _ input, res desk.Result) string {
			if res.Conversation.Holder == res.Transfer.By {
				return "" // the handover message says it
			}
			return v.Say("asked_back", lang.Args{"Who": c.desk.Directory().NameOf(res.Conversation.Holder)})
		},
	})
}

// talking is what is said and known in a conversation.
func talking() []operation {
	return []operation{{
		name: "say", at: inChat, did: "said", params: []param{{name: "text", kind: aText, required: true, missing: "say_what"}},
		shown: func(s scene) bool { return s.conv == nil || holds(s) && (s.conv.Aside != "" || s.conv.Quiet) },
		request: func(c *Component, a ask, x input) (desk.Request, error) {
			return desk.AgentSays{Local: a.local, By: a.by, Aloud: true, Text: c.text(a, x.text)}, nil
		},
	}, {
		name: "r", at: inChat, params: []param{{name: "name", kind: aName}},
		shown:   func(s scene) bool { return takesPart(s) && len(s.c.cfg.Replies) > 0 },
		request: cannedReply,
		told:    toldReply,
	}, {
		name: "note", at: inChat, shown: takesPart,
		params: []param{{name: "text", kind: aText, required: true, missing: "note_what"}},
		request: func(c *Component, a ask, x input) (desk.Request, error) {
			if len(x.text) > c.cfg.MaxBody { // a native one
				return nil, &said{cond: stanza.NotAcceptable, name: "too_long"}
			}
			return desk.Note{Local: a.local, Session: x.session, By: a.by, Text: c.text(a, x.text)}, nil
		},
		told: func(_ *Component, v lang.Voice, _ ask, _ input, res desk.Result) string {
			return v.Say("noted", lang.Args{"Tag": res.Conversation.Tag()})
		},
		iq: iqNote,
	}, {
		name: "info", at: inChat, params: []param{{name: "info", kind: someInfo}}, shown: takesPart,
		request: func(_ *Component, a ask, x input) (desk.Request, error) {
			if len(x.info) == 0 {
				return desk.See{Local: a.local, By: a.by, Least: desk.Asked}, nil
			}
			return desk.Inform{Local: a.local, By: a.by, Info: x.info}, nil
		},
		told: toldInfo,
	}, {
		name: "history", at: inChat, params: []param{{name: "count", kind: aCount}},
		request: func(_ *Component, a ask, _ input) (desk.Request, error) {
			return desk.See{Local: a.local, By: a.by, Least: desk.Overseer}, nil
		},
		read: history,
	}, {
		name: "who", at: inChat, shown: func(s scene) bool { return s.standing != desk.Former || s.agent.Supervises() },
		request: func(_ *Component, a ask, _ input) (desk.Request, error) {
			return desk.See{Local: a.local, By: a.by, Least: desk.Overseer, Now: true}, nil
		},
		told: toldWho,
	}}
}

// answering is what to say to an offer.
func answering() []operation {
	answer := func(a ask, x input) desk.Answer {
		return desk.Answer{By: a.by, Local: a.unless(x.number), Number: x.number, ID: x.id}
	}
	return []operation{{
		name: "accept", also: []string{"y", "yes", "👍"}, at: inChat | atDesk, params: []param{which}, shown: isAsked, did: "you_took",
		request: func(_ *Component, a ask, x input) (desk.Request, error) {
			return desk.Accept{Answer: answer(a, x)}, nil
		},
		iq: iqAccept, reply: replyAccept,
	}, {
		name: "decline", also: []string{"n", "no", "👎"}, at: inChat | atDesk, params: []param{which, why}, shown: isAsked, did: "you_declined",
		request: func(_ *Component, a ask, x input) (desk.Request, error) {
			return desk.Decline{Answer: answer(a, x), Reason: x.text}, nil
		},
		iq: iqDecline,
	}}
}

// leaving is how a session ends for an agent. It stands last: some clients
// preselect the first command there is.
func leaving() []operation {
	return []operation{{
		name: "return", at: inChat, params: []param{why}, danger: true, shown: holds, did: "returned",
		request: func(_ *Component, a ask, x input) (desk.Request, error) {
			return desk.Return{Local: a.local, By: a.by, Reason: x.text}, nil
		},
	}, {
		name: "done", at: inChat, danger: true, shown: takesPart, did: "you_left",
		request: func(_ *Component, a ask, _ input) (desk.Request, error) {
			return desk.Disconnect{Local: a.local, By: a.by, Reason: string(stanza.ReasonDone)}, nil
		},
		told: func(_ *Component, v lang.Voice, _ ask, _ input, res desk.Result) string {
			if res.Conversation.Phase != handoff.Idle {
				return "" // a guest who left is told otherwise
			}
			return v.Say("closed", lang.Args{"Name": res.Conversation.Name})
		},
	}}
}
