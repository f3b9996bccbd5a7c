package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
)

// journal is everything received, in order, and who waits for more.
type journal struct {
	mu      sync.Mutex
	events  []Event
	cursor  int
	ended   bool
	changed chan struct{} // closed and replaced at every change
}

// Mark is a place in the order of what was received.
type Mark int

func (j *journal) init() { j.changed = make(chan struct{}) }

func (j *journal) add(e Event) Event {
	j.mu.Lock()
	defer j.mu.Unlock()
	e.Seq = len(j.events)
	j.events = append(j.events, e)
	j.signal()
	return e
}

func (j *journal) end() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ended = true
	j.signal()
}

func (j *journal) signal() {
	close(j.changed)
	j.changed = make(chan struct{})
}

// since is what came after a place, whether more can come, and what is closed when it does.
func (j *journal) since(from int) (events []Event, ended bool, changed <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	from = min(max(from, 0), len(j.events))
	return j.events[from:len(j.events):len(j.events)], j.ended, j.changed
}

// errEnded: nothing more can come.
var errEnded = errors.New("the stream has ended")

// find waits for the first match at or after from.
func (j *journal) find(ctx context.Context, from int, match func(Event) bool) (Event, error) {
	for next := from; ; {
		events, ended, changed := j.since(next)
		for _, e := range events {
			if match(e) {
				return e, nil
			}
		}
		if next += len(events); ended {
			return Event{}, errEnded
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Event{}, context.Cause(ctx)
		}
	}
}

// each calls f for every event, past and future, in order, and returns when the stream has ended.
func (j *journal) each(f func(Event)) {
	for next := 0; ; {
		events, ended, changed := j.since(next)
		for _, e := range events {
			f(e)
		}
		if next += len(events); ended {
			return
		}
		if len(events) == 0 {
			<-changed
		}
	}
}

// Expect waits for the next match behind the cursor and moves the cursor behind it. What was passed over cannot be
// expected any more; where the order is free, use Mark and ExpectSince. Without a deadline in ctx it waits 20 s. The
// error says what did arrive.
func (c *Client) Expect(ctx context.Context, what string, match func(Event) bool) (Event, error) {
	c.log.mu.Lock()
	from := c.log.cursor
	c.log.mu.Unlock()
	e, err := c.ExpectSince(ctx, Mark(from), what, match)
	if err != nil {
		return e, err
	}
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	c.log.cursor = max(c.log.cursor, e.Seq+1)
	return e, nil
}

// ExpectSince is Expect for anything that came, or will come, after m. It leaves the cursor alone.
func (c *Client) ExpectSince(ctx context.Context, m Mark, what string, match func(Event) bool) (Event, error) {
	ctx, cancel := withDefaultWait(ctx)
	defer cancel()
	e, err := c.log.find(ctx, int(m), match)
	if err == nil {
		return e, nil
	}
	if errors.Is(err, errEnded) {
		err = c.ended()
	}
	return e, fmt.Errorf("%s waited in vain for %s: %w; %s", c.opts.JID, what, err, arrived(c.Since(m)))
}

// arrived lists events for a failure, the newest 30.
func arrived(events []Event) string {
	const most = 30
	if len(events) == 0 {
		return "nothing arrived"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d arrived:", len(events))
	if len(events) > most {
		fmt.Fprintf(&b, " (the last %d)", most)
		events = events[len(events)-most:]
	}
	for _, e := range events {
		b.WriteString("\n  " + e.String())
	}
	return b.String()
}

// Mark is now: what arrives later is since it.
func (c *Client) Mark() Mark {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	return Mark(len(c.log.events))
}

// Events is everything received.
func (c *Client) Events() []Event { return c.Since(0) }

// Since is everything received after m.
func (c *Client) Since(m Mark) []Event {
	events, _, _ := c.log.since(int(m))
	return append([]Event(nil), events...)
}

// Watch calls f for every event, those already received first, in order, on a goroutine of its own that Close and Kill
// wait for: f must not call them.
func (c *Client) Watch(f func(Event)) { c.work.Go(func() { c.log.each(f) }) }
