package stanza

import "encoding/xml"

// NSCopies is the namespace that mod_baton_archive for Prosody speaks: with it a
// component gets at what a host's users have archived of its own addresses.
const NSCopies = "urn:xmpp:handoff:archive:0"

// ArchiveRow is a message in a user's archive.
type ArchiveRow struct {
	Key string // in that archive
	ID  string // the message's own; empty: it has none, or a very long one
	Own bool   // the user sent it
}

// ArchiveRows are some of a user's archived messages, in the archive's order.
type ArchiveRows struct{ Rows []ArchiveRow }

func (x *ArchiveRows) named(n xml.Name) bool { return n == xml.Name{Space: NSCopies, Local: "rows"} }

func (x *ArchiveRows) read(r reader) {
	*x = ArchiveRows{}
	for _, k := range r.children(NSCopies, "row") {
		x.Rows = append(x.Rows, ArchiveRow{Key: k.str("key"), ID: k.str("id"), Own: k.str("own") == "true"})
	}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (x ArchiveRows) Validate() error {
	p := at("rows")
	for _, row := range x.Rows {
		p.in("row").need("key", row.Key)
	}
	return p.result()
}

func (x ArchiveRows) node() *node {
	n := el(NSCopies, "rows")
	for _, row := range x.Rows {
		k := el(NSCopies, "row").attr("key", row.Key).attr("id", row.ID)
		if row.Own {
			k.attr("own", "true")
		}
		n.add(k)
	}
	return n
}

// UnmarshalXML implements [xml.Unmarshaler].
func (x *ArchiveRows) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, x)
}

// MarshalXML implements [xml.Marshaler].
func (x ArchiveRows) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, x) }
