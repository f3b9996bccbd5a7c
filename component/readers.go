package component

import (
	"context"
	"sync"
	"time"

	"baton/handoff"
	"baton/stanza"
)

// maxReaders bounds how many commands read the store at the same time.
const maxReaders = 4

// readTimeout is how long a command may read.
const readTimeout = 10 * time.Second

// readers lets commands read the store away from the desk's goroutine, one at a
// time for each agent.
type readers struct {
	mu   sync.Mutex
	busy map[handoff.Party]bool
}

func (r *readers) do(c *Component, who handoff.Party, read func(context.Context) (string, error), done func(string, error)) {
	r.mu.Lock()
	if r.busy == nil {
		r.busy = map[handoff.Party]bool{}
	}
	full := r.busy[who] || len(r.busy) >= maxReaders
	if !full {
		r.busy[who] = true
	}
	r.mu.Unlock()
	if full {
		done("", &said{cond: stanza.ResourceConstraint, name: "one_at_a_time"})
		return
	}
	answered := c.owed.asked()
	go func() {
		defer answered()
		ctx, cancel := context.WithTimeout(context.Background(), readTimeout)
		defer cancel()
		text, err := read(ctx)
		r.mu.Lock()
		delete(r.busy, who)
		r.mu.Unlock()
		done(text, err)
	}()
}
