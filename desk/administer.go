package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"baton/handoff"
)

var (
	// ErrInUse means that something is needed as it is.
	ErrInUse = errors.New("desk: in use")
	// ErrUnfit means that an entry is not as it must be, or does not go with the
	// others.
	ErrUnfit = errors.New("desk: the entry does not fit")
)

// EntryKind says what an entry of the directory is.
type EntryKind string

// The kinds of entries.
const (
	AgentEntry EntryKind = "agent"
	QueueEntry EntryKind = "queue"
)

// Change is what an administrator made of an agent or a queue while the service
// ran, as the store keeps it. It stands before the configuration file's entry.
type Change struct {
	Domain   string // the component domain
	Kind     EntryKind
	Name     string // the agent's bare JID, the queue's name
	Settings string // the whole entry, JSON under the keys of the file; empty: it is removed
	By       handoff.Party
	At       time.Time
}

// Changes keeps them.
type Changes interface {
	// Changes returns those of a domain, the oldest first.
	Changes(ctx context.Context, domain string) ([]Change, error)
	// KeepChange keeps one instead of what was kept of that name, ResetChange
	// forgets what was kept.
	KeepChange(ctx context.Context, c Change) error
	ResetChange(ctx context.Context, c Change) error
}

// Origin says where an entry of the directory comes from.
type Origin string

// The origins.
const (
	FromFile Origin = "file"
	Added    Origin = "added"   // by command; the file has none of that name
	Changed  Origin = "changed" // by command, instead of the file's
	Removed  Origin = "removed" // by command
)

// Entry is an agent or a queue as administrators see it.
type Entry struct {
	Kind     EntryKind
	Name     string
	Settings map[string][]string // under the keys of the file, as text
	Origin   Origin
	By       handoff.Party // who changed it last; nobody where it is the file's
	At       time.Time
	Problem  string // why it is left out: it does not go with the rest any more
}

// Edit is what an administrator wants done with an entry.
type Edit struct {
	Kind     EntryKind
	Name     string // empty for one that is new: its settings say
	Do       Deed
	Settings map[string][]string // under the keys of the file; others stay as they are
	By       handoff.Party
}

// Deed is what is done with an entry.
type Deed uint8

// The deeds.
const (
	Add Deed = iota + 1
	Alter
	Remove
	Reset // to the file's
)

// Administers reports whether the agent may change the directory.
func (a Agent) Administers() bool { return !a.Bot && slices.Contains(a.Roles, "admin") }

// Administer puts a changed directory in force if nobody needs what it lacks.
// Sessions and offers that are open stay as they are; see [Desk.Configure].
type Administer struct {
	Edit
	Directory *Directory // as it is to be
	// Keep makes it durable, in a transaction of its own, before it is in force;
	// an error keeps the directory as it is.
	Keep func(context.Context) error
}

func (r *Administer) apply(w *work) (Result, error) {
	now := w.d.Directory()
	if now == r.Directory { // in force: the batch it was in is run again
		return Result{}, nil
	}
	if a, ok := now.Agent(r.By); !ok || !a.Administers() {
		return Result{}, refuse(handoff.ErrNotHolder, "That is for administrators.")
	}
	if err := r.Meets(now); err != nil {
		return Result{}, err
	}
	if !slices.ContainsFunc(r.Directory.Agents, Agent.Administers) {
		return Result{}, refuse(ErrInUse, "Nobody would be an administrator any more: make somebody else one first.")
	}
	for _, q := range now.Queues {
		if _, stays := r.Directory.Queue(q.Name); !stays {
			if err := r.vacated(w, q.Name); err != nil {
				return Result{}, err
			}
		}
	}
	if err := r.turned(w); err != nil {
		return Result{}, err
	}
	if err := r.Keep(w.ctx); err != nil {
		return Result{}, fmt.Errorf("%w: %w", ErrStore, err)
	}
	w.d.Configure(r.Directory, w.d.Policy()) // requests behind this one see it
	return Result{}, nil
}

// Meets refuses to add what there is, and to change or remove what there is not.
func (r Edit) Meets(now *Directory) error {
	_, isAgent := now.Agent(handoff.Party(r.Name))
	_, isQueue := now.Queue(r.Name)
	there := isAgent && r.Kind == AgentEntry || isQueue && r.Kind == QueueEntry
	switch {
	case there == (r.Do == Alter || r.Do == Remove), r.Do == Reset:
		return nil
	case there && r.Kind == AgentEntry:
		return refuse(ErrInUse, "%s is an agent already: change them instead.", r.Name)
	case there:
		return refuse(ErrInUse, "There is a queue %q already: change it instead.", r.Name)
	case r.Kind == AgentEntry:
		return refuse(ErrHidden, "There is no agent %q here.", r.Name)
	}
	return refuse(ErrHidden, "There is no queue %q here.", r.Name)
}

// vacated refuses to take a queue away that somebody needs: a caller whose
// session is open, for it is the address they write to, or an agent who would be
// left without any.
func (r *Administer) vacated(w *work, queue string) error {
	if open := w.open(func(c *Conversation) bool { return c.Entry == queue || c.Queue == queue }); open > 0 {
		return refuse(ErrInUse, "Sessions of %s are open (%d): the queue can be removed when they have ended.", w.d.Directory().Title(queue), open)
	}
	for _, a := range r.Directory.Agents {
		before, _ := w.d.Directory().Agent(a.JID)
		if len(a.Queues) == 0 && slices.Contains(before.Queues, queue) {
			return refuse(ErrInUse, "%s works in %s alone: give them another queue first, or remove them.", string(a.JID), w.d.Directory().Title(queue))
		}
	}
	return nil
}
