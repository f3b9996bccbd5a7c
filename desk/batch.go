package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"baton/fault"
	"baton/handoff"
)

// batch is what one transaction will commit, as far as it has been stepped.
type batch struct {
	Batch
	staged    map[string]*staged
	callers   map[callerKey]string // localparts of those staged
	committed bool
	load      map[handoff.Party]int // by how much they change what agents have to do
	beside    map[string]*beside    // what it changes of what goes with sessions
}

type staged struct {
	was    *Conversation // as committed; nil for a new one
	now    *Conversation
	passed bool          // everybody asked let the session pass
	spared handoff.Party // who returned it
}

func newBatch() *batch {
	return &batch{
		staged:  map[string]*staged{},
		callers: map[callerKey]string{},
		load:    map[handoff.Party]int{},
		beside:  map[string]*beside{},
	}
}

// run steps the calls, commits what follows, and answers them.
func (d *Desk) run(ctx context.Context, calls []call) {
	if len(calls) == 0 && len(d.confirms) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx) // a batch once begun is finished
	began := d.cfg.Now()
	b := newBatch()
	results := make([]Result, len(calls))
	errs := make([]error, len(calls))
	fault.Point("desk.taken")
	for i, c := range calls {
		results[i], errs[i] = d.step(ctx, b, c.req, began)
	}
	fault.Point("desk.stepped")
	b.Done = d.confirms
	err := d.commit(ctx, b)
	if len(calls) > 1 && (errors.Is(err, ErrStale) || errors.Is(err, ErrConflict)) {
		for _, c := range calls { // one of them is to blame: the others go on
			d.run(ctx, []call{c})
		}
		return
	}
	if err != nil {
		for i := range errs {
			if errs[i] == nil {
				results[i], errs[i] = Result{}, fmt.Errorf("%w: %w", ErrStore, err)
			}
		}
	}
	for i, c := range calls {
		fault.Point("desk.answer.before")
		c.done(results[i], errs[i])
		fault.Point("desk.answer.after")
	}
	d.release(b) // behind the answers: an accept's result comes before the handover
	if d.cfg.Observer != nil {
		d.cfg.Observer.Committed(len(calls), len(b.Lines), d.cfg.Now().Sub(began))
	}
}

// step applies one request on top of what the batch holds already. A refusal
// leaves the batch as it was.
func (d *Desk) step(ctx context.Context, b *batch, req Request, now time.Time) (Result, error) {
	w := work{d: d, ctx: ctx, now: now, b: b}
	res, err := req.apply(&w)
	if err != nil {
		return Result{}, err
	}
	if w.changed {
		w.remember()
	}
	if w.changed || w.due {
		w.route()
		w.inform()
	}
	if w.changed {
		w.remember() // it may have been taken at once
		w.accompany()
		w.merge()
	}
	res.Conversation = w.conv
	if w.conv.Phase == handoff.Waiting && !w.due { // nobody asked
		res.Position = d.position(w.conv)
	}
	return res, nil
}

// commit writes the batch and makes it the desk's view. When it fails nothing
// changed, in the store or here.
func (d *Desk) commit(ctx context.Context, b *batch) error {
	for _, s := range b.staged {
		b.Conversations = append(b.Conversations, s.now)
	}
	if b.Empty() {
		return nil
	}
	fault.Point("desk.commit.before")
	if err := d.cfg.Store.Commit(ctx, &b.Batch); err != nil {
		d.cfg.Log.Error("commit failed, its requests are refused", "error", err)
		d.recover(ctx, b, err)
		return err
	}
	fault.Point("desk.commit.after")
	d.confirms = nil
	d.committed = time.Now()
	d.takeBreaks(b.Pauses)
	d.besides.put(b.beside)
	now := d.cfg.Now()
	for _, s := range b.staged {
		d.publish(s.was, s.now, s.passed, now)
		d.spare(s, now)
	}
	b.committed = true
	return nil
}

// release hands a committed batch's items to the outbox.
func (d *Desk) release(b *batch) {
	if !b.committed {
		return
	}
	items := make([]Item, len(b.Items))
	for i, it := range b.Items {
		items[i] = *it
	}
	fault.Point("desk.release.before")
	d.outbox.add(items)
	fault.Point("desk.release.after")
}

// recover loads anew what the failed batch touched when the desk's view may
// not be the store's.
func (d *Desk) recover(ctx context.Context, b *batch, cause error) {
	if !errors.Is(cause, ErrStale) && !errors.Is(cause, ErrUnknownOutcome) {
		return
	}
	for local, s := range b.staged {
		c, err := d.cfg.Store.ByLocal(ctx, d.cfg.Domain, local)
		switch {
		case err == nil:
			d.publish(s.was, &c, false, d.cfg.Now())
		case !errors.Is(err, ErrNotFound):
			d.cfg.Log.Error("cannot load the conversation again", "conversation", local, "error", err)
		}
	}
	if errors.Is(cause, ErrUnknownOutcome) {
		d.outbox.reload(ctx)
	}
}

// publish makes now the desk's view of a conversation that was was. Passed says
// that everybody asked let it pass.
func (d *Desk) publish(was, now *Conversation, passed bool, at time.Time) {
	id := d.shelf.find(now.Local)
	open := now.Phase != handoff.Idle
	if open {
		d.mu.Lock()
		id = d.shelf.put(id, now)
		d.mu.Unlock()
	}
	d.published(id, was, now, passed, at)
	if !open && id != 0 {
		d.mu.Lock()
		d.shelf.remove(id)
		d.mu.Unlock()
	}
}

// published keeps all the rest true to a conversation at a place of the shelf; at
// place 0 it is over, and was before.
func (d *Desk) published(id uint32, was, now *Conversation, passed bool, at time.Time) {
	news := was == nil || regrouped(was, now)
	if news && id != 0 {
		d.engage(id, was, now)
	}
	if now.Offer.Open() {
		d.alarm(id, now.Offer.Expires)
	}
	if grace := d.Policy().Grace; grace > 0 && len(d.absent) > 0 {
		for _, p := range concerned(*now) {
			if since, absent := d.absent[p]; absent {
				d.alarm(id, since.Add(grace))
			}
		}
	}
	d.waited(was, now, at)
	d.await(id, now, passed, at)
	d.wake(now, at)
	d.listen(id, now, at)
	d.stale = d.stale || news
}

// regrouped reports whether who takes part, or where the session waits, is another
// than it was: what people say changes no figures.
func regrouped(was, now *Conversation) bool {
	return was.Phase != now.Phase || was.Queue != now.Queue || was.Holder != now.Holder || was.Aside != now.Aside ||
		!was.Route.Since.Equal(now.Route.Since) || !slices.Equal(was.Guests, now.Guests) ||
		!slices.Equal(was.Offer.Ringing, now.Offer.Ringing)
}

// await keeps the list of sessions that nobody holds.
func (d *Desk) await(id uint32, now *Conversation, passed bool, at time.Time) {
	wait, ok := d.waiting[now.Local]
	if now.Phase != handoff.Waiting {
		if ok {
			delete(d.waiting, now.Local)
			d.ranks.remove(wait.queue, wait.order)
			q, _ := d.Directory().Queue(now.Queue)
			d.rerouted = d.rerouted || q.TellPosition // others are nearer now
		}
		return
	}
	if !ok {
		d.arrivals++
		wait.order = d.arrivals
		wait.from = now.Seq
		if now.Was == "" && now.First > 0 { // what it began with waits too
			wait.from = now.First - 1
		}
	}
	if passed { // give them time before asking again
		wait.again = at.Add(d.Policy().OfferTimeout)
		d.alarm(id, wait.again)
	}
	if ok && wait.queue != now.Queue {
		d.ranks.remove(wait.queue, wait.order)
	}
	wait.queue, wait.since, wait.number = now.Queue, now.Route.Since, now.Number
	wait.asked, wait.place, wait.placedAt = now.Offer.Open(), now.Route.Place, now.Route.PlacedAt
	wait.busy = wait.asked || len(concerned(*now)) > 0
	d.ranks.put(wait.queue, wait.order, wait.since)
	d.waiting[now.Local] = wait
}

// spare keeps a session for a while from who returned it, even where nobody else
// is there to be asked.
func (d *Desk) spare(s *staged, at time.Time) {
	wait, ok := d.waiting[s.now.Local]
	if !ok || s.spared == "" {
		return
	}
	wait.spared, wait.until = s.spared, at.Add(d.Policy().OfferTimeout)
	d.waiting[s.now.Local] = wait
	d.alarm(d.shelf.find(s.now.Local), wait.until)
}

// position returns the session's place among those waiting for its queue,
// from 1.
func (d *Desk) position(c Conversation) int {
	order := d.arrivals + 1 // not committed yet: behind all others
	if w, ok := d.waiting[c.Local]; ok {
		order = w.order
	}
	return d.ranks.ahead(c.Queue, order) + 1
}

// concerned returns everybody who takes part in the session or is asked to.
func concerned(c Conversation) []handoff.Party {
	who := make([]handoff.Party, 0, 2+len(c.Guests)+len(c.Offer.Ringing))
	for _, p := range [...]handoff.Party{c.Holder, c.Aside} {
		if p != "" {
			who = append(who, p)
		}
	}
	who = append(who, c.Guests...)
	for _, p := range c.Offer.Ringing { // of a reclaim: the holder
		if !slices.Contains(who, p) {
			who = append(who, p)
		}
	}
	return who
}
