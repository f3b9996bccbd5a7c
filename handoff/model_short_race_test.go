//go:build race

package handoff

// underRace says that everything takes ten times as long.
const underRace = true

// shortBounds is less under the race detector, which has nothing to find in a
// search without goroutines.
func shortBounds() []bounds {
	every := []Mode{Warm, Blind, Consult, Join}
	return []bounds{
		{name: "decisions", budget: budget{sessions: 1, messages: 1, transfers: 3}, agents: 3,
			modes: every, reclaim: true, release: true, pairs: true, all: true, eager: true},
		{name: "any mode", budget: budget{sessions: 1, transfers: 2, repeats: 1}, agents: 2,
			modes: every, reclaim: true, release: true, all: true, together: true},
		{name: "lines", budget: budget{sessions: 1, messages: 1, transfers: 2}, agents: 2, modes: []Mode{Consult, Join}, together: true},
	}
}
