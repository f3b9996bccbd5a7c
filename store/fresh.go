package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"baton/desk"
	"baton/fault"
	"baton/handoff"
)

// Lines are first put into the table fresh, and among the others when many have
// come together. In the indexes of all lines, by conversation and by origin-id, each
// line that comes makes two pages be written besides its own share of one, because
// lines that come together are of different conversations: most of a commit's cost
// was that. The index of fresh has a handful of pages; and put among the others by
// the thousand, many lines share one.
//
// What is in fresh is in memory too. A conversation's fresh lines are the newest
// it has.

// Bounds of fresh.
const (
	mostFresh = 2048 // lines; more are not left to be put among the others
	freshMove = 256  // so many, the oldest, go at a time: more would cost less, and be felt
)

// freshLine is a line in fresh.
type freshLine struct {
	id   int64
	line desk.Line
}

// fresh is what the table of that name holds, by conversation. Whoever reads it
// together with the table lines holds mu meanwhile: lines go from one to the other
// under its lock.
type fresh struct {
	mu    sync.RWMutex
	convs map[address][]freshLine
	count int
	next  int64 // id of the next line

	most, move int // mostFresh, freshMove
}

func newFresh() *fresh {
	return &fresh{convs: map[address][]freshLine{}, most: mostFresh, move: freshMove}
}

// add takes a batch's lines that have been committed. The caller holds mu.
func (f *fresh) add(b *desk.Batch, own map[string]owner) {
	for i, l := range b.Lines {
		at := address{own[l.Conversation].domain, l.Conversation}
		l.At = fromMicros(micros(l.At)) // as it would be read
		f.convs[at] = append(f.convs[at], freshLine{f.next + int64(i), l})
	}
	f.count += len(b.Lines)
	f.next += int64(len(b.Lines))
}

// remove forgets the lines of a conversation up to an id. The caller holds mu.
func (f *fresh) remove(at address, through int64) {
	ls := f.convs[at]
	n := 0
	for n < len(ls) && ls[n].id <= through {
		n++
	}
	f.count -= n
	if n == len(ls) {
		delete(f.convs, at)
		return
	}
	f.convs[at] = slices.Delete(ls, 0, n)
}

// find returns the newest fresh line of a conversation that is the one. The caller
// holds mu.
func (f *fresh) find(at address, is func(*desk.Line) bool) (desk.Line, bool) {
	ls := f.convs[at]
	for i := range slices.Backward(ls) {
		if is(&ls[i].line) {
			return ls[i].line, true
		}
	}
	return desk.Line{}, false
}

// between returns the fresh lines with those numbers, the newest limit of them;
// a limit of 0 means all. The caller holds mu.
func (f *fresh) between(at address, first, through uint64, limit int) []desk.Line {
	var out []desk.Line
	for _, l := range f.convs[at] {
		if l.line.Seq >= first && l.line.Seq <= through {
			out = append(out, l.line)
		}
	}
	if limit > 0 && len(out) > limit {
		out = slices.Clone(out[len(out)-limit:])
	}
	return out
}

// moveThrough puts the fresh lines up to an id among the others, in a transaction of
// the caller's, who holds both locks.
func (s *SQLite) moveThrough(ctx context.Context, id int64) error {
	if _, err := s.stmts.moveAll.ExecContext(ctx, id); err != nil {
		return err
	}
	_, err := s.stmts.dropAll.ExecContext(ctx, id)
	return err
}

// crowded reports whether a commit that adds so many lines has to move others. The
// caller holds SQLite.mu, without which nothing is added.
func (f *fresh) crowded(adding int) bool { return f.count >= f.move && f.count+adding > f.most }

// oldest returns the id up to which lines are moved when there are too many. The
// caller holds mu.
func (f *fresh) oldest() int64 {
	ids := make([]int64, 0, f.count)
	for _, ls := range f.convs {
		for _, l := range ls {
			ids = append(ids, l.id)
		}
	}
	slices.Sort(ids)
	return ids[min(f.move, len(ids))-1]
}

// moved forgets the lines up to an id, which are among the others now. The caller
// holds mu.
func (f *fresh) moved(through int64) {
	for at := range f.convs {
		f.remove(at, through)
	}
}

// moveOne puts a conversation's fresh lines among the others, in a transaction of
// the caller's, who holds SQLite.mu.
func (s *SQLite) moveOne(ctx context.Context, at address) error {
	for _, l := range s.fresh.convs[at] {
		if _, err := s.stmts.moveLine.ExecContext(ctx, l.id); err != nil {
			return err
		}
		fault.Point("store.fresh.moved")
		if _, err := s.stmts.dropLine.ExecContext(ctx, l.id); err != nil {
			return err
		}
	}
	return nil
}

// settle puts all fresh lines among the others.
func (s *SQLite) settle(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fresh.mu.Lock()
	defer s.fresh.mu.Unlock()
	if s.fresh.count == 0 {
		return nil
	}
	err := s.transact(ctx, "settle", func(ctx context.Context) error { return s.moveThrough(ctx, math.MaxInt64) })
	if err == nil {
		clear(s.fresh.convs)
		s.fresh.count = 0
	}
	return err
}

// openFresh reads what the process before has left.
func (s *SQLite) openFresh(ctx context.Context) (err error) {
	rows, err := s.stmts.allFresh.QueryContext(ctx)
	if err != nil {
		return err
	}
	for rows.Next() {
		var id int64
		var domain string
		l, err := scanLine(led{rows, []any{&id, &domain}})
		if err != nil {
			return errors.Join(err, rows.Close())
		}
		at := address{domain, l.Conversation}
		s.fresh.convs[at] = append(s.fresh.convs[at], freshLine{id, l})
		s.fresh.count++
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	return s.stmts.lastLine.QueryRowContext(ctx).Scan(&s.fresh.next)
}

// led is a row with columns in front of those that a scan function reads.
type led struct {
	row
	by []any
}

func (l led) Scan(dest ...any) error { return l.row.Scan(append(slices.Clip(l.by), dest...)...) }

// fillFresh gives items of fresh lines their line, which the query does not find.
// The caller holds fresh.mu.
func (s *SQLite) fillFresh(items []desk.Item) {
	for i := range items {
		it := &items[i]
		if it.Line == nil || it.Line.Session > 0 {
			continue
		}
		l, ok := s.fresh.find(address{it.Domain, it.Conversation}, func(l *desk.Line) bool { return l.Seq == it.Line.Seq })
		if ok {
			it.Line, it.Effect = &l, handoff.Line{Seq: l.Seq, Epoch: l.Epoch, By: l.By, To: it.To, Private: l.Private}
		}
	}
}

// Lines returns the newest limit lines with first <= Seq <= through, oldest of
// them first; a limit of 0 means all. An unknown conversation has none.
func (s *SQLite) Lines(ctx context.Context, domain, local string, first, through uint64, limit int) ([]desk.Line, error) {
	s.fresh.mu.RLock()
	defer s.fresh.mu.RUnlock()
	tail := s.fresh.between(address{domain, local}, first, through, limit)
	if limit > 0 && len(tail) == limit || len(tail) > 0 && tail[0].Seq == first {
		return tail, nil
	}
	most := -1
	if limit > 0 {
		most = limit - len(tail)
	}
	ls, err := collect(ctx, s.queries.lines, scanLine, domain, local, upTo(first), upTo(through), most)
	if err != nil {
		return nil, s.readError("lines", err)
	}
	slices.Reverse(ls)
	return append(ls, tail...), nil
}

// LineBySeq returns the line with the number, or [desk.ErrNotFound].
func (s *SQLite) LineBySeq(ctx context.Context, domain, local string, seq uint64) (desk.Line, error) {
	return s.oneLine(address{domain, local}, func(l *desk.Line) bool { return l.Seq == seq },
		func() (desk.Line, error) { return s.line(ctx, s.queries.lineBySeq, domain, local, upTo(seq)) })
}

// LineByStanza returns the newest line by an author whose stanza had the id, or
// [desk.ErrNotFound].
func (s *SQLite) LineByStanza(ctx context.Context, domain, local string, by handoff.Party, id string) (desk.Line, error) {
	if id == "" {
		return desk.Line{}, errNoLine
	}
	return s.oneLine(address{domain, local}, func(l *desk.Line) bool { return l.By == by && l.StanzaID == id },
		func() (desk.Line, error) { return s.line(ctx, s.queries.lineByStanza, domain, local, string(by), id) })
}

// oneLine returns the newest line that is the one: a fresh one, or what the query
// finds among the others.
func (s *SQLite) oneLine(at address, is func(*desk.Line) bool, query func() (desk.Line, error)) (desk.Line, error) {
	s.fresh.mu.RLock()
	defer s.fresh.mu.RUnlock()
	if l, ok := s.fresh.find(at, is); ok {
		return l, nil
	}
	return query()
}

// unlike checks that no line of a batch has the origin-id of another: the table
// fresh does not. The caller holds fresh.mu.
func (s *SQLite) unlike(ctx context.Context, b *desk.Batch) error {
	domains := map[string]string{}
	for _, c := range b.Conversations {
		domains[c.Local] = c.Domain
	}
	type origin struct {
		conv, id string
		by       handoff.Party
	}
	var seen map[origin]struct{}
	for _, l := range b.Lines {
		if l.OriginID == "" {
			continue
		}
		_, err := s.byOrigin(ctx, address{domains[l.Conversation], l.Conversation}, l.By, l.OriginID)
		key := origin{l.Conversation, l.OriginID, l.By}
		if _, twice := seen[key]; twice || err == nil {
			return fmt.Errorf("%w: line %d of %s repeats another", desk.ErrConflict, l.Seq, l.Conversation)
		}
		if !errors.Is(err, desk.ErrNotFound) {
			return err
		}
		if seen == nil {
			seen = map[origin]struct{}{}
		}
		seen[key] = struct{}{}
	}
	return nil
}
