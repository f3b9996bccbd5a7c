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
	mostAbsent  = 1024    // looked up in vain
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

	absent  map[origin]struct{} // looked up in vain since the last commit, which looks again
	commits uint64
}

// origin is what no two lines have in common.
type origin struct {
	at address
	by handoff.Party
	id string
}

func newOrigins() *origins {
	return &origins{seed: maphash.MakeSeed(), known: map[address]map[uint64]struct{}{}, absent: map[origin]struct{}{}}
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

// looked reports whether there was no such line since the last commit, and how many
// commits there have been.
func (o *origins) looked(of origin) (absent bool, commits uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, absent = o.absent[of]
	return absent, o.commits
}

// lacked notes that there was no such line as of so many commits.
func (o *origins) lacked(of origin, commits uint64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.commits == commits && len(o.absent) < mostAbsent {
		o.absent[of] = struct{}{}
	}
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
	o.commits++
	clear(o.absent)
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
	s.journal.mu.RLock()
	defer s.journal.mu.RUnlock()
	return s.byOrigin(ctx, address{domain, local}, by, origin)
}

// byOrigin is LineByOrigin for who holds SQLite.mu or journal.mu.
func (s *SQLite) byOrigin(ctx context.Context, at address, by handoff.Party, id string) (desk.Line, error) {
	if id == "" {
		return desk.Line{}, errNoLine
	}
	if l, ok := s.journal.find(at, func(l *desk.Line) bool { return l.By == by && l.OriginID == id }); ok {
		return l, nil
	}
	none, err := s.origins.lacks(at, by, id, func(each func(handoff.Party, string)) error {
		for _, l := range s.journal.lines(at) {
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
	of := origin{at, by, id}
	absent, commits := s.origins.looked(of)
	if absent {
		return desk.Line{}, errNoLine
	}
	l, err := s.line(ctx, s.queries.lineByOrigin, at.domain, at.local, string(by), id)
	if errors.Is(err, desk.ErrNotFound) {
		s.origins.lacked(of, commits)
	}
	return l, err
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
