package desk_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// What comes within the shortest time between two commits shares the next one, in
// its order; what comes after a pause waits for nothing.
func TestPace(t *testing.T) {
	for _, tt := range []struct {
		interval time.Duration
		batches  int           // of ten lines, a millisecond apart
		worst    time.Duration // that one of them waited
	}{{0, 10, 0}, {3300 * time.Microsecond, 4, 2900 * time.Microsecond}} {
		t.Run(tt.interval.String(), func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				p := s.desk.Policy()
				p.CommitInterval = tt.interval
				s.desk.Configure(s.directory, p)
				c := s.taken(carol, "support", alice)
				s.pass(time.Second)
				s.courier.keeps() // what is confirmed is a batch too
				began := s.watch.batches
				lines, worst := []string{}, time.Duration(0)
				for i := range 10 {
					text, at := string(rune('a'+i)), time.Now()
					require.NoError(t, s.desk.Submit(context.Background(), c.saying(text), func(r desk.Result, err error) {
						require.NoError(t, err)
						lines, worst = append(lines, r.Line.Body), max(worst, time.Since(at))
					}))
					s.pass(time.Millisecond)
				}
				s.pass(time.Second)
				require.Equal(t, []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}, lines)
				require.Equal(t, tt.batches, s.watch.batches-began)
				require.Equal(t, tt.worst, worst)
			})
		})
	}
}
