package desk

// Lanes returns how many lanes the outbox keeps in memory.
func (o *Outbox) Lanes() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.lanes)
}
