package handoff

import (
	"hash/maphash"
	"slices"
)

var keySeed = maphash.MakeSeed()

// key returns 64 bits that stand for w and for every world that is like it but
// for the names of the agents. It leaves out what nothing can look at again: the
// rows a party has seen, in order, and that cannot come back; the journal and
// the ledger, of which Step sees nothing and the checker only what conversation
// and outbox still say. Times count only as whether the open offer is overdue.
// TestKey checks that worlds with the same key have the same future.
func (s shell) key(w *world) uint64 {
	if s.forget != nil {
		less := *w
		s.forget(&less)
		w = &less
	}
	var room [1024]byte
	e := encoder{b: room[:0], shell: s, w: w}
	e.world(e.order())
	return maphash.Bytes(keySeed, e.b)
}

// encoder writes a world with the agents under other numbers.
type encoder struct {
	b     []byte
	shell shell
	w     *world
	as    [len(parties)]byte // a party's number
}

// order returns the agents in an order that their names have no part in: that
// of what each of them is and has before them. Those alike in that are alike in
// everything: no row names anybody but its receiver.
func (e *encoder) order() [len(parties) - firstAgent]int {
	var order [len(parties) - firstAgent]int
	var look [len(parties)]uint64
	for k := range order {
		i := k + firstAgent
		order[k] = i
		e.b = e.b[:0]
		e.as = [len(parties)]byte{0, 1, 3, 3, 3} // oneself and others
		e.as[i] = 2
		e.conversation(&e.w.conv)
		e.party(i)
		look[i] = maphash.Bytes(keySeed, e.b)
	}
	slices.SortFunc(order[:], func(x, y int) int {
		switch {
		case look[x] < look[y]:
			return -1
		case look[x] > look[y]:
			return 1
		}
		return 0
	})
	return order
}

func (e *encoder) world(order [len(parties) - firstAgent]int) {
	e.b = e.b[:0]
	e.as = [len(parties)]byte{0, 1}
	for k, i := range order {
		e.as[i] = byte(k + firstAgent)
	}
	w := e.w
	e.bytes(w.left.sessions, w.left.messages, w.left.transfers, w.left.repeats, w.left.crashes, w.left.takeovers)
	e.bools(w.conv.Offer.Open() && !w.now.Before(w.conv.Offer.Expires), w.ghost.alive, w.ghost.stale)
	e.conversation(&w.conv)
	if e.shell.noCompare && w.ghost.stale { // otherwise what it knew comes to nothing
		e.conversation(w.ghost.conv)
	}
	e.party(1)
	for _, i := range order {
		e.party(i)
	}
}

// party is what concerns party i of the outbox.
func (e *encoder) party(i int) {
	e.bools(e.w.contact[i])
	e.lane(i)
	if i >= firstAgent {
		e.lane(i + bindLane)
	}
}

func (e *encoder) lane(i int) {
	l, g, left := &e.w.lanes[i], &e.w.ghost, e.w.left
	known := l.prefix()
	e.bools(known < 0, e.w.stuck[i])
	for k, r := range l.rows {
		ghosts := g.alive && k >= g.next[i] && k < g.known[i]
		switch {
		case arranges(r.fx): // once more late, or again after a crash, or still to come
			if k < l.next && left.repeats == 0 && !ghosts && (left.crashes+left.takeovers == 0 || k < l.next-mostInFlight) {
				continue
			}
		case known >= 0 && k < known && !ghosts: // a copy is known by its id and does nothing
			if !e.shell.noToken {
				continue
			}
		}
		e.bools(k >= l.next, r.more, ghosts, known >= 0 && k < known)
		e.effect(r.fx)
	}
	e.bytes(0) // no effect begins with 0
	if e.shell.noToken {
		e.bytes(byte(g.done[i]))
	}
	if known < 0 {
		for _, r := range l.seen {
			e.bytes(byte(r.id), byte(r.id>>24))
			e.effect(r.fx)
		}
		e.bytes(0)
	}
}

// prefix returns how many of the rows the party has seen, if they are the
// first ones, in order, and reach at least to next; -1 in a mutant's world.
func (l *lane) prefix() int {
	n := 0
	for k, r := range l.rows {
		if arranges(r.fx) {
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

func (e *encoder) bytes(b ...byte) { e.b = append(e.b, b...) }

func (e *encoder) bools(vs ...bool) {
	var b byte
	for i, v := range vs {
		if v {
			b |= 1 << i
		}
	}
	e.b = append(e.b, b)
}

func (e *encoder) parties(ps ...Party) {
	e.b = append(e.b, byte(len(ps)))
	for _, p := range ps {
		e.b = append(e.b, e.as[laneOf(p)])
	}
}

// set is parties whose order makes no difference.
func (e *encoder) set(ps []Party) {
	var has [len(parties)]bool
	for _, p := range ps {
		has[e.as[laneOf(p)]] = true
	}
	e.bools(has[:]...)
}

// text is a transfer's number, or a state: no two begin with the same letter.
func (e *encoder) text(s string) {
	if s == "" {
		e.b = append(e.b, 0)
		return
	}
	e.b = append(e.b, s[0], s[len(s)-1])
}

func (e *encoder) conversation(c *Conversation) {
	o, l := &c.Offer, &c.Last
	e.parties(c.Holder, c.Aside, c.Was, o.By, l.By)
	e.bools(c.Quiet)
	e.bytes(byte(c.Phase), byte(c.Session), byte(c.Epoch), byte(c.Seq), byte(c.First), byte(c.Hops), byte(l.Epoch), byte(o.Mode))
	e.text(o.ID)
	e.text(l.ID)
	e.text(string(l.State))
	e.set(c.Guests)
	e.set(o.Ringing)
	e.parties(o.Next...)
	e.set(o.Passed)
}

// effect leaves out what nothing looks at once it is committed as it should be:
// times, reasons, and who brought it about.
func (e *encoder) effect(fx Effect) {
	switch f := fx.(type) {
	case Line:
		e.bytes(1, byte(f.Seq), byte(f.Epoch))
		e.bools(f.Private)
	case Copy:
		e.bytes(2, byte(f.Seq), byte(f.Epoch))
	case Ring:
		e.bytes(3)
		e.text(f.Transfer)
	case Outcome:
		e.bytes(4, byte(f.Role), byte(f.Epoch))
		e.text(f.Transfer)
		e.text(string(f.State))
	case Bind:
		e.bytes(5)
	case Replay:
		e.bytes(6, byte(f.Epoch), byte(f.First), byte(f.Through), byte(f.Mode))
		e.text(f.Transfer)
	case Unbind:
		e.bytes(7)
	case Leave:
		e.bytes(8, byte(f.Epoch))
	case Moved:
		e.bytes(9, byte(f.Epoch))
	case Parted:
		e.bytes(10, byte(f.Epoch))
		e.bools(f.Aside)
	}
}
