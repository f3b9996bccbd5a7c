package simulation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"baton/desk"
	"baton/handoff"
)

// memory is a desk.Store in memory for one domain: the rules of the SQLite one
// without its disk. TestStoresAgree holds the two against each other.
type memory struct {
	mu        sync.Mutex
	convs     []*desk.Conversation // by Key - 1
	local     map[string]*desk.Conversation
	lines     map[string][]desk.Line // by conversation, Seq ascending
	epochs    map[string][]desk.Epoch
	transfers map[string]desk.Transfer
	outcomes  map[string][]desk.Outcome
	items     map[int64]desk.Item
	dead      []desk.Dead
	last      int64
}

func newMemory() *memory {
	return &memory{local: map[string]*desk.Conversation{}, lines: map[string][]desk.Line{},
		epochs: map[string][]desk.Epoch{}, transfers: map[string]desk.Transfer{},
		outcomes: map[string][]desk.Outcome{}, items: map[int64]desk.Item{}}
}

func (m *memory) Close() error { return nil }

func copyConv(c *desk.Conversation) desk.Conversation {
	d := *c
	d.Guests = slices.Clone(c.Guests)
	d.Info = slices.Clone(c.Info)
	d.Offer.Ringing = slices.Clone(c.Offer.Ringing)
	d.Offer.Next = slices.Clone(c.Offer.Next)
	d.Offer.Passed = slices.Clone(c.Offer.Passed)
	return d
}

func (m *memory) Restore(_ context.Context, _ string, open func(*desk.Conversation)) (desk.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := desk.Snapshot{NextNumber: 1}
	for _, c := range m.convs {
		s.NextNumber = max(s.NextNumber, c.Number+1)
		if c.Phase != handoff.Idle && open != nil {
			kept := copyConv(c)
			open(&kept)
		}
	}
	for _, it := range m.items {
		s.Items = append(s.Items, it)
	}
	slices.SortFunc(s.Items, func(a, b desk.Item) int { return int(a.ID - b.ID) })
	return s, nil
}

// Commit checks the whole batch before it changes anything.
func (m *memory) Commit(_ context.Context, b *desk.Batch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.check(b); err != nil {
		return err
	}
	for _, c := range b.Conversations {
		if c.Key == 0 {
			m.convs = append(m.convs, nil)
			c.Key = int64(len(m.convs))
		}
		c.Version++
		kept := copyConv(c)
		m.convs[c.Key-1], m.local[c.Local] = &kept, &kept
	}
	for _, l := range b.Lines {
		l.Payload = slices.Clone(l.Payload)
		m.lines[l.Conversation] = append(m.lines[l.Conversation], l)
	}
	for _, e := range b.Epochs {
		m.epochs[e.Conversation] = append(m.epochs[e.Conversation], e)
	}
	for _, t := range b.Transfers {
		m.transfers[t.ID] = t
	}
	for _, o := range b.Outcomes {
		m.outcomes[o.Transfer] = append(m.outcomes[o.Transfer], o)
	}
	for _, id := range b.Done {
		delete(m.items, id)
	}
	for _, d := range b.Buried {
		if _, ok := m.items[d.Item.ID]; ok {
			delete(m.items, d.Item.ID)
			m.dead = append(m.dead, d)
		}
	}
	for _, it := range b.Items {
		m.last++
		it.ID = m.last
		m.items[it.ID] = *it
	}
	return nil
}

func (m *memory) check(b *desk.Batch) error {
	for _, c := range b.Conversations {
		old := m.local[c.Local]
		if c.Key == 0 && (old != nil || m.caller(c.Entry, c.Caller) != nil) || c.Key != 0 && (old == nil || old.Version != c.Version) {
			return fmt.Errorf("%w: %s", desk.ErrStale, c.Local)
		}
	}
	next := map[string]uint64{}
	for _, l := range b.Lines {
		if next[l.Conversation] == 0 {
			next[l.Conversation] = uint64(len(m.lines[l.Conversation])) + 1
		}
		if l.Seq != next[l.Conversation] {
			return fmt.Errorf("%w: line %d of %s", desk.ErrConflict, l.Seq, l.Conversation)
		}
		next[l.Conversation]++
		if l.OriginID != "" {
			if _, err := m.origin(l.Conversation, l.By, l.OriginID); err == nil {
				return fmt.Errorf("%w: origin-id %s", desk.ErrConflict, l.OriginID)
			}
		}
	}
	for _, e := range b.Epochs {
		if slices.ContainsFunc(m.epochs[e.Conversation], func(o desk.Epoch) bool { return o.Epoch == e.Epoch }) {
			return fmt.Errorf("%w: epoch %d of %s", desk.ErrConflict, e.Epoch, e.Conversation)
		}
	}
	for _, t := range b.Transfers {
		if _, ok := m.transfers[t.ID]; ok {
			return fmt.Errorf("%w: transfer %s", desk.ErrConflict, t.ID)
		}
	}
	for _, o := range b.Outcomes {
		if slices.ContainsFunc(m.outcomes[o.Transfer], func(p desk.Outcome) bool { return p.To == o.To && p.Role == o.Role }) {
			return fmt.Errorf("%w: outcome of %s for %s", desk.ErrConflict, o.Transfer, o.To)
		}
	}
	return nil
}

func (m *memory) caller(entry string, who handoff.Party) *desk.Conversation {
	for _, c := range m.convs {
		if c.Entry == entry && c.Caller == who {
			return c
		}
	}
	return nil
}

func found(c *desk.Conversation) (desk.Conversation, error) {
	if c == nil {
		return desk.Conversation{}, desk.ErrNotFound
	}
	return copyConv(c), nil
}

func (m *memory) ByCaller(_ context.Context, _, entry string, who handoff.Party) (desk.Conversation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return found(m.caller(entry, who))
}

func (m *memory) ByLocal(_ context.Context, _, local string) (desk.Conversation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return found(m.local[local])
}

func (m *memory) ByNumber(_ context.Context, _ string, number int64) (desk.Conversation, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.convs {
		if c.Number == number {
			return copyConv(c), nil
		}
	}
	return desk.Conversation{}, desk.ErrNotFound
}

func (m *memory) Lines(_ context.Context, _, local string, first, through uint64, limit int) ([]desk.Line, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []desk.Line
	for _, l := range m.lines[local] {
		if l.Seq >= first && l.Seq <= through {
			out = append(out, l)
		}
	}
	if limit > 0 && len(out) > limit {
		out = out[len(out)-limit:]
	}
	return out, nil
}

func (m *memory) LineBySeq(_ context.Context, _, local string, seq uint64) (desk.Line, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if ls := m.lines[local]; seq >= 1 && seq <= uint64(len(ls)) {
		return ls[seq-1], nil
	}
	return desk.Line{}, desk.ErrNotFound
}

func (m *memory) newest(local string, among int, is func(desk.Line) bool) (desk.Line, error) {
	ls := m.lines[local]
	if among > 0 {
		ls = ls[max(len(ls)-among, 0):]
	}
	for i := len(ls) - 1; i >= 0; i-- {
		if is(ls[i]) {
			return ls[i], nil
		}
	}
	return desk.Line{}, desk.ErrNotFound
}

func (m *memory) LineByStanza(_ context.Context, _, local string, by handoff.Party, id string, among int) (desk.Line, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.newest(local, among, func(l desk.Line) bool { return l.By == by && l.StanzaID == id })
}

func (m *memory) LineByOrigin(_ context.Context, _, local string, by handoff.Party, origin string) (desk.Line, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.origin(local, by, origin)
}

func (m *memory) origin(local string, by handoff.Party, origin string) (desk.Line, error) {
	return m.newest(local, 0, func(l desk.Line) bool { return l.By == by && l.OriginID == origin && origin != "" })
}

func (m *memory) TransferByID(_ context.Context, _, id string) (desk.Transfer, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if t, ok := m.transfers[id]; ok {
		return t, nil
	}
	return desk.Transfer{}, desk.ErrNotFound
}

func (m *memory) Outcomes(_ context.Context, _, id string) ([]desk.Outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.outcomes[id]), nil
}

func (m *memory) Held(_ context.Context, _, local string, who handoff.Party) (session, epoch uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.epochs[local] {
		if e.Holder == who {
			session, epoch = max(session, e.Session), max(epoch, e.Epoch)
		}
	}
	return session, epoch, nil
}

func (m *memory) Pending(_ context.Context, id int64) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.items[id]
	return ok, nil
}

func (m *memory) Retry(_ context.Context, id int64, tries int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if it, ok := m.items[id]; ok {
		it.Tries = tries
		m.items[id] = it
	}
	return nil
}

var (
	_ desk.Store = (*memory)(nil)

	errBroken = errors.New("the disk is broken")
	errKilled = errors.New("the process is dead")
)
