package desk

import (
	"regexp"
	"strings"

	"baton/handoff"
)

// Way is how a party is reached. Agents are reached by XMPP; callers by the way
// they came.
type Way string

// The ways there are.
const (
	XMPP Way = "xmpp"
	Web  Way = "web" // web-…@ the component's domain
	SMS  Way = "sms" // +15551234567@ the component's domain
)

// WebPrefix begins the localpart of callers who came by a web page.
const WebPrefix = "web-"

var phone = regexp.MustCompile(`^\+[0-9]{3,20}$`)

// WayTo returns how p is reached by the service of that domain. Nobody comes by
// XMPP from the service's own domain, so that addresses in it can stand for
// those who come otherwise.
func WayTo(domain string, p handoff.Party) Way {
	local, at, ok := strings.Cut(string(p), "@")
	switch {
	case !ok || at != domain:
		return XMPP
	case strings.HasPrefix(local, WebPrefix):
		return Web
	case phone.MatchString(local):
		return SMS
	}
	return XMPP
}

// Sign is something that passes: the other side types, or has read. It is worth
// nothing later, so it is not kept.
type Sign struct {
	Conversation Conversation
	To           handoff.Party
	State        string // a chat state of XEP-0085, composing and so on; empty: none
	Read         uint64 // the number of the line that was read (XEP-0333); 0: none
	Arrived      uint64 // the number of the line that has arrived (XEP-0184); 0: none
	Segments     int    // how many text messages a line took; 0: nothing to tell
}

// OnSign says who passes signs on to parties reached that way. Call it before
// Run; show must not block.
func (d *Desk) OnSign(w Way, show func(Sign)) { d.signs[w] = show }

// Show passes a sign on to whom it is for.
func (d *Desk) Show(s Sign) {
	if show := d.signs[WayTo(d.cfg.Domain, s.To)]; show != nil && s.To != "" {
		show(s)
	}
}
