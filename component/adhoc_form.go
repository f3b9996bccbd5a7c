package component

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"baton/desk"
	"baton/lang"
	"baton/stanza"
)

// sure is the field that asks for something dangerous a second time.
const sure = "sure"

func isYes(value string) bool { return value == "1" || value == "true" }

// asked returns what the form of an operation asks for.
func (o *operation) asked(a ask) []param {
	return slices.DeleteFunc(slices.Clone(o.params), func(p param) bool {
		return p.second != (a.entry != "") || p.kind == aCount || p.kind == aSwitch || p.kind == aNumber && a.local != ""
	})
}

// needsForm reports whether there is anything to ask for. A number alone is not
// asked for where there is but one to choose.
func (c *Component) needsForm(o *operation, a ask) bool {
	ps := o.asked(a)
	if o.danger || len(ps) > 1 || len(ps) == 1 && ps[0].kind != aNumber {
		return true
	}
	return len(ps) == 1 && (o.rules || len(c.sessionsFor(o, a)) > 1)
}

// form makes the form of an operation: only fields that every client shows.
func (c *Component) form(o *operation, a ask, conv desk.Conversation) *stanza.Form {
	v := c.voice(a.by)
	f := &stanza.Form{Type: stanza.FormAsk, Title: v.Say("do_" + o.name), Instructions: []string{sentence(v.Say("help_" + o.name))}}
	for _, p := range o.asked(a) {
		field := stanza.FormField{Var: p.variable(), Label: v.Say("field_" + p.name), Required: p.required}
		c.shape(&field, p, o, a, conv, v)
		few(&field, p, v)
		f.Fields = append(f.Fields, field)
	}
	if a.entry != "" {
		f.Title = a.entry
	}
	if o.danger {
		f.Fields = append(f.Fields, stanza.FormField{Var: sure, Type: stanza.Boolean, Label: v.Say("field_sure"), Values: []string{"0"}})
	}
	return f
}

// sentence makes a sentence of a line of the help.
func sentence(help string) string {
	first, n := utf8.DecodeRuneInString(help)
	return string(unicode.ToUpper(first)) + help[n:] + "."
}

// shape gives a field its type, and what there is to choose.
func (c *Component) shape(field *stanza.FormField, p param, o *operation, a ask, conv desk.Conversation, v lang.Voice) {
	field.Type = stanza.ListSingle
	choice := func(value, label string) {
		field.Options = append(field.Options, stanza.Option{Label: label, Value: value})
	}
	switch p.kind {
	case aTarget:
		c.queueChoices(v, a, choice)
		c.agentChoices(v, a, conv, choice)
	case anAgent:
		choice(string(a.by), v.Say("yourself"))
		c.agentChoices(v, a, conv, choice)
		field.Values = []string{string(a.by)}
	case aNumber:
		field.Required = true
		for _, o := range c.sessionsFor(o, a) {
			choice(fmt.Sprintf("%d:%d:%d", o.Number, o.Session, o.Epoch),
				fmt.Sprintf("%s %s · %s", o.Tag(), o.Name, c.desk.Directory().Title(o.Queue)))
		}
	case aName:
		field.Required = true
		for _, r := range c.cfg.Replies {
			choice(r.Name, r.Name+": "+quoted(r.Text))
		}
	case aShare:
		field.Values = []string{asQueue}
		choice(asQueue, v.Say("share_queue"))
		choice("all", v.Say("share_all"))
		choice("20", v.Say("share_last", lang.Args{"Last": 20}))
		choice("none", v.Say("share_none"))
	case someInfo:
		field.Type = stanza.TextMulti
		for _, f := range conv.Info {
			field.Values = append(field.Values, f.Var+"="+oneLine(f.Value))
		}
	case aText:
		field.Type = stanza.TextMulti
	case anEntry, aSetting:
		c.shapeEntry(field, p, a, v)
	default:
		field.Type = stanza.TextSingle
	}
}

// queueChoices lists the queues, with how many others are free there.
func (c *Component) queueChoices(v lang.Voice, a ask, choice func(value, label string)) {
	own, _ := c.desk.Figures().Agent(a.by)
	for _, q := range c.desk.Figures().Queues {
		if own.Available && slices.Contains(own.Queues, q.Name) {
			q.Available--
		}
		choice(q.Name, q.Title+" · "+v.Say("queue_free", lang.Args{"Free": q.Available}))
	}
}

// agentChoices lists the agents, the free ones first.
func (c *Component) agentChoices(v lang.Voice, a ask, conv desk.Conversation, choice func(value, label string)) {
	for _, free := range []bool{true, false} {
		for _, f := range c.desk.Figures().Agents {
			if f.Available == free && f.JID != a.by && f.JID != conv.Holder {
				choice(string(f.JID), f.Name+" · "+v.Say("agent_"+condOf(f)))
			}
		}
	}
}

// sessionsFor lists the sessions that an operation at the desk can be about.
func (c *Component) sessionsFor(o *operation, a ask) []desk.Conversation {
	agent, _ := c.agent(string(a.by))
	switch {
	case o.name == "leave":
		return c.heardBy(a.by)
	case o.rules:
		return c.desk.OpenWhere(func(s *desk.Conversation) bool { return s.Caller != a.by })
	case o.name == "take":
		return c.waitingFor(agent)
	}
	return c.offersTo(a.by)
}

// filled reads a form that was filled in. picked is the session and epoch of
// what was chosen in it, nil if nothing was.
func (c *Component) filled(o *operation, a ask, f *stanza.Form) (x input, picked *asOf, err error) {
	for _, p := range o.asked(a) {
		if p.kind == anEntry || p.kind == aSetting {
			if err := x.takeEntry(p, a, f); err != nil {
				return x, nil, err
			}
			continue
		}
		value := strings.Join(f.Values(p.name), "\n")
		if p.kind == aReason {
			value = oneLine(value)
		}
		if p.kind == aNumber && value != "" {
			if value, picked, err = chosen(value); err != nil {
				return x, nil, err
			}
		}
		if err := c.fill(&x, p, strings.TrimSpace(value)); err != nil {
			return x, nil, err
		}
	}
	return x, picked, nil
}

// chosen reads which session was chosen: one of the list, as it was then, or one
// whose number was written.
func chosen(value string) (number string, picked *asOf, err error) {
	number, rest, listed := strings.Cut(strings.TrimSpace(value), ":")
	if !listed {
		return number, nil, nil
	}
	session, epoch, ok := strings.Cut(rest, ":")
	s, err1 := strconv.ParseUint(session, 10, 64)
	e, err2 := strconv.ParseUint(epoch, 10, 64)
	if !ok || err1 != nil || err2 != nil {
		return "", nil, usage("no_number", lang.Args{"Value": value})
	}
	return number, &asOf{session: s, epoch: e}, nil
}
