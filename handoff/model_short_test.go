//go:build !race

package handoff

// underRace says that everything takes ten times as long.
const underRace = false

// shortBounds is what every test run explores.
func shortBounds() []bounds {
	every := []Mode{Warm, Blind, Consult, Join}
	return []bounds{
		{name: "decisions", budget: budget{sessions: 2, messages: 1, transfers: 3}, agents: 3,
			modes: every, reclaim: true, release: true, pairs: true, all: true, eager: true},
		{name: "any mode", budget: budget{sessions: 1, messages: 1, transfers: 2, repeats: 1}, agents: 2,
			modes: every, reclaim: true, release: true, together: true},
		{name: "three agents", budget: budget{sessions: 1, transfers: 2}, agents: 3, modes: []Mode{Warm, Blind}, all: true, together: true},
		{name: "crashes, row by row", budget: budget{sessions: 1, messages: 1, transfers: 2, repeats: 1, crashes: 1}, agents: 2, modes: []Mode{Warm}},
		{name: "two instances", budget: budget{sessions: 1, transfers: 2, takeovers: 1}, agents: 2, modes: []Mode{Warm}, release: true, together: true},
	}
}
