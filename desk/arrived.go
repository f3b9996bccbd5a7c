package desk

import (
	"errors"

	"baton/handoff"
)

// NotArrived says that a line, which was handed over for good, did not reach the
// caller after all. Its author is told.
type NotArrived struct {
	Local  string
	Seq    uint64 // of the line
	Reason string // why, in words
}

func (r NotArrived) apply(w *work) (Result, error) {
	if err := w.byLocal(r.Local); err != nil {
		return Result{}, err
	}
	l, err := w.d.cfg.Store.LineBySeq(w.ctx, w.d.cfg.Domain, r.Local, r.Seq)
	if errors.Is(err, ErrNotFound) {
		return Result{}, ErrHidden
	}
	if err != nil {
		return Result{}, errors.Join(ErrStore, err)
	}
	if _, agent := w.d.Directory().Agent(l.By); agent {
		w.note(handoff.Undelivered{To: l.By, Who: w.conv.Caller, By: l.By, What: string(KindLine), Seq: r.Seq, Reason: r.Reason}, nil)
		w.changed = true
	}
	return Result{}, nil
}
