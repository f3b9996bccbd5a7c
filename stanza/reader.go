package stanza

import (
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
	"time"

	"mellium.im/xmpp/jid"
)

// payload is what every type here can do; readPayload and writePayload give it
// its UnmarshalXML and MarshalXML.
type payload interface {
	// named tells whether an element of that name is this payload.
	named(xml.Name) bool
	// read fills the receiver; it judges only what a string must look like.
	read(reader)
}

type writable interface {
	Validate() error
	node() *node
}

func decode(d *xml.Decoder, start xml.StartElement, p payload) error {
	n, err := parseNode(d, start)
	if err != nil {
		return err
	}
	return readPayload(n, p)
}

func readPayload(n *node, p payload) error {
	if !p.named(n.name) {
		return refuse("%s in namespace %s is not expected here", quote(n.name.Local), quote(n.name.Space))
	}
	r := reader{place: at(n.name.Local), n: n}
	p.read(r)
	if err := r.result(); err != nil {
		return err
	}
	if v, ok := p.(writable); ok {
		return v.Validate()
	}
	return nil
}

func encode(e *xml.Encoder, w writable) error {
	if err := w.Validate(); err != nil {
		return err
	}
	return w.node().write(e, "")
}

// place is where in a payload something is being judged; the first fault stays.
type place struct {
	path string
	err  *error
}

func at(path string) place { return place{path: path, err: new(error)} }

func (p place) in(child string) place { return place{path: p.path + "/" + child, err: p.err} }

func (p place) result() error { return *p.err }

func (p place) fail(format string, args ...any) {
	if *p.err == nil {
		*p.err = refuse(p.path+": "+format, args...)
	}
}

// nest takes over a fault of a payload within this one.
func (p place) nest(err error) {
	if err != nil && *p.err == nil {
		*p.err = err
	}
}

// need refuses an attribute that is empty or absent.
func (p place) need(attr, value string) {
	if value == "" {
		p.fail("attribute %s is missing", attr)
	}
}

// needJID refuses what is not an address (RFC 7622).
func (p place) needJID(attr, value string) {
	if _, ok := normalJID(value); !ok && *p.err == nil {
		*p.err = &Error{Condition: JIDMalformed, Text: p.path + ": attribute " + attr + " is " + quote(value) +
			", which is not an address; write it as name@example.com"}
	}
}

// needTime refuses a time that is absent or that XEP-0082 cannot express.
func (p place) needTime(attr string, t time.Time) {
	if t.IsZero() {
		p.need(attr, "")
	} else if !writableTime(t) {
		p.fail("attribute %s is outside the years 1 to 9999", attr)
	}
}

// oneOf refuses a value outside the enumeration.
func oneOf[T ~string](p place, attr string, value T, allowed ...T) {
	if slices.Contains(allowed, value) {
		return
	}
	if value == "" {
		p.need(attr, "")
		return
	}
	words := make([]string, 0, len(allowed))
	for _, a := range allowed {
		if a != "" {
			words = append(words, string(a))
		}
	}
	p.fail("attribute %s is %s, must be one of %s", attr, quote(string(value)), strings.Join(words, ", "))
}

// reader reads one element; its faults go to the shared place.
type reader struct {
	place
	n *node
}

func (r reader) str(attr string) string {
	v, _ := r.n.get(attr)
	return v
}

// uint reads a whole number that must be at least least; absent is zero.
func (r reader) uint(attr string, least uint64) uint64 {
	v, ok := r.n.get(attr)
	if !ok {
		return 0
	}
	u, err := strconv.ParseUint(v, 10, 64)
	if err != nil || u < least {
		r.fail("attribute %s is %s, must be a whole number of %d or more", attr, quote(v), least)
	}
	return u
}

// needUint is uint for an attribute that must be there.
func (r reader) needUint(attr string) uint64 {
	if _, ok := r.n.get(attr); !ok {
		r.need(attr, "")
	}
	return r.uint(attr, 0)
}

// session reads a session identifier; absent is the zero one.
func (r reader) session(attr string) SessionID {
	v, ok := r.n.get(attr)
	if !ok {
		return SessionID{}
	}
	id, err := ParseSessionID(v)
	if err != nil {
		r.fail("attribute %s is %s", attr, err)
	}
	return id
}

// time reads an XEP-0082 date and time as UTC; absent is the zero time.
func (r reader) time(attr string) time.Time {
	v, ok := r.n.get(attr)
	if !ok {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, v)
	if t = t.UTC(); err != nil || !writableTime(t) {
		r.fail("attribute %s is %s, must be a time such as 2026-11-23T12:00:30Z", attr, quote(v))
		return time.Time{}
	}
	return t
}

// jid reads an address in its normal form, or as it stands if it is none.
func (r reader) jid(attr string) string {
	v := r.str(attr)
	if normal, ok := normalJID(v); ok {
		return normal
	}
	return v
}

// normalJID returns the one spelling of an address, and whether s is one. What
// mellium parses but does not parse again (a domain of soft hyphens and a dot)
// has no spelling to compare by, so it is none.
func normalJID(s string) (string, bool) {
	j, err := jid.Parse(s)
	if err != nil {
		return "", false
	}
	again, err := jid.Parse(j.String())
	return j.String(), err == nil && again.Equal(j)
}

// child returns the one child of that name, or false; two are a fault.
func (r reader) child(space, local string) (reader, bool) {
	all := r.children(space, local)
	if len(all) == 0 {
		return reader{}, false
	}
	if len(all) > 1 {
		r.fail("element %s is given more than once", local)
	}
	return all[0], true
}

func (r reader) children(space, local string) []reader {
	var all []reader
	for _, k := range r.n.kids {
		if k.name == (xml.Name{Space: space, Local: local}) {
			all = append(all, reader{place: r.in(local), n: k})
		}
	}
	return all
}

// has tells whether there is a child of that name.
func (r reader) has(space, local string) bool { return len(r.children(space, local)) > 0 }

// text returns the text of the first child of that name.
func (r reader) text(space, local string) string {
	if all := r.children(space, local); len(all) > 0 {
		return all[0].n.text
	}
	return ""
}

// writableTime tells whether XEP-0082 can express t: four digits of year.
func writableTime(t time.Time) bool {
	return !t.IsZero() && t.UTC().Year() >= 1 && t.UTC().Year() <= 9999
}

// formatTime is t in UTC (XEP-0082), empty for the zero time.
func formatTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// formatUint is u in decimals, empty for zero.
func formatUint(u uint64) string {
	if u == 0 {
		return ""
	}
	return strconv.FormatUint(u, 10)
}

// quote makes foreign text safe to show: short, no control or bidi characters.
func quote(s string) string {
	const most = 40
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return strconv.Quote(s)
}
