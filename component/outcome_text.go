package component

import (
	"baton/desk"
	"baton/handoff"
	"baton/lang"
)

// outcomeText says in words how a transfer ended for whoever learns it.
func (c *Component) outcomeText(v lang.Voice, conv desk.Conversation, t desk.Transfer, e handoff.Outcome) string {
	dir := c.desk.Directory()
	by := dir.NameOf(e.By)
	switch {
	case e.Role == handoff.AsTarget:
		return v.Say(targetText(conv, t, e), lang.Args{"Who": conv.Tag() + " (" + conv.Name + ")", "By": by, "P": c.cfg.Prefix})
	case t.Mode == modeReturn:
		name := "returned"
		switch e.Reason {
		case desk.ReasonGone:
			name = "returned_gone"
		case desk.ReasonUnreachable:
			name = "returned_unreachable"
		case desk.ReasonForced:
			name = "returned_forced"
		}
		return v.Say(name, lang.Args{"Queue": dir.Title(t.Target.Queue), "By": t.Reason, "P": c.cfg.Prefix})
	case e.State == handoff.Accepted:
		return c.acceptedText(v, conv, t, by, e)
	}
	if conv.Phase == handoff.Idle || conv.Session != t.Session {
		return v.Say("transfer_ended")
	}
	text := c.failedText(v, conv, t, by, e)
	if where := whereItIs(conv, t, e); where != "" {
		text += " " + v.Say(where, lang.Args{"Tag": conv.Tag(), "Name": conv.Name})
	}
	return text
}

// whereItIs says to who made a transfer of which nothing came who has the chat.
func whereItIs(conv desk.Conversation, t desk.Transfer, e handoff.Outcome) string {
	switch {
	case conv.Phase == handoff.Waiting:
		return "it_waits"
	case conv.Holder == e.To && t.Mode == handoff.Blind.String():
		return "yours_again"
	case conv.Holder == e.To:
		return "you_keep_it"
	case t.Mode == handoff.Reclaimed.String():
		return "it_stays"
	}
	return ""
}

// acceptedText says it to who made the transfer and has lost, or shares, the
// chat.
func (c *Component) acceptedText(v lang.Voice, conv desk.Conversation, t desk.Transfer, by string, e handoff.Outcome) string {
	args := lang.Args{"By": by, "Tag": conv.Tag(), "Name": conv.Name, "P": c.cfg.Prefix, "Address": e.By}
	switch t.Mode {
	case handoff.Blind.String():
		return v.Say("took_over", args)
	case handoff.Join.String():
		return v.Say("joined", args)
	case handoff.Consult.String():
		return v.Say("consulting", args)
	}
	return v.Say("transferred", args)
}

// failedText says to who made the transfer why nothing came of it.
func (c *Component) failedText(v lang.Voice, conv desk.Conversation, t desk.Transfer, by string, e handoff.Outcome) string {
	dir := c.desk.Directory()
	to := dir.NameOf(t.Target.Agent)
	if t.Target.Queue != "" {
		to = dir.Title(t.Target.Queue)
	}
	if t.Mode == handoff.Reclaimed.String() {
		to = dir.NameOf(conv.Holder)
	}
	args := lang.Args{"By": by, "To": to, "Reason": oneLine(c.disarm(e.Reason))}
	switch e.State {
	case handoff.Declined:
		if e.Reason != "" {
			return v.Say("declined_why", args)
		}
		return v.Say("declined", args)
	case handoff.Expired:
		return v.Say("no_answer", args)
	case handoff.Cancelled:
		return v.Say("taken_back", args)
	}
	switch {
	case conv.Phase == handoff.Waiting && t.Mode != handoff.Warm.String() && t.Mode != handoff.Blind.String():
		return v.Say("nobody_holds", args)
	case t.Target.Queue != "":
		return v.Say("nobody_there", args)
	}
	return v.Say("is_gone", args)
}

// targetText returns the name of what somebody is told who was asked.
func targetText(conv desk.Conversation, t desk.Transfer, e handoff.Outcome) string {
	reclaim := t.Mode == handoff.Reclaimed.String()
	switch {
	case e.State != handoff.Accepted && conv.Phase == handoff.Idle:
		return "offer_session_over"
	case e.State != handoff.Accepted && reclaim && conv.Holder == e.To:
		return "you_keep"
	case e.State == handoff.Accepted && e.By != e.To && reclaim:
		return "has_it_again"
	case e.State == handoff.Accepted && e.By != e.To:
		return "taken_by"
	case e.State == handoff.Accepted && t.Mode == handoff.Join.String():
		return "you_joined"
	case e.State == handoff.Accepted && t.Mode == handoff.Consult.String():
		return "you_advise"
	case e.State == handoff.Accepted:
		return "you_took"
	case e.State == handoff.Declined:
		return "you_declined"
	case e.State == handoff.Expired:
		return "offer_expired"
	case e.State == handoff.Cancelled:
		return "offer_taken_back"
	}
	return "offer_over"
}
