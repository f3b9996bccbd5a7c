package simulation

import (
	"math/rand/v2"
	"time"
)

// action is what a step does.
type action int

// The actions.
const (
	callerSays action = iota
	agentSays
	repeats // somebody's client sends a message again
	burst   // several people speak at once
	handsOver
	accepts
	declines
	cancels
	reclaims
	returns
	ends
	hangsUp
	comesOrGoes
	dies    // a client takes everything and answers nothing
	dawdles // a client answers late
	revives
	bounces
	refuses // rosters
	drops   // the link
	cuts    // the link, in the middle of it
	outage
	hangs // the server
	kills // the process
	stops // the process, in order
	failsStore
	jumps // the clock
	passes
	actions
)

// weights says how often each action is drawn.
var weights = [actions]int{
	callerSays: 22, agentSays: 18, repeats: 4, burst: 5, handsOver: 9, accepts: 14, declines: 3, cancels: 2,
	reclaims: 2, returns: 2, ends: 2, hangsUp: 1, comesOrGoes: 5, dies: 1, dawdles: 1, revives: 2, bounces: 2,
	refuses: 1, drops: 1, cuts: 1, outage: 1, hangs: 1, kills: 1, stops: 1, failsStore: 1, jumps: 1, passes: 4,
}

// step is one step. What it means depends on where the history stands, so that
// a history is still one when steps are left out.
type step struct {
	do      action
	a, b, c int
	wait    time.Duration // afterwards
}

// draw draws a history of n steps.
func draw(seed uint64, n int) []step {
	r := rand.New(rand.NewPCG(seed, 1))
	sum := 0
	for _, w := range weights {
		sum += w
	}
	steps := make([]step, n)
	for i := range steps {
		x := r.IntN(sum)
		do := action(0)
		for x >= weights[do] {
			x -= weights[do]
			do++
		}
		steps[i] = step{do, r.IntN(1 << 20), r.IntN(1 << 20), r.IntN(1 << 20), pause(r)}
	}
	return steps
}

// pause is in microseconds: hardly any two things are due at the same moment.
func pause(r *rand.Rand) time.Duration {
	most := []time.Duration{0, 0, 0, 500 * time.Millisecond, 500 * time.Millisecond,
		4 * time.Second, 4 * time.Second, 25 * time.Second}[r.IntN(8)]
	return time.Duration(r.Int64N(most.Microseconds()+1)) * time.Microsecond
}
