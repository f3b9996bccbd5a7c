package desk

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// covers returns what spans say of a line: 2 all of it, 1 the reader's own, 0
// nothing.
func covers(spans []Span, seq uint64) (most int) {
	for _, s := range spans {
		if s.First <= seq && seq <= s.Through {
			if !s.Own {
				return 2
			}
			most = 1
		}
	}
	return most
}

// However spans lie over each other, a page can go through them in order and
// meets each line once, with the most that any of them allows.
func TestApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var spans []Span
		for _, own := range []bool{false, true} {
			next := uint64(1)
			for range rapid.IntRange(0, 4).Draw(t, "n") {
				s := Span{First: next + rapid.Uint64Range(0, 6).Draw(t, "gap"), Own: own}
				s.Through = s.First + rapid.Uint64Range(0, 8).Draw(t, "more")
				spans = append(spans, s)
				if next = s.Through + 1; !own { // one's own never overlap each other
					next = s.First + rapid.Uint64Range(0, 12).Draw(t, "next")
				}
			}
		}
		spans = rapid.Permutation(spans).Draw(t, "order")
		out := apart(append([]Span(nil), spans...))
		last := uint64(0)
		for _, s := range out {
			require.Greater(t, s.First, last, "%v", out)
			require.GreaterOrEqual(t, s.Through, s.First, "%v", out)
			last = s.Through
		}
		for seq := range uint64(70) {
			require.Equal(t, covers(spans, seq), covers(out, seq), "line %d of %v in %v", seq, spans, out)
		}
	})
}

func TestApartWithin(t *testing.T) {
	require.Equal(t, []Span{{First: 1, Through: 9}}, apart([]Span{{First: 3, Through: 4}, {First: 1, Through: 9}}))
	require.Equal(t, []Span{{First: 1, Through: 2, Own: true}, {First: 3, Through: 4}, {First: 5, Through: 9, Own: true}},
		apart([]Span{{First: 3, Through: 4}, {First: 1, Through: 9, Own: true}}))
}

func TestViewWithin(t *testing.T) {
	v := View{Reader: "alice", Spans: []Span{{First: 2, Through: 4}, {First: 6, Through: 9, Own: true}}}
	require.Equal(t, v, v.Within(0, math.MaxUint64))
	require.Equal(t, []Span{{First: 4, Through: 4}, {First: 6, Through: 6, Own: true}}, v.Within(4, 6).Spans)
	require.Empty(t, v.Within(5, 5).Spans)
	require.Empty(t, v.Within(7, 6).Spans)
	require.Equal(t, []Span{{First: 2, Through: 4}, {First: 6, Through: 9, Own: true}}, v.Spans, "it is a value")
}
