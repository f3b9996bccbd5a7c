package stanza

import (
	"encoding/xml"
	"strconv"
	"time"
)

// Role is who wrote a message of a dialog.
type Role string

// Roles of authors.
const (
	RoleCaller  Role = "caller"
	RoleAgent   Role = "agent"
	RoleBot     Role = "bot"
	RoleService Role = "service"
)

// Author is who wrote a forwarded message. Only the service's own stanzas may
// be believed on it.
type Author struct {
	Role Role
	JID  string
	Name string
}

func (a *Author) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "author"} }

func (a *Author) read(r reader) {
	*a = Author{Role: Role(r.str("role")), JID: r.str("jid"), Name: r.str("name")}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (a Author) Validate() error {
	p := at("author")
	oneOf(p, "role", a.Role, RoleCaller, RoleAgent, RoleBot, RoleService)
	return p.result()
}

func (a Author) node() *node {
	return el(NS, "author").attr("role", string(a.Role)).attr("jid", a.JID).attr("name", a.Name)
}

// UnmarshalXML implements [xml.Unmarshaler].
func (a *Author) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, a)
}

// MarshalXML implements [xml.Marshaler].
func (a Author) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, a) }

// Dialog is what was said before: as many of the newest messages as go along,
// oldest first, and how many there are in all.
type Dialog struct {
	Count    uint64
	Messages []Forwarded
}

func (d *Dialog) read(r reader) {
	*d = Dialog{Count: r.needUint("count")}
	for _, k := range r.children(NSForward, "forwarded") {
		var f Forwarded
		f.read(k)
		d.Messages = append(d.Messages, f)
	}
}

func (d Dialog) check(p place) {
	if d.Count < uint64(len(d.Messages)) {
		p.fail("attribute count is %d, but it holds %d messages", d.Count, len(d.Messages))
	}
	for _, f := range d.Messages {
		f.check(p.in("forwarded"))
		if f.Message.Author == nil {
			p.in("forwarded").in("message").fail("element author is missing")
		}
	}
}

// Trim drops the oldest messages until the rest, encoded, fits into that many
// bytes. Count is left alone.
func (d *Dialog) Trim(most int) error {
	for i := len(d.Messages) - 1; i >= 0; i-- {
		b, err := xml.Marshal(d.Messages[i])
		if err != nil {
			return err
		}
		if most -= len(b); most < 0 {
			d.Messages = d.Messages[i+1:]
			return nil
		}
	}
	return nil
}

// Offer asks a target to take a session, or to come in beside its holder
// (service → target, IQ set). Its result means that it rings; the answer is an
// [Accept] or a [Decline].
type Offer struct {
	ID      string // the transfer's
	Session SessionID
	Mode    Mode   // what accepting means; also [Reclaim]
	From    string // who hands on; the queue's address for a session nobody held yet
	Queue   string
	Expires time.Time
	Caller  Caller // with an address or a name
	Reason  Texts
	Form    *Form // information collected about the caller
	Dialog  Dialog
}

func (o *Offer) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "offer"} }

func (o *Offer) read(r reader) {
	*o = Offer{
		ID: r.str("id"), Session: r.session("session"), Mode: Mode(r.str("mode")), From: r.str("from"), Queue: r.str("queue"),
		Expires: r.time("expires"), Reason: r.reasons(), Form: r.form(),
	}
	if o.Mode == "" {
		o.Mode = Warm
	}
	if k, ok := r.child(NS, "caller"); ok {
		o.Caller.read(k, k.str("jid"))
	} else {
		r.fail("element caller is missing")
	}
	if k, ok := r.child(NS, "dialog"); ok {
		o.Dialog.read(k)
	}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (o Offer) Validate() error {
	p := at("offer")
	p.need("id", o.ID)
	o.Session.check(p, "session", true)
	oneOf(p, "mode", o.Mode, Warm, Blind, Consult, Join, Reclaim)
	p.need("from", o.From)
	p.needTime("expires", o.Expires)
	if o.Caller.JID == "" && o.Caller.Name == "" {
		p.in("caller").fail("attribute jid or name is missing")
	}
	o.Form.checkData(p)
	o.Dialog.check(p.in("dialog"))
	return p.result()
}

func (o Offer) node() *node {
	mode := string(o.Mode)
	if o.Mode == Warm { // the default: offers read as ever
		mode = ""
	}
	n := el(NS, "offer").attr("id", o.ID).attr("session", o.Session.String()).attr("mode", mode).attr("from", o.From).
		attr("queue", o.Queue).attr("expires", formatTime(o.Expires)).
		add(o.Caller.node()).add(o.Reason.nodes()...).add(o.Form.nodeOrNil())
	if o.Dialog.Count == 0 {
		return n
	}
	d := el(NS, "dialog").attr("count", strconv.FormatUint(o.Dialog.Count, 10))
	for _, f := range o.Dialog.Messages {
		d.add(f.node())
	}
	return n.add(d)
}

// UnmarshalXML implements [xml.Unmarshaler].
func (o *Offer) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, o)
}

// MarshalXML implements [xml.Marshaler].
func (o Offer) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, o) }
