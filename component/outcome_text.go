package component

import (
	"fmt"

	"baton/desk"
	"baton/handoff"
)

// outcomeText says in words how a transfer ended for whoever learns it.
func (c *Component) outcomeText(conv desk.Conversation, t desk.Transfer, e handoff.Outcome) string {
	by := c.desk.Directory().NameOf(e.By)
	switch {
	case e.Role == handoff.AsTarget:
		return targetText(conv, t, by, e)
	case t.Mode == modeReturn && e.Reason == desk.ReasonGone:
		return "You were offline for too long: this chat went back to the queue. Closed for you."
	case t.Mode == modeReturn && e.Reason == desk.ReasonUnreachable:
		return "The customer's messages could not be brought to you: this chat went back to the queue. Closed for you."
	case t.Mode == modeReturn:
		return "Returned to " + c.desk.Directory().Title(t.Target.Queue) + ". Closed for you."
	case e.State == handoff.Accepted:
		return c.acceptedText(conv, t, by, e)
	}
	if conv.Phase == handoff.Idle || conv.Session != t.Session {
		return "The transfer ended with the session."
	}
	return c.failedText(conv, t, by, e) + whereItIs(conv, t, e)
}

// whereItIs says to who made a transfer of which nothing came who has the chat.
func whereItIs(conv desk.Conversation, t desk.Transfer, e handoff.Outcome) string {
	switch {
	case conv.Phase == handoff.Waiting:
		return fmt.Sprintf(" %s (%s) waits in the queue.", conv.Tag(), conv.Name)
	case conv.Holder == e.To && t.Mode == handoff.Blind.String():
		return " You have this chat again."
	case conv.Holder == e.To:
		return " You keep this chat."
	case t.Mode == handoff.Reclaimed.String():
		return " The chat stays where it is."
	}
	return ""
}

// acceptedText says it to who made the transfer and has lost, or shares, the
// chat.
func (c *Component) acceptedText(conv desk.Conversation, t desk.Transfer, by string, e handoff.Outcome) string {
	p := c.cfg.Prefix
	switch t.Mode {
	case handoff.Blind.String():
		return fmt.Sprintf("%s took over %s (%s).", by, conv.Tag(), conv.Name)
	case handoff.Join.String():
		return by + " has joined this chat."
	case handoff.Consult.String():
		return fmt.Sprintf("You are talking with %s now; %s does not see it. %ssay text speaks to %s, %stransfer %s hands the chat over, %scancel ends the consultation.",
			by, conv.Name, p, conv.Name, p, e.By, p)
	}
	return "Transferred: " + by + " took over. Closed for you."
}

// failedText says to who made the transfer why nothing came of it.
func (c *Component) failedText(conv desk.Conversation, t desk.Transfer, by string, e handoff.Outcome) string {
	dir := c.desk.Directory()
	to := dir.NameOf(t.Target.Agent)
	if t.Target.Queue != "" {
		to = dir.Title(t.Target.Queue)
	}
	if t.Mode == handoff.Reclaimed.String() {
		to = dir.NameOf(conv.Holder)
	}
	switch e.State {
	case handoff.Declined:
		if e.Reason != "" {
			return by + " declined: " + oneLine(c.disarm(e.Reason)) + "."
		}
		return by + " declined."
	case handoff.Expired:
		return "No answer from " + to + "."
	case handoff.Cancelled:
		return "Transfer taken back."
	}
	if conv.Phase == handoff.Waiting && t.Mode != handoff.Warm.String() && t.Mode != handoff.Blind.String() {
		return "Nobody holds this chat any more."
	}
	if t.Target.Queue != "" {
		return "Nobody of " + to + " is there any more."
	}
	return to + " is gone."
}

// targetText says it to somebody who was asked.
func targetText(conv desk.Conversation, t desk.Transfer, by string, e handoff.Outcome) string {
	who := fmt.Sprintf("%s (%s)", conv.Tag(), conv.Name)
	if e.State != handoff.Accepted && conv.Phase == handoff.Idle {
		return "The offer of " + who + " is over: the session has ended."
	}
	if t.Mode == handoff.Reclaimed.String() && e.State != handoff.Accepted && conv.Holder == e.To {
		return fmt.Sprintf("You keep %s.", who)
	}
	switch e.State {
	case handoff.Accepted:
		switch {
		case e.By != e.To && t.Mode == handoff.Reclaimed.String():
			return fmt.Sprintf("%s has %s again. Closed for you.", by, who)
		case e.By != e.To:
			return fmt.Sprintf("%s was taken by %s.", who, by)
		case t.Mode == handoff.Join.String():
			return "You joined " + who + "."
		case t.Mode == handoff.Consult.String():
			return "You advise on " + who + "."
		}
		return "You took " + who + "."
	case handoff.Declined:
		return "You declined " + who + "."
	case handoff.Expired:
		return "The offer of " + who + " has expired."
	case handoff.Cancelled:
		return fmt.Sprintf("%s took the offer of %s back.", by, who)
	}
	return "The offer of " + who + " is over."
}
