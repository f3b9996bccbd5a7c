package desk

import (
	"errors"
	"slices"

	"baton/fault"
	"baton/handoff"
)

// bury moves an item that was given up to the dead letters, and decides in the
// same commit what follows: whoever has to know is told, and nobody stays
// bound to somebody who cannot be reached.
type bury struct{ dead Dead }

func (d *Desk) burials(given []Dead) []call {
	calls := make([]call, 0, len(given))
	for _, dead := range given {
		if dead.Item.Kind.forListeners() {
			calls = append(calls, call{unheard{dead}, func(Result, error) { d.outbox.buried() }})
			continue
		}
		calls = append(calls, call{bury{dead}, func(_ Result, err error) {
			if err != nil {
				d.cfg.Log.Error("cannot bury an item, trying again later", "item", dead.Item.ID, "error", err)
				dead.again = true
				d.outbox.buryLater(dead)
				return
			}
			d.outbox.buried()
			if d.cfg.Observer != nil {
				d.cfg.Observer.Buried(dead)
			}
		}})
	}
	return calls
}

func (r bury) apply(w *work) (Result, error) {
	it := r.dead.Item
	if err := w.byLocal(it.Conversation); err != nil {
		if errors.Is(err, ErrHidden) { // erased meanwhile, and the item with it
			return Result{}, nil
		}
		return Result{}, err
	}
	fault.Point("desk.bury.before")
	if r.dead.again {
		pending, err := w.d.cfg.Store.Pending(w.ctx, it.ID)
		if err != nil {
			return Result{}, errors.Join(ErrStore, err)
		}
		if !pending {
			return Result{}, nil
		}
	}
	w.buried, w.changed = append(w.buried, r.dead), true
	if err := r.follow(w); err != nil {
		return Result{}, err
	}
	r.tell(w)
	return Result{}, nil
}

// follow takes the session, or the offer, from who cannot be reached.
func (r bury) follow(w *work) error {
	it := r.dead.Item
	if ring, ok := it.Effect.(handoff.Ring); ok && ring.Transfer == w.conv.Offer.ID {
		return w.pass(handoff.Gone{Who: it.To}) // whatever is at fault: they were not asked
	}
	if !r.dead.Unreachable {
		return nil
	}
	switch it.Kind {
	case KindLine, KindReplay:
	default:
		return nil
	}
	switch {
	case it.To == w.conv.Holder:
		_, err := w.release("", ReasonUnreachable, "")
		w.not = it.To
		return err
	case it.To != w.conv.Caller && w.conv.Has(it.To):
		return w.step(handoff.Part{Who: it.To}, nil)
	}
	return nil
}

// tell tells the author of a line, or the agent who is to read it where only
// this line is at fault, and every supervisor. Of a notice that was given up
// nobody is told: there would be no end.
func (r bury) tell(w *work) {
	it := r.dead.Item
	if it.Kind == KindUndelivered {
		return
	}
	n := handoff.Undelivered{Who: it.To, What: string(it.Kind), Reason: r.dead.Reason}
	var told []handoff.Party
	if it.Line != nil {
		n.Seq, n.By = it.Line.Seq, it.Line.By
		told = append(told, it.Line.By)
	}
	if !r.dead.Unreachable && it.To == w.conv.Holder {
		told = append(told, it.To)
	}
	for _, a := range w.d.Directory().Agents {
		if a.oversees() {
			told = append(told, a.JID)
		}
	}
	slices.Sort(told)
	for _, to := range slices.Compact(told) {
		_, isAgent := w.d.Directory().Agent(to)
		if isAgent && (to != it.To || it.Kind == KindLine) { // callers hear nothing of our affairs
			n.To = to
			w.note(n, nil)
		}
	}
}
