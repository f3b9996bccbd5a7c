package simulation

import (
	"maps"
	"slices"
	"strings"
	"time"

	"baton/desk"
	"baton/handoff"
)

// arrived checks what comes to a user when it comes.
func (w *world) arrived(u *user, m message) {
	w.book.mu.Lock()
	defer w.book.mu.Unlock()
	first, again := u.first[m.id]
	if !again {
		u.first[m.id] = len(u.got)
	}
	n, _, is := w.book.copied(m.id)
	if again && (is || m.handover) && u.got[first].body != m.body {
		w.wrong("%s was sent two messages with the id %s: %q and %q", name(u.jid), m.id, u.got[first].body, m.body)
	}
	switch {
	case !is:
		return
	case n == nil:
		w.wrong("%s is shown a line that was never committed: %v", name(u.jid), m)
		return
	case !slices.Contains(n.may, u.jid):
		w.wrong("%s is shown line %d of %s and took no part in it", name(u.jid), n.Seq, n.Conversation)
	case n.Private && !u.agent:
		w.wrong("%s is shown the private line %d of %s", name(u.jid), n.Seq, n.Conversation)
	case !strings.Contains(m.body, n.Body):
		w.wrong("line %d of %s was %q and %s is shown %q", n.Seq, n.Conversation, n.Body, name(u.jid), m.body)
	}
	if again {
		return
	}
	if last := u.newest[n.Conversation]; n.Seq < last {
		w.wrong("%s is shown line %d of %s for the first time behind line %d", name(u.jid), n.Seq, n.Conversation, last)
	}
	u.newest[n.Conversation] = n.Seq
	if es := w.book.epochs[n.Conversation]; n.Epoch > 0 && es[n.Epoch-1].Holder == u.jid && n.To == u.jid {
		w.begun(u, n)
	}
}

// begun checks that a holder's stream begins with the handover message.
func (w *world) begun(u *user, n *noted) {
	by := w.book.epochs[n.Conversation][n.Epoch-1].Transfer
	if slices.ContainsFunc(u.got, func(m message) bool { return m.handover && m.transfer == by }) {
		return
	}
	if !w.book.buried(n.Conversation, u.jid, func(it desk.Item) bool { return it.Kind == desk.KindReplay }) {
		w.wrong("%s is shown line %d of %s before the handover message", name(u.jid), n.Seq, n.Conversation)
	}
}

// resting checks what must hold when nothing has gone wrong for a while.
func (w *world) resting() {
	if n := w.desk.Outbox().Pending() - w.desk.Outbox().Provisional(); n > 0 {
		w.wrong("%d items are pending, %v after the last fault", n, rest)
	}
	if up, why := w.component.Connected(); !up {
		w.wrong("the component is not connected: %s", why)
	}
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	w.book.mu.Lock()
	defer w.book.mu.Unlock()
	for _, p := range staff {
		want := map[string]bool{at("desk"): true}
		for l, c := range w.book.convs {
			if c.Has(p) {
				want[at(l)] = true
			}
		}
		for _, d := range w.book.dead { // nobody can know
			if k := d.Item.Kind; d.Item.To == p && (k == desk.KindBind || k == desk.KindUnbind) {
				want[at(d.Item.Conversation)] = w.user(p).roster[at(d.Item.Conversation)]
			}
		}
		maps.DeleteFunc(want, func(_ string, in bool) bool { return !in })
		if got := w.user(p).roster; !maps.Equal(want, got) {
			w.wrong("%s's roster has %v and should have %v", name(p), slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	}
}

// waiting checks that no session is forgotten that somebody could take.
func (w *world) waiting() {
	w.book.mu.Lock()
	load := map[handoff.Party]int{}
	for _, c := range w.book.convs {
		for _, p := range append(slices.Clone(c.Offer.Ringing), party(c)...) {
			load[p]++
		}
	}
	var alone []string
	for _, l := range w.book.order {
		c := w.book.convs[l]
		if c.Phase == handoff.Waiting && !c.Offer.Open() && slices.ContainsFunc(directory().Agents, func(a desk.Agent) bool {
			return slices.Contains(a.Queues, c.Queue) && !c.Has(a.JID) && (a.Capacity == 0 || load[a.JID] < a.Capacity)
		}) {
			alone = append(alone, l)
		}
	}
	before := len(w.book.ledger)
	w.book.mu.Unlock()
	if len(alone) == 0 {
		return
	}
	w.wait(offerTimeout + 5*time.Second)
	w.book.mu.Lock()
	defer w.book.mu.Unlock()
	for _, l := range alone {
		if !slices.ContainsFunc(w.book.ledger[before:], func(id string) bool { return w.book.transfers[id].Conversation == l }) {
			w.wrong("%s waits, somebody of %s is free, and it is not offered", l, w.book.convs[l].Queue)
		}
	}
}

// verify checks the whole history when every session is over.
func (w *world) verify() {
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	w.book.mu.Lock()
	defer w.book.mu.Unlock()
	if int(w.buried.Load()) > len(w.book.dead) { // fewer where it was killed in between
		w.wrong("%d items were given up and %d times somebody was told", len(w.book.dead), w.buried.Load())
	}
	w.verifyLines()
	w.verifyLedger()
	w.verifyCounts()
}

func (w *world) verifyLines() {
	for _, l := range w.book.order {
		for seq := uint64(1); seq <= w.book.count[l]; seq++ {
			n := w.book.lines[lineKey{l, seq}]
			if n.To != "" && !slices.Contains(n.sent, n.To) {
				w.wrong("line %d of %s is %s's and nothing carries it", seq, l, name(n.To))
			}
			for _, p := range n.must {
				if !slices.Contains(n.sent, p) {
					w.wrong("line %d of %s is not carried to %s, who took part", seq, l, name(p))
				}
			}
			for _, p := range n.sent {
				w.verifyShown(n, p)
			}
		}
	}
}

// verifyShown checks that an addressee of a line got it.
func (w *world) verifyShown(n *noted, p handoff.Party) {
	for _, m := range w.user(p).got {
		if k, toAgent, is := w.book.copied(m.id); is && k == n && toAgent == (p != w.book.convs[n.Conversation].Caller) && !m.bounced {
			return
		}
	}
	if !w.book.buried(n.Conversation, p, func(it desk.Item) bool { return it.Line != nil && it.Line.Seq == n.Seq }) {
		w.wrong("%s never got line %d of %s", name(p), n.Seq, n.Conversation)
	}
}

// verifyLedger checks that everybody a transfer concerns learned how it ended,
// once.
func (w *world) verifyLedger() {
	type part struct {
		id string
		to handoff.Party
		as handoff.Role
	}
	rows := map[part]int{}
	for _, o := range w.book.outcomes {
		p := part{o.Transfer, o.To, o.Role}
		if rows[p]++; rows[p] > 1 {
			w.wrong("%s has two outcomes of %s", name(o.To), o.Transfer)
		}
		w.verifyTold(o)
	}
	for _, it := range w.book.items {
		if r, ok := it.Effect.(handoff.Ring); ok && rows[part{r.Transfer, r.To, handoff.AsTarget}] == 0 {
			w.wrong("%s was asked about %s and there is no outcome", name(r.To), r.Transfer)
		}
	}
	for _, id := range w.book.ledger {
		if t := w.book.transfers[id]; t.By != "" && rows[part{id, t.By, handoff.AsHolder}] == 0 {
			w.wrong("%s made %s and there is no outcome", name(t.By), id)
		}
	}
}

func (w *world) verifyTold(o desk.Outcome) {
	ids, seen := map[string]bool{}, false
	for _, m := range w.user(o.To).got {
		if m.transfer == o.Transfer {
			ids[m.id] = true
			seen = seen || !m.bounced
			if m.state != string(o.State) && !(o.State == handoff.Accepted) {
				w.wrong("%s is told that %s was %s, and it was %s", name(o.To), o.Transfer, m.state, o.State)
			}
		}
	}
	gaveUp := w.book.buried(o.Conversation, o.To, func(it desk.Item) bool {
		return it.Kind == desk.KindOutcome || it.Kind == desk.KindReplay
	})
	if !seen && !gaveUp {
		w.wrong("%s is never told how %s ended (%s)", name(o.To), o.Transfer, o.State)
	}
	if len(ids) > 1 {
		w.wrong("%s is told %d times how %s ended: %v", name(o.To), len(ids), o.Transfer, slices.Sorted(maps.Keys(ids)))
	}
}

// verifyCounts checks that different messages have different ids: as many
// handover messages and farewells are known as there were occasions.
func (w *world) verifyCounts() {
	type leg struct {
		to   handoff.Party
		kind byte
	}
	want := map[leg]int{}
	for _, it := range w.book.items {
		switch e := it.Effect.(type) {
		case handoff.Replay:
			want[leg{it.To, 'h'}]++
		case handoff.Leave:
			silent := e.Reason == handoff.ReasonTransferred || e.Reason == desk.ReasonReturned || e.Reason == desk.ReasonGone
			if u := w.user(it.To); u.agent && !u.native && !silent {
				want[leg{it.To, 'e'}]++
			}
		}
	}
	for _, p := range staff {
		u, got := w.user(p), map[byte]int{}
		for id := range u.first {
			got[kindOf(id)]++
		}
		got['e'] += got['l']
		for _, kind := range []byte("he") {
			if kind == 'e' && u.native { // got them natively, mostly
				continue
			}
			n := want[leg{p, kind}]
			if got[kind] != n && !slices.ContainsFunc(w.book.dead, func(d desk.Dead) bool { return d.Item.To == p }) {
				w.wrong("%s had %d occasions for messages -%c and got %d different ones", name(p), n, kind, got[kind])
			}
		}
	}
}
