package desk_test

import (
	"context"
	"errors"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"baton/desk"
)

// anyQueues are queues with hours, overflow and places of some kind.
func (w *wild) anyQueues() []desk.Queue {
	qs := queues()
	for i := range qs {
		q := &qs[i]
		if q.Name == "attic" { // where a scene's own caller waits for nobody
			continue
		}
		q.TellPosition = rapid.Bool().Draw(w.rt, "tell")
		if rapid.IntRange(0, 2).Draw(w.rt, "hours") == 0 {
			q.Hours = daily{time.Duration(rapid.IntRange(0, 60).Draw(w.rt, "from")) * time.Second, 24 * time.Hour}
		}
		if q.Overflow = draw(w, "overflow", "", "", "night", "support"); q.Overflow != "" { // a ring does no harm
			q.OverflowAfter = draw(w, "after", 0, 20*time.Second)
		}
	}
	return qs
}

func (w *wild) breaks() desk.Request {
	if rapid.Bool().Draw(w.rt, "back") {
		return desk.Resume{By: w.anyAgent()}
	}
	return desk.Pause{By: w.anyAgent()}
}

func (w *wild) takes() desk.Request {
	t := desk.Take{By: w.anyAgent()}
	if c := w.someChat(); c != nil && rapid.IntRange(0, 2).Draw(w.rt, "which") > 0 {
		t.Local = c.local()
	}
	return t
}

// conversations returns all there are, also those whose callers were forgotten.
func (w *wild) conversations() []desk.Conversation {
	snap, err := w.file.Restore(context.Background(), domain, nil)
	require.NoError(w.rt, err)
	var all []desk.Conversation
	for n := range snap.NextNumber {
		c, err := w.file.ByNumber(context.Background(), domain, n)
		if !errors.Is(err, desk.ErrNotFound) {
			require.NoError(w.rt, err)
			all = append(all, c)
		}
	}
	return all
}
