package simulation

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"baton/desk"
	"baton/handoff"
)

// book notes everything that was committed, over all restarts: what people must
// have been shown in the end.
type book struct {
	mu        sync.Mutex
	convs     map[string]desk.Conversation // as last committed
	order     []string                     // their localparts as they began
	short     map[string]string            // localparts by the part that nobody shares
	lines     map[lineKey]*noted
	byOrigin  map[string]int // lines with the same author and origin-id, by conversation
	bodies    map[string]*noted
	count     map[string]uint64 // lines by conversation
	epochs    map[string][]desk.Epoch
	transfers map[string]desk.Transfer
	ledger    []string // their ids as they opened
	outcomes  []desk.Outcome
	items     []desk.Item
	dead      []desk.Dead
	broken    []string // what no commit may hold
}

type lineKey struct {
	local string
	seq   uint64
}

// noted is a line, who took part around its commit, and who was in it both
// before and after: those must get it, the others may.
type noted struct {
	desk.Line
	may, must []handoff.Party
	sent      []handoff.Party // whom an item carries it to
}

func newBook() *book {
	return &book{convs: map[string]desk.Conversation{}, short: map[string]string{}, lines: map[lineKey]*noted{},
		byOrigin: map[string]int{}, bodies: map[string]*noted{}, count: map[string]uint64{},
		epochs: map[string][]desk.Epoch{}, transfers: map[string]desk.Transfer{}}
}

func (b *book) wrong(format string, args ...any) {
	b.broken = append(b.broken, fmt.Sprintf(format, args...))
}

func party(c desk.Conversation) []handoff.Party {
	who := append([]handoff.Party{c.Caller}, c.Guests...)
	for _, p := range []handoff.Party{c.Holder, c.Aside} {
		if p != "" {
			who = append(who, p)
		}
	}
	return who
}

// note takes in a committed batch.
func (b *book) note(batch *desk.Batch) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dead = append(b.dead, batch.Buried...)
	before := map[string]desk.Conversation{}
	for _, c := range batch.Conversations {
		old, known := b.convs[c.Local]
		if !known {
			b.order = append(b.order, c.Local)
			b.short[c.Local[strings.LastIndexByte(c.Local, '.')+1:]] = c.Local
		}
		before[c.Local] = old
		if c.Epoch < old.Epoch || c.Seq < old.Seq || c.Session < old.Session {
			b.wrong("%s went back: epoch %d to %d, line %d to %d", c.Local, old.Epoch, c.Epoch, old.Seq, c.Seq)
		}
		b.convs[c.Local] = copyConv(c)
	}
	for _, l := range batch.Lines {
		b.line(l, before[l.Conversation])
	}
	for _, e := range batch.Epochs {
		es := b.epochs[e.Conversation]
		if e.Epoch != uint64(len(es))+1 {
			b.wrong("%s: epoch %d follows %d others", e.Conversation, e.Epoch, len(es))
		}
		b.epochs[e.Conversation] = append(es, e)
	}
	for _, t := range batch.Transfers {
		b.transfers[t.ID] = t
		b.ledger = append(b.ledger, t.ID)
	}
	b.outcomes = append(b.outcomes, batch.Outcomes...)
	for _, it := range batch.Items {
		b.items = append(b.items, *it)
		if it.Line != nil {
			n := b.lines[lineKey{it.Conversation, it.Line.Seq}]
			n.sent = append(n.sent, it.To)
		}
	}
}

func (b *book) line(l desk.Line, was desk.Conversation) {
	now := b.convs[l.Conversation]
	n := &noted{Line: l}
	n.may = append(party(was), party(now)...)
	for _, p := range party(was) {
		if was.Session == now.Session && slices.Contains(party(now), p) && p != l.By {
			n.must = append(n.must, p)
		}
	}
	if was.Aside != now.Aside { // who hears what changed meanwhile
		n.must = nil
	}
	if l.Private {
		n.must = []handoff.Party{l.To}
		if l.To == now.Caller || l.By == now.Caller {
			b.wrong("line %d of %s is private and the caller's", l.Seq, l.Conversation)
		}
	} else {
		n.must = slices.DeleteFunc(n.must, func(p handoff.Party) bool { return p == now.Aside })
	}
	b.count[l.Conversation]++
	if l.Seq != b.count[l.Conversation] {
		b.wrong("%s: line %d is the %dth", l.Conversation, l.Seq, b.count[l.Conversation])
	}
	if b.bodies[l.Body] != nil {
		b.wrong("journalled twice: %q", l.Body)
	}
	if key := l.Conversation + " " + string(l.By) + " " + l.OriginID; l.OriginID != "" {
		if b.byOrigin[key]++; b.byOrigin[key] > 1 {
			b.wrong("two lines with one origin-id: %s", key)
		}
	}
	b.bodies[l.Body] = n
	b.lines[lineKey{l.Conversation, l.Seq}] = n
}

// copied finds the line that a message with this id is a copy of, and for whom.
func (b *book) copied(id string) (n *noted, toAgent, is bool) {
	short, rest, ok := strings.Cut(id, "-")
	if !ok || len(rest) < 2 || rest[0] != 'a' && rest[0] != 'c' {
		return nil, false, false
	}
	seq, err := strconv.ParseUint(rest[1:], 36, 64)
	if err != nil || b.short[short] == "" {
		return nil, false, false
	}
	return b.lines[lineKey{b.short[short], seq}], rest[0] == 'a', true
}

// buried reports whether an item of that kind was given up.
func (b *book) buried(conv string, to handoff.Party, is func(desk.Item) bool) bool {
	return slices.ContainsFunc(b.dead, func(d desk.Dead) bool {
		return d.Item.Conversation == conv && d.Item.To == to && is(d.Item)
	})
}

// keeper is the store of one run of the process: what it commits is noted, and
// it fails as it is told.
type keeper struct {
	desk.Store
	w *world

	mu    sync.Mutex
	dead  bool // the process was killed: nothing is written any more
	fault string
	kill  int // the process is killed by so many commits from now; 0: never
	late  []*desk.Batch
}

func (k *keeper) Commit(ctx context.Context, b *desk.Batch) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dead {
		return errKilled
	}
	if len(b.Conversations) > 0 {
		if fault := k.fault; fault != "" {
			k.fault = ""
			k.w.disturbed.Store(true)
			k.w.say("", "the store fails: %s", fault)
			if fault == "refuse" {
				return errBroken
			}
			if err := k.write(ctx, b); err != nil {
				return err
			}
			return desk.ErrUnknownOutcome
		}
		if k.kill--; k.kill == 0 && k.w.killBefore {
			k.die()
			return errKilled
		}
	}
	if err := k.write(ctx, b); err != nil {
		return err
	}
	if len(b.Conversations) > 0 && k.kill == 0 {
		k.die()
	}
	return nil
}

func (k *keeper) die() {
	k.dead = true
	k.w.killed()
}

// write commits and notes.
func (k *keeper) write(ctx context.Context, b *desk.Batch) error {
	m := k.w.mutant
	if m.lies && len(b.Lines) > 0 && b.Conversations[0].Key != 0 { // says yes, and writes with the next batch
		k.w.book.note(b)
		late := *b
		late.Conversations = nil
		for _, c := range b.Conversations {
			kept := copyConv(c)
			late.Conversations = append(late.Conversations, &kept)
			c.Version++
		}
		k.late = append(k.late, &late)
		return nil
	}
	for _, l := range k.late {
		if err := k.Store.Commit(ctx, l); err != nil {
			return err
		}
	}
	k.late = nil
	if err := k.Store.Commit(ctx, b); err != nil {
		return err
	}
	k.w.book.note(b)
	if m.committed != nil {
		m.committed(k.w, b)
	}
	return nil
}

func (k *keeper) Restore(ctx context.Context, domain string, open func(*desk.Conversation)) (desk.Snapshot, error) {
	var all []desk.Conversation
	s, err := k.Store.Restore(ctx, domain, func(c *desk.Conversation) { all = append(all, *c) })
	if m := k.w.mutant; m.restored != nil {
		m.restored(&s)
	}
	if k.w.mutant.loses && len(all) > 1 {
		all = all[1:]
	}
	for i := range all {
		if open != nil {
			open(&all[i])
		}
	}
	return s, err
}

func (k *keeper) LineByOrigin(ctx context.Context, domain, local string, by handoff.Party, origin string) (desk.Line, error) {
	if k.w.mutant.forgetful {
		return desk.Line{}, desk.ErrNotFound
	}
	return k.Store.LineByOrigin(ctx, domain, local, by, origin)
}

func (k *keeper) Retry(ctx context.Context, id int64, tries int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dead {
		return errKilled
	}
	return k.Store.Retry(ctx, id, tries)
}
