package desk

import "time"

// pace waits until the shortest time between two commits is over, so that what comes
// meanwhile shares the next one: with many messages a second, one by one, most of
// what each costs is its own commit.
func (d *Desk) pace() {
	least := d.Policy().CommitInterval
	if least <= 0 || d.committed.IsZero() {
		return
	}
	if wait := least - time.Since(d.committed); wait > 0 {
		time.Sleep(wait)
	}
}
