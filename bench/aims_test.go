package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAims(t *testing.T) {
	cost := func(us int) sample { return sample{messages: 1000, cpu: time.Duration(us) * time.Millisecond} }
	racers := []*racer{{name: "floor"}, {name: "Baton"}, {name: "slixmpp"}}
	res := &results{growth: imagined(), tallies: map[string]*tally{
		"w64": {racers: racers, rounds: [][]sample{
			{cost(8), cost(20), cost(70)}, {cost(8), cost(24), cost(70)}, {cost(8), cost(32), cost(70)}}},
		"r1000": {racers: racers, rounds: [][]sample{{cost(50), cost(300), cost(200)}}},
	}}
	var out strings.Builder
	(&page{w: &out}).aims(res)
	lines := strings.Split(out.String(), "\n")
	line := func(part string) string {
		for _, l := range lines {
			if strings.Contains(l, part) {
				return strings.Join(strings.Fields(l), " ")
			}
		}
		return "no line has " + part
	}
	require.Equal(t, "durable, 64 under way ≤ 3.5 × floor reached 3.00 × 2.50 – 4.00", line("3.5 × floor"))
	require.Equal(t, "≤ 1/3 of slixmpp not yet 0.34 × 0.29 – 0.46", line("1/3 of slixmpp"))
	require.Equal(t, "≤ 0.8 × bare mellium – not measured", line("bare mellium"), "it took no part")
	require.Equal(t, "durable, 1,000 a second ≤ slixmpp not yet 1.50 ×", line("1,000 a second"))
	require.Equal(t, "accept → first message ≤ trip + commit + 0.2 ms – not measured", line("accept"))
	require.Equal(t, "an open conversation ≤ 256 B not yet 903 B (2026-11-23)", line("an open conversation"))
	require.Equal(t, "MAM page of 50, 10⁶ lines ≤ that of 10³ reached 0.50 × (1.1 counts) (2026-11-23)", line("MAM page"))
	require.Contains(t, line("through ejabberd"), "not measured")
}

func TestHandoversAreComparedByRound(t *testing.T) {
	ms := time.Millisecond
	h := &handovers{accept: []time.Duration{3 * ms, ms, 2 * ms},
		rounds: []handoverRound{{accept: 4 * ms, trip: ms, commit: ms}, {accept: 9 * ms, trip: ms, commit: 5 * ms}, {accept: 3 * ms, trip: ms, commit: ms}}}
	h.sum()
	require.Equal(t, spread{1, 2, 3}, h.over)
	require.Equal(t, spread{1.5, 1.5, 2}, h.ratio)
	require.Equal(t, []time.Duration{2 * ms, 3 * ms, ms, ms}, []time.Duration{h.p50, h.p99, h.trip, h.commit})
}
