package handoff

import (
	"encoding/binary"
	"hash/maphash"
)

var keySeeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

// key returns 128 bits that stand for w. It leaves out what nothing can look at
// again: the rows a party has seen, in order, and that cannot come back, and
// the transfers that are over. Step sees only the conversation, the checker
// sees the journal, the reigns and what is still to be performed. Times count
// only as whether the open offer is overdue.
func (w *world) key() [2]uint64 {
	var room [1024]byte
	b := append(room[:0], w.left.sessions, w.left.messages, w.left.transfers, w.left.repeats, w.left.crashes)
	b = appendConversation(b, w.conv)
	b = appendBool(b, w.conv.Offer.Open() && !w.now.Before(w.conv.Offer.Expires))
	if w.stale != nil {
		b = appendConversation(b, *w.stale)
	}
	for i := range w.lanes {
		b = w.lanes[i].append(b, w.left)
	}
	for _, l := range w.past.lines {
		b = appendEffect(append(b, byte(l.session)), l.Line)
	}
	for _, r := range w.past.reigns {
		b = appendParties(append(b, byte(r.session), byte(r.through)), r.holder)
	}
	return [2]uint64{maphash.Bytes(keySeeds[0], b), maphash.Bytes(keySeeds[1], b)}
}

func (l *lane) append(b []byte, left budget) []byte {
	known := l.prefix()
	b = appendBool(appendBool(b, l.contact), known < 0)
	for k, r := range l.rows {
		switch r.fx.(type) {
		case Bind, Unbind: // once more late, or again after a crash, or still to come
			if k >= l.next || left.repeats > 0 || (left.crashes > 0 && k >= l.next-mostInFlight) {
				b = appendEffect(appendBool(appendBool(b, k >= l.next), r.more), r.fx)
			}
		default: // a copy of what was seen is known by its id and does nothing
			if known >= 0 && k < known {
				continue
			}
			b = appendEffect(appendBool(appendBool(b, k >= l.next), r.more), r.fx)
		}
	}
	b = append(b, 0) // no effect begins with 0
	if known < 0 {
		for _, r := range l.seen {
			b = appendEffect(binary.AppendUvarint(b, uint64(r.id)), r.fx)
		}
	}
	return b
}

// prefix returns how many of the rows the party has seen, if they are the
// first ones, in order, and reach at least to next; -1 in a mutant's world.
func (l *lane) prefix() int {
	n := 0
	for k, r := range l.rows {
		switch r.fx.(type) {
		case Bind, Unbind:
			continue
		}
		if n == len(l.seen) {
			if k < l.next {
				return -1
			}
			return k
		}
		if l.seen[n] != r {
			return -1
		}
		n++
	}
	if n < len(l.seen) {
		return -1
	}
	return len(l.rows)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

func appendParties(b []byte, ps ...Party) []byte {
	b = append(b, byte(len(ps)))
	for _, p := range ps {
		b = append(b, byte(laneOf(p)))
	}
	return b
}

func appendText(b []byte, s string) []byte { return append(append(b, byte(len(s))), s...) }

func appendConversation(b []byte, c Conversation) []byte {
	b = appendParties(b, c.Holder, c.Offer.By, c.Last.By)
	b = append(b, byte(c.Phase), byte(c.Session), byte(c.Epoch), byte(c.Seq), byte(c.First), byte(c.Hops), byte(c.Last.Epoch))
	b = appendText(appendText(appendText(b, c.Offer.ID), c.Last.ID), string(c.Last.State))
	b = appendParties(b, c.Offer.Ringing...)
	b = appendParties(b, c.Offer.Next...)
	return appendParties(b, c.Offer.Passed...)
}

// appendEffect leaves out times, and reasons, which nothing here looks at.
func appendEffect(b []byte, fx Effect) []byte {
	switch f := fx.(type) {
	case Line:
		return appendParties(append(b, 1, byte(f.Seq), byte(f.Epoch)), f.By, f.To)
	case Ring:
		return appendText(append(b, 2), f.Transfer)
	case Outcome:
		b = append(b, 3, byte(f.Role), byte(f.Epoch))
		return appendParties(appendText(appendText(b, f.Transfer), string(f.State)), f.By)
	case Bind:
		return append(b, 4, byte(f.Epoch))
	case Replay:
		return appendParties(append(b, 5, byte(f.Epoch), byte(f.First), byte(f.Through)), f.From)
	case Unbind:
		return append(b, 6, byte(f.Epoch))
	case Leave:
		return appendParties(append(b, 7, byte(f.Epoch)), f.By)
	case Moved:
		return appendParties(append(b, 8, byte(f.Epoch)), f.From, f.To)
	}
	return append(b, 0)
}
