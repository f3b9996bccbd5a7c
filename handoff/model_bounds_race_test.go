//go:build race

package handoff

// shortBounds is less under the race detector, which is many times slower and
// has nothing to find in a search without goroutines.
func shortBounds() []bounds {
	return []bounds{
		{budget: budget{sessions: 1, messages: 1, transfers: 2, repeats: 1}, agents: 2, together: true},
		{budget: budget{sessions: 1, messages: 1, transfers: 1, repeats: 1, crashes: 1}, agents: 2},
	}
}
