package desk

import "baton/handoff"

// Texts of package lang that a caller is told while the holder is away from the
// chat for a moment: Who is the holder's name.
const (
	TextHeld = "caller_held"
	TextBack = "caller_back"
)

// Switch says whether something begins or ends.
type Switch uint8

// The positions of a switch.
const (
	Toggle Switch = iota // the other one than now
	On
	Off
)

// hold is a session whose holder told the caller that they will be right back.
type hold struct {
	by    handoff.Party
	epoch uint64
	on    bool
	once  string // the origin-id of what switched it last: the same one again is the same message
}

// Hold tells the caller that the holder, By, will be right back, or is back. What
// the holder says to the caller ends it too. Nothing else depends on it: the
// session stays where it is, and is as silent as if a line had been said.
type Hold struct {
	Local    string
	Session  string // the session meant; empty: the open one
	By       handoff.Party
	Set      Switch
	OriginID string
}

func (r Hold) apply(w *work) (Result, error) {
	if err := w.commanded(r.Local, r.Session, r.By); err != nil {
		return Result{}, err
	}
	was := hold{}
	if b := w.seen(); b != nil {
		was = b.hold
	}
	on := r.Set == On || r.Set == Toggle && !was.on
	if on == was.on || r.OriginID != "" && r.OriginID == was.once {
		return Result{Duplicate: true, On: was.on}, nil
	}
	text := TextBack
	if on {
		text = TextHeld
	}
	w.note(handoff.Notice{To: w.conv.Caller, Session: w.conv.Session, Says: []handoff.Phrase{{Name: text,
		Args: map[string]string{"Who": w.d.Directory().NameOf(r.By)}}}}, nil)
	w.conv.Route.Heard = w.now
	w.own().hold = hold{by: r.By, epoch: w.conv.Epoch, on: on, once: r.OriginID}
	w.changed = true
	return Result{On: on}, nil
}
