package desk

import "slices"

// Open lists the open sessions as last committed, by their numbers.
func (d *Desk) Open() []Conversation { return d.OpenWhere(func(*Conversation) bool { return true }) }

// OpenWhere lists those that are wanted; wanted has each until it returns. There may
// be a million: commits go on meanwhile.
func (d *Desk) OpenWhere(wanted func(*Conversation) bool) []Conversation {
	open, into, blocks := []Conversation{}, Conversation{}, 1
	for b := 0; b < blocks; b++ {
		d.mu.RLock()
		if blocks = len(d.shelf.blocks); b < blocks {
			for _, c := range d.shelf.block(b, &into) {
				if wanted(c) {
					open = append(open, *c)
				}
			}
		}
		d.mu.RUnlock()
	}
	sortByNumber(open)
	// One may have ended behind us and begun anew before us.
	return slices.CompactFunc(open, func(a, b Conversation) bool { return a.Number == b.Number })
}
