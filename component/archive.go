package component

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// Bounds of the archive's service. A page is written in one piece, and what is
// said live waits behind at most one of each reader's.
const (
	archiveReaders = 2         // queries answered at the same time
	archiveQueue   = 32        // queries waiting for each of them
	archiveEach    = 4         // queries of one agent that are not answered yet
	archiveBacklog = 64 << 10  // bytes not written yet above which no page is added
	pageDefault    = 50        // lines
	pageMost       = 100       // lines
	pageBytes      = 128 << 10 // text and payload of a page
	maxQueryID     = 256       // bytes; it comes back in every line
)

// archive answers queries of the conversations' archives (XEP-0313), away from
// the stream's reader and the desk. What somebody may read is found out anew for
// each page.
type archive struct {
	c     *Component
	front atomic.Pointer[front] // nil while there is no link
	codec lineCodec
}

// front takes queries over one link; they are forgotten with it.
type front struct {
	link  *link
	seed  maphash.Seed
	lanes [archiveReaders]chan archiveQuery

	mu      sync.Mutex
	pending map[handoff.Party]int
}

// archiveQuery is a query of somebody who may know of the conversation.
type archiveQuery struct {
	h        stanza.Header
	by       handoff.Party
	conv     desk.Conversation
	standing desk.Standing
	what     any // *stanza.ArchiveQuery, *stanza.ArchiveForm, *stanza.ArchiveMetadata
}

func newFront(l *link) *front {
	f := &front{link: l, seed: maphash.MakeSeed(), pending: map[handoff.Party]int{}}
	for i := range f.lanes {
		f.lanes[i] = make(chan archiveQuery, archiveQueue)
	}
	return f
}

// serve answers queries until the link is gone.
func (a *archive) serve(l *link) {
	f := newFront(l)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	a.front.Store(f)
	var wg sync.WaitGroup
	for _, lane := range f.lanes {
		wg.Go(func() {
			for {
				select {
				case q := <-lane:
					a.answer(ctx, f, q)
					f.answered(q.by)
				case <-l.gone:
					return
				}
			}
		})
	}
	<-l.gone
	cancel()
	a.front.CompareAndSwap(f, nil)
	wg.Wait()
}

// take queues a query; one agent's are answered in their order. False: there
// are too many.
func (f *front) take(q archiveQuery) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pending[q.by] >= archiveEach {
		return false
	}
	select {
	case f.lanes[maphash.String(f.seed, string(q.by))%archiveReaders] <- q:
		f.pending[q.by]++
		return true
	default:
		return false
	}
}

func (f *front) answered(by handoff.Party) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pending[by]--; f.pending[by] == 0 {
		delete(f.pending, by)
	}
}

// archiveIQ takes a query of a conversation's archive.
func (c *Component) archiveIQ(ctx context.Context, in incoming, st stanza.Stanza, name string) {
	h := in.header
	var what any
	var err error
	switch {
	case name == "query" && h.Type == "set":
		q := &stanza.ArchiveQuery{}
		what, err = q, st.Decode(q)
		if err == nil && len(q.ID) > maxQueryID {
			err = &stanza.Error{Condition: stanza.NotAcceptable, Text: "The queryid is too long: 256 bytes at most."}
		}
	case name == "query":
		what = &stanza.ArchiveForm{}
	case name == "metadata" && h.Type == "get":
		what = &stanza.ArchiveMetadata{}
	default:
		err = &stanza.Error{Condition: stanza.ServiceUnavailable}
	}
	c.submit(ctx, h, desk.Look{Local: in.to.local, By: in.from}, func(res desk.Result, lerr error) {
		switch {
		case lerr != nil:
			c.refuse(h, lerr)
			return
		case res.Standing == desk.Stranger:
			c.refuse(h, desk.ErrHidden)
			return
		case err != nil:
			c.refuse(h, err)
			return
		}
		f := c.archive.front.Load()
		if f != nil && !f.take(archiveQuery{h, handoff.Party(bare(h.From)), res.Conversation, res.Standing, what}) {
			c.fail(h, stanza.ResourceConstraint, c.voiceFrom(h).Say("too_many_queries"))
		}
	})
}

// readsArchive reports whether somebody of that standing may read something of
// a conversation's archive.
func (c *Component) readsArchive(by handoff.Party, s desk.Standing) bool {
	switch a, _ := c.desk.Directory().Agent(by); {
	case c.cfg.Archive == nil || s == desk.Stranger:
		return false
	case s == desk.Former:
		return a.Supervises() || c.desk.Policy().FormerReadsOwn
	}
	return true
}

// answer answers one query. What the reader may read is looked at again right
// before the page leaves: a session may have moved while it was read.
func (a *archive) answer(ctx context.Context, f *front, q archiveQuery) {
	c := a.c
	for {
		out, err := a.read(ctx, q)
		if ctx.Err() != nil || !f.link.calm(archiveBacklog) {
			return
		}
		if c.stands(ctx, q) {
			if err != nil {
				c.refuse(q.h, err)
				return
			}
			f.link.write(out)
			return
		}
		res, err := c.desk.Do(ctx, desk.Look{Local: q.conv.Local, By: q.by})
		if ctx.Err() != nil {
			return
		}
		if err == nil && res.Standing == desk.Stranger {
			err = desk.ErrHidden
		}
		if err != nil {
			c.refuse(q.h, err)
			return
		}
		q.conv, q.standing = res.Conversation, res.Standing
	}
}

// stands reports whether the reader is to the conversation what they were when
// it was read.
func (c *Component) stands(ctx context.Context, q archiveQuery) bool {
	now, err := c.desk.Conversation(ctx, q.conv.Local)
	if err != nil {
		return errors.Is(err, context.Canceled)
	}
	switch q.standing {
	case desk.Holder:
		return now.Holder == q.by && now.Epoch == q.conv.Epoch
	case desk.Guest:
		return now.Has(q.by) && (now.Aside == q.by) == (q.conv.Aside == q.by) && now.Holder != q.by &&
			now.Offer.ID == q.conv.Offer.ID
	case desk.Asked:
		return now.Offer.ID == q.conv.Offer.ID && now.Offer.Rings(q.by)
	}
	return true
}

// calm waits until no more than most bytes wait to be written, and reports
// whether the link stands.
func (l *link) calm(most int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.err == nil && len(l.out) > most {
		l.wrote.Wait()
	}
	return l.err == nil
}
