package stanza

import "encoding/xml"

// OutcomeState is how a transfer ended.
type OutcomeState string

// Ends of a transfer.
const (
	Accepted  OutcomeState = "accepted"
	Declined  OutcomeState = "declined"
	Expired   OutcomeState = "expired"
	Cancelled OutcomeState = "cancelled"
	Failed    OutcomeState = "failed"
)

// Outcome tells holder and target, once each, how a transfer ended. It rides in
// a [Message] from the conversation.
type Outcome struct {
	Transfer string
	Session  SessionID
	State    OutcomeState
	By       string // whose doing it was; empty: nobody's
	Epoch    uint64 // the epoch that follows; 0: not told
	Reason   Texts
}

func (o *Outcome) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "outcome"} }

func (o *Outcome) read(r reader) {
	*o = Outcome{
		Transfer: r.str("transfer"), Session: r.session("session"), State: OutcomeState(r.str("state")),
		By: r.str("by"), Epoch: r.uint("epoch", 0), Reason: r.reasons(),
	}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (o Outcome) Validate() error {
	p := at("outcome")
	p.need("transfer", o.Transfer)
	o.Session.check(p, "session", true)
	oneOf(p, "state", o.State, Accepted, Declined, Expired, Cancelled, Failed)
	return p.result()
}

func (o Outcome) node() *node {
	return el(NS, "outcome", o.Reason.nodes()...).attr("transfer", o.Transfer).attr("session", o.Session.String()).
		attr("state", string(o.State)).attr("by", o.By).attr("epoch", formatUint(o.Epoch))
}

// UnmarshalXML implements [xml.Unmarshaler].
func (o *Outcome) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, o)
}

// MarshalXML implements [xml.Marshaler].
func (o Outcome) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, o) }

// DisconnectReason is why a leg or a session ends: one of the constants, or
// another short word (a–z, 0–9 and hyphens, at most 32).
type DisconnectReason string

// Reasons of a disconnect.
const (
	ReasonDone        DisconnectReason = "done"        // ended on purpose; the default
	ReasonTransferred DisconnectReason = "transferred" // the session goes on with another holder
	ReasonIdle        DisconnectReason = "idle"        // ended after a long silence
)

// Disconnect ends a leg (service → former holder or caller) or the session
// (holder → conversation, caller → queue); IQ set, answered with an empty result.
type Disconnect struct {
	Session SessionID // zero: the open one at this address
	Reason  DisconnectReason
	Epoch   uint64 // the epoch that follows; 0: not told
}

func (x *Disconnect) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "disconnect"} }

func (x *Disconnect) read(r reader) {
	*x = Disconnect{Session: r.session("session"), Reason: DisconnectReason(r.str("reason")), Epoch: r.uint("epoch", 0)}
	if x.Reason == "" {
		x.Reason = ReasonDone
	}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (x Disconnect) Validate() error {
	p := at("disconnect")
	x.Session.check(p, "session", false)
	p.need("reason", string(x.Reason))
	if !x.Reason.isWord() {
		p.fail("attribute reason is %s, must be one short word such as done, transferred, idle", quote(string(x.Reason)))
	}
	return p.result()
}

func (r DisconnectReason) isWord() bool {
	for _, c := range r {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return len(r) <= 32
}

func (x Disconnect) node() *node {
	return el(NS, "disconnect").attr("session", x.Session.String()).attr("reason", string(x.Reason)).
		attr("epoch", formatUint(x.Epoch))
}

// UnmarshalXML implements [xml.Unmarshaler].
func (x *Disconnect) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, x)
}

// MarshalXML implements [xml.Marshaler].
func (x Disconnect) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, x) }

// Note is kept with the session and shown to agents only (holder →
// conversation, IQ set).
type Note struct {
	Session SessionID // zero: the conversation's open one
	Lang    string
	Text    string
}

func (t *Note) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "note"} }

func (t *Note) read(r reader) {
	*t = Note{Session: r.session("session"), Lang: r.n.lang, Text: r.n.text}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (t Note) Validate() error {
	p := at("note")
	t.Session.check(p, "session", false)
	if t.Text == "" {
		p.fail("it holds no text")
	}
	return p.result()
}

func (t Note) node() *node {
	n := el(NS, "note").attr("session", t.Session.String()).withLang(t.Lang)
	n.text = t.Text
	return n
}

// UnmarshalXML implements [xml.Unmarshaler].
func (t *Note) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, t)
}

// MarshalXML implements [xml.Marshaler].
func (t Note) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, t) }
