package stanza

import "encoding/xml"

// Switch says whether something begins or ends.
type Switch string

// Positions of a switch. Left out, a hold is switched to the other one, and a
// listen on.
const (
	On  Switch = "on"
	Off Switch = "off"
)

// Hold tells the caller that the holder will be right back, or is back (holder →
// conversation, IQ set).
type Hold struct {
	Session SessionID // zero: the conversation's open one
	State   Switch
}

func (x *Hold) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "hold"} }

func (x *Hold) read(r reader) { x.Session, x.State = readSwitch(r) }

// Validate returns an [*Error] naming what is wrong, if anything.
func (x Hold) Validate() error { return validSwitch("hold", x.Session, x.State) }

func (x Hold) node() *node { return switchNode("hold", x.Session, x.State) }

// UnmarshalXML implements [xml.Unmarshaler].
func (x *Hold) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error { return decode(d, start, x) }

// MarshalXML implements [xml.Marshaler].
func (x Hold) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, x) }

// Listen has a supervisor shown what is said in a session, or no longer
// (supervisor → conversation, IQ set); in a [Message] it says that this is over.
type Listen struct {
	Session SessionID // zero: the conversation's open one
	State   Switch
}

func (x *Listen) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "listen"} }

func (x *Listen) read(r reader) { x.Session, x.State = readSwitch(r) }

// Validate returns an [*Error] naming what is wrong, if anything.
func (x Listen) Validate() error { return validSwitch("listen", x.Session, x.State) }

func (x Listen) node() *node { return switchNode("listen", x.Session, x.State) }

// UnmarshalXML implements [xml.Unmarshaler].
func (x *Listen) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, x)
}

// MarshalXML implements [xml.Marshaler].
func (x Listen) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, x) }

func readSwitch(r reader) (SessionID, Switch) {
	return r.session("session"), Switch(r.str("state"))
}

func validSwitch(name string, id SessionID, state Switch) error {
	p := at(name)
	id.check(p, "session", false)
	oneOf(p, "state", state, "", On, Off)
	return p.result()
}

func switchNode(name string, id SessionID, state Switch) *node {
	return el(NS, name).attr("session", id.String()).attr("state", string(state))
}

// As what somebody was there who left.
const (
	AsGuest = "guest" // joined beside the holder
	AsAside = "aside" // was consulted
)

// Parted tells the holder that a guest, or whom they consult, has left by
// themselves. It rides in a [Message] from the conversation.
type Parted struct {
	Session SessionID
	Who     string // the agent's address
	As      string // AsGuest or AsAside
}

func (x *Parted) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "parted"} }

func (x *Parted) read(r reader) {
	*x = Parted{Session: r.session("session"), Who: r.str("who"), As: r.str("as")}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (x Parted) Validate() error {
	p := at("parted")
	x.Session.check(p, "session", true)
	p.need("who", x.Who)
	oneOf(p, "as", x.As, AsGuest, AsAside)
	return p.result()
}

func (x Parted) node() *node {
	return el(NS, "parted").attr("session", x.Session.String()).attr("who", x.Who).attr("as", x.As)
}

// UnmarshalXML implements [xml.Unmarshaler].
func (x *Parted) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, x)
}

// MarshalXML implements [xml.Marshaler].
func (x Parted) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, x) }
