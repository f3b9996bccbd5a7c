package stanza

import (
	"encoding/xml"
	"time"
)

// Namespaces and features of message archives (XEP-0313).
const (
	NSArchive       = "urn:xmpp:mam:2"
	ArchiveExtended = "urn:xmpp:mam:2#extended" // before-id, after-id, ids, flipped pages, metadata

	nsValidate = "http://jabber.org/protocol/xdata-validate" // XEP-0122
)

// ArchiveQuery asks an archive for a page of messages (XEP-0313 §4, IQ set). The
// messages come by themselves, behind them the IQ's result with an
// [ArchiveFin]. mellium's history package serves the side that asks: it does
// not read which page is asked for.
type ArchiveQuery struct {
	ID         string // queryid, repeated in each message
	Start, End time.Time
	With       string // an address in its normal form
	AfterID    string
	BeforeID   string
	IDs        []string // these and no others
	Page       PageRequest
	Flip       bool // the page's newest message first
}

func (q *ArchiveQuery) named(n xml.Name) bool { return n == xml.Name{Space: NSArchive, Local: "query"} }

func (q *ArchiveQuery) read(r reader) {
	*q = ArchiveQuery{ID: r.str("queryid"), Page: r.page(), Flip: r.has(NSArchive, "flip-page")}
	k, ok := r.child(NSForm, "x")
	if !ok {
		return
	}
	var f Form
	f.read(k)
	if f.Type != FormSubmit {
		k.fail("attribute type is %s, must be submit", quote(string(f.Type)))
	}
	if f.Value(formTypeVar) != NSArchive {
		k.fail("the field FORM_TYPE must be %s", NSArchive)
	}
	for _, field := range f.Fields {
		q.field(k.in("field "+field.Var), field)
	}
}

// field reads one field of the form; an empty one says nothing.
func (q *ArchiveQuery) field(p place, f FormField) {
	value := ""
	if len(f.Values) > 0 {
		value = f.Values[0]
	}
	switch f.Var {
	case "start":
		q.Start = p.timeIn(value)
	case "end":
		q.End = p.timeIn(value)
	case "with":
		if value != "" {
			normal, ok := normalJID(value)
			if !ok {
				p.refuse(JIDMalformed, "it is %s, which is not an address; write it as name@example.com", quote(value))
			}
			q.With = normal
		}
	case "after-id":
		q.AfterID = value
	case "before-id":
		q.BeforeID = value
	case "ids":
		q.IDs = f.Values
	case formTypeVar:
	default:
		p.refuse(FeatureNotImplemented, "there is no such field here")
	}
}

// refuse is fail with another condition.
func (p place) refuse(c Condition, format string, args ...any) {
	if *p.err == nil {
		p.fail(format, args...)
		*p.err = &Error{Condition: c, Text: (*p.err).Error()}
	}
}

// timeIn reads an XEP-0082 date and time; none is the zero time.
func (p place) timeIn(value string) time.Time {
	if value == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, value)
	if t = t.UTC(); err != nil || !writableTime(t) {
		p.fail("it is %s, must be a time such as 2026-11-23T12:00:30Z", quote(value))
		return time.Time{}
	}
	return t
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (q ArchiveQuery) Validate() error { return nil }

func (q ArchiveQuery) node() *node {
	f := &Form{Type: FormSubmit}
	add := func(name string, values ...string) {
		if len(values) > 0 && values[0] != "" {
			f.Fields = append(f.Fields, FormField{Var: name, Values: values})
		}
	}
	add("start", formatTime(q.Start))
	add("end", formatTime(q.End))
	add("with", q.With)
	add("after-id", q.AfterID)
	add("before-id", q.BeforeID)
	add("ids", q.IDs...)
	n := el(NSArchive, "query").attr("queryid", q.ID)
	if len(f.Fields) > 0 {
		f.Fields = append([]FormField{{Var: formTypeVar, Type: Hidden, Values: []string{NSArchive}}}, f.Fields...)
		n.add(f.node())
	}
	n.add(q.Page.nodeOrNil())
	if q.Flip {
		n.add(el(NSArchive, "flip-page"))
	}
	return n
}

// UnmarshalXML implements [xml.Unmarshaler].
func (q *ArchiveQuery) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, q)
}

// MarshalXML implements [xml.Marshaler].
func (q ArchiveQuery) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, q) }

// ArchiveForm tells which fields an [ArchiveQuery] may have (XEP-0313 §4.1.5).
type ArchiveForm struct{}

func (*ArchiveForm) named(n xml.Name) bool { return n == xml.Name{Space: NSArchive, Local: "query"} }

func (*ArchiveForm) read(reader) {}

// Validate returns nil.
func (ArchiveForm) Validate() error { return nil }

func (ArchiveForm) node() *node {
	f := Form{Type: FormAsk, Fields: []FormField{
		{Var: formTypeVar, Type: Hidden, Values: []string{NSArchive}},
		{Var: "with", Type: JIDSingle}, {Var: "start", Type: TextSingle}, {Var: "end", Type: TextSingle},
		{Var: "before-id", Type: TextSingle}, {Var: "after-id", Type: TextSingle},
	}}
	ids := FormField{Var: "ids", Type: ListMulti}.node()
	ids.add(el(nsValidate, "validate", el(nsValidate, "open")).attr("datatype", "xs:string"))
	return el(NSArchive, "query", f.node().add(ids))
}

// UnmarshalXML implements [xml.Unmarshaler].
func (f *ArchiveForm) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, f)
}

// MarshalXML implements [xml.Marshaler].
func (f ArchiveForm) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, f) }

// ArchiveFin ends the page of an [ArchiveQuery].
type ArchiveFin struct {
	Complete bool // no page follows in this direction
	Page     Page
}

func (x *ArchiveFin) named(n xml.Name) bool { return n == xml.Name{Space: NSArchive, Local: "fin"} }

func (x *ArchiveFin) read(r reader) {
	*x = ArchiveFin{Complete: r.str("complete") == "true"}
	if k, ok := r.child(NSRSM, "set"); ok {
		x.Page.read(k)
	}
}

// Validate returns nil.
func (x ArchiveFin) Validate() error { return nil }

func (x ArchiveFin) node() *node {
	n := el(NSArchive, "fin", x.Page.node())
	if x.Complete {
		n.attr("complete", "true")
	}
	return n
}

// UnmarshalXML implements [xml.Unmarshaler].
func (x *ArchiveFin) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, x)
}

// MarshalXML implements [xml.Marshaler].
func (x ArchiveFin) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, x) }

// ArchiveMetadata tells where an archive begins and ends (XEP-0313 §5); both are
// nil when it is empty.
type ArchiveMetadata struct{ Start, End *ArchiveMark }

// ArchiveMark is one message's place in an archive.
type ArchiveMark struct {
	ID    string
	Stamp time.Time
}

func (x *ArchiveMetadata) named(n xml.Name) bool {
	return n == xml.Name{Space: NSArchive, Local: "metadata"}
}

func (x *ArchiveMetadata) read(r reader) {
	mark := func(name string) *ArchiveMark {
		if k, ok := r.child(NSArchive, name); ok {
			return &ArchiveMark{ID: k.str("id"), Stamp: k.time("timestamp")}
		}
		return nil
	}
	*x = ArchiveMetadata{Start: mark("start"), End: mark("end")}
}

// Validate returns nil.
func (x ArchiveMetadata) Validate() error { return nil }

func (x ArchiveMetadata) node() *node {
	mark := func(name string, m *ArchiveMark) *node {
		if m == nil {
			return nil
		}
		return el(NSArchive, name).attr("id", m.ID).attr("timestamp", formatTime(m.Stamp))
	}
	return el(NSArchive, "metadata", mark("start", x.Start), mark("end", x.End))
}

// UnmarshalXML implements [xml.Unmarshaler].
func (x *ArchiveMetadata) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, x)
}

// MarshalXML implements [xml.Marshaler].
func (x ArchiveMetadata) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, x) }
