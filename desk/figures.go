package desk

import (
	"cmp"
	"reflect"
	"slices"
	"time"

	"baton/handoff"
)

// Figures is who waits and who works, as last committed. It is read-only.
type Figures struct {
	Queues []QueueFigures // in the directory's order
	Agents []AgentFigures // likewise
}

// QueueFigures is one queue at a glance.
type QueueFigures struct {
	Name, Title string
	Waiting     int       // sessions that nobody holds
	Since       time.Time // since when the first of them waits; zero: none does
	Open        bool      // within its opening hours
	Online      int       // agents who are there, the paused and busy among them
	Available   int       // agents who could take one more session now
	Paused      int       // agents online and paused
	Held        int       // sessions that its agents hold, of whatever queue
	Capacity    int       // how many they could hold; those without a limit left out
}

// AgentFigures is one agent at a glance.
type AgentFigures struct {
	JID       handoff.Party
	Name      string
	Queues    []string
	Online    bool
	Available bool      // could take one more session now
	Held      int       // sessions they are in
	Capacity  int       // how many they can take; 0: any number
	Paused    bool      // by themselves
	Since     time.Time // since when they are paused; zero: they are not
}

// Queue returns a queue's figures.
func (f *Figures) Queue(name string) (QueueFigures, bool) {
	i := slices.IndexFunc(f.Queues, func(q QueueFigures) bool { return q.Name == name })
	if i < 0 {
		return QueueFigures{}, false
	}
	return f.Queues[i], true
}

// Agent returns an agent's figures.
func (f *Figures) Agent(who handoff.Party) (AgentFigures, bool) {
	i := slices.IndexFunc(f.Agents, func(a AgentFigures) bool { return a.JID == who })
	if i < 0 {
		return AgentFigures{}, false
	}
	return f.Agents[i], true
}

// Figures returns the figures of now; it never waits for the desk.
func (d *Desk) Figures() *Figures { return d.figures.Load() }

// OnFigures has f called with the figures whenever they have changed, on the
// desk's goroutine, after the commit: f must not block. Call it before Run.
func (d *Desk) OnFigures(f func(*Figures)) { d.onFigures = append(d.onFigures, f) }

// count publishes the figures if they have changed.
func (d *Desk) count() {
	if !d.stale {
		return
	}
	d.stale = false
	f := d.counted(d.cfg.Now())
	if reflect.DeepEqual(f, d.figures.Load()) {
		return
	}
	d.figures.Store(f)
	for _, tell := range d.onFigures {
		tell(f)
	}
}

func (d *Desk) counted(now time.Time) *Figures {
	dir := d.Directory()
	f := &Figures{}
	work := map[string]*QueueFigures{}
	for _, q := range dir.Queues {
		work[q.Name] = &QueueFigures{Name: q.Name, Title: cmp.Or(q.Title, q.Name), Open: q.open(now)}
	}
	for _, q := range work {
		q.Waiting, q.Since = len(d.ranks[q.Name]), d.ranks.longest(q.Name)
	}
	for _, a := range dir.Agents {
		fig := d.agentFigures(a)
		f.Agents = append(f.Agents, fig)
		for _, name := range a.Queues {
			if q := work[name]; q != nil {
				q.add(fig)
			}
		}
	}
	for _, q := range dir.Queues {
		f.Queues = append(f.Queues, *work[q.Name])
	}
	return f
}

func (d *Desk) agentFigures(a Agent) AgentFigures {
	fig := AgentFigures{JID: a.JID, Name: a.Name, Queues: a.Queues, Capacity: a.Capacity}
	_, absent := d.absent[a.JID]
	_, known := d.present[a.JID]
	fig.Online = known && !absent
	fig.Since, fig.Paused = d.paused[a.JID]
	if b := d.busy[a.JID]; b != nil {
		fig.Held = b.held
	}
	fig.Available = d.present[a.JID] && !fig.Paused && (a.Capacity == 0 || d.load(a.JID) < a.Capacity)
	return fig
}

func (q *QueueFigures) add(a AgentFigures) {
	if a.Online {
		q.Online++
		if a.Paused {
			q.Paused++
		}
	}
	if a.Available {
		q.Available++
	}
	q.Held += a.Held
	q.Capacity += a.Capacity
}
