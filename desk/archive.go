package desk

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"baton/handoff"
)

// Archive is what queries of a conversation's archive are answered from, beside
// [Store]. No method reads more of a conversation than it returns.
type Archive interface {
	// ArchiveKey returns the 16 random bytes from which the identifiers of
	// archived lines are made; always the same.
	ArchiveKey(ctx context.Context) ([]byte, error)
	// ArchivePage returns up to q.Limit lines, oldest first: the first ones
	// there are or, backward, the last ones; more says that others follow in
	// that direction.
	ArchivePage(ctx context.Context, q ArchiveQuery) (lines []Line, more bool, err error)
	// ArchiveCount returns how many lines a view shows. It counts only what it
	// leaves out.
	ArchiveCount(ctx context.Context, domain, local string, v View) (uint64, error)
	// ArchiveBetween returns the numbers of the first line at start or later and
	// of the last at end or earlier, a zero time being no bound. Where a clock
	// was set back they may be narrower by what lies more than 64 lines apart
	// from where its time should be.
	ArchiveBetween(ctx context.Context, domain, local string, start, end time.Time) (first, through uint64, err error)
	// ArchiveNth returns the number of the line that is the n-th from the end
	// of those first..through that were not said in private, first if there
	// are fewer.
	ArchiveNth(ctx context.Context, domain, local string, first, through uint64, n int) (uint64, error)
	// Stretches returns in their order the stretches in which who held the
	// conversation.
	Stretches(ctx context.Context, domain, local string, who handoff.Party) ([]Stretch, error)
	// Entered returns how who last came in beside the holder; ErrNotFound when
	// they never did.
	Entered(ctx context.Context, domain, local string, who handoff.Party) (Share, time.Time, error)
}

// ArchiveQuery asks for a page of a conversation's lines.
type ArchiveQuery struct {
	Domain, Local string
	View          View
	With          handoff.Party // only what they said or were told; empty: all
	Start, End    time.Time     // zero: no bound
	Backward      bool
	Limit         int // lines, above 0
	Bytes         int // of text and payload, about; at least one line is returned
}

// Stretch is one epoch as its holder saw it.
type Stretch struct {
	Epoch, Session uint64
	First, Through uint64 // the dialog that moved to the holder
	Share          Share  // how much of it they were shown
	Until          uint64 // the last line before the next epoch, or the last there is
}

// Span is a part of a dialog: the lines First..Through.
type Span struct {
	First, Through uint64
	Own            bool // only what the reader said or was told
}

// View is what somebody may read of a conversation's archive.
type View struct {
	Reader  handoff.Party
	Private bool   // also what others said in private
	Spans   []Span // ascending and apart
}

// Within returns the part of the view between two lines.
func (v View) Within(first, through uint64) View {
	var spans []Span
	for _, s := range v.Spans {
		s.First, s.Through = max(s.First, first), min(s.Through, through)
		if s.First <= s.Through {
			spans = append(spans, s)
		}
	}
	v.Spans = spans
	return v
}

// Supervises reports whether the agent may read every conversation.
func (a Agent) Supervises() bool { return slices.Contains(a.Roles, "supervisor") }

// View finds out what by, who was found to have the standing s to conv, may
// read of it now: of the dialog they were handed what its transfer shared, and
// what was said since. Its errors are a [Refusal], [ErrHidden] and [ErrStore].
func (d *Desk) View(ctx context.Context, a Archive, conv Conversation, s Standing, by handoff.Party) (View, error) {
	v := viewer{ctx: ctx, d: d, a: a, conv: conv, by: by}
	agent, _ := d.Directory().Agent(by)
	var err error
	switch {
	case s == Stranger:
		return View{}, ErrHidden
	case agent.Supervises():
		v.add(Span{First: 1, Through: conv.Seq})
		return View{Reader: by, Private: true, Spans: v.spans}, nil
	case s == Holder:
		err = v.holder()
	case s == Guest:
		if err = v.guest(); err == nil && conv.Offer.Rings(by) { // to take it over
			err = v.asked()
		}
	case s == Asked:
		err = v.asked()
	case !d.Policy().FormerReadsOwn:
		return View{}, refuse(handoff.ErrNotHolder, "You do not hold this session any more: its archive is closed for you.")
	}
	if err == nil && d.Policy().FormerReadsOwn {
		err = v.own()
	}
	if err != nil {
		return View{}, errors.Join(ErrStore, err)
	}
	return View{Reader: by, Spans: apart(v.spans)}, nil
}

// viewer works out a view.
type viewer struct {
	ctx   context.Context
	d     *Desk
	a     Archive
	conv  Conversation
	by    handoff.Party
	spans []Span
}

func (v *viewer) add(s Span) {
	s.Through = min(s.Through, v.conv.Seq)
	if s.First <= s.Through {
		v.spans = append(v.spans, s)
	}
}

// shared returns the first line of first..through that a transfer shares,
// through+1 if it shares none.
func (v *viewer) shared(s Share, first, through uint64) (uint64, error) {
	switch {
	case s.None || first > through:
		return through + 1, nil
	case s.Last > 0:
		return v.a.ArchiveNth(v.ctx, v.conv.Domain, v.conv.Local, first, through, s.Last)
	}
	return first, nil
}

// holder: what their transfer shared of this session, what was said since, and
// where it shared everything, and the queue does, the sessions before.
func (v *viewer) holder() error {
	all, err := v.a.Stretches(v.ctx, v.conv.Domain, v.conv.Local, v.by)
	if err != nil {
		return err
	}
	q, _ := v.d.Directory().Queue(v.conv.Queue)
	for _, s := range all {
		if s.Epoch != v.conv.Epoch {
			continue
		}
		if s.Share == (Share{}) && q.Share == (Share{}) {
			if err := v.before(all); err != nil {
				return err
			}
		}
		first, err := v.shared(s.Share, s.First, s.Through)
		if err != nil {
			return err
		}
		v.add(Span{First: first, Through: v.conv.Seq})
	}
	return nil
}

// before adds the sessions before this one, without what a transfer to the
// reader withheld then.
func (v *viewer) before(all []Stretch) error {
	next := uint64(1)
	for _, s := range all {
		if s.Session >= v.conv.Session || s.Share == (Share{}) {
			continue
		}
		first, err := v.shared(s.Share, s.First, s.Through)
		if err != nil {
			return err
		}
		if s.First > next {
			v.add(Span{First: next, Through: s.First - 1})
		}
		next = max(next, first)
	}
	if v.conv.First > next {
		v.add(Span{First: next, Through: v.conv.First - 1})
	}
	return nil
}

// guest: what they were shown when they came in, and what was said since; to
// the agent who is consulted only what is between them and the holder.
func (v *viewer) guest() error {
	share, at, err := v.a.Entered(v.ctx, v.conv.Domain, v.conv.Local, v.by)
	if err != nil {
		return err
	}
	_, through, err := v.a.ArchiveBetween(v.ctx, v.conv.Domain, v.conv.Local, time.Time{}, at)
	if err != nil {
		return err
	}
	first, err := v.shared(share, v.conv.First, through)
	if err != nil {
		return err
	}
	if v.by != v.conv.Aside {
		v.add(Span{First: max(first, v.conv.First), Through: v.conv.Seq})
		return nil
	}
	v.add(Span{First: first, Through: through})
	v.add(Span{First: max(through+1, v.conv.First), Through: v.conv.Seq, Own: true})
	return nil
}

// asked: what the offer that rings shows.
func (v *viewer) asked() error {
	t, err := v.d.cfg.Store.TransferByID(v.ctx, v.conv.Domain, v.conv.Offer.ID)
	if err != nil {
		return err
	}
	first, err := v.shared(t.Share, v.conv.First, t.Through)
	if err == nil {
		v.add(Span{First: first, Through: t.Through})
	}
	return err
}

// own adds what the reader said or was told while they held the conversation.
// What was said while it waited has the epoch of who let go of it, but not
// them for its addressee.
func (v *viewer) own() error {
	all, err := v.a.Stretches(v.ctx, v.conv.Domain, v.conv.Local, v.by)
	for _, s := range all {
		v.add(Span{First: s.Through + 1, Through: s.Until, Own: true})
	}
	return err
}

// apart sorts spans and takes out what overlaps: a whole span goes before one's
// own.
func apart(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return cmp.Compare(a.First, b.First) })
	var out []Span
	for _, s := range spans {
		last := len(out) - 1
		switch {
		case s.Own:
		case last >= 0 && s.First <= out[last].Through:
			out[last].Through = max(out[last].Through, s.Through)
		default:
			out = append(out, s)
		}
	}
	for _, s := range spans {
		for _, whole := range out {
			switch {
			case !s.Own || whole.Own || whole.Through < s.First || whole.First > s.Through:
			case whole.First <= s.First:
				s.First = whole.Through + 1
			default:
				out = append(out, Span{First: s.First, Through: whole.First - 1, Own: true})
				s.First = whole.Through + 1
			}
		}
		if s.Own && s.First <= s.Through {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Span) int { return cmp.Compare(a.First, b.First) })
	return out
}
