package store

import (
	"cmp"
	"slices"

	"baton/desk"
	"baton/handoff"
)

// overlay lays what the journal has of a conversation over what the tables have. The
// caller holds mu.
func (j *journal) overlay(c *desk.Conversation) {
	if t := j.convs[address{c.Domain, c.Local}]; t != nil {
		c.Seq, c.Version, c.Route = t.seq, t.version, t.route
	}
}

// outbox returns a domain's items that have not arrived: of those in the tables, and
// those in the journal, which came later. The caller holds mu.
func (j *journal) outbox(domain string, stored []desk.Item) []desk.Item {
	if len(j.done)+len(j.items) == 0 {
		return stored
	}
	var all []desk.Item
	for i := range stored {
		if _, done := j.done[stored[i].ID]; !done {
			all = append(all, stored[i])
		}
	}
	first := len(all)
	for _, it := range j.items {
		if it.Domain == domain {
			all = append(all, j.read(it))
		}
	}
	slices.SortFunc(all[first:], func(a, b desk.Item) int { return cmp.Compare(a.ID, b.ID) })
	return all
}

// read returns an item of the journal as it is read from the tables.
func (j *journal) read(it *desk.Item) desk.Item {
	lines := j.lines(address{it.Domain, it.Conversation})
	l := lines[it.Effect.(handoff.Line).Seq-lines[0].line.Seq].line // numbered without gaps
	read := *it
	read.At, read.Line = asRead(it.At), &l
	read.Effect = handoff.Line{Seq: l.Seq, Epoch: l.Epoch, By: l.By, To: it.To, Private: l.Private}
	return read
}
