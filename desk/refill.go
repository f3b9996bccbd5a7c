package desk

import (
	"context"
	"slices"

	"baton/handoff"
)

// refill loads the open sessions. Only those that wait are kept until all are
// there: they come in their order.
func (d *Desk) refill(ctx context.Context) (Snapshot, error) {
	now := d.cfg.Now()
	var waiting []Conversation
	s, err := d.cfg.Store.Restore(ctx, d.cfg.Domain, func(c *Conversation) {
		heardNow(c, now)
		if c.Phase == handoff.Waiting {
			waiting = append(waiting, *c)
			return
		}
		d.mu.Lock()
		id := d.shelf.store(c)
		d.mu.Unlock()
		d.published(id, nil, c, false, now)
	})
	if err != nil {
		return Snapshot{}, err
	}
	d.mu.Lock()
	d.shelf.enterAll()
	d.mu.Unlock()
	slices.SortStableFunc(waiting, func(a, b Conversation) int { return a.Route.Since.Compare(b.Route.Since) })
	for i := range waiting {
		d.publish(nil, &waiting[i], false, now)
	}
	return s, nil
}
