package client

import (
	"fmt"
	"strings"
	"time"
)

// Kind says what was received.
type Kind string

// The kinds of Event.
const (
	KindMessage  Kind = "message"
	KindPresence Kind = "presence"
	KindIQ       Kind = "iq"      // requests to us, and replies to ours
	KindRoster   Kind = "roster"  // a change of our roster, pushed by the server
	KindArchive  Kind = "archive" // a result of our archive query
)

// Event is one thing received.
type Event struct {
	Seq  int // counts from 0
	At   time.Time
	Kind Kind

	ID, Type, From, To string
	Body               string     // a message's body, a presence's status
	Carbon             string     // "sent" or "received": From, To, Type, ID and Body are the copied message's
	Item               RosterItem // with KindRoster
	XML                string     // the stanza, exactly as it came

	root Element
}

// Root is the parsed stanza.
func (e Event) Root() Element { return e.root }

// Find is the first element of that name in the stanza, at any depth; an empty space stands for any namespace.
func (e Event) Find(space, local string) (Element, bool) { return e.root.Find(space, local) }

// Has says whether Find finds anything.
func (e Event) Has(space, local string) bool {
	_, ok := e.Find(space, local)
	return ok
}

// Payload is the first child of the stanza that is not its error: what an IQ is about.
func (e Event) Payload() (Element, bool) {
	for _, child := range e.root.Children {
		if !child.is(nsClient, "error") {
			return child, true
		}
	}
	return Element{}, false
}

// Error is the error a stanza of type error carries, nil for any other stanza.
func (e Event) Error() *StanzaError {
	if e.Type != "error" {
		return nil
	}
	found := &StanzaError{}
	element, ok := e.root.Child(nsClient, "error")
	if !ok {
		return found
	}
	found.Type, found.XML = element.Attr("type"), element.XML
	for _, child := range element.Children {
		switch {
		case child.is(nsStanzas, "text"):
			found.Text = child.Text
		case child.Name.Space == nsStanzas:
			found.Condition = child.Name.Local
		}
	}
	return found
}

// String is the event on one line, for people.
func (e Event) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.At.Format("15:04:05.000"), e.Kind)
	if e.Kind == KindRoster {
		fmt.Fprintf(&b, " %s", e.Item)
		return b.String()
	}
	for _, part := range []string{e.Type, e.Carbon} {
		if part != "" {
			b.WriteString(" " + part)
		}
	}
	fmt.Fprintf(&b, " from %s", e.From)
	if e.Body != "" {
		fmt.Fprintf(&b, ": %q", e.Body)
	}
	if err := e.Error(); err != nil {
		fmt.Fprintf(&b, " (%s)", err)
	}
	if payload, ok := e.Payload(); ok && e.Body == "" {
		fmt.Fprintf(&b, " <%s xmlns='%s'>", payload.Name.Local, payload.Name.Space)
	}
	return b.String()
}

// StanzaError is a stanza error (RFC 6120, section 8.3): what a refused request returns, and what an IQHandler returns
// to refuse one.
type StanzaError struct {
	Type, Condition string // "cancel", "item-not-found"
	Text            string
	XML             string // the error element as it came
}

func (e *StanzaError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("%s, type %s", e.Condition, e.Type)
	}
	return fmt.Sprintf("%s, type %s: %s", e.Condition, e.Type, e.Text)
}

// newEvent reads a stanza into an Event; own is our bare JID.
func newEvent(root Element, own string) Event {
	e := Event{
		At: time.Now(), Kind: Kind(root.Name.Local), XML: root.XML, root: root,
		ID: root.Attr("id"), Type: root.Attr("type"), From: root.Attr("from"), To: root.Attr("to"),
	}
	text := "body"
	if e.Kind == KindPresence {
		text = "status"
	}
	if child, ok := root.Child(nsClient, text); ok {
		e.Body = child.Text
	}
	if e.Kind == KindMessage {
		if _, ok := root.Child(nsMAM, "result"); ok {
			e.Kind = KindArchive
		}
		e.openCarbon(own)
	}
	return e
}

// openCarbon shows the message inside a carbon copy; only our own server, speaking for our own account, makes carbons.
func (e *Event) openCarbon(own string) {
	if e.From != own {
		return
	}
	for _, direction := range []string{"sent", "received"} {
		wrapper, ok := e.root.Child(nsCarbons, direction)
		if !ok {
			continue
		}
		if inner, ok := wrapper.Find(nsClient, "message"); ok {
			body, _ := inner.Child(nsClient, "body")
			e.Carbon, e.Body = direction, body.Text
			e.ID, e.Type, e.From, e.To = inner.Attr("id"), inner.Attr("type"), inner.Attr("from"), inner.Attr("to")
		}
	}
}
