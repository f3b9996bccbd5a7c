package desk

import "baton/handoff"

// Copies says what becomes of the copy of the dialog in the archive of a former
// holder's own server, when somebody else has the session.
type Copies string

// What can become of it.
const (
	CopiesStay Copies = ""
	CopiesGo   Copies = "remove"
	CopiesMove Copies = "move" // to the new holder's
)

// surrender has a former holder's own copy of the dialog taken from them when
// somebody else has the session, if the settings ask for it.
func (w *work) surrender(f handoff.Effect) {
	if m, ok := f.(handoff.Moved); ok && m.From != "" && w.d.Policy().Copies != CopiesStay {
		w.note(handoff.Surrender{To: m.From, Heir: m.To, Epoch: m.Epoch}, nil)
	}
}

// surrenders is the lane of a conversation's copies, whosever they are. They are
// taken one after the other: one may pass through several hands.
func surrenders(conversation string) Lane { return Lane{Conversation: conversation} }

// awaits reports whether a lane's next item is a copy that cannot be taken yet:
// what was sent to its owner before may still arrive there, or be sent again.
// The caller holds mu.
func (o *Outbox) awaits(l *lane) bool {
	it := l.items[l.begun]
	if it.Kind != KindSurrender {
		return false
	}
	own := o.lanes[Lane{Conversation: it.Conversation, To: it.To}]
	return l.begun > 0 || own != nil && len(own.items) > 0 && own.items[0].ID < it.ID
}
