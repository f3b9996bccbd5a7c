package handoff

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	modelSize = flag.String("handoff.model", "short", "bounds of the explorer: short or long")
	update    = flag.Bool("update", false, "write the transition table anew")
)

// explorer walks through every world that the bounds allow.
type explorer struct {
	shell  shell
	bounds bounds
	menus  [][len(parties)][]Event
	cando  map[uint64][]Event // what possible found out
	seen   set
	tally  tally
}

// tally counts what happened on the way, to show that nothing is vacuous.
type tally struct {
	states, transitions, depth, resting int
	refused                             map[error]int
	effects                             map[reflect.Type]int
	accepted                            [Reclaimed + 1]int
}

func newTally() tally {
	return tally{refused: map[error]int{}, effects: map[reflect.Type]int{}}
}

// newExplorer makes the shell's Step count what it answers.
func newExplorer(s shell, b bounds) *explorer {
	x := &explorer{shell: s, bounds: b, menus: b.menus(), cando: map[uint64][]Event{}, tally: newTally()}
	step := s.step
	x.shell.step = func(c Conversation, now time.Time, e Event) (Conversation, []Effect, error) {
		next, fx, err := step(c, now, e)
		if err != nil {
			x.tally.refused[err]++
		}
		for _, f := range fx {
			x.tally.effects[reflect.TypeOf(f)]++
			if r, ok := f.(Replay); ok {
				x.tally.accepted[r.Mode]++
			}
		}
		return next, fx, err
	}
	return x
}

func (x *explorer) start() *world {
	return &world{now: epochOfTests, conv: Conversation{Caller: carol}, left: x.bounds.budget}
}

// successors calls each for every world one action after w, and stops at the
// first error. A world found for the first time is checked as a whole.
func (x *explorer) successors(w *world, each func(a action, after *world) error) error {
	var after world
	for _, a := range x.actions(w) {
		same, err := x.apply(w, &after, a)
		if same && err == nil {
			continue
		}
		x.tally.transitions++
		if err == nil && x.seen.add(x.shell.key(&after)) {
			x.tally.states++
			if after.resting() {
				x.tally.resting++
			}
			if err = after.settled(); err == nil {
				err = x.shell.drains(after)
			}
			if err == nil {
				fresh := after
				err = each(a, &fresh)
			}
		}
		if err != nil {
			return &tale{a, err}
		}
	}
	return nil
}

// tale is an error with the action that led to it.
type tale struct {
	last action
	err  error
}

func (t *tale) Error() string { return t.err.Error() }
func (t *tale) Unwrap() error { return t.err }

// walk goes depth first: only the way to where it is is in memory, beside 8
// bytes for each world found.
func (x *explorer) walk() error {
	var path []string
	w := x.start()
	x.seen.add(x.shell.key(w))
	x.tally.states++
	err := x.walkFrom(w, 1, &path)
	if err == nil {
		return nil
	}
	slices.Reverse(path)
	return fmt.Errorf("%w\n%s", err, strings.Join(path, "\n"))
}

func (x *explorer) walkFrom(w *world, depth int, path *[]string) error {
	x.tally.depth = max(x.tally.depth, depth)
	err := x.successors(w, func(a action, after *world) error {
		return x.walkFrom(after, depth+1, path)
	})
	if t, ok := err.(*tale); ok {
		*path = append(*path, fmt.Sprintf("%3d. %s", depth, t.last.describe(w)))
		return t.err
	}
	return err
}

// place is a world found, and how.
type place struct {
	world *world
	from  *place
	by    action
}

// nearest goes breadth first and so finds the shortest way to a fault. It keeps
// every world: for small bounds.
func (x *explorer) nearest() error {
	queue := []*place{{world: x.start()}}
	x.seen.add(x.shell.key(queue[0].world))
	for ; len(queue) > 0; queue = queue[1:] {
		p := queue[0]
		err := x.successors(p.world, func(a action, after *world) error {
			queue = append(queue, &place{after, p, a})
			return nil
		})
		if t, ok := err.(*tale); ok {
			path := []string{t.last.describe(p.world)}
			for ; p.from != nil; p = p.from {
				path = append(path, p.by.describe(p.from.world))
			}
			slices.Reverse(path)
			return fmt.Errorf("%w\n%s", t.err, strings.Join(path, "\n"))
		}
	}
	return nil
}

// TestModel walks through every world within the bounds. Its lines that begin
// with MODEL are the ones to quote.
func TestModel(t *testing.T) {
	t.Parallel()
	all, least := shortBounds(), 0
	if *modelSize == "long" {
		all, least = longBounds(), 9_600_000
	} else if *modelSize != "short" {
		t.Fatalf("-handoff.model=%s: want short or long", *modelSize)
	}
	sum, began := newTally(), time.Now()
	for _, b := range all {
		start := time.Now()
		x := newExplorer(shipped(), b)
		require.NoError(t, x.walk())
		t.Logf("MODEL %v: exhausted, states=%d transitions=%d depth=%d resting=%d seconds=%.1f",
			b, x.tally.states, x.tally.transitions, x.tally.depth, x.tally.resting, time.Since(start).Seconds())
		sum.add(x.tally)
	}
	n := float64(sum.states)
	t.Logf("MODEL %d runs, %d states and %d transitions, each run exhausted within its bounds; exact but for 64-bit hashes (chance of any collision below %.0e); "+
		"from every state the outbox drained and every offer ended without faults; %.0f s, peak resident %d MiB",
		len(all), sum.states, sum.transitions, n*n/(1<<63)/4, time.Since(began).Seconds(), peakMiB())
	t.Logf("MODEL refused %v", sum.refused)
	t.Logf("MODEL effects %v, accepted by mode %v", sum.effects, sum.accepted)
	sum.requireSubstance(t)
	require.GreaterOrEqual(t, sum.states, least)
	if least > 0 {
		require.LessOrEqual(t, peakMiB(), 1024, "resident memory")
	}
}

// peakMiB returns the most memory that was ever resident; 0 where the system
// does not say.
func peakMiB() int {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	kib, _ := strconv.Atoi(number)
	return kib >> 10
}

func (y *tally) add(z tally) {
	y.states += z.states
	y.transitions += z.transitions
	y.resting += z.resting
	for err, n := range z.refused {
		y.refused[err] += n
	}
	for kind, n := range z.effects {
		y.effects[kind] += n
	}
	for m, n := range z.accepted {
		y.accepted[m] += n
	}
}

// requireSubstance fails where the exploration never came to what it is about.
func (y *tally) requireSubstance(t *testing.T) {
	t.Helper()
	for _, err := range []error{ErrNoSession, ErrOpen, ErrNotHolder, ErrNotTarget, ErrTransfer, ErrAnswered, ErrOver, ErrUnknown, ErrIsHolder, ErrHeld} {
		require.NotZero(t, y.refused[err], "nothing was refused with %q", err)
	}
	for _, fx := range []Effect{Opened{}, Line{}, Copy{}, Ring{}, Outcome{}, Bind{}, Replay{}, Unbind{}, Leave{}, Moved{}, Ended{}} {
		require.NotZero(t, y.effects[reflect.TypeOf(fx)], "there was no %T", fx)
	}
	for m, n := range y.accepted {
		require.NotZero(t, n, "nobody came in by %v", Mode(m))
	}
	require.NotZero(t, y.resting, "the outbox never came to rest")
}
