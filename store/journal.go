package store

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"

	"baton/desk"
	"baton/fault"
	"baton/handoff"
)

// What most batches hold is what people said: lines, for each an item to its
// addressee, and that earlier ones have arrived. In the tables each such line is
// several rows in half a dozen trees; most of what a message cost was that. So these
// batches are committed as one row each of the table journal. They are put into the
// tables together: when there are many, or when something else is to be committed
// (settle.go). An item that has arrived by then, as nearly all have, was never in
// the outbox's table at all.
//
// What the journal holds is in memory too. A conversation's lines in it are the
// newest that it has.

// mostJournal is how many entries the journal may have. More would cost a little less,
// and be felt when they are put into the tables.
const mostJournal = 4096

// perEntry is how many bytes of a line count for an entry more.
const perEntry = 4096

// journal is what the table of that name holds. Whoever reads it together with the
// tables holds mu meanwhile: entries go from one to the others under its lock.
type journal struct {
	mu    sync.RWMutex
	convs map[address]*talk
	items map[int64]*desk.Item // that have not arrived
	done  map[int64]struct{}   // of those in the tables, that have
	size  int

	most     int   // entries
	nextLine int64 // the id of the next line, and that of the next item
	nextItem int64
}

// talk is what the journal holds of one conversation.
type talk struct {
	key, version int64
	seq          uint64
	route        desk.Routing
	lines        []freshLine
}

// freshLine is a line that is not in the tables yet.
type freshLine struct {
	id   int64
	line desk.Line
}

func newJournal() *journal {
	j := &journal{most: mostJournal}
	j.clear()
	return j
}

// clear forgets what is in the tables now.
func (j *journal) clear() {
	j.convs, j.items, j.done, j.size = map[address]*talk{}, map[int64]*desk.Item{}, map[int64]struct{}{}, 0
}

// entries is how much a batch adds.
func entries(b *desk.Batch) int {
	n := len(b.Conversations) + len(b.Lines) + len(b.Items) + len(b.Done)
	for i := range b.Lines {
		n += (len(b.Lines[i].Body) + len(b.Lines[i].Payload)) / perEntry
	}
	return n
}

// brief reports whether the journal can take a batch: whether nothing is to be
// committed but what people said, by the rules of the tables. What is not brief is
// judged by the tables themselves.
func (s *SQLite) brief(ctx context.Context, b *desk.Batch) bool {
	if len(b.Epochs)+len(b.Transfers)+len(b.Outcomes)+len(b.Buried)+len(b.Pauses)+len(b.Forgotten) > 0 ||
		s.journal.size+entries(b) > s.journal.most {
		return false
	}
	for _, c := range b.Conversations {
		was, ok := s.learn(ctx, c)
		if !ok || c.Version != was.Version || !onlySaid(was, c) || s.scratch.own[c.Local].key != 0 {
			return false
		}
		s.scratch.own[c.Local] = owner{c.Domain, c.Key}
		s.scratch.seqs[c.Local] = was.Seq
		s.scratch.begins[c.Local] = was.Seq + 1
	}
	for i := range b.Lines {
		if !s.briefLine(ctx, &b.Lines[i]) {
			return false
		}
	}
	for _, c := range b.Conversations {
		if s.scratch.seqs[c.Local] != c.Seq {
			return false
		}
	}
	for _, it := range b.Items {
		if !s.briefItem(it) {
			return false
		}
	}
	// One that was never given out would be done before it is there.
	return !slices.ContainsFunc(b.Done, func(id int64) bool { return id >= s.journal.nextItem })
}

// briefLine reports whether a line follows the one before, and has an origin-id that
// none of its conversation has for certain.
func (s *SQLite) briefLine(ctx context.Context, l *desk.Line) bool {
	own, ok := s.scratch.own[l.Conversation]
	if !ok || l.Seq != s.scratch.seqs[l.Conversation]+1 || l.Session == 0 || max(l.Seq, l.Session, l.Epoch) > math.MaxInt64 {
		return false
	}
	s.scratch.seqs[l.Conversation] = l.Seq
	if l.OriginID == "" {
		return true
	}
	once := [3]string{l.Conversation, string(l.By), l.OriginID}
	if _, twice := s.scratch.origins[once]; twice {
		return false
	}
	s.scratch.origins[once] = struct{}{}
	_, err := s.byOrigin(ctx, address{own.domain, l.Conversation}, l.By, l.OriginID)
	return errors.Is(err, desk.ErrNotFound)
}

// briefItem reports whether an item delivers a line of the batch.
func (s *SQLite) briefItem(it *desk.Item) bool {
	e, ok := it.Effect.(handoff.Line)
	own := s.scratch.own[it.Conversation]
	if !ok || it.Kind != desk.KindLine || it.Line == nil || it.Tries != 0 || own.key == 0 || own.domain != it.Domain {
		return false
	}
	return e.Seq >= s.scratch.begins[it.Conversation] && e.Seq <= s.scratch.seqs[it.Conversation] && it.Line.Seq == e.Seq
}

// note commits a brief batch as a row of the journal.
func (s *SQLite) note(ctx context.Context, b *desk.Batch) error {
	text, ok := s.appendBatch(s.scratch.text[:0], b)
	s.scratch.text = text
	if !ok {
		return s.commitRows(ctx, b)
	}
	err := s.transact(ctx, "commit", func(ctx context.Context) error {
		_, err := s.stmts.note.ExecContext(ctx, string(text))
		fault.Point("store.journal.written")
		return err
	})
	if err != nil {
		return err
	}
	s.copying.committed(entries(b))
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	s.noted(b)
	return nil
}

// noted brings what is in memory up to a batch that is in the journal. The caller
// holds journal.mu.
func (s *SQLite) noted(b *desk.Batch) {
	j := s.journal
	j.size += entries(b)
	for _, c := range b.Conversations {
		c.Version++
		at := address{c.Domain, c.Local}
		t := j.convs[at]
		if t == nil {
			t = &talk{key: c.Key}
			j.convs[at] = t
		}
		t.version, t.seq, t.route = c.Version, c.Seq, routeAsRead(c.Route)
		s.remember(c)
	}
	for _, l := range b.Lines {
		t := j.convs[address{s.scratch.own[l.Conversation].domain, l.Conversation}]
		l.At = asRead(l.At)
		t.lines = append(t.lines, freshLine{j.nextLine, l})
		j.nextLine++
	}
	for _, id := range b.Done {
		if _, fresh := j.items[id]; fresh {
			delete(j.items, id)
		} else {
			j.done[id] = struct{}{}
		}
	}
	for _, it := range b.Items {
		it.ID = j.nextItem
		j.nextItem++
		kept := *it
		j.items[it.ID] = &kept
	}
	s.origins.committed(b)
}
