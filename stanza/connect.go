package stanza

import "encoding/xml"

// Caller is on whose behalf a session is held.
type Caller struct {
	JID  string // empty in a connect: the sender
	Name string
	Lang string // BCP 47
}

func (c *Caller) read(r reader, address string) {
	*c = Caller{JID: address, Name: r.str("name"), Lang: r.str("lang")}
}

func (c Caller) node() *node {
	return el(NS, "caller").attr("jid", c.JID).attr("name", c.Name).attr("lang", c.Lang)
}

// Connect asks a queue for a session (caller → queue, IQ set); the answer is a
// [Session].
type Connect struct {
	Caller *Caller // nil: the sender
	Form   *Form   // what is known about the caller
}

func (c *Connect) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "connect"} }

func (c *Connect) read(r reader) {
	*c = Connect{Form: r.form()}
	if k, ok := r.child(NS, "caller"); ok {
		c.Caller = new(Caller)
		c.Caller.read(k, k.jid("jid"))
	}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (c Connect) Validate() error {
	p := at("connect")
	if c.Caller != nil && c.Caller.JID != "" {
		p.in("caller").needJID("jid", c.Caller.JID)
	}
	c.Form.checkData(p)
	return p.result()
}

func (c Connect) node() *node {
	n := el(NS, "connect")
	if c.Caller != nil {
		n.add(c.Caller.node())
	}
	return n.add(c.Form.nodeOrNil())
}

// UnmarshalXML implements [xml.Unmarshaler].
func (c *Connect) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, c)
}

// MarshalXML implements [xml.Marshaler].
func (c Connect) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, c) }
