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

// parties gives each party its lane; nobody has lane 0, which stays empty.
var parties = [...]Party{"", carol, alice, bob, chris}

func laneOf(p Party) int { return slices.Index(parties[:], p) }

// epochOfTests is when every test begins.
var epochOfTests = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// ringTime is how long every offer of the model rings.
const ringTime = time.Minute

// world is the model's whole state: the conversation as committed, what the
// commits put into the outbox, and what each party has seen of it.
type world struct {
	now   time.Time
	conv  Conversation
	stale *Conversation // the value before the last commit, for a shell that does not compare
	past  history
	lanes [len(parties)]lane
	left  budget
}

// lane is one receiver's part of the outbox and what reached that receiver.
// rows are in the order of their commits. Those before next were performed;
// whether they were also confirmed shows only when the desk crashes, so the
// model chooses it then.
type lane struct {
	rows    []row
	next    int
	seen    []row // the first copies, as the party keeps them
	contact bool  // the conversation is among the party's contacts
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

// budget is what the model may still do.
type budget struct {
	sessions, messages, transfers, repeats, crashes uint8
}

// shell is the desk as the design wants it, with Step as a value. A mutant
// changes one field.
type shell struct {
	step func(Conversation, time.Time, Event) (Conversation, []Effect, error)

	address   func(w *world, i int, r row) int // whose view a row reaches; nil: its lane's
	sendEarly bool                             // perform before the commit
	noCompare bool                             // commit over whatever was committed meanwhile
	clearSent func(Effect) bool                // done when sent, not when confirmed
	noRecheck bool                             // contacts change without a look at the epoch
	noOrder   bool                             // performs any row of a lane
	freshIDs  bool                             // a copy gets an id of its own
}

// shipped is the code under test in the shell the design asks for.
func shipped() shell { return shell{step: Conversation.Step} }

// matters reports whether a second copy of a row can change anything: what is
// shown to people is known by its id, changes of contacts are run again.
func (s shell) matters(r row) bool {
	switch r.fx.(type) {
	case Bind, Unbind:
		return true
	}
	return s.freshIDs
}

// receiver returns who an effect goes to; nobody for the desk's own books.
// A line said by an agent goes to the caller.
func receiver(fx Effect) Party {
	switch fx := fx.(type) {
	case Line:
		return fx.To
	case Ring:
		return fx.To
	case Outcome:
		return fx.To
	case Bind:
		return fx.To
	case Replay:
		return fx.To
	case Unbind:
		return fx.To
	case Leave:
		return fx.To
	case Moved:
		return carol
	}
	return ""
}

// commit steps w and makes of out the world after the commit: state, history
// and outbox rows together. It reports whether anything changed.
func (s shell) commit(w, out *world, e Event) (changed bool, err error) {
	from := &w.conv
	if s.noCompare && w.stale != nil {
		from = w.stale
	}
	next, fx, err := s.step(*from, w.now, e)
	if err != nil {
		return false, refused(w.conv, e, next, fx, err)
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
	if s.noCompare {
		out.stale = &w.conv
	}
	for i := range out.lanes {
		out.lanes[i].add(i, fx)
	}
	return true, nil
}

// add queues the effects that go to lane i, without writing into an array that
// other worlds share.
func (l *lane) add(i int, fx []Effect) {
	n := len(l.rows)
	rows := l.rows[:n:n]
	for _, f := range fx {
		if i > 0 && receiver(f) == parties[i] {
			rows = append(rows, row{id: i<<16 + len(rows), more: len(rows) > n, fx: f})
		}
	}
	l.rows = rows
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

// perform carries out a row of lane i, perhaps not for the first time.
func (s shell) perform(w *world, i int, r row) error {
	if s.address != nil {
		i = s.address(w, i, r)
	}
	l := &w.lanes[i]
	switch fx := r.fx.(type) {
	case Bind:
		if s.noRecheck || (w.conv.Holder == fx.To && w.conv.Epoch == fx.Epoch) {
			l.contact = true
		}
		return nil
	case Unbind:
		if s.noRecheck || w.conv.Holder != fx.To {
			l.contact = false
		}
		return nil
	}
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

// sameConversation compares two values; Conversation holds slices, so == won't.
func sameConversation(a, b Conversation) bool {
	x, y := a.Offer, b.Offer
	return a.Caller == b.Caller && a.Holder == b.Holder && a.Phase == b.Phase &&
		a.Session == b.Session && a.Epoch == b.Epoch && a.Seq == b.Seq &&
		a.First == b.First && a.Hops == b.Hops && a.Last == b.Last &&
		x.ID == y.ID && x.By == y.By && x.Timeout == y.Timeout && x.Expires.Equal(y.Expires) &&
		slices.Equal(x.Ringing, y.Ringing) && slices.Equal(x.Next, y.Next) && slices.Equal(x.Passed, y.Passed)
}
