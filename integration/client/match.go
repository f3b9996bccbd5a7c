package client

import "strings"

// Message matches a message with a body that holds text. from is a bare JID (any resource of it), a full one, or
// empty (anybody).
func Message(from, text string) func(Event) bool {
	return All(From(from), func(e Event) bool {
		return e.Kind == KindMessage && e.Type != "error" && e.Body != "" && strings.Contains(e.Body, text)
	})
}

// Presence matches a presence of that type; "available" stands for the one without a type.
func Presence(from, typ string) func(Event) bool {
	return All(From(from), func(e Event) bool {
		return e.Kind == KindPresence && (e.Type == typ || e.Type == "" && typ == "available")
	})
}

// Roster matches a roster push; an empty argument stands for anything. The subscription of what left is "remove".
func Roster(jid, subscription string) func(Event) bool {
	return func(e Event) bool {
		return e.Kind == KindRoster && (jid == "" || e.Item.JID == jid) &&
			(subscription == "" || e.Item.Subscription == subscription)
	}
}

// Request matches an IQ request to us (get or set) with that payload.
func Request(space, local string) func(Event) bool {
	return func(e Event) bool {
		payload, ok := e.Payload()
		return e.isRequest() && ok && payload.is(space, local)
	}
}

// ErrorOf matches a stanza error with that condition, "" for any.
func ErrorOf(condition string) func(Event) bool {
	return func(e Event) bool {
		err := e.Error()
		return err != nil && (condition == "" || err.Condition == condition)
	}
}

// From matches by sender, as Message does.
func From(jid string) func(Event) bool {
	return func(e Event) bool {
		return jid == "" || e.From == jid || !strings.Contains(jid, "/") && strings.HasPrefix(e.From, jid+"/")
	}
}

// Containing matches a stanza that holds such an element, at any depth; an empty space stands for any namespace.
func Containing(space, local string) func(Event) bool {
	return func(e Event) bool { return e.Has(space, local) }
}

// All matches what every one of them matches.
func All(matches ...func(Event) bool) func(Event) bool {
	return func(e Event) bool {
		for _, match := range matches {
			if !match(e) {
				return false
			}
		}
		return true
	}
}
