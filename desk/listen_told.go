package desk

import (
	"slices"

	"baton/handoff"
)

// before returns the conversation as it was before this request.
func (w *work) before() Conversation {
	if s := w.b.staged[w.conv.Local]; s != nil && s.now != nil {
		return *s.now
	}
	if w.was != nil {
		return *w.was
	}
	return Conversation{}
}

// overseen returns what whoever listens is told of what the request did to who takes
// part: texts of package lang. What is offered by the service alone is routine.
func (w *work) overseen() []handoff.Phrase {
	was, now, dir := w.before(), &w.conv, w.d.Directory()
	var told []handoff.Phrase
	say := func(name string, args map[string]string) {
		told = append(told, handoff.Phrase{Name: name, Args: args})
	}
	who := func(p handoff.Party) map[string]string { return map[string]string{"Who": dir.NameOf(p)} }
	if was.Session != now.Session || now.Phase == handoff.Idle {
		return nil
	}
	for _, o := range w.outcomes { // of an offer that was open
		if o.Transfer == was.Offer.ID && o.Role == handoff.AsHolder && o.State != handoff.Accepted {
			say("heard_"+string(o.State), who(o.By))
		}
	}
	for _, t := range w.transfers {
		if t.ID != now.Offer.ID || t.By == "" {
			continue
		}
		to := dir.Title(t.Target.Queue)
		if t.Target.Agent != "" {
			to = dir.NameOf(t.Target.Agent)
		}
		say("heard_offer_"+t.Mode, map[string]string{"By": t.ByName, "To": to})
	}
	switch {
	case now.Epoch != was.Epoch:
		say("heard_moved", who(now.Holder))
	case now.Phase == handoff.Waiting && was.Phase == handoff.Active:
		say("heard_waits", map[string]string{"Who": dir.NameOf(was.Holder), "Queue": dir.Title(now.Queue)})
	}
	for _, p := range now.advisers() {
		switch {
		case slices.Contains(was.advisers(), p):
		case p == now.Aside:
			say("heard_advises", who(p))
		default:
			say("heard_joined", who(p))
		}
	}
	for _, p := range was.advisers() {
		if !now.Has(p) {
			say("heard_left", who(p))
		}
	}
	return told
}

// tell has somebody who listens told how things stand.
func (w *work) tell(to handoff.Party, told []handoff.Phrase) {
	if len(told) > 0 {
		w.items = append(w.items, w.heard(KindHeardOf, to, handoff.Notice{To: to, Session: w.conv.Session, Says: told}))
	}
}
