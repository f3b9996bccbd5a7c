package handoff

import (
	"flag"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// mostInFlight is how many rows of a lane a crash may find performed and not
// confirmed: as many as an accept makes for one party, and one.
const mostInFlight = 4

var modelSize = flag.String("handoff.model", "short", "bounds of the explorer: short or long")

// explorer walks breadth first through every world that the bounds allow.
type explorer struct {
	shell  shell
	bounds bounds
	menus  [][]Event

	seen  map[[2]uint64]struct{}
	nodes []node
	tally tally
}

// node is a world found, as the way to it.
type node struct {
	parent int32
	nth    int32 // which of the parent's successors
}

// tally counts what happened on the way, to show that nothing is vacuous.
type tally struct {
	transitions, depth, resting int
	refused                     map[error]int
	effects                     map[reflect.Type]int
}

// counts makes the shell's Step count what it answers.
func (x *explorer) counts() {
	step := x.shell.step
	x.tally = tally{refused: map[error]int{}, effects: map[reflect.Type]int{}}
	x.shell.step = func(c Conversation, now time.Time, e Event) (Conversation, []Effect, error) {
		next, fx, err := step(c, now, e)
		if err != nil {
			x.tally.refused[err]++
		}
		for _, f := range fx {
			x.tally.effects[reflect.TypeOf(f)]++
		}
		return next, fx, err
	}
}

type place struct {
	node  int32
	world *world
}

func explore(s shell, b bounds) (*explorer, error) {
	x := &explorer{shell: s, bounds: b, seen: map[[2]uint64]struct{}{}}
	x.counts()
	for n := range int(b.transfers) + 1 {
		x.menus = append(x.menus, b.menu(n))
	}
	level := []place{{0, x.start()}}
	x.nodes = append(x.nodes, node{parent: -1})
	x.seen[level[0].world.key()] = struct{}{}
	for ; len(level) > 0; x.tally.depth++ {
		var next []place
		for i := range level {
			found, err := x.expand(level[i])
			if err != nil {
				return x, err
			}
			next = append(next, found...)
			level[i] = place{} // let go of it
		}
		level = next
	}
	return x, nil
}

func (x *explorer) start() *world {
	return &world{now: epochOfTests, conv: Conversation{Caller: carol}, left: x.bounds.budget}
}

// expand returns the new worlds one action after p.
func (x *explorer) expand(p place) ([]place, error) {
	var found []place
	var after world
	for nth, a := range x.actions(p.world) {
		same, err := x.apply(p.world, &after, a)
		if same && err == nil {
			continue
		}
		x.tally.transitions++
		if err == nil {
			k := after.key()
			if _, known := x.seen[k]; known {
				continue
			}
			x.seen[k] = struct{}{}
			if after.resting() {
				x.tally.resting++
			}
			err = after.settled()
		}
		if err != nil {
			return nil, fmt.Errorf("%w\n%s", err, x.trace(p.node, a))
		}
		fresh := after
		found = append(found, place{int32(len(x.nodes)), &fresh})
		x.nodes = append(x.nodes, node{p.node, int32(nth)})
	}
	return found, nil
}

// actions returns everything that can happen in w, always in the same order.
func (x *explorer) actions(w *world) []action {
	var acts []action
	made := x.bounds.transfers - w.left.transfers
	for _, e := range x.menus[made] {
		if w.allows(e) {
			acts = append(acts, action{kind: happens, event: e})
			if w.left.crashes > 0 && x.shell.sendEarly { // otherwise a plain crash
				acts = append(acts, action{kind: lost, event: e})
			}
		}
	}
	if w.conv.Offer.Open() && w.now.Before(w.conv.Offer.Expires) {
		acts = append(acts, action{kind: overdue})
	}
	for i := range w.lanes {
		l := &w.lanes[i]
		for k := l.next; k < len(l.rows); k++ {
			acts = append(acts, action{kind: performs, lane: i, row: k, whole: x.bounds.together && !x.shell.noOrder})
			if !x.shell.noOrder {
				break
			}
		}
		for k := 0; k < l.next && w.left.repeats > 0; k++ {
			if x.shell.matters(l.rows[k]) {
				acts = append(acts, action{kind: repeats, lane: i, row: k})
			}
		}
	}
	if w.left.crashes > 0 {
		acts = append(acts, x.crashes(w)...)
	}
	return acts
}

// crashes returns a crash for each choice of what was not confirmed.
func (x *explorer) crashes(w *world) []action {
	acts := []action{{kind: crashes}} // with nothing to repeat, for the next lane to build on
	for i := range w.lanes {
		l := &w.lanes[i]
		if x.shell.clearSent != nil {
			if l.next < len(l.rows) && x.shell.clearSent(l.rows[l.next].fx) {
				acts = append(acts, action{kind: crashes, lane: i})
			}
			continue
		}
		for _, a := range acts {
			for n := 1; n <= min(mostInFlight, l.next); n++ {
				if a.back[i] = uint8(n); x.shell.matters(l.rows[l.next-n]) {
					acts = append(acts, a)
				}
			}
		}
	}
	return acts[1:]
}

// trace tells the way to node n, and then last.
func (x *explorer) trace(n int32, last action) string {
	var way []int32
	for ; n > 0; n = x.nodes[n].parent {
		way = append(way, x.nodes[n].nth)
	}
	slices.Reverse(way)
	var b strings.Builder
	w := x.start()
	for i, nth := range way {
		a := x.actions(w)[nth]
		fmt.Fprintf(&b, "%3d. %s\n", i+1, a.describe(w))
		var after world
		_, _ = x.apply(w, &after, a) // it went well on the way here
		w = &after
	}
	fmt.Fprintf(&b, "%3d. %s\n", len(way)+1, last.describe(w))
	return b.String()
}

// TestModel walks through every world within the bounds. Its lines that begin
// with MODEL are the ones to quote.
func TestModel(t *testing.T) {
	t.Parallel()
	all := shortBounds()
	switch *modelSize {
	case "short":
		defer debug.SetGCPercent(debug.SetGCPercent(300)) // faster, and there is memory for it
	case "long":
		all = longBounds()
	default:
		t.Fatalf("-handoff.model=%s: want short or long", *modelSize)
	}
	sum := tally{refused: map[error]int{}, effects: map[reflect.Type]int{}}
	for _, b := range all {
		began := time.Now()
		x, err := explore(shipped(), b)
		require.NoError(t, err)
		t.Logf("MODEL %v states=%d transitions=%d depth=%d resting=%d seconds=%.1f",
			b, len(x.nodes), x.tally.transitions, x.tally.depth, x.tally.resting, time.Since(began).Seconds())
		sum.add(x.tally)
	}
	t.Logf("MODEL refused %v", sum.refused)
	t.Logf("MODEL effects %v", sum.effects)
	sum.requireSubstance(t)
}

func (y *tally) add(z tally) {
	y.resting += z.resting
	for err, n := range z.refused {
		y.refused[err] += n
	}
	for kind, n := range z.effects {
		y.effects[kind] += n
	}
}

// requireSubstance fails where the exploration never came to what it is about.
func (y *tally) requireSubstance(t *testing.T) {
	t.Helper()
	for _, err := range []error{ErrNoSession, ErrOpen, ErrNotHolder, ErrAnswered, ErrOver, ErrHeld} {
		require.NotZero(t, y.refused[err], "nothing was refused with %q", err)
	}
	for _, fx := range []Effect{Opened{}, Line{}, Ring{}, Outcome{}, Bind{}, Replay{}, Unbind{}, Leave{}, Moved{}, Ended{}} {
		require.NotZero(t, y.effects[reflect.TypeOf(fx)], "there was no %T", fx)
	}
	require.NotZero(t, y.resting, "the outbox never came to rest")
}

// longBounds takes about five minutes and a few gigabytes.
func longBounds() []bounds {
	return []bounds{
		{budget: budget{sessions: 1, messages: 2, transfers: 2, repeats: 1, crashes: 1}, agents: 2},
		{budget: budget{sessions: 2, messages: 1, transfers: 2, repeats: 1, crashes: 1}, agents: 2, together: true},
		{budget: budget{sessions: 1, transfers: 3, repeats: 1, crashes: 1}, agents: 2, together: true},
	}
}
