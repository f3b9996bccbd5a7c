package admin

import (
	"encoding/json"
	"fmt"
	"slices"

	"baton/config"
	"baton/desk"
)

// state is the file, what was changed, and what follows. It never changes.
type state struct {
	file    config.Config
	merged  config.Config
	changes []change // the oldest first
}

// change is one that is kept.
type change struct {
	desk.Change
	settings config.Settings // nil: the entry is removed
	problem  error           // why it is left out
}

// newState lays the changes over the file.
func newState(file config.Config, changes []change) *state {
	s := &state{file: file, changes: slices.Clone(changes)}
	var problems []error
	s.merged, problems = file.Merge(entries(changes))
	for i, err := range problems {
		s.changes[i].problem = err
	}
	return s
}

func entries(changes []change) (out []config.Entry) {
	for _, c := range changes {
		out = append(out, config.Entry{Kind: config.EntryKind(c.Kind), Name: c.Name, Settings: c.settings})
	}
	return out
}

// with returns the changes with one more, and whether that is among them: it is
// not where the file's entry counts again. All of them that were not left out go
// with the file and each other.
func (s *state) with(c change, do desk.Deed) (next []change, kept bool, err error) {
	others := slices.DeleteFunc(slices.Clone(s.changes), func(k change) bool { return k.Kind == c.Kind && k.Name == c.Name })
	fit := func(all []change) error {
		_, err := s.file.With(entries(slices.DeleteFunc(slices.Clone(all), func(c change) bool { return c.problem != nil }))...)
		return err
	}
	if do == desk.Reset || do == desk.Remove && !s.inFile(c.Kind, c.Name) {
		if err = fit(others); err == nil || do == desk.Reset {
			return others, false, err
		} // else an agent names the queue: it has to be kept that it is none
	}
	next = append(others, c)
	return next, true, fit(next)
}

// settings returns those an entry has; nil where there is no such entry.
func (s *state) settings(kind desk.EntryKind, name string) config.Settings {
	for _, a := range s.merged.Agents.List {
		if kind == desk.AgentEntry && a.JID.String() == name {
			return a.Settings()
		}
	}
	if q, ok := s.merged.Queue(name); ok && kind == desk.QueueEntry {
		if q.Share == s.merged.Transfer.Share { // it goes on to be as that is
			q.Share = config.Share{}
		}
		return q.Settings()
	}
	return nil
}

func (s *state) inFile(kind desk.EntryKind, name string) bool {
	if kind == desk.QueueEntry {
		_, ok := s.file.Queue(name)
		return ok
	}
	return slices.ContainsFunc(s.file.Agents.List, func(a config.Agent) bool { return a.JID.String() == name })
}

// list returns agents, then queues, with what was removed or is left out behind
// the others of each.
func (s *state) list() (out []desk.Entry) {
	var agents, queues []string
	for _, a := range s.merged.Agents.List {
		agents = append(agents, a.JID.String())
	}
	for _, q := range s.merged.Queues {
		queues = append(queues, q.Name)
	}
	for _, c := range s.changes {
		names := &agents
		if c.Kind == desk.QueueEntry {
			names = &queues
		}
		if !slices.Contains(*names, c.Name) {
			*names = append(*names, c.Name)
		}
	}
	for _, name := range agents {
		out = append(out, s.entry(desk.AgentEntry, name))
	}
	for _, name := range queues {
		out = append(out, s.entry(desk.QueueEntry, name))
	}
	return out
}

// entry returns an entry as administrators see it.
func (s *state) entry(kind desk.EntryKind, name string) desk.Entry {
	e := desk.Entry{Kind: kind, Name: name, Settings: s.settings(kind, name).Fields(), Origin: desk.FromFile}
	i := slices.IndexFunc(s.changes, func(c change) bool { return c.Kind == kind && c.Name == name })
	if i < 0 {
		return e
	}
	c := s.changes[i]
	e.By, e.At = c.By, c.At
	switch {
	case c.settings == nil:
		e.Origin = desk.Removed
	case s.inFile(kind, name):
		e.Origin = desk.Changed
	default:
		e.Origin = desk.Added
	}
	if c.problem != nil {
		e.Problem = c.problem.Error()
	}
	return e
}

// read makes changes of what the store has.
func read(stored []desk.Change) ([]change, error) {
	var out []change
	for _, c := range stored {
		read := change{Change: c}
		if c.Settings != "" {
			if err := json.Unmarshal([]byte(c.Settings), &read.settings); err != nil {
				return nil, fmt.Errorf("agents and queues: what the database has of %s %s cannot be read: %w", c.Kind, c.Name, err)
			}
		}
		out = append(out, read)
	}
	return out, nil
}
