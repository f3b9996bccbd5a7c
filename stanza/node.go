package stanza

import (
	"encoding/xml"
	"errors"
	"slices"
	"strings"
)

// Bounds of one stanza; beyond them it is refused, not truncated.
const (
	maxDepth = 32 // nested elements
	maxAttrs = 64 // attributes of one element, namespace declarations included
)

// node is one element. encoding/xml's struct tags can either check a child's
// namespace or leave its xmlns out when writing, never both, hence this tree.
type node struct {
	name  xml.Name
	attrs []xml.Attr
	text  string // the element's own character data, joined
	kids  []*node
	lang  string // xml:lang in force here, inherited or not
}

// el makes an element for writing; nil children are left out.
func el(space, local string, kids ...*node) *node {
	n := &node{name: xml.Name{Space: space, Local: local}}
	return n.add(kids...)
}

// textEl is el for an element holding only text, nil when there is none.
func textEl(space, local, text string) *node {
	if text == "" {
		return nil
	}
	n := el(space, local)
	n.text = text
	return n
}

func (n *node) add(kids ...*node) *node {
	for _, k := range kids {
		if k != nil {
			n.kids = append(n.kids, k)
		}
	}
	return n
}

// attr adds an attribute unless it is empty.
func (n *node) attr(local, value string) *node {
	if value != "" {
		n.attrs = append(n.attrs, xml.Attr{Name: xml.Name{Local: local}, Value: value})
	}
	return n
}

// withLang adds xml:lang unless it is empty.
func (n *node) withLang(lang string) *node {
	if lang != "" {
		n.attrs = append(n.attrs, xml.Attr{Name: xml.Name{Space: nsXML, Local: "lang"}, Value: lang})
	}
	return n
}

// get returns the unprefixed attribute and whether it is there.
func (n *node) get(local string) (string, bool) {
	for _, a := range n.attrs {
		if a.Name.Space == "" && a.Name.Local == local {
			return a.Value, true
		}
	}
	return "", false
}

// write encodes the element as a child of an element in namespace parent.
func (n *node) write(e *xml.Encoder, parent string) error {
	start := xml.StartElement{Name: n.name, Attr: n.attrs}
	if n.name.Space == parent {
		start.Name.Space = "" // inherited: no second xmlns
	}
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	if n.text != "" {
		if err := e.EncodeToken(xml.CharData(n.text)); err != nil {
			return err
		}
	}
	for _, k := range n.kids {
		if err := k.write(e, n.name.Space); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

// parseNode reads the rest of the element that start opened.
func parseNode(d *xml.Decoder, start xml.StartElement) (*node, error) {
	return parseBelow(d, start, "", maxDepth)
}

func parseBelow(d *xml.Decoder, start xml.StartElement, lang string, depth int) (*node, error) {
	if depth == 0 {
		return nil, refuse("elements are nested more than %d deep", maxDepth)
	}
	n := &node{name: start.Name, lang: lang}
	if err := n.setAttrs(start.Attr); err != nil {
		return nil, err
	}
	var text strings.Builder
	for {
		tok, err := d.Token()
		if err != nil {
			return nil, notWellFormed(err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			kid, err := parseBelow(d, t, n.lang, depth-1)
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, kid)
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			n.text = text.String()
			return n, nil
		default: // RFC 6120 §11.1
			return nil, refuse("comments, processing instructions and declarations are not allowed")
		}
	}
}

// setAttrs keeps all attributes but namespace declarations. encoding/xml lets
// an attribute given twice pass, and two readers might then differ on its value.
func (n *node) setAttrs(attrs []xml.Attr) error {
	if len(attrs) > maxAttrs {
		return refuse("%s has more than %d attributes", quote(n.name.Local), maxAttrs)
	}
	for i, a := range attrs {
		if slices.ContainsFunc(attrs[:i], func(b xml.Attr) bool { return a.Name == b.Name }) {
			return refuse("%s has the attribute %s twice", quote(n.name.Local), quote(a.Name.Local))
		}
		if a.Name.Space == "xmlns" || a.Name == (xml.Name{Local: "xmlns"}) {
			continue
		}
		if a.Name == (xml.Name{Space: nsXML, Local: "lang"}) {
			n.lang = a.Value
		}
		n.attrs = append(n.attrs, a)
	}
	return nil
}

// notWellFormed makes a syntax error answerable and passes reading errors on.
func notWellFormed(err error) error {
	if syntax := (*xml.SyntaxError)(nil); errors.As(err, &syntax) {
		return refuse("the XML is not well-formed: %s", syntax.Msg)
	}
	return err
}
