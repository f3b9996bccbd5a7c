package store

import (
	"context"
	"math"
	"slices"

	"baton/desk"
	"baton/handoff"
)

// lines returns those of a conversation that are in the journal. The caller holds mu.
func (j *journal) lines(at address) []freshLine {
	if t := j.convs[at]; t != nil {
		return t.lines
	}
	return nil
}

// find returns the newest fresh line of a conversation that is the one. The caller
// holds mu.
func (j *journal) find(at address, is func(*desk.Line) bool) (desk.Line, bool) {
	ls := j.lines(at)
	for i := range slices.Backward(ls) {
		if is(&ls[i].line) {
			return ls[i].line, true
		}
	}
	return desk.Line{}, false
}

// between returns the fresh lines with those numbers, the newest limit of them;
// a limit of 0 means all. The caller holds mu.
func (j *journal) between(at address, first, through uint64, limit int) []desk.Line {
	var out []desk.Line
	for _, l := range j.lines(at) {
		if l.line.Seq >= first && l.line.Seq <= through {
			out = append(out, l.line)
		}
	}
	if limit > 0 && len(out) > limit {
		out = slices.Clone(out[len(out)-limit:])
	}
	return out
}

// Lines returns the newest limit lines with first <= Seq <= through, oldest of
// them first; a limit of 0 means all. An unknown conversation has none.
func (s *SQLite) Lines(ctx context.Context, domain, local string, first, through uint64, limit int) ([]desk.Line, error) {
	s.journal.mu.RLock()
	defer s.journal.mu.RUnlock()
	tail := s.journal.between(address{domain, local}, first, through, limit)
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

// LineByStanza returns the newest line by an author whose stanza had the id, of the
// last so many of the conversation's lines (0: of all), or [desk.ErrNotFound]. It
// looks through them one by one.
func (s *SQLite) LineByStanza(ctx context.Context, domain, local string, by handoff.Party, id string, among int) (desk.Line, error) {
	if id == "" {
		return desk.Line{}, errNoLine
	}
	if among == 0 {
		among = math.MaxInt
	}
	at := address{domain, local}
	s.journal.mu.RLock()
	defer s.journal.mu.RUnlock()
	fresh := s.journal.lines(at)
	for i := range slices.Backward(fresh) {
		if l := &fresh[i].line; len(fresh)-i <= among && l.By == by && l.StanzaID == id {
			return *l, nil
		}
	}
	// What the tables know of the conversation is as old as its lines there.
	return s.line(ctx, s.queries.lineByStanza, domain, local, string(by), id, max(among-len(fresh), 0))
}

// oneLine returns the newest line that is the one: a fresh one, or what the query
// finds among the others.
func (s *SQLite) oneLine(at address, is func(*desk.Line) bool, query func() (desk.Line, error)) (desk.Line, error) {
	s.journal.mu.RLock()
	defer s.journal.mu.RUnlock()
	if l, ok := s.journal.find(at, is); ok {
		return l, nil
	}
	return query()
}
