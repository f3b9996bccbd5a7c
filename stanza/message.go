package stanza

import (
	"encoding/xml"
	"slices"
	"time"

	xmpp "mellium.im/xmpp/stanza"
)

// ChatState is what somebody is doing in a chat (XEP-0085).
type ChatState string

// Chat states.
const (
	StateActive    ChatState = "active"
	StateComposing ChatState = "composing"
	StatePaused    ChatState = "paused"
	StateInactive  ChatState = "inactive"
	StateGone      ChatState = "gone"
)

func chatStates() []ChatState {
	return []ChatState{StateActive, StateComposing, StatePaused, StateInactive, StateGone}
}

// Hint tells servers how to treat a message (XEP-0334).
type Hint string

// Hints.
const (
	Store            Hint = "store"
	NoStore          Hint = "no-store"
	NoPermanentStore Hint = "no-permanent-store"
	NoCopy           Hint = "no-copy"
)

func hints() []Hint { return []Hint{Store, NoStore, NoPermanentStore, NoCopy} }

// Message is a message of the service's own, or one read from a stanza. It is
// not for relaying: that is done byte by byte, from an allow-list.
//
// It is encoded without a namespace of its own, to take its stream's.
type Message struct {
	From, To, ID string
	Type         xmpp.MessageType // empty and unknown: normal (RFC 6121 §5.2.2)
	Lang         string

	Session *Session // which session it belongs to
	Outcome *Outcome
	Parted  *Parted
	Listen  *Listen
	Author  *Author // within Forwarded

	Body     string
	Thread   string
	Replace  string    // id of the message this one corrects (XEP-0308)
	OriginID string    // XEP-0359
	State    ChatState // XEP-0085
	Request  bool      // asks for a receipt (XEP-0184)
	Received string    // is the receipt for the message of that id (XEP-0184)
	Hints    []Hint
	Delay    *Delay
}

func (m *Message) named(n xml.Name) bool { return isStanza(n) && n.Local == "message" }

func (m *Message) read(r reader) {
	ns := r.n.name.Space // a message's own children share its namespace
	*m = Message{
		From: r.str("from"), To: r.str("to"), ID: r.str("id"), Lang: r.n.lang, Type: messageType(r.str("type")),
		Body: r.text(ns, "body"), Thread: r.text(ns, "thread"), Request: r.has(NSReceipts, "request"),
	}
	m.readPayloads(r)
	for _, k := range r.n.kids {
		id, _ := k.get("id")
		switch hint, state := Hint(k.name.Local), ChatState(k.name.Local); {
		case k.name == xml.Name{Space: NSCorrect, Local: "replace"}:
			m.Replace = id
		case k.name == xml.Name{Space: NSStanzaID, Local: "origin-id"}:
			m.OriginID = id
		case k.name == xml.Name{Space: NSReceipts, Local: "received"}:
			m.Received = id
		case k.name.Space == NSChatStates && slices.Contains(chatStates(), state):
			m.State = state
		case k.name.Space == NSHints && slices.Contains(hints(), hint) && !slices.Contains(m.Hints, hint):
			m.Hints = append(m.Hints, hint)
		}
	}
}

func (m *Message) readPayloads(r reader) {
	if k, ok := r.child(NS, "session"); ok {
		m.Session = new(Session)
		m.Session.read(k)
	}
	if k, ok := r.child(NS, "outcome"); ok {
		m.Outcome = new(Outcome)
		m.Outcome.read(k)
	}
	if k, ok := r.child(NS, "parted"); ok {
		m.Parted = new(Parted)
		m.Parted.read(k)
	}
	if k, ok := r.child(NS, "listen"); ok {
		m.Listen = new(Listen)
		m.Listen.read(k)
	}
	if k, ok := r.child(NS, "author"); ok {
		m.Author = new(Author)
		m.Author.read(k)
	}
	// Anybody may have added a delay, so a broken one is not the message's fault.
	for _, k := range r.children(NSDelay, "delay") {
		var d Delay
		d.read(reader{place: at("delay"), n: k.n})
		if m.Delay == nil && !d.Stamp.IsZero() {
			m.Delay = &d
		}
	}
}

func messageType(s string) xmpp.MessageType {
	switch t := xmpp.MessageType(s); t {
	case xmpp.ChatMessage, xmpp.ErrorMessage, xmpp.GroupChatMessage, xmpp.HeadlineMessage:
		return t
	}
	return xmpp.NormalMessage
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (m Message) Validate() error {
	p := at("message")
	m.check(p)
	return p.result()
}

func (m Message) check(p place) {
	oneOf(p, "type", m.Type, "", xmpp.NormalMessage, xmpp.ChatMessage, xmpp.ErrorMessage, xmpp.GroupChatMessage, xmpp.HeadlineMessage)
	if m.State != "" && !slices.Contains(chatStates(), m.State) {
		p.fail("%s is not a chat state", quote(string(m.State)))
	}
	for _, h := range m.Hints {
		if !slices.Contains(hints(), h) {
			p.fail("%s is not a processing hint", quote(string(h)))
		}
	}
	if m.Session != nil {
		p.nest(m.Session.Validate())
	}
	if m.Outcome != nil {
		p.nest(m.Outcome.Validate())
	}
	if m.Parted != nil {
		p.nest(m.Parted.Validate())
	}
	if m.Listen != nil {
		p.nest(m.Listen.Validate())
	}
	if m.Author != nil {
		p.nest(m.Author.Validate())
	}
	if m.Delay != nil {
		p.in("delay").needTime("stamp", m.Delay.Stamp)
	}
}

func (m Message) node() *node { return m.nodeIn("") }

// nodeIn is node with the stanza itself in that namespace.
func (m Message) nodeIn(ns string) *node {
	n := el(ns, "message").attr("from", m.From).attr("to", m.To).attr("id", m.ID).withLang(m.Lang)
	if m.Type != xmpp.NormalMessage {
		n.attr("type", string(m.Type))
	}
	if m.Session != nil {
		n.add(m.Session.node())
	}
	if m.Outcome != nil {
		n.add(m.Outcome.node())
	}
	if m.Parted != nil {
		n.add(m.Parted.node())
	}
	if m.Listen != nil {
		n.add(m.Listen.node())
	}
	if m.Author != nil {
		n.add(m.Author.node())
	}
	n.add(textEl(ns, "body", m.Body), textEl(ns, "thread", m.Thread),
		idEl(NSCorrect, "replace", m.Replace), idEl(NSStanzaID, "origin-id", m.OriginID))
	if m.State != "" {
		n.add(el(NSChatStates, string(m.State)))
	}
	if m.Request {
		n.add(el(NSReceipts, "request"))
	}
	n.add(idEl(NSReceipts, "received", m.Received))
	for _, h := range m.Hints {
		n.add(el(NSHints, string(h)))
	}
	if m.Delay != nil {
		n.add(m.Delay.node())
	}
	return n
}

// idEl is an element whose id is all it says, nil when there is none.
func idEl(space, local, id string) *node {
	if id == "" {
		return nil
	}
	return el(space, local).attr("id", id)
}

// UnmarshalXML implements [xml.Unmarshaler].
func (m *Message) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, m)
}

// MarshalXML implements [xml.Marshaler].
func (m Message) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, m) }

// Delay tells when a message was first sent (XEP-0203).
type Delay struct {
	From  string // who held it back
	Stamp time.Time
}

func (x *Delay) read(r reader) { *x = Delay{From: r.str("from"), Stamp: r.time("stamp")} }

func (x Delay) node() *node {
	return el(NSDelay, "delay").attr("from", x.From).attr("stamp", formatTime(x.Stamp))
}

// Forwarded is a message of the past (XEP-0297): when it was sent, and itself.
type Forwarded struct {
	Delay   Delay
	Message Message
}

func (f *Forwarded) named(n xml.Name) bool {
	return n == xml.Name{Space: NSForward, Local: "forwarded"}
}

func (f *Forwarded) read(r reader) {
	*f = Forwarded{}
	if k, ok := r.child(NSDelay, "delay"); ok {
		f.Delay.read(k)
	} else {
		r.fail("element delay is missing")
	}
	if k, ok := r.child(nsClient, "message"); ok {
		f.Message.read(k)
	} else {
		r.fail("element message in namespace %s is missing", nsClient)
	}
}

func (f Forwarded) check(p place) {
	p.in("delay").needTime("stamp", f.Delay.Stamp)
	f.Message.check(p.in("message"))
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (f Forwarded) Validate() error {
	p := at("forwarded")
	f.check(p)
	return p.result()
}

func (f Forwarded) node() *node {
	return el(NSForward, "forwarded", f.Delay.node(), f.Message.nodeIn(nsClient))
}

// UnmarshalXML implements [xml.Unmarshaler].
func (f *Forwarded) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, f)
}

// MarshalXML implements [xml.Marshaler].
func (f Forwarded) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, f) }
