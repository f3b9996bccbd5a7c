package stanza

import (
	"crypto/sha1" // #nosec: XEP-0153 asks for it; nothing is protected by it
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"strconv"
	"strings"
)

// Ping asks whether somebody is there (XEP-0199); the answer is an empty result.
type Ping struct{}

func (*Ping) named(n xml.Name) bool { return n == xml.Name{Space: NSPing, Local: "ping"} }

func (*Ping) read(reader) {}

// Validate returns nil.
func (Ping) Validate() error { return nil }

func (Ping) node() *node { return el(NSPing, "ping") }

// UnmarshalXML implements [xml.Unmarshaler].
func (p *Ping) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error { return decode(d, start, p) }

// MarshalXML implements [xml.Marshaler].
func (p Ping) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, p) }

// LastActivity tells since how many seconds somebody has been away, or a
// service up (XEP-0012).
type LastActivity struct {
	Seconds uint64
	Status  string
}

func (q *LastActivity) named(n xml.Name) bool { return n == xml.Name{Space: NSLast, Local: "query"} }

func (q *LastActivity) read(r reader) {
	*q = LastActivity{Seconds: r.needUint("seconds"), Status: r.n.text}
}

// Validate returns nil.
func (q LastActivity) Validate() error { return nil }

func (q LastActivity) node() *node {
	n := el(NSLast, "query").attr("seconds", strconv.FormatUint(q.Seconds, 10))
	n.text = q.Status
	return n
}

// UnmarshalXML implements [xml.Unmarshaler].
func (q *LastActivity) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, q)
}

// MarshalXML implements [xml.Marshaler].
func (q LastActivity) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, q) }

// VCard is a contact's card (XEP-0054), as far as clients show it.
type VCard struct {
	FullName string
	Nickname string
	Photo    *Photo
}

// Photo is the picture on a card.
type Photo struct {
	Type string // media type, image/png
	Data []byte
}

// Hash is what presence advertises the picture by (XEP-0153).
func (p Photo) Hash() string {
	sum := sha1.Sum(p.Data)
	return hex.EncodeToString(sum[:])
}

func (c *VCard) named(n xml.Name) bool { return n == xml.Name{Space: NSVCard, Local: "vCard"} }

func (c *VCard) read(r reader) {
	*c = VCard{FullName: r.text(NSVCard, "FN"), Nickname: r.text(NSVCard, "NICKNAME")}
	all := r.children(NSVCard, "PHOTO")
	if len(all) == 0 || !all[0].has(NSVCard, "BINVAL") {
		return // none, or one elsewhere on the web
	}
	// Base64 comes in lines, and indented by some.
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(all[0].text(NSVCard, "BINVAL")), ""))
	if err != nil {
		all[0].in("BINVAL").fail("it is not base64")
		return
	}
	c.Photo = &Photo{Type: all[0].text(NSVCard, "TYPE"), Data: data}
}

// Validate returns nil.
func (c VCard) Validate() error { return nil }

func (c VCard) node() *node {
	n := el(NSVCard, "vCard", textEl(NSVCard, "FN", c.FullName), textEl(NSVCard, "NICKNAME", c.Nickname))
	if c.Photo == nil {
		return n
	}
	data := el(NSVCard, "BINVAL")
	data.text = base64.StdEncoding.EncodeToString(c.Photo.Data)
	return n.add(el(NSVCard, "PHOTO", textEl(NSVCard, "TYPE", c.Photo.Type), data))
}

// UnmarshalXML implements [xml.Unmarshaler].
func (c *VCard) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, c)
}

// MarshalXML implements [xml.Marshaler].
func (c VCard) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, c) }
