package store

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"

	"baton/desk"
	"baton/handoff"
)

// Bounds of origins.
const (
	mostOrigins = 4096    // of one conversation; of a longer one none are remembered
	allOrigins  = 1 << 18 // of all together, some 10 MB
)

// origins remembers which origin-ids the lines of a conversation have, so that a
// message that comes for the first time, as nearly all do, is known for that
// without a query. What it says is there may not be; what it says is not there is
// not.
type origins struct {
	seed maphash.Seed

	mu    sync.Mutex
	known map[address]map[uint64]struct{} // nil: too many to remember
	count int
}

func newOrigins() *origins {
	return &origins{seed: maphash.MakeSeed(), known: map[address]map[uint64]struct{}{}}
}

func (o *origins) hash(by handoff.Party, origin string) uint64 {
	return maphash.Comparable(o.seed, [2]string{string(by), origin})
}

// lacks reports whether the conversation has no such line for certain. fill reads
// what there is of one that is not known yet; it is called under the lock, so that
// no commit's lines are missed.
func (o *origins) lacks(at address, by handoff.Party, origin string, fill func(each func(handoff.Party, string)) error) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	set, ok := o.known[at]
	if !ok {
		set = map[uint64]struct{}{}
		if err := fill(func(by handoff.Party, origin string) { set[o.hash(by, origin)] = struct{}{} }); err != nil {
			return false, err
		}
		if len(set) > mostOrigins {
			set = nil
		}
		o.keep(at, set)
	}
	if set == nil {
		return false, nil
	}
	_, there := set[o.hash(by, origin)]
	return !there, nil
}

// keep remembers a set, and forgets others where that makes too many. The caller
// holds the lock.
func (o *origins) keep(at address, set map[uint64]struct{}) {
	for other, s := range o.known {
		if o.count+len(set) <= allOrigins && len(o.known) < allOrigins/16 {
			break
		}
		o.count -= len(s)
		delete(o.known, other)
	}
	o.known[at] = set
	o.count += len(set)
}

// committed adds the lines of a batch that is in the database.
func (o *origins) committed(b *desk.Batch) {
	o.mu.Lock()
	defer o.mu.Unlock()
	domains := map[string]string{}
	for _, c := range b.Conversations {
		domains[c.Local] = c.Domain
		if at := (address{c.Domain, c.Local}); c.Version == 1 && o.known[at] == nil { // new: these are all
			o.keep(at, map[uint64]struct{}{})
		}
	}
	for _, l := range b.Lines {
		at := address{domains[l.Conversation], l.Conversation}
		set := o.known[at]
		if set == nil || l.OriginID == "" {
			continue
		}
		if h := o.hash(l.By, l.OriginID); len(set) < mostOrigins {
			if _, there := set[h]; !there {
				set[h] = struct{}{}
				o.count++
			}
			continue
		}
		o.count -= len(set)
		o.known[at] = nil
	}
}

// LineByOrigin returns the one line by an author with the origin id, or
// [desk.ErrNotFound]. No line has the empty id.
func (s *SQLite) LineByOrigin(ctx context.Context, domain, local string, by handoff.Party, origin string) (desk.Line, error) {
	s.fresh.mu.RLock()
	defer s.fresh.mu.RUnlock()
	return s.byOrigin(ctx, address{domain, local}, by, origin)
}

// byOrigin is LineByOrigin for who holds fresh.mu.
func (s *SQLite) byOrigin(ctx context.Context, at address, by handoff.Party, origin string) (desk.Line, error) {
	if origin == "" {
		return desk.Line{}, errNoLine
	}
	if l, ok := s.fresh.find(at, func(l *desk.Line) bool { return l.By == by && l.OriginID == origin }); ok {
		return l, nil
	}
	none, err := s.origins.lacks(at, by, origin, func(each func(handoff.Party, string)) error {
		for _, l := range s.fresh.convs[at] {
			each(l.line.By, l.line.OriginID)
		}
		return s.origined(ctx, at, each)
	})
	switch {
	case err != nil:
		return desk.Line{}, s.readError("lines", err)
	case none:
		return desk.Line{}, errNoLine
	}
	return s.line(ctx, s.queries.lineByOrigin, at.domain, at.local, string(by), origin)
}

// origined reads the origin-ids of a conversation's lines.
func (s *SQLite) origined(ctx context.Context, at address, each func(handoff.Party, string)) (err error) {
	rows, err := s.queries.origins.QueryContext(ctx, at.domain, at.local, mostOrigins+1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var by, origin string
		if err := rows.Scan(&by, &origin); err != nil {
			return err
		}
		each(handoff.Party(by), origin)
	}
	return rows.Err()
}
