package component

import (
	"cmp"
	"slices"
	"strings"

	"baton/desk"
	"baton/lang"
	"baton/stanza"
)

// agentSettings are the settings of an agent that a form has, the name first.
func agentSettings() []param {
	return settings("agent",
		param{key: "jid", required: true, missing: "missing_jid"},
		param{key: "name"},
		param{key: "queues", form: stanza.ListMulti},
		param{key: "roles", form: stanza.ListMulti, words: []string{"agent", "supervisor", "admin"}},
		param{key: "kind", form: stanza.ListSingle, words: []string{"person", "bot"}},
		param{key: "capacity", usual: "4"},
		param{key: "skills"},
		param{key: "lang"},
	)
}

// queueSettings are those of a queue. What the chat page asks first is for the
// file alone: it takes lists in a list.
func queueSettings() []param {
	return settings("queue",
		param{key: "name", required: true, missing: "missing_queue"},
		param{key: "title"},
		param{key: "greeting", form: stanza.TextMulti},
		param{key: "assign", form: stanza.ListSingle, words: []string{"offer", "auto"}},
		param{key: "ring", form: stanza.ListSingle, words: []string{"one", "all"}},
		param{key: "overflow", form: stanza.ListSingle},
		param{key: "overflow_after"},
		param{key: "hours"},
		param{key: "away", form: stanza.TextMulti},
		param{key: "tell_position", form: stanza.Boolean, usual: "0"},
		param{key: "share"},
	)
}

func settings(kind string, ps ...param) []param {
	for i := range ps {
		p := &ps[i]
		p.name, p.kind, p.formOnly = kind+"_"+p.key, aSetting, true
		p.form = cmp.Or(p.form, stanza.TextSingle)
		if len(p.words) > 0 {
			p.usual = p.words[0]
		}
	}
	return ps
}

// variable is what a parameter's field is called in a form.
func (p param) variable() string { return cmp.Or(p.key, p.name) }

// shapeEntry gives a field about agents or queues its type, its choices and what
// it is now.
func (c *Component) shapeEntry(field *stanza.FormField, p param, a ask, v lang.Voice) {
	choice := func(value, label string) {
		field.Options = append(field.Options, stanza.Option{Label: label, Value: value})
	}
	if p.kind == anEntry {
		for _, e := range c.entriesFor(p) {
			choice(e.Name, labelOf(v, e))
		}
		return
	}
	field.Type = p.form
	for _, word := range p.words {
		choice(word, v.Say("choice_"+word))
	}
	switch p.key {
	case "overflow":
		choice("", v.Say("choice_none"))
		fallthrough
	case "queues":
		for _, q := range c.desk.Directory().Queues {
			if q.Name != a.entry {
				choice(q.Name, c.desk.Directory().Title(q.Name))
			}
		}
	}
	values, is := a.shown[p.key]
	switch {
	case is && p.form == stanza.TextMulti:
		values = strings.Split(strings.Join(values, "\n"), "\n")
	case is && p.form == stanza.TextSingle:
		values = []string{strings.Join(values, ", ")}
	case is && p.form == stanza.Boolean:
		values = []string{"0"}
		if isYes(a.shown[p.key][0]) {
			values = []string{"1"}
		}
	case is:
	case a.entry == "" && p.usual != "", p.key == "overflow":
		values = []string{p.usual}
	}
	field.Values = values
}

// labelOf says in a line which entry it is.
func labelOf(v lang.Voice, e desk.Entry) string {
	label := e.Name
	for _, key := range []string{"name", "title"} {
		if text := oneLine(strings.Join(e.Settings[key], " ")); text != "" && text != e.Name {
			label = text + " · " + e.Name
		}
	}
	if e.Origin != desk.FromFile {
		label += " · " + v.Say("origin_"+string(e.Origin))
	}
	return label
}

// takeEntry reads a field about agents or queues. A setting that is as it was shown
// is none that is to be changed: somebody else may have changed it meanwhile.
func (x *input) takeEntry(p param, a ask, f *stanza.Form) error {
	values := slices.Clone(f.Values(p.variable()))
	if p.form != stanza.TextMulti {
		for i := range values {
			values[i] = oneLine(values[i])
		}
	}
	if p.form == stanza.ListMulti { // one that was written may have empty lines
		values = slices.DeleteFunc(values, func(s string) bool { return s == "" })
	}
	text := strings.TrimSpace(strings.Join(values, "\n"))
	if p.required && text == "" {
		return usage(p.missing, nil)
	}
	if p.kind == anEntry {
		x.entry = text
		return nil
	}
	x.entry = a.entry
	there := slices.ContainsFunc(f.Fields, func(field stanza.FormField) bool { return field.Var == p.variable() })
	if !there || a.entry != "" && p.same(values, a.shown[p.key]) {
		return nil
	}
	if x.settings == nil {
		x.settings = map[string][]string{}
	}
	x.settings[p.key] = values
	return nil
}

// same reports whether a field that was filled in says what it was shown with.
func (p param) same(now, was []string) bool {
	plain := func(values []string) []string {
		text := strings.TrimSpace(strings.Join(values, "\n"))
		switch p.form {
		case stanza.ListMulti:
			values = slices.Sorted(slices.Values(values))
		case stanza.Boolean:
			values = []string{"0"}
			if isYes(text) {
				values = []string{"1"}
			}
		case stanza.TextMulti:
			values = []string{text}
		default:
			values = []string{strings.ReplaceAll(text, "\n", ", ")}
		}
		return values
	}
	return slices.Equal(plain(now), plain(was))
}

// second sends the second form of a command that has two, filled in with how the
// chosen entry is now; false if it has not, or this was it.
func (s *adhoc) second(as asOf) bool {
	s.a.entry, s.a.shown = as.entry, as.shown
	if !s.o.goesOn(s.a) {
		return false
	}
	err := s.c.may(s.o, s.a.by)
	var x input
	if err == nil {
		x, _, err = s.c.filled(s.o, s.a, s.cmd.Form)
	}
	if err != nil {
		s.fails(err)
		return true
	}
	all := s.c.entriesFor(s.o.params[0])
	i := slices.IndexFunc(all, func(e desk.Entry) bool { return e.Name == x.entry })
	if i < 0 {
		s.fails(&said{stanza.ItemNotFound, "no_entry", lang.Args{"Name": x.entry}})
		return true
	}
	s.a.entry, s.a.shown = all[i].Name, all[i].Settings
	s.c.forms.keep(s.key(s.cmd.Session), asOf{entry: s.a.entry, shown: s.a.shown})
	s.ask(s.cmd.Session, desk.Result{})
	return true
}

// goesOn reports whether behind the form of an operation comes another.
func (o *operation) goesOn(a ask) bool {
	return a.entry == "" && slices.ContainsFunc(o.params, func(p param) bool { return p.second })
}
