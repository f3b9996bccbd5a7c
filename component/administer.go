package component

import (
	"context"
	"slices"
	"strings"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// Administration knows the agents and queues there are, and changes them.
type Administration interface {
	// Entries lists agents, then queues; it does not wait.
	Entries() []desk.Entry
	// Change does what an administrator wants done, keeps it and puts it in force.
	// A refusal is a [*desk.Refusal].
	Change(ctx context.Context, e desk.Edit) (desk.Entry, error)
}

// administering is how administrators change agents and queues: by forms, at the
// desk and the service.
func administering() []operation {
	there := func(s scene) bool { return s.conv == nil }
	anyChanged := func(s scene) bool {
		return s.conv == nil && slices.ContainsFunc(s.c.cfg.Admin.Entries(), func(e desk.Entry) bool { return e.Origin != desk.FromFile })
	}
	do := func(kind desk.EntryKind, d desk.Deed) func(ask, input) desk.Edit {
		return func(a ask, x input) desk.Edit {
			return desk.Edit{Kind: kind, Name: x.entry, Do: d, Settings: x.settings, By: a.by}
		}
	}
	second := func(ps []param) []param {
		ps = slices.Clone(ps)
		for i := range ps {
			ps[i].second = true
		}
		return ps
	}
	named := func(name string) param {
		return param{name: name, kind: anEntry, required: true, missing: "which_entry", formOnly: true}
	}
	agent, queue := agentSettings(), queueSettings()
	ops := []operation{{
		name: "directory", at: atDesk | visits, shown: there,
		request: func(*Component, ask, input) (desk.Request, error) { return nil, nil },
		told:    func(c *Component, v lang.Voice, _ ask, _ input, _ desk.Result) string { return c.toldDirectory(v) },
	}, {
		name: "add-agent", at: atDesk, params: agent, change: do(desk.AgentEntry, desk.Add), shown: there,
	}, {
		name: "edit-agent", at: atDesk, params: append([]param{named("which_agent")}, second(agent[1:])...),
		change: do(desk.AgentEntry, desk.Alter), shown: there,
	}, {
		name: "add-queue", at: atDesk, params: queue, change: do(desk.QueueEntry, desk.Add), shown: there,
	}, {
		name: "edit-queue", at: atDesk, params: append([]param{named("which_queue")}, second(queue[1:])...),
		change: do(desk.QueueEntry, desk.Alter), shown: there,
	}, {
		name: "remove-agent", at: atDesk, params: []param{named("which_agent")}, danger: true, change: do(desk.AgentEntry, desk.Remove), shown: there,
	}, {
		name: "remove-queue", at: atDesk, params: []param{named("which_queue")}, danger: true, change: do(desk.QueueEntry, desk.Remove), shown: there,
	}, {
		name: "reset", at: atDesk, params: []param{named("which_changed")}, danger: true, shown: anyChanged,
		change: func(a ask, x input) desk.Edit {
			kind := desk.QueueEntry
			if strings.Contains(x.entry, "@") {
				kind = desk.AgentEntry
			}
			return do(kind, desk.Reset)(a, x)
		},
	}}
	for i := range ops {
		ops[i].admins = true
	}
	return ops
}

// mayAdminister refuses who is no administrator what is for those alone.
func (c *Component) mayAdminister(o *operation, by handoff.Party) error {
	if a, _ := c.desk.Directory().Agent(by); o.admins && (c.cfg.Admin == nil || !a.Administers()) {
		return &said{cond: stanza.Forbidden, name: "for_admins"}
	}
	return nil
}

// byForm answers the chat word of an operation that takes a form.
func (c *Component) byForm(v lang.Voice, o *operation, a ask) string {
	if err := c.may(o, a.by); err != nil {
		return c.inWords(v, err)
	}
	return v.Say("by_form", lang.Args{"Command": strings.TrimSuffix(v.Say("do_"+o.name), "…"), "At": c.cfg.Domain})
}

// administer has agents or queues changed, away from whoever reads the stream.
func (c *Component) administer(o *operation, a ask, x input, done func(string, desk.Result, error)) {
	v, e := c.voice(a.by), o.change(a, x)
	changed := func(was desk.Entry) bool { return was.Name == e.Name }
	if e.Do == desk.Alter && len(e.Settings) == 0 || e.Do == desk.Reset && !slices.ContainsFunc(c.entriesFor(o.params[0]), changed) {
		done(v.Say("nothing_changed"), desk.Result{}, nil)
		return
	}
	c.readers.do(c, a.by, func(ctx context.Context) (string, error) {
		beside := c.beside(handoff.Party(e.Name)) // they leave when it is in force
		entry, err := c.cfg.Admin.Change(ctx, e)
		if err != nil {
			return "", err
		}
		return c.toldChange(v, e.Do, entry, beside), nil
	}, func(text string, err error) { done(text, desk.Result{}, err) })
}

// entriesFor lists what an operation can be about.
func (c *Component) entriesFor(p param) []desk.Entry {
	return slices.DeleteFunc(c.cfg.Admin.Entries(), func(e desk.Entry) bool {
		switch p.name {
		case "which_changed":
			return e.Origin == desk.FromFile
		case "which_agent":
			return e.Kind != desk.AgentEntry || e.Settings == nil
		}
		return e.Kind != desk.QueueEntry || e.Settings == nil
	})
}
