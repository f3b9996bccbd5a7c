package torture

import (
	"fmt"
	"time"

	"github.com/stretchr/testify/require"
)

// fault is what goes wrong in a cycle.
type fault string

const (
	kill    fault = "kill"    // of the program under load
	early   fault = "early"   // of the program while it starts
	stop    fault = "stop"    // SIGTERM under load
	cut     fault = "cut"     // the link, under load
	restart fault = "restart" // of the server, killed under load
)

// struck is a fault and what was in the window that XEP-0114 leaves open: said,
// not journalled, and not said again.
type struck struct {
	fault
	missing map[string]*person // by id of the attempt
}

// draw plans the faults: what kind, and when.
func (w *world) draw(n int) []fault {
	plan := make([]fault, n)
	for i := range plan {
		switch d := w.rand.IntN(100); {
		case *onlyFlag != "":
			plan[i] = fault(*onlyFlag)
		case d < 76:
			plan[i] = kill
		case d < 85:
			plan[i] = early
		case d < 91:
			plan[i] = stop
		case d < 96:
			plan[i] = cut
		default:
			plan[i] = restart
		}
	}
	return plan
}

// cutNext reports whether the link is cut before the program ends.
func cutNext(plan []fault) bool {
	for _, f := range plan {
		switch f {
		case cut:
			return true
		case kill, early, stop:
			return false
		}
	}
	return false
}

func (w *world) torture(n int) {
	w.t.Helper()
	plan := w.draw(n)
	w.start(cutNext(plan))
	if n == 0 || plan[0] != early {
		w.resume(0)
	}
	began := time.Now()
	for i, f := range plan {
		next := plan[i+1:]
		if *withinFlag > 0 && time.Since(began) > *withinFlag {
			next = nil
		}
		if f != early {
			w.drain()
		}
		w.cycle(f, next)
		if (i+1)%25 == 0 {
			w.t.Logf("%s: %d cycles in %v, %d journalled, outbox %d", w.server.Name(), i+1,
				time.Since(began).Round(time.Second), len(w.journal.lines), w.pending())
		}
		if len(next) == 0 {
			return
		}
	}
}

// cycle lets one fault strike and brings everything up again.
func (w *world) cycle(f fault, next []fault) {
	w.t.Helper()
	from := w.baton.Here()
	if f == early {
		moment := time.Duration(w.rand.IntN(250)) * time.Millisecond
		select {
		case <-time.After(moment):
		case <-w.baton.Done():
			require.Failf(w.t, "the program ended by itself", "%s", w.baton.Output())
		}
		w.baton.Kill()
	} else {
		delay := time.Duration(w.rand.IntN(20_000)) * time.Microsecond
		w.underLoad(1+w.rand.IntN(200), delay, func() { w.strike(f) })
	}
	if f == restart {
		for _, p := range w.people {
			p.logout()
		}
		require.NoError(w.t, w.server.Restart(w.t.Context()))
		for _, p := range w.people {
			p.login()
		}
	}
	if f == cut || f == restart {
		w.baton.SaysSince(w.t, from, "msg=connected")
		w.reckon(f, w.live())
		w.resume(from)
		return
	}
	w.flush()
	w.reckon(f, w.copied())
	w.start(cutNext(next))
	if len(next) == 0 || next[0] != early {
		w.resume(0)
	}
}

func (w *world) strike(f fault) {
	w.t.Helper()
	switch f {
	case kill:
		w.baton.Kill()
	case stop:
		w.baton.Stop(w.t)
	case cut:
		w.proxy.cut()
	case restart:
		require.NoError(w.t, w.server.Kill())
	}
}

// reckon reads what was journalled since, and notes what is in the window.
func (w *world) reckon(f fault, file string) {
	w.t.Helper()
	w.journal.read(w, file)
	s := &struck{f, map[string]*person{}}
	look := func(p *person, said *saying) {
		_, journalled := w.journal.lines[said.body]
		if !journalled && !w.reckoned[said.id] { // not said again since the fault before
			s.missing[said.id], w.reckoned[said.id] = p, true
		}
	}
	for _, c := range w.callers {
		c.mu.Lock()
		for _, said := range c.open {
			look(c.person, said)
		}
		c.mu.Unlock()
	}
	for _, a := range w.agents {
		a.mu.Lock()
		for _, said := range a.said {
			if !said.receipt { // looked at once: agents say nothing again
				look(a.person, said)
				said.receipt = true
			}
		}
		a.mu.Unlock()
	}
	w.faults = append(w.faults, s)
}

// settle returns when nothing is under way any more.
func (w *world) settle() {
	w.t.Helper()
	w.calm.Store(true)
	began, repeated, soon := time.Now(), time.Now(), time.After(impatience)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var left []string
		open := 0
		for _, c := range w.callers {
			c.mu.Lock()
			open += len(c.open)
			c.mu.Unlock()
		}
		for what, n := range map[string]int{
			"lines without a receipt":   open,
			"items in the outbox":       w.pending(),
			"open offers":               w.count("SELECT count(*) FROM conversations WHERE offer <> ''"),
			"sessions nobody was given": w.count("SELECT count(*) FROM conversations WHERE phase = 1"),
		} {
			if n > 0 {
				left = append(left, fmt.Sprintf("%d %s", n, what))
			}
		}
		if len(left) == 0 {
			break
		}
		if time.Since(began) > 2*patience {
			w.t.Errorf("still under way after %v: %v", 2*patience, left)
			break
		}
		if open > 0 && time.Since(repeated) > 2*time.Second {
			repeated = time.Now()
			for _, c := range w.callers {
				c.repeat()
			}
		}
		select {
		case <-tick.C:
		case <-soon:
			w.orderly()
		}
	}
	w.flush()
}
