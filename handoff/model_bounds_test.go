//go:build !race

package handoff

// shortBounds is what every test run explores.
func shortBounds() []bounds {
	return []bounds{
		{budget: budget{sessions: 1, messages: 2, transfers: 2, repeats: 1, crashes: 1}, agents: 2, together: true},
		{budget: budget{sessions: 2, messages: 1, transfers: 1, repeats: 1, crashes: 1}, agents: 2},
	}
}
