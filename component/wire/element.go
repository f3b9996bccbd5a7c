package wire

import (
	"bytes"
	"slices"
)

// Namespaces.
const (
	NSComponent = "jabber:component:accept" // the stream's default, XEP-0114
	NSClient    = "jabber:client"
	NSServer    = "jabber:server"
	NSStream    = "http://etherx.jabber.org/streams" // prefix stream, for <stream:error/>
	nsXML       = "http://www.w3.org/XML/1998/namespace"
)

// IsStanzaNS says whether ns is one of the three namespaces in which a stanza,
// its body, thread, subject and error mean the same.
func IsStanzaNS(ns []byte) bool {
	return string(ns) == NSComponent || string(ns) == NSClient || string(ns) == NSServer
}

// A Stanza is its root element and the attributes that route it. All bytes
// are raw: escaped as they came (see Unescape), nil if there is no such
// attribute. It is valid until the next call of Splitter.Next.
type Stanza struct {
	Element
	From, To, ID, Type, Lang []byte
}

// Clone returns a copy that stays valid.
func (s Stanza) Clone() Stanza {
	if s.d == nil {
		return s
	}
	d := &document{raw: bytes.Clone(s.d.raw), els: slices.Clone(s.d.els), root: s.d.root}
	c := d.stanza()
	if s.Raw == nil {
		c.Raw = nil
	}
	return c
}

// An Element of a stanza, as raw bytes valid as long as the stanza.
type Element struct {
	Local []byte // name without prefix
	NS    []byte // namespace, raw; nil if its prefix is not declared in the stanza
	Raw   []byte // from '<' to the last '>'
	d     *document
	i     int32
}

// Is says whether the element has that name and namespace.
func (e Element) Is(ns, local string) bool { return string(e.Local) == local && string(e.NS) == ns }

// SelfClosed says whether the element is written <like-this/>.
func (e Element) SelfClosed() bool { return e.d != nil && e.at().flags&selfClosed != 0 }

// Inner returns the raw bytes between the tags.
func (e Element) Inner() []byte {
	if e.d == nil {
		return nil
	}
	return e.d.raw[e.at().tagHi:e.at().closeLo]
}

// Children calls yield for each child element, until it returns false:
//
//	for c := range st.Children { … }
func (e Element) Children(yield func(Element) bool) {
	if e.d == nil {
		return
	}
	for i := e.i + 1; e.d.within(i, e.i); i = e.d.next(i) {
		if !yield(e.d.element(i)) {
			return
		}
	}
}

// Child returns the first child of that name and namespace.
func (e Element) Child(ns, local string) (Element, bool) {
	for c := range e.Children {
		if c.Is(ns, local) {
			return c, true
		}
	}
	return Element{}, false
}

// Attr returns the raw value of the attribute of that name, prefix included as
// written ("xml:lang").
func (e Element) Attr(name string) (value []byte, ok bool) {
	e.Attrs(func(n, v []byte) bool {
		if ok = string(n) == name; ok {
			value = v
		}
		return !ok
	})
	return value, ok
}

// Attrs calls yield for each attribute, namespace declarations included, with
// its name as written and its raw value.
func (e Element) Attrs(yield func(name, value []byte) bool) {
	if e.d != nil {
		e.d.attrs(e.i, yield)
	}
}

// AppendText appends the element's own character data, not that of its
// children, to dst: references and CDATA decoded, line ends normalised.
func (e Element) AppendText(dst []byte) []byte {
	if e.d == nil {
		return dst
	}
	from := e.at().tagHi
	for i := e.i + 1; e.d.within(i, e.i); i = e.d.next(i) {
		dst = appendText(dst, e.d.raw[from:e.d.els[i].off])
		from = e.d.els[i].end
	}
	return appendText(dst, e.d.raw[from:e.at().closeLo])
}

func (e Element) at() *elem { return &e.d.els[e.i] }

// document is a stanza and the table of its elements, in document order.
type document struct {
	raw  []byte
	els  []elem
	root [5]span // from, to, id, type, xml:lang; {0,0}: none
}

type elem struct {
	off             int32 // of '<'; the name starts one later
	localLo, nameHi int32
	tagHi           int32 // end of the start tag
	closeLo, end    int32 // of the end tag
	parent          int32
	nsOf            int32 // the element whose xmlns is in scope, -1: the stream's
	ns              span
	flags           uint8
}

func (d *document) reset() {
	d.els = d.els[:0]
	d.root = [5]span{}
}

// open notes the element whose start tag b is at off.
func (d *document) open(b []byte, t *tag, off, parent int32) int32 {
	i := int32(len(d.els))
	e := elem{
		off: off, localLo: off + t.localLo, nameHi: off + t.nameHi, tagHi: off + int32(len(b)),
		parent: parent, nsOf: -1, flags: t.flags,
	}
	e.closeLo, e.end = e.tagHi, e.tagHi
	switch {
	case t.flags&declaresDefault != 0:
		e.nsOf, e.ns = i, span{off + t.ns.lo, off + t.ns.hi}
	case parent >= 0:
		e.nsOf = d.els[parent].nsOf
	}
	d.els = append(d.els, e)
	if i > 0 {
		return i
	}
	for _, a := range t.attrs {
		switch string(a.name.of(b)) {
		case "from":
			d.root[0] = a.value
		case "to":
			d.root[1] = a.value
		case "id":
			d.root[2] = a.value
		case "type":
			d.root[3] = a.value
		case "xml:lang":
			d.root[4] = a.value
		}
	}
	return i
}

func (d *document) stanza() Stanza {
	s := Stanza{Element: d.element(0)}
	for i, to := range [...]*[]byte{&s.From, &s.To, &s.ID, &s.Type, &s.Lang} {
		if v := d.root[i]; v.hi > 0 {
			*to = v.of(d.raw)
		}
	}
	return s
}

func (d *document) element(i int32) Element {
	e := &d.els[i]
	return Element{Local: d.raw[e.localLo:e.nameHi], NS: d.ns(i), Raw: d.raw[e.off:e.end:e.end], d: d, i: i}
}

// within says whether i is an element inside top.
func (d *document) within(i, top int32) bool {
	return int(i) < len(d.els) && d.els[i].off < d.els[top].end
}

// next element that is not inside i.
func (d *document) next(i int32) int32 {
	end := d.els[i].end
	for i++; int(i) < len(d.els) && d.els[i].off < end; i++ {
	}
	return i
}

func (d *document) prefix(e *elem) []byte { return d.raw[e.off+1 : max(e.localLo-1, e.off+1)] }

// attrs walks a start tag that has been checked before.
func (d *document) attrs(i int32, yield func(name, value []byte) bool) {
	e := &d.els[i]
	for b := d.raw[e.nameHi:e.tagHi]; ; {
		b = b[skipSpace(b, 0):]
		eq := bytes.IndexByte(b, '=')
		if eq < 0 || b[0] == '/' || b[0] == '>' {
			return
		}
		name := bytes.TrimRight(b[:eq], " \t\r\n")
		b = b[skipSpace(b, eq+1):]
		end := bytes.IndexByte(b[1:], b[0]) + 1
		if !yield(name, b[1:end]) {
			return
		}
		b = b[end+1:]
	}
}
