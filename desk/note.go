package desk

import (
	"errors"
	"fmt"
	"slices"

	"baton/handoff"
)

// RoleNote is the role of a line that an agent wrote for agents only. It is
// Private too: whatever shows a caller lines leaves out what is private.
const RoleNote Role = "note"

// Note journals a note of the holder or a guest. It is kept with the session and
// never goes to the caller.
type Note struct {
	Local   string
	Session string // the session meant; empty: the open one
	By      handoff.Party
	Text
}

func (r Note) apply(w *work) (Result, error) {
	if err := w.byLocal(r.Local); err != nil {
		return Result{}, err
	}
	if dup, err := w.repeated(r.By, r.OriginID); dup.Seq > 0 || err != nil {
		return Result{Line: dup, Duplicate: true}, err
	}
	s, err := w.standing(r.By)
	switch {
	case err != nil:
		return Result{}, err
	case s == Stranger:
		return Result{}, ErrHidden
	case w.conv.Phase == handoff.Idle:
		return Result{}, refuse(handoff.ErrNoSession, "The session has ended.")
	case r.Session != "" && r.Session != w.conv.SessionID():
		return Result{}, w.noSession(r.Session)
	case s < Guest || r.By == w.conv.Aside:
		return Result{}, refuse(handoff.ErrNotHolder, "You are not in this chat.")
	}
	return w.noted(handoff.Note{By: r.By}, RoleNote, r.Text)
}

// noted journals what no caller gets.
func (w *work) noted(e handoff.Note, role Role, t Text) (Result, error) {
	if err := w.fitsInbox(e.By); err != nil {
		return Result{}, err
	}
	line := &Line{Role: role, Name: w.d.Directory().NameOf(e.By), StanzaID: t.StanzaID, OriginID: t.OriginID,
		Body: t.Body, Payload: t.Payload}
	if err := w.step(e, line); err != nil {
		return Result{}, err
	}
	return Result{Line: w.lines[len(w.lines)-1]}, nil
}

// Inform lays collected information over the session's. A field without a value
// is taken out.
type Inform struct {
	Local string
	By    handoff.Party
	Info  []Field
}

func (r Inform) apply(w *work) (Result, error) {
	if err := (See{Local: r.Local, By: r.By, Least: Guest}).check(w); err != nil {
		return Result{}, err
	}
	if w.conv.Phase == handoff.Idle {
		return Result{}, refuse(handoff.ErrNoSession, "The session has ended.")
	}
	merged := mergeInfo(w.conv.Info, r.Info)
	for _, f := range r.Info {
		known := func(g Field) bool { return g.Var == f.Var }
		if f.Value != "" && !slices.ContainsFunc(merged, known) {
			return Result{}, refuse(ErrFull, "So much is known of this customer already: %d fields at most.", maxInfo)
		}
	}
	w.conv.Info = slices.DeleteFunc(merged, func(f Field) bool { return f.Value == "" })
	w.changed = true
	return Result{}, nil
}

// See is Look, refused to whoever is less than Least to the conversation.
type See struct {
	Local string
	By    handoff.Party
	Least Standing
	Now   bool // not to who only held it once, unless they read everything
}

func (r See) apply(w *work) (Result, error) {
	if err := r.check(w); err != nil {
		return Result{}, err
	}
	s, err := w.standing(r.By)
	return Result{Standing: s}, err
}

func (r See) check(w *work) error {
	if err := w.byLocal(r.Local); err != nil {
		return err
	}
	s, err := w.standing(r.By)
	switch {
	case err != nil:
		return err
	case s == Stranger:
		return ErrHidden
	case s < r.Least:
		return refuse(handoff.ErrNotHolder, "You are not in this chat.")
	case r.Now && s == Former:
		if a, _ := w.d.Directory().Agent(r.By); !a.Supervises() {
			return refuse(handoff.ErrNotHolder, "You do not hold this session any more.")
		}
	}
	return nil
}

// AsOf has a request about a conversation carried out only if nobody else has
// come to hold it since: it is in the session and the epoch that who asks saw.
type AsOf struct {
	Local   string // the conversation; or
	Number  int64  // its short number
	By      handoff.Party
	Session uint64
	Epoch   uint64
	Request Request
}

func (r AsOf) apply(w *work) (Result, error) {
	local := r.Local
	if local == "" {
		var err error
		if local, err = w.numbered(r.Number); err != nil {
			return Result{}, err
		}
	}
	if err := w.byLocal(local); err != nil {
		return Result{}, err
	}
	s, err := w.standing(r.By)
	a, _ := w.d.Directory().Agent(r.By)
	switch {
	case err != nil:
		return Result{}, err
	case s == Stranger && (r.Local != "" || !a.oversees() && !w.worksFor(a, &w.conv)):
		return Result{}, ErrHidden
	case w.conv.Session != r.Session || w.conv.Epoch != r.Epoch || w.conv.Phase == handoff.Idle:
		return Result{}, refuse(handoff.ErrOver, "Meanwhile this chat has moved or ended: nothing was done.")
	}
	return r.Request.apply(w)
}

// numbered finds a conversation by its short number.
func (w *work) numbered(n int64) (string, error) {
	c, err := w.d.cfg.Store.ByNumber(w.ctx, w.d.cfg.Domain, n)
	switch {
	case errors.Is(err, ErrNotFound):
		return "", refuse(ErrHidden, "There is no #%d here.", n)
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrStore, err)
	}
	return c.Local, nil
}
