package desk_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// What status lines show, and when they are told to show something else.
func TestFigures(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		queue := func(name string) desk.QueueFigures {
			q, ok := s.desk.Figures().Queue(name)
			require.True(t, ok)
			return q
		}
		require.Equal(t, desk.QueueFigures{Name: "support", Title: "Support", Open: true, Capacity: 4}, queue("support"))
		began := time.Now()
		c, d := s.chat(carol, "support"), s.chat(dave, "support")
		c.says("hello")
		s.pass(time.Minute)
		d.says("hello")
		require.Equal(t, desk.QueueFigures{Name: "support", Title: "Support", Open: true, Capacity: 4, Waiting: 2,
			Since: began.UTC()}, utc(queue("support")))
		n := len(s.figures)
		d.says("and more")
		s.pass(time.Hour)
		require.Len(t, s.figures, n, "nothing to tell")

		s.arrive(alice, adam)
		s.must(desk.Pause{By: adam})
		c.accepts(alice)
		require.Equal(t, desk.QueueFigures{Name: "support", Title: "Support", Open: true, Capacity: 4, Waiting: 1,
			Since: began.Add(time.Minute).UTC(), Online: 2, Paused: 1, Held: 1}, utc(queue("support")), "Alice is asked for the other one")
		a, _ := s.desk.Figures().Agent(alice)
		require.Equal(t, desk.AgentFigures{JID: alice, Name: "Alice", Queues: []string{"support"}, Online: true, Held: 1, Capacity: 2}, a)
		d.declines(alice)
		a, _ = s.desk.Figures().Agent(alice)
		require.True(t, a.Available)
		require.Equal(t, *s.desk.Figures(), s.figures[len(s.figures)-1])
		c.hangsUp()
		d.hangsUp()
		s.leave(alice)
		require.Equal(t, desk.QueueFigures{Name: "support", Title: "Support", Open: true, Capacity: 4, Online: 1, Paused: 1}, queue("support"))
		_, ok := s.desk.Figures().Queue("nowhere")
		require.False(t, ok)
	})
}

func utc(q desk.QueueFigures) desk.QueueFigures {
	q.Since = q.Since.UTC()
	return q
}
