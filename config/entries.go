package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"mellium.im/xmpp/jid"
)

// EntryKind says whether an entry is an agent or a queue.
type EntryKind string

// Kinds of entries.
const (
	AgentEntry EntryKind = "agent"
	QueueEntry EntryKind = "queue"
)

// Entry is an agent or a queue that was made, changed or removed beside the file.
type Entry struct {
	Kind     EntryKind
	Name     string   // the agent's bare address, the queue's name
	Settings Settings // all of them; nil: it is removed
}

// CanonicalName is the name of an entry as it is kept, or what was given where it is none.
func CanonicalName(kind EntryKind, name string) string {
	name = strings.TrimSpace(name)
	if j, err := jid.Parse(name); kind == AgentEntry && err == nil {
		return j.String()
	}
	return name
}

// With returns the configuration with these entries instead of its own of the same name. A queue that is removed is
// no queue of any agent's either. They are checked as a file's are; the receiver must have been. An error is an
// [*Error] whose problems name the entry in Where and the setting in Key.
func (c Config) With(entries ...Entry) (Config, error) {
	p, file := &problems{}, c
	c.Agents.List, c.Queues = slices.Clone(c.Agents.List), slices.Clone(c.Queues)
	c.Agents.Domains = slices.Clone(c.Agents.Domains)
	var gone []string
	for _, e := range entries {
		switch {
		case e.Kind == QueueEntry && e.Settings == nil:
			gone = append(gone, e.Name)
			c.Queues = slices.DeleteFunc(c.Queues, func(q Queue) bool { return q.Name == e.Name })
		case e.Kind == QueueEntry:
			c.Queues = put(p, "queues", c.Queues, e.Settings, func(a, b Queue) bool { return a.Name == b.Name })
		case e.Settings == nil:
			c.Agents.List = slices.DeleteFunc(c.Agents.List, func(a Agent) bool { return a.JID.String() == e.Name })
		default:
			c.Agents.List = put(p, "agents.list", c.Agents.List, e.Settings, func(a, b Agent) bool { return a.JID.Equal(b.JID) })
		}
	}
	for i, a := range c.Agents.List {
		c.Agents.List[i].Queues = slices.DeleteFunc(slices.Clone(a.Queues), func(q string) bool { return slices.Contains(gone, q) })
	}
	v := validator{problems: p, cfg: &c}
	v.queues()
	v.agents()
	v.pageQueues()
	v.phoneQueues(file)
	if e, ok := errors.AsType[*Error](p.err()); ok {
		for i := range e.Problems {
			c.place(&e.Problems[i])
		}
		return Config{}, e
	}
	return c, nil
}

// phoneQueues checks that the queues are there that numbers lead to; one that names none leads to the file's first.
func (v *validator) phoneQueues(file Config) {
	check := func(at string, numbers []string) {
		for i, entry := range numbers {
			v.numberQueue(item(child(at, "numbers"), i), entry, file.Number(entry).Queue)
		}
	}
	for i, s := range v.cfg.SMS.SMPP {
		check(item("sms.smpp", i), s.Numbers)
	}
	for i, k := range v.cfg.SMS.Kannel {
		check(item("sms.kannel", i), k.Numbers)
	}
	for i, t := range v.cfg.SMS.Twilio {
		check(item("sms.twilio", i), t.Numbers)
	}
}

// put decodes an entry over the one that is the same, or behind all.
func put[T any](p *problems, list string, all []T, s Settings, same func(a, b T) bool) []T {
	ch := checker{problems: p, at: sources{}.at, weak: true}
	var entry T
	decoded := func(key string) error {
		return decode(ch.section(s, reflect.TypeFor[T](), key), &entry, true)
	}
	// Which one it is says where it stands, and that is part of the key; so it is decoded twice.
	quiet := checker{problems: &problems{}, at: sources{}.at, weak: true}
	_ = decode(quiet.section(s, reflect.TypeFor[T](), ""), &entry, true)
	i := slices.IndexFunc(all, func(have T) bool { return same(have, entry) })
	if i < 0 {
		i = len(all)
		all = append(all, entry)
	}
	entry = *new(T)
	if err := decoded(item(list, i)); err != nil {
		p.add(place{}, item(list, i), "%s", err)
	}
	all[i] = entry
	return all
}

// place names the agent or queue that a problem is about.
func (c Config) place(p *Problem) {
	var i int
	var rest string
	where := ""
	if n, _ := fmt.Sscanf(p.Key, "queues[%d]", &i); n == 1 && i < len(c.Queues) {
		where, rest = "queue "+clip(c.Queues[i].Name), strings.TrimPrefix(p.Key, item("queues", i))
	} else if n, _ := fmt.Sscanf(p.Key, "agents.list[%d]", &i); n == 1 && i < len(c.Agents.List) {
		where, rest = "agent "+clip(c.Agents.List[i].JID.String()), strings.TrimPrefix(p.Key, item("agents.list", i))
	}
	if where != "" {
		p.Where, p.Key = strings.TrimSpace(where), strings.TrimPrefix(rest, ".")
	}
}

// Merge is With for entries that may not go with the file any more, after it was edited: those that do not are left
// out, each with its reason. Of two that exclude each other the later one stays.
func (c Config) Merge(entries []Entry) (merged Config, problems []error) {
	problems = make([]error, len(entries))
	merged, err := c.With(entries...)
	if err == nil {
		return merged, problems
	}
	taken := make([]bool, len(entries))
	merged = c
	for again := true; again; { // one that is taken may be what another lacks
		again = false
		for i := range slices.Backward(entries) {
			if taken[i] {
				continue
			}
			var some []Entry
			for n, e := range entries {
				if taken[n] || n == i {
					some = append(some, e)
				}
			}
			var next Config
			if next, problems[i] = c.With(some...); problems[i] == nil {
				merged, taken[i], again = next, true, true
			}
		}
	}
	return merged, problems
}

// Settings are an agent's or a queue's as a file has them, all in text: each is a string, a list ([]any) of strings, or
// a list of sections (map[string]any).
type Settings map[string]any

// Settings of the agent, but for what is empty.
func (a Agent) Settings() Settings { return settingsOf(reflect.ValueOf(a)) }

// Settings of the queue, but for what is empty.
func (q Queue) Settings() Settings {
	s := settingsOf(reflect.ValueOf(q))
	if q.Overflow == "" && q.OverflowAfter == 0 { // where there is an overflow it has a default
		delete(s, "overflow_after")
	}
	return s
}

func settingsOf(section reflect.Value) Settings {
	s := Settings{}
	for _, f := range reflect.VisibleFields(section.Type()) {
		if v := settingOf(section.FieldByIndex(f.Index)); v != nil {
			s[f.Tag.Get("mapstructure")] = v
		}
	}
	return s
}

// settingOf returns a value as text; nil if it is empty.
func settingOf(v reflect.Value) any {
	switch value := v.Interface().(type) {
	case jid.JID:
		return orNil(value.String())
	case time.Duration:
		return short(value)
	case fmt.Stringer:
		return orNil(value.String())
	}
	switch {
	case isSection(v.Type()):
		return map[string]any(settingsOf(v))
	case v.Kind() == reflect.Slice && v.Len() > 0:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = settingOf(v.Index(i))
		}
		return list
	case v.Kind() == reflect.Slice:
		return nil
	}
	return orNil(fmt.Sprint(v.Interface()))
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// Fields are the settings that a form can show, each with its values; nil where there are no settings.
func (s Settings) Fields() map[string][]string {
	if s == nil {
		return nil
	}
	fields := map[string][]string{}
	for key, v := range s {
		switch v := v.(type) {
		case string:
			fields[key] = []string{v}
		case []any:
			if words, ok := wordsOf(v); ok {
				fields[key] = words
			}
		}
	}
	return fields
}

func wordsOf(list []any) (words []string, ok bool) {
	for _, v := range list {
		word, is := v.(string)
		if !is {
			return nil, false
		}
		words = append(words, word)
	}
	return words, true
}

// Fill returns the settings of an entry with these in front: what a form was filled in with, an empty value for what is
// left out, lines and, in lists, words between commas.
func (s Settings) Fill(kind EntryKind, fields map[string][]string) Settings {
	section := reflect.TypeFor[Agent]()
	if kind == QueueEntry {
		section = reflect.TypeFor[Queue]()
	}
	_, types := keys(section)
	out := Settings{}
	for key, v := range s {
		out[key] = v
	}
	for key, values := range fields {
		text := strings.TrimSpace(strings.Join(values, "\n"))
		switch t := types[key]; {
		case text == "":
			delete(out, key)
		case t != nil && t.Kind() == reflect.Slice:
			var list []any
			for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' }) {
				if word = strings.TrimSpace(word); word != "" {
					list = append(list, word)
				}
			}
			out[key] = list
		default:
			out[key] = text
		}
	}
	return out
}
