package component

import (
	"context"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// holding is what a holder does who leaves the chat for a moment.
func holding() []operation {
	return []operation{{
		name: "hold", at: inChat, shown: holds,
		request: func(_ *Component, a ask, x input) (desk.Request, error) {
			return desk.Hold{Local: a.local, Session: x.session, By: a.by, Set: x.set, OriginID: a.once}, nil
		},
		told: func(c *Component, v lang.Voice, _ ask, _ input, res desk.Result) string {
			text := "told_back"
			if res.On {
				text = "told_held"
			}
			return v.Say(text, lang.Args{"Name": res.Conversation.Name, "P": c.cfg.Prefix})
		},
		iq: iqHold,
	}}
}

// listening is how supervisors see what is said without taking part.
func listening() []operation {
	told := func(c *Component, v lang.Voice, _ ask, _ input, res desk.Result) string {
		text := "listening_no_more"
		if res.On {
			text = "listening"
		}
		return v.Say(text, lang.Args{"Name": res.Conversation.Name, "Tag": res.Conversation.Tag(), "P": c.cfg.Prefix})
	}
	return []operation{{
		name: "listen", at: inChat | atDesk, rules: true, told: told, iq: iqListen,
		params: []param{which, {name: "state", kind: aSwitch}},
		shown: func(s scene) bool {
			return s.agent.Supervises() && (s.conv == nil || s.standing < desk.Guest && s.conv.Phase != handoff.Idle &&
				!s.c.desk.Listens(s.conv.Local, s.agent.JID))
		},
		request: func(_ *Component, a ask, x input) (desk.Request, error) {
			o, err := oversight(a, x)
			return desk.Listen{Oversight: o, Session: x.session, Off: x.set == desk.Off}, err
		},
	}, {
		name: "leave", at: inChat | atDesk, rules: true, told: told, params: []param{which},
		shown: func(s scene) bool {
			if s.conv == nil {
				return len(s.c.heardBy(s.agent.JID)) > 0
			}
			return s.c.desk.Listens(s.conv.Local, s.agent.JID)
		},
		request: func(c *Component, a ask, x input) (desk.Request, error) {
			if all := c.heardBy(a.by); a.local == "" && x.number == 0 && len(all) == 1 {
				x.number = all[0].Number
			}
			o, err := oversight(a, x)
			return desk.Listen{Oversight: o, Off: true}, err
		},
	}}
}

// heardBy lists the sessions that a supervisor listens to.
func (c *Component) heardBy(who handoff.Party) []desk.Conversation {
	return c.desk.HeardBy(context.Background(), who)
}

// oversight names the session that a supervisor means.
func oversight(a ask, x input) (desk.Oversight, error) {
	o := desk.Oversight{By: a.by, Local: a.unless(x.number), Number: x.number}
	if o.Local == "" && o.Number == 0 {
		return o, usage("which_number", nil)
	}
	return o, nil
}

// switches are the positions of a switch, by their names on the wire.
var switches = map[stanza.Switch]desk.Switch{stanza.On: desk.On, stanza.Off: desk.Off}

func iqHold(st stanza.Stanza) (input, error) {
	var x stanza.Hold
	err := st.Decode(&x)
	return input{session: x.Session.String(), set: switches[x.State]}, err
}

func iqListen(st stanza.Stanza) (input, error) {
	var x stanza.Listen
	err := st.Decode(&x)
	return input{session: x.Session.String(), set: switches[x.State]}, err
}
