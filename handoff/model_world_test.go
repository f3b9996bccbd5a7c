package handoff

import (
	"slices"
	"time"
)

// The parties of every test: one caller and three agents.
const (
	carol Party = "carol"
	alice Party = "alice"
	bob   Party = "bob"
	chris Party = "chris"
)

// parties gives each party its number; nobody has number 0.
var parties = [...]Party{"", carol, alice, bob, chris}

const (
	firstAgent = 2
	bindLane   = 3 // lane i+bindLane is for the Bind rows of party i
	laneCount  = len(parties) + bindLane
)

func laneOf(p Party) int { return slices.Index(parties[:], p) }

// ownerOf returns the number of the party that lane i is for.
func ownerOf(i int) int {
	if i >= len(parties) {
		return i - bindLane
	}
	return i
}

// epochOfTests is when every test begins.
var epochOfTests = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// ringTime is how long every offer of the model rings.
const ringTime = time.Minute

// world is the model's whole state: the conversation as committed, what the
// commits put into the outbox, and what each party has seen of it.
type world struct {
	now     time.Time
	conv    Conversation
	past    history
	lanes   [laneCount]lane
	contact [len(parties)]bool // the conversation is among the party's contacts
	ghost   ghost
	stuck   [laneCount]bool // only in a mutant: not taken up again after a crash
	left    budget
}

// lane is one receiver's part of the outbox and what reached that receiver.
// As in the desk, putting the contact into a roster has a lane apart. rows are
// in the order of their commits. Those before next were performed; whether they
// were also confirmed shows only when the desk crashes or another instance takes
// over, so the model chooses it then.
type lane struct {
	rows []row
	next int
	seen []row // the first copies, as the party keeps them
}

// ghost is an instance that was paused, and another took over. It wakes knowing
// what it knew, and goes on.
type ghost struct {
	alive bool
	stale bool // something was committed since
	conv  *Conversation
	next  [laneCount]int // where it is in each lane
	known [laneCount]int // the rows it had loaded
	done  [laneCount]int // what it performed and did not confirm
}

// row is an effect in the outbox. Its id is stable: it is what makes a second
// copy recognisable.
type row struct {
	id   int
	more bool // the row before is of the same commit
	fx   Effect
}

func (l lane) saw(id int) bool {
	return slices.ContainsFunc(l.seen, func(r row) bool { return r.id == id })
}

// budget is what the model may still do. Transfers counts Release, Reclaim and
// Assign too.
type budget struct {
	sessions, messages, transfers, repeats, crashes, takeovers uint8
}

// shell is the desk as the design wants it, with Step as a value. A mutant
// changes one field.
type shell struct {
	step func(Conversation, time.Time, Event) (Conversation, []Effect, error)

	address   func(w *world, i int, r row) int // whose view a row reaches; nil: its lane's
	clearSent func(Effect) bool                // done when sent, not when confirmed
	forget    func(*world)                     // what the checker's key leaves out
	sendEarly bool                             // perform before the commit
	noCompare bool                             // commit over whatever was committed meanwhile
	noToken   bool                             // confirm after another instance took over
	noRecheck bool                             // contacts change without a look at who takes part
	noOrder   bool                             // performs any row of a lane
	noResume  bool                             // what a crash left is not taken up again
	freshIDs  bool                             // a copy gets an id of its own
}

// shipped is the code under test in the shell the design asks for.
func shipped() shell { return shell{step: Conversation.Step} }

// matters reports whether a second copy of a row can change anything: what is
// shown to people is known by its id, changes of contacts are run again.
func (s shell) matters(r row) bool { return arranges(r.fx) || s.freshIDs }

// arranges reports whether fx changes contacts and shows nothing.
func arranges(fx Effect) bool {
	switch fx.(type) {
	case Bind, Unbind:
		return true
	}
	return false
}

// laneFor returns the lane an effect goes to; 0 for the desk's own books and for
// a line said to nobody.
func laneFor(fx Effect) int {
	switch fx := fx.(type) {
	case Line:
		return laneOf(fx.To)
	case Copy:
		return laneOf(fx.To)
	case Ring:
		return laneOf(fx.To)
	case Outcome:
		return laneOf(fx.To)
	case Bind:
		return laneOf(fx.To) + bindLane
	case Replay:
		return laneOf(fx.To)
	case Unbind:
		return laneOf(fx.To)
	case Leave:
		return laneOf(fx.To)
	case Parted:
		return laneOf(fx.To)
	case Moved:
		return laneOf(carol)
	}
	return 0
}

// commit steps w and makes of out the world after the commit: state, history
// and outbox rows together. It reports whether anything changed.
func (s shell) commit(w, out *world, from *Conversation, e Event) (changed bool, err error) {
	next, fx, err := s.step(*from, w.now, e)
	if err != nil {
		return false, refused(*from, e, next, fx, err)
	}
	past := w.past
	if err := past.judge(stride{w.now, w.conv, e, next, fx}); err != nil {
		return false, err
	}
	if len(fx) == 0 && sameConversation(w.conv, next) {
		return false, nil
	}
	*out = *w
	out.conv, out.past = next, past
	out.ghost.stale = out.ghost.alive
	for _, f := range fx {
		if i := laneFor(f); i > 0 {
			l, old := &out.lanes[i], len(w.lanes[i].rows)
			rows := l.rows
			if len(rows) == old {
				rows = slices.Clip(rows) // other worlds share the array
			}
			l.rows = append(rows, row{id: i<<16 + len(rows), more: len(rows) > old, fx: f})
			out.stuck[i] = false
		}
	}
	return true, nil
}

// performNext performs the row of lane i whose turn it is and, with together,
// the others of its commit. Only a shell without order takes another row, k,
// before its turn.
func (s shell) performNext(w *world, i, k int, together bool) error {
	l := &w.lanes[i]
	if k != l.next {
		l.rows = slices.Clone(l.rows)
		l.rows[k], l.rows[l.next] = l.rows[l.next], l.rows[k]
	}
	for {
		l.next++
		if err := s.perform(w, i, l.rows[l.next-1]); err != nil {
			return err
		}
		if !together || l.next == len(l.rows) || !l.rows[l.next].more {
			return nil
		}
	}
}

// perform carries out a row of lane i, perhaps not for the first time. A change
// of contacts looks at who takes part at the moment it takes effect.
func (s shell) perform(w *world, i int, r row) error {
	if arranges(r.fx) {
		p := ownerOf(i)
		_, bind := r.fx.(Bind)
		w.contact[p] = w.conv.Has(parties[p])
		if s.noRecheck {
			w.contact[p] = bind
		}
		return nil
	}
	if s.address != nil {
		i = s.address(w, i, r)
	}
	l := &w.lanes[i]
	if s.freshIDs {
		r.id += (len(l.seen) + 1) << 24
	}
	if l.saw(r.id) {
		return nil
	}
	before := l.seen
	l.seen = append(slices.Clip(before), r)
	return w.past.shown(parties[i], before, r.fx)
}

// skips passes over what was seen already, in every lane: another copy of it is
// known by its id and does nothing.
func (w *world) skips() {
	for i := range w.lanes {
		l, g := &w.lanes[i], &w.ghost
		for l.next < len(l.rows) && !arranges(l.rows[l.next].fx) && l.saw(l.rows[l.next].id) {
			l.next++
		}
		for g.next[i] < g.known[i] && !arranges(l.rows[g.next[i]].fx) && l.saw(l.rows[g.next[i]].id) {
			g.next[i]++
			g.done[i]++
		}
	}
}

// pauses makes of the instance at work a ghost: another takes over and goes on
// where the store says, back rows before it in each lane.
func (w *world) pauses(back [laneCount]uint8) {
	conv := w.conv
	w.ghost = ghost{alive: true, conv: &conv}
	for i := range w.lanes {
		l := &w.lanes[i]
		w.ghost.next[i], w.ghost.known[i], w.ghost.done[i] = l.next, len(l.rows), int(back[i])
		l.next -= int(back[i])
	}
}

// confirms is what the ghost does when a row of lane i is done for it: it moves
// the cursor on by what it performed. Its lease is over, so that the store
// refuses it.
func (s shell) confirms(w *world, i int) (refused bool, err error) {
	if !s.noToken {
		return true, nil
	}
	l := &w.lanes[i]
	l.next = min(l.next+w.ghost.done[i], len(l.rows))
	w.ghost.done[i] = 0
	for _, r := range l.rows[:l.next] {
		if !arranges(r.fx) && !l.saw(r.id) {
			return false, breaks(15, "the cursor of %q passed %T%+v, which nobody performed", parties[ownerOf(i)], r.fx, r.fx)
		}
	}
	return false, nil
}

// sameConversation compares two values; Conversation holds slices, so == won't.
func sameConversation(a, b Conversation) bool {
	x, y := a.Offer, b.Offer
	return a.Caller == b.Caller && a.Holder == b.Holder && a.Phase == b.Phase && a.Aside == b.Aside && a.Quiet == b.Quiet && a.Was == b.Was &&
		a.Session == b.Session && a.Epoch == b.Epoch && a.Seq == b.Seq &&
		a.First == b.First && a.Hops == b.Hops && a.Last == b.Last && slices.Equal(a.Guests, b.Guests) &&
		x.ID == y.ID && x.By == y.By && x.Mode == y.Mode && x.Timeout == y.Timeout && x.Expires.Equal(y.Expires) &&
		slices.Equal(x.Ringing, y.Ringing) && slices.Equal(x.Next, y.Next) && slices.Equal(x.Passed, y.Passed)
}
