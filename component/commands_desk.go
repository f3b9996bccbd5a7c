package component

import (
	"baton/desk"
	"baton/lang"
)

// working is what agents ask of the desk.
func working() []operation {
	known := func(tell func(c *Component, v lang.Voice, a desk.Agent) string) operation {
		return operation{
			at:      atDesk | visits,
			request: func(*Component, ask, input) (desk.Request, error) { return nil, nil },
			told: func(c *Component, v lang.Voice, a ask, _ input, _ desk.Result) string {
				agent, _ := c.agent(string(a.by))
				return tell(c, v, agent)
			},
		}
	}
	queue, agents := known(toldQueues), known(toldAgents)
	queue.name, agents.name = "queue", "agents"
	pausing := func(paused bool) func(scene) bool {
		return func(s scene) bool {
			f, _ := s.c.desk.Figures().Agent(s.agent.JID)
			return s.conv == nil && f.Paused == paused
		}
	}
	return []operation{{
		name: "take", at: atDesk | visits, params: []param{which}, did: "you_took",
		shown: func(s scene) bool { return s.conv == nil && len(s.c.waitingFor(s.agent)) > 0 },
		request: func(_ *Component, a ask, x input) (desk.Request, error) {
			return desk.Take{By: a.by, Local: a.unless(x.number), Number: x.number}, nil
		},
	}, queue, agents, {
		name: "pause", at: atDesk | visits, shown: pausing(false),
		request: func(_ *Component, a ask, _ input) (desk.Request, error) { return desk.Pause{By: a.by}, nil },
		told: func(c *Component, v lang.Voice, _ ask, _ input, res desk.Result) string {
			if res.Duplicate {
				return v.Say("paused_already", lang.Args{"P": c.cfg.Prefix})
			}
			return v.Say("paused", lang.Args{"P": c.cfg.Prefix})
		},
	}, {
		name: "resume", at: atDesk | visits, shown: pausing(true),
		request: func(_ *Component, a ask, _ input) (desk.Request, error) { return desk.Resume{By: a.by}, nil },
		told: func(_ *Component, v lang.Voice, _ ask, _ input, res desk.Result) string {
			if res.Duplicate {
				return v.Say("not_paused")
			}
			return v.Say("unpaused")
		},
	}}
}

// ruling is what supervisors do with sessions that are not theirs.
func ruling() []operation {
	elsewhere := func(s scene) bool { return s.conv == nil || s.standing != desk.Holder }
	done := func(text string) func(*Component, lang.Voice, ask, input, desk.Result) string {
		return func(_ *Component, v lang.Voice, _ ask, _ input, res desk.Result) string {
			return v.Say(text, lang.Args{"Tag": res.Conversation.Tag(), "Name": res.Conversation.Name})
		}
	}
	ops := []operation{{
		name: "sessions", at: atDesk | visits, shown: func(s scene) bool { return s.conv == nil },
		request: func(*Component, ask, input) (desk.Request, error) { return nil, nil },
		told:    func(c *Component, v lang.Voice, _ ask, _ input, _ desk.Result) string { return toldSessions(c, v) },
	}, {
		name: "force", at: inChat | atDesk, did: "you_took", params: []param{which, {name: "agent", kind: anAgent}}, shown: elsewhere,
		request: func(_ *Component, a ask, x input) (desk.Request, error) {
			o, err := oversight(a, x)
			return desk.Force{Oversight: o, To: x.target.Agent}, err
		},
		told: func(c *Component, v lang.Voice, a ask, _ input, res desk.Result) string {
			if res.Conversation.Holder == a.by {
				return "" // the handover message says it
			}
			return v.Say("forced", lang.Args{"Tag": res.Conversation.Tag(), "Name": res.Conversation.Name,
				"Who": c.desk.Directory().NameOf(res.Conversation.Holder)})
		},
	}, {
		name: "barge", at: inChat | atDesk, params: []param{which}, shown: elsewhere, did: "you_joined",
		request: func(_ *Component, a ask, x input) (desk.Request, error) {
			o, err := oversight(a, x)
			return desk.Barge{Oversight: o}, err
		},
	}, {
		name: "whisper", at: inChat | atDesk, shown: elsewhere,
		params: []param{which, {name: "text", kind: aText, required: true, missing: "whisper_what"}},
		request: func(c *Component, a ask, x input) (desk.Request, error) {
			o, err := oversight(a, x)
			return desk.Whisper{Oversight: o, Text: c.text(a, x.text)}, err
		},
		told: func(c *Component, v lang.Voice, _ ask, _ input, res desk.Result) string {
			return v.Say("whispered", lang.Args{"Tag": res.Conversation.Tag(), "Who": c.desk.Directory().NameOf(res.Conversation.Holder)})
		},
	}, {
		name: "end", at: inChat | atDesk, params: []param{which}, danger: true, shown: elsewhere,
		request: func(_ *Component, a ask, x input) (desk.Request, error) {
			o, err := oversight(a, x)
			return desk.End{Oversight: o}, err
		},
		told: done("ended"),
	}}
	for i := range ops {
		ops[i].rules = true
	}
	return ops
}
