package component

import (
	"context"
	"errors"
	"math"
	"slices"

	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// pager reads one page of an archive for one reader.
type pager struct {
	ctx  context.Context
	c    *Component
	q    archiveQuery
	view desk.View
	ids  lineIDs
}

// read returns the stanzas that answer a query.
func (a *archive) read(ctx context.Context, q archiveQuery) ([]byte, error) {
	view, err := a.c.desk.View(ctx, a.c.cfg.Archive, q.conv, q.standing, q.by)
	if err != nil {
		return nil, err
	}
	p := pager{ctx: ctx, c: a.c, q: q, view: view}
	if p.ids, err = a.codec.of(ctx, a.c.cfg.Archive, a.c.cfg.Domain, q.conv.Local); err != nil {
		return nil, errors.Join(desk.ErrStore, err)
	}
	switch what := q.what.(type) {
	case *stanza.ArchiveQuery:
		return p.page(what)
	case *stanza.ArchiveMetadata:
		return p.metadata()
	}
	return q.h.Result(q.what) // the form
}

// lines reads a page of what the view shows.
func (p *pager) lines(view desk.View, aq desk.ArchiveQuery) ([]desk.Line, bool, error) {
	aq.Domain, aq.Local, aq.View, aq.Bytes = p.c.cfg.Domain, p.q.conv.Local, view, pageBytes
	lines, more, err := p.c.cfg.Archive.ArchivePage(p.ctx, aq)
	if err != nil {
		return nil, false, errors.Join(desk.ErrStore, err)
	}
	return lines, more, nil
}

func (p *pager) metadata() ([]byte, error) {
	first, _, err := p.lines(p.view, desk.ArchiveQuery{Limit: 1})
	if err != nil {
		return nil, err
	}
	last, _, err := p.lines(p.view, desk.ArchiveQuery{Limit: 1, Backward: true})
	if err != nil {
		return nil, err
	}
	var m stanza.ArchiveMetadata
	if len(first) > 0 && len(last) > 0 {
		m.Start = &stanza.ArchiveMark{ID: p.ids.of(first[0].Seq), Stamp: first[0].At}
		m.End = &stanza.ArchiveMark{ID: p.ids.of(last[0].Seq), Stamp: last[0].At}
	}
	return p.q.h.Result(m)
}

// seq returns the number of the line that the reader names, which must be one
// they may read.
func (p *pager) seq(id string) (uint64, error) {
	if seq, ok := p.ids.seq(id); ok {
		found, _, err := p.lines(p.view.Within(seq, seq), desk.ArchiveQuery{Limit: 1})
		if err != nil || len(found) > 0 {
			return seq, err
		}
	}
	return 0, &stanza.Error{Condition: stanza.ItemNotFound, Text: "This archive has no message of that identifier."}
}

// between narrows a view to what lies between two lines; "" stands for none.
func (p *pager) between(view desk.View, after, before string) (desk.View, error) {
	first, through := uint64(1), uint64(math.MaxUint64)
	if after != "" {
		seq, err := p.seq(after)
		if err != nil {
			return view, err
		}
		first = seq + 1
	}
	if before != "" {
		seq, err := p.seq(before)
		if err != nil {
			return view, err
		}
		through = seq - 1
	}
	return view.Within(first, through), nil
}

// matching narrows the reader's view to what the query's form asks for.
func (p *pager) matching(q *stanza.ArchiveQuery) (desk.View, error) {
	view, err := p.between(p.view, q.AfterID, q.BeforeID)
	if err != nil {
		return view, err
	}
	if !q.Start.IsZero() || !q.End.IsZero() {
		first, through, err := p.c.cfg.Archive.ArchiveBetween(p.ctx, p.c.cfg.Domain, p.q.conv.Local, q.Start, q.End)
		if err != nil {
			return view, errors.Join(desk.ErrStore, err)
		}
		view = view.Within(first, through)
	}
	if len(q.IDs) == 0 {
		return view, nil
	}
	if len(q.IDs) > pageMost {
		return view, &stanza.Error{Condition: stanza.NotAcceptable, Text: "Too many ids: ask for 100 at a time."}
	}
	var spans []desk.Span
	for _, seq := range slices.Sorted(p.named(q.IDs, &err)) {
		spans = append(spans, view.Within(seq, seq).Spans...)
	}
	view.Spans = slices.Compact(spans)
	return view, err
}

// named yields the numbers of lines until one of them cannot be read.
func (p *pager) named(ids []string, failed *error) func(func(uint64) bool) {
	return func(yield func(uint64) bool) {
		for _, id := range ids {
			seq, err := p.seq(id)
			if err != nil {
				*failed = err
				return
			}
			if !yield(seq) {
				return
			}
		}
	}
}

// with narrows a view to where somebody may have said or been told something.
func (p *pager) with(view desk.View, who handoff.Party) (desk.View, error) {
	if who == "" || who == p.q.conv.Caller {
		return view, nil
	}
	a, domain, local := p.c.cfg.Archive, p.c.cfg.Domain, p.q.conv.Local
	_, _, err := a.Entered(p.ctx, domain, local, who)
	if err == nil { // beside a holder, at any time
		return view, nil
	}
	if !errors.Is(err, desk.ErrNotFound) {
		return view, errors.Join(desk.ErrStore, err)
	}
	held, err := a.Stretches(p.ctx, domain, local, who)
	if err != nil {
		return view, errors.Join(desk.ErrStore, err)
	}
	var spans []desk.Span
	for _, s := range held {
		spans = append(spans, view.Within(s.Through+1, max(s.Until, s.Through)).Spans...)
	}
	view.Spans = spans
	return view, nil
}

// page answers a query: a message for each line, and the end of the page.
func (p *pager) page(q *stanza.ArchiveQuery) ([]byte, error) {
	view, err := p.matching(q)
	if err != nil {
		return nil, err
	}
	with := handoff.Party(bare(q.With))
	if string(with) == p.c.address(p.q.conv.Local) { // the contact all of it is with
		with = ""
	}
	var fin stanza.ArchiveFin
	if fin.Page.Count, err = p.count(view, with); err != nil {
		return nil, err
	}
	if view, err = p.with(view, with); err != nil {
		return nil, err
	}
	if view, err = p.between(view, q.Page.After, q.Page.Before); err != nil {
		return nil, err
	}
	limit := uint64(pageDefault)
	if q.Page.Max != nil {
		limit = min(*q.Page.Max, pageMost)
	}
	var lines []desk.Line
	more := len(view.Spans) > 0
	if limit > 0 { // else only the count is asked for (XEP-0059 §2.7)
		lines, more, err = p.lines(view, desk.ArchiveQuery{With: with, Start: q.Start, End: q.End,
			Backward: q.Page.Last && q.Page.After == "", Limit: int(limit)})
		if err != nil {
			return nil, err
		}
	}
	fin.Complete = !more
	if len(lines) > 0 {
		fin.Page.First, fin.Page.Last = p.ids.of(lines[0].Seq), p.ids.of(lines[len(lines)-1].Seq)
	}
	out := p.results(q, lines)
	end, err := p.q.h.Result(fin)
	if len(end) > maxPost { // its id is too long to be sent back
		return nil, &stanza.Error{Condition: stanza.NotAcceptable}
	}
	return append(out, end...), err
}

// count returns how many lines a view shows, nil where that is not known
// without counting them.
func (p *pager) count(view desk.View, with handoff.Party) (*uint64, error) {
	if with != "" || slices.ContainsFunc(view.Spans, func(s desk.Span) bool { return s.Own }) {
		return nil, nil
	}
	n, err := p.c.cfg.Archive.ArchiveCount(p.ctx, p.c.cfg.Domain, p.q.conv.Local, view)
	if err != nil {
		return nil, errors.Join(desk.ErrStore, err)
	}
	return &n, nil
}
