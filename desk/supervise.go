package desk

import (
	"errors"

	"baton/handoff"
)

// ReasonForced is the reason of a session that a supervisor gave to another
// agent.
const ReasonForced = "forced"

// Oversees reports whether the agent may act on sessions that are not theirs.
func (a Agent) Oversees() bool { return a.oversees() }

// Oversight names a session that a supervisor acts on.
type Oversight struct {
	By     handoff.Party
	Local  string // the conversation; or
	Number int64  // its short number
}

// load loads the conversation, open and By allowed to act on it.
func (r Oversight) load(w *work) error {
	a, ok := w.d.Directory().Agent(r.By)
	if !ok {
		return ErrHidden
	}
	local := r.Local
	if !a.oversees() { // nor do they learn whether there is one
		return refuse(handoff.ErrNotHolder, "That is for supervisors.")
	}
	if local == "" {
		var err error
		if local, err = w.numbered(r.Number); err != nil {
			return err
		}
	}
	if err := w.byLocal(local); err != nil {
		return err
	}
	switch {
	case r.By == w.conv.Caller:
		return ErrHidden
	case w.conv.Phase == handoff.Idle:
		return refuse(handoff.ErrNoSession, "The session of %s has ended.", w.conv.Tag())
	}
	return nil
}

// Force gives a session to an agent without asking anybody.
type Force struct {
	Oversight
	To handoff.Party // empty: By takes it over
}

func (r Force) apply(w *work) (Result, error) {
	if err := r.load(w); err != nil {
		return Result{}, err
	}
	if r.To == "" {
		r.To = r.By
	}
	a, ok := w.d.Directory().Agent(r.To)
	switch {
	case !ok:
		return Result{}, refuse(ErrHidden, "There is no agent %q here.", string(r.To))
	case r.To == w.conv.Holder:
		return Result{}, refuse(handoff.ErrIsHolder, "%s holds this session already.", a.Name)
	case r.To == w.conv.Caller:
		return Result{}, refuse(handoff.ErrIsHolder, "%s is the caller of this session.", a.Name)
	case r.To != r.By && !w.conv.Has(r.To):
		if err := w.free(a); err != nil {
			return Result{}, err
		}
	}
	by := w.d.Directory().NameOf(r.By)
	if w.conv.Phase == handoff.Active {
		if _, err := w.release("", ReasonForced, by); err != nil {
			return Result{}, err
		}
	}
	for w.conv.Offer.Open() {
		if err := w.step(handoff.Gone{Who: w.conv.Offer.Ringing[0]}, nil); err != nil {
			return Result{}, err
		}
	}
	t := w.ledger(Transfer{ByName: by, Target: Target{Agent: r.To}})
	if err := w.step(handoff.Assign{ID: t.ID, To: r.To}, nil); err != nil {
		return Result{}, err
	}
	return w.opened(t), nil
}

// End ends a session.
type End struct{ Oversight }

func (r End) apply(w *work) (Result, error) {
	if err := r.load(w); err != nil {
		return Result{}, err
	}
	return Result{}, w.step(handoff.Disconnect{Reason: "done"}, nil)
}

// Barge has a supervisor join a session that somebody holds, beside them and
// without asking.
type Barge struct{ Oversight }

func (r Barge) apply(w *work) (Result, error) {
	if err := r.load(w); err != nil {
		return Result{}, err
	}
	switch {
	case w.conv.Has(r.By):
		return Result{}, refuse(handoff.ErrIsHolder, "You are in this chat already.")
	case w.conv.Phase != handoff.Active:
		return Result{}, refuse(handoff.ErrNoSession, "Nobody holds this session: take it.")
	}
	dir := w.d.Directory()
	t := w.ledger(Transfer{By: w.conv.Holder, ByName: dir.NameOf(w.conv.Holder), Target: Target{Agent: r.By},
		Mode: handoff.Join.String()})
	err := w.step(handoff.Transfer{ID: t.ID, By: w.conv.Holder, Mode: handoff.Join,
		Candidates: []handoff.Party{r.By}, Timeout: w.d.Policy().OfferTimeout}, nil)
	if err != nil {
		return Result{}, w.refused(err)
	}
	if err := w.step(handoff.Accept{ID: t.ID, By: r.By}, nil); err != nil {
		return Result{}, err
	}
	return w.opened(t), nil
}

// Whisper tells the holder something that nobody else gets.
type Whisper struct {
	Oversight
	Text
}

func (r Whisper) apply(w *work) (Result, error) {
	if err := r.load(w); err != nil {
		return Result{}, err
	}
	if dup, err := w.repeated(r.By, r.OriginID); dup.Seq > 0 || err != nil {
		return Result{Line: dup, Duplicate: true}, err
	}
	if w.conv.Phase != handoff.Active {
		return Result{}, refuse(handoff.ErrNoSession, "Nobody holds this session.")
	}
	res, err := w.noted(handoff.Note{By: r.By, To: w.conv.Holder}, RoleAgent, r.Text)
	if errors.Is(err, handoff.ErrNotHolder) {
		return Result{}, refuse(err, "You hold this session yourself.")
	}
	return res, err
}
