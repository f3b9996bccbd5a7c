package stanza

import "encoding/xml"

// Accept takes an offer (target → conversation, IQ set); the answer is a
// [Session] of the new epoch.
type Accept struct {
	ID string // the offer's
}

func (a *Accept) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "accept"} }

func (a *Accept) read(r reader) { *a = Accept{ID: r.str("id")} }

// Validate returns an [*Error] naming what is wrong, if anything.
func (a Accept) Validate() error {
	p := at("accept")
	p.need("id", a.ID)
	return p.result()
}

func (a Accept) node() *node { return el(NS, "accept").attr("id", a.ID) }

// UnmarshalXML implements [xml.Unmarshaler].
func (a *Accept) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, a)
}

// MarshalXML implements [xml.Marshaler].
func (a Accept) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, a) }

// Decline refuses an offer (target → conversation, IQ set).
type Decline struct {
	ID     string // the offer's
	Reason Texts
}

func (x *Decline) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "decline"} }

func (x *Decline) read(r reader) { *x = Decline{ID: r.str("id"), Reason: r.reasons()} }

// Validate returns an [*Error] naming what is wrong, if anything.
func (x Decline) Validate() error {
	p := at("decline")
	p.need("id", x.ID)
	return p.result()
}

func (x Decline) node() *node { return el(NS, "decline", x.Reason.nodes()...).attr("id", x.ID) }

// UnmarshalXML implements [xml.Unmarshaler].
func (x *Decline) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, x)
}

// MarshalXML implements [xml.Marshaler].
func (x Decline) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, x) }

// Cancel takes a transfer back (holder → conversation, IQ set).
type Cancel struct {
	ID string // the transfer's
}

func (c *Cancel) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "cancel"} }

func (c *Cancel) read(r reader) { *c = Cancel{ID: r.str("id")} }

// Validate returns an [*Error] naming what is wrong, if anything.
func (c Cancel) Validate() error {
	p := at("cancel")
	p.need("id", c.ID)
	return p.result()
}

func (c Cancel) node() *node { return el(NS, "cancel").attr("id", c.ID) }

// UnmarshalXML implements [xml.Unmarshaler].
func (c *Cancel) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, c)
}

// MarshalXML implements [xml.Marshaler].
func (c Cancel) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, c) }
