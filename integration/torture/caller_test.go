package torture

import (
	"context"
	"fmt"
	"slices"

	"baton/integration/client"
)

// most is how many lines of a caller are under way at a time.
const most = 30

// caller says numbered lines until each has its receipt.
type caller struct {
	*person
	said []*saying
	open []*saying // without a receipt, in order
	byID map[string]*saying
}

// saying is a line of somebody and how often it was said.
type saying struct {
	body, id string // of the newest attempt
	times    int
	receipt  bool
}

func newCaller(w *world, name string) *caller {
	c := &caller{person: newPerson(w, name), byID: map[string]*saying{}}
	c.hear = c.receipts
	return c
}

// receipts notes a receipt (XEP-0184).
func (c *caller) receipts(e client.Event) {
	received, ok := e.Root().Child("urn:xmpp:receipts", "received")
	if e.Kind != client.KindMessage || !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.byID[received.Attr("id")]; s != nil && !s.receipt {
		s.receipt = true
		c.open = slices.DeleteFunc(c.open, func(o *saying) bool { return o == s })
		c.signal()
	}
}

// load says lines, and again what came back, until told to stop.
func (c *caller) load(ctx context.Context) {
	for ctx.Err() == nil {
		c.mu.Lock()
		moved := c.moved
		var again []*saying
		for _, s := range c.open {
			if _, ok := c.back[s.id]; ok {
				again = append(again, s)
			}
		}
		room := len(c.open) < most
		if room && len(again) == 0 {
			s := &saying{body: fmt.Sprintf("%s %d", c.name, len(c.said)+1)}
			c.said, c.open = append(c.said, s), append(c.open, s)
			again = append(again, s)
		}
		c.mu.Unlock()
		if len(again) == 0 {
			select {
			case <-moved:
			case <-ctx.Done():
			}
			continue
		}
		c.attempt(again)
		c.w.progress(len(again))
	}
}

// attempt says lines, for the first time or again: with the same origin-id.
func (c *caller) attempt(lines []*saying) {
	for _, s := range lines {
		c.mu.Lock()
		s.times++
		s.id = fmt.Sprintf("%s.%d", s.body, s.times)
		c.byID[s.id] = s
		c.mu.Unlock()
		c.send(message(queue, s.id, s.body, s.body, "<request xmlns='urn:xmpp:receipts'/>"))
	}
}

// repeat says again whatever has no receipt.
func (c *caller) repeat() {
	c.mu.Lock()
	open := slices.Clone(c.open)
	c.mu.Unlock()
	c.attempt(open)
}
