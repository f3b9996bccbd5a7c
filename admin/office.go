package admin

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"baton/config"
	"baton/desk"
)

// Office is the agents and queues of a service. Its methods may be called from
// several goroutines; Config and Entries do not wait for the others.
type Office struct {
	kept desk.Changes
	log  *slog.Logger

	state atomic.Pointer[state]

	turn sync.Mutex // of those who change something
	desk *desk.Desk // nil before Serve
	told func(config.Config)
}

// Open loads what was changed and lays it over the file's entries.
func Open(ctx context.Context, file config.Config, kept desk.Changes, log *slog.Logger) (*Office, error) {
	o := &Office{kept: kept, log: log}
	stored, err := kept.Changes(ctx, file.Component.Domain)
	if err != nil {
		return nil, fmt.Errorf("agents and queues: %w", err)
	}
	changes, err := read(stored)
	if err != nil {
		return nil, err
	}
	o.become(newState(file, changes))
	return o, nil
}

// Look lays what the store has over the file's entries, without a service. The
// entries are those that are not the file's, or not as it has them.
func Look(file config.Config, stored []desk.Change) (merged config.Config, changed []desk.Entry, err error) {
	changes, err := read(stored)
	if err != nil {
		return file, nil, err
	}
	s := newState(file, changes)
	changed = slices.DeleteFunc(s.list(), func(e desk.Entry) bool { return e.Origin == desk.FromFile })
	return s.merged, changed, nil
}

// become takes a state and says what had to be left out.
func (o *Office) become(s *state) {
	o.state.Store(s)
	for _, c := range s.changes {
		if c.problem != nil {
			o.log.Warn("what an administrator changed does not go with the configuration file any more and is left out",
				string(c.Kind), c.Name, "by", string(c.By), "problem", c.problem)
		}
	}
}

// Serve makes changes take effect at the desk from now on; told is called with the
// new configuration once the desk has it.
func (o *Office) Serve(d *desk.Desk, told func(config.Config)) {
	o.turn.Lock()
	defer o.turn.Unlock()
	o.desk, o.told = d, told
}

// Config returns the configuration in force: the file's with what was changed.
func (o *Office) Config() config.Config { return o.state.Load().merged }

// Entries lists agents, then queues, with what was removed or is left out behind
// the others of each.
func (o *Office) Entries() []desk.Entry { return o.state.Load().list() }

// Rebase takes a file that was read again, and puts what follows in force.
func (o *Office) Rebase(file config.Config, policy desk.Policy) {
	o.turn.Lock()
	defer o.turn.Unlock()
	o.become(newState(file, o.state.Load().changes))
	o.desk.Configure(Directory(o.Config()), policy)
	o.told(o.Config())
}

// Change does what an administrator wants done with an entry, and returns the
// entry as it is then. It is in the store and in force, or the error says why not,
// a [*desk.Refusal] where that is the administrator's to mend.
func (o *Office) Change(ctx context.Context, e desk.Edit) (desk.Entry, error) {
	o.turn.Lock()
	defer o.turn.Unlock()
	was := o.state.Load()
	c := change{Change: desk.Change{Domain: was.file.Component.Domain, Kind: e.Kind, By: e.By,
		At: time.Now().UTC().Truncate(time.Microsecond)}}
	if e.Do == desk.Add {
		e.Name = nameOf(e)
	}
	if err := e.Meets(o.desk.Directory()); err != nil {
		return desk.Entry{}, err
	}
	if err := o.free(ctx, e); err != nil {
		return desk.Entry{}, err
	}
	c.Name = e.Name
	if e.Do == desk.Add || e.Do == desk.Alter {
		c.settings = was.settings(e.Kind, e.Name).Fill(config.EntryKind(e.Kind), e.Settings)
		raw, err := json.Marshal(c.settings)
		if err != nil {
			return desk.Entry{}, err
		}
		c.Settings = string(raw)
	}
	changes, kept, err := was.with(c, e.Do)
	if err != nil {
		return desk.Entry{}, &desk.Refusal{Err: desk.ErrUnfit, Text: inLines(err)}
	}
	now := newState(was.file, changes)
	keep := o.kept.ResetChange
	if kept {
		keep = o.kept.KeepChange
	}
	dir := Directory(now.merged)
	_, err = o.desk.Do(context.WithoutCancel(ctx), &desk.Administer{Edit: e, Directory: dir,
		Keep: func(ctx context.Context) error { return keep(ctx, c.Change) }})
	if err != nil && o.desk.Directory() != dir { // else what failed was something beside it
		return desk.Entry{}, err
	}
	o.become(now)
	o.told(now.merged)
	entry := now.entry(e.Kind, e.Name)
	o.log.Info("an administrator changed agents or queues", "by", string(e.By), "did", deed(e.Do), string(e.Kind), e.Name,
		"settings", difference(was.entry(e.Kind, e.Name).Settings, entry.Settings))
	return entry, nil
}

// free refuses to give a new queue the address of a conversation: what is written
// to that would open sessions, and its holder's words would not reach the caller.
func (o *Office) free(ctx context.Context, e desk.Edit) error {
	if e.Kind != desk.QueueEntry || e.Do != desk.Add || e.Name == "" {
		return nil
	}
	_, err := o.desk.Conversation(ctx, e.Name)
	switch {
	case errors.Is(err, desk.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("%w: %w", desk.ErrStore, err)
	}
	const format = "%q is the address of a conversation: write another name."
	return &desk.Refusal{Err: desk.ErrInUse, Text: fmt.Sprintf(format, e.Name), Format: format, Args: []any{e.Name}}
}

// inLines says what is wrong with a configuration, a line for each problem.
func inLines(err error) string {
	e, ok := errors.AsType[*config.Error](err)
	if !ok {
		return err.Error()
	}
	var lines []string
	for _, p := range e.Problems {
		lines = append(lines, p.String())
	}
	return strings.Join(lines, "\n")
}

// nameOf is what an entry that is to be added is called.
func nameOf(e desk.Edit) string {
	key := "name"
	if e.Kind == desk.AgentEntry {
		key = "jid"
	}
	return config.CanonicalName(config.EntryKind(e.Kind), strings.Join(e.Settings[key], ""))
}

func deed(d desk.Deed) string {
	return map[desk.Deed]string{desk.Add: "add", desk.Alter: "change", desk.Remove: "remove", desk.Reset: "reset"}[d]
}

// difference says what became of the settings that are others now. Of what may be
// personal, and of texts, the log has only that they are.
func difference(was, now map[string][]string) string {
	if now == nil {
		return "none"
	}
	unlogged := []string{"name", "skills", "lang", "title", "greeting", "away"}
	all := maps.Clone(was)
	if all == nil {
		all = map[string][]string{}
	}
	maps.Copy(all, now)
	var out []string
	for _, key := range slices.Sorted(maps.Keys(all)) {
		switch {
		case slices.Equal(was[key], now[key]):
		case slices.Contains(unlogged, key):
			out = append(out, key)
		default:
			out = append(out, key+"="+cmp.Or(strings.Join(now[key], ","), "-"))
		}
	}
	return strings.Join(out, " ")
}
