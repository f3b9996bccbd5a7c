package stanza

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"

	xmpp "mellium.im/xmpp/stanza"
)

// isStanza tells whether n is a stanza in a stream's namespace or in none, as
// when it was cut out of its stream.
func isStanza(n xml.Name) bool {
	return slices.Contains([]string{"", "jabber:component:accept", nsClient, "jabber:server"}, n.Space) &&
		slices.Contains([]string{"iq", "message", "presence"}, n.Local)
}

// Header is the outside of a stanza.
type Header struct {
	Kind     string // iq, message or presence
	From, To string
	ID       string
	Type     string // iq: get, set, result, error; others as RFC 6121 has them
	Lang     string
}

// Encode returns the stanza with the payloads in it, each as [xml.Marshal]
// writes it. It has no namespace of its own, to take its stream's.
func (h Header) Encode(payloads ...any) ([]byte, error) {
	start := h.start()
	var b bytes.Buffer
	e := xml.NewEncoder(&b)
	if err := e.EncodeToken(start); err != nil {
		return nil, err
	}
	for _, p := range payloads {
		if err := e.Encode(p); err != nil {
			return nil, err
		}
	}
	if err := e.EncodeToken(start.End()); err != nil {
		return nil, err
	}
	if err := e.Flush(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func (h Header) start() xml.StartElement {
	n := el("", h.Kind).attr("from", h.From).attr("to", h.To).attr("id", h.ID).attr("type", h.Type).withLang(h.Lang)
	return xml.StartElement{Name: n.name, Attr: n.attrs}
}

// back is the header of an answer to h: same id, addresses exchanged.
func (h Header) back(typ string) Header {
	return Header{Kind: h.Kind, From: h.To, To: h.From, ID: h.ID, Type: typ}
}

// Result returns the IQ result that answers h with the payloads, if any.
func (h Header) Result(payloads ...any) ([]byte, error) {
	return h.back("result").Encode(payloads...)
}

// Fail returns the stanza of type error that answers h. An empty text stands
// for the condition's own. Never answer an error or an IQ result with it.
func (h Header) Fail(c Condition, text string) []byte {
	// Of an <error/> of our own nothing can fail to be encoded.
	b, _ := h.back("error").Encode(tree{errorNode(c, text)})
	return b
}

// tree lets a node be encoded as a payload.
type tree struct{ n *node }

func (t tree) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return t.n.write(e, "") }

// Stanza is one stanza read from its bytes.
type Stanza struct {
	Header
	root *node
}

// Parse reads exactly one iq, message or presence, with or without its stream's
// namespace. What is not one fails with an [*Error], which can only be sent
// back if the header is known some other way.
func Parse(data []byte) (Stanza, error) {
	d := xml.NewDecoder(bytes.NewReader(data))
	tok, err := d.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			return Stanza{}, refuse("there is no stanza")
		}
		return Stanza{}, notWellFormed(err)
	}
	start, ok := tok.(xml.StartElement)
	if !ok || !isStanza(start.Name) {
		return Stanza{}, refuse("it does not begin with an iq, message or presence")
	}
	n, err := parseNode(d, start)
	if err != nil {
		return Stanza{}, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Stanza{}, refuse("something follows the stanza")
	}
	r := reader{place: at(n.name.Local), n: n}
	return Stanza{
		Header: Header{Kind: n.name.Local, From: r.str("from"), To: r.str("to"), ID: r.str("id"), Type: r.str("type"), Lang: n.lang},
		root:   n,
	}, nil
}

// Payload returns the name of the first child that is not an <error/>; of an IQ
// get or set it is what is asked. Empty if there is none.
func (s Stanza) Payload() xml.Name {
	for _, k := range s.root.kids {
		if k.name.Local != "error" || k.name.Space != s.root.name.Space {
			return k.name
		}
	}
	return xml.Name{}
}

// Has tells whether there is a child of that name.
func (s Stanza) Has(space, local string) bool { return s.reader().has(space, local) }

// Node returns the attribute node of the first child of that name, by which
// commands and service discovery tell things apart.
func (s Stanza) Node(space, local string) string {
	if all := s.reader().children(space, local); len(all) > 0 {
		return all[0].str("node")
	}
	return ""
}

func (s Stanza) reader() reader { return reader{place: at(s.root.name.Local), n: s.root} }

// Decode reads into v, a pointer to one of this package's types, either the
// whole stanza ([Message], [Presence]) or the first child that v can hold. It
// fails with an [*Error] if there is none or if it is malformed.
func (s Stanza) Decode(v xml.Unmarshaler) error {
	p, ok := v.(payload)
	if !ok {
		return errors.New("stanza: Decode needs a pointer to a type of package stanza")
	}
	if p.named(s.root.name) {
		return readPayload(s.root, p)
	}
	for _, k := range s.root.kids {
		if p.named(k.name) {
			return readPayload(k, p)
		}
	}
	return refuse("%s: the element expected here is missing", s.root.name.Local)
}

// Failure returns what a stanza of type error says (RFC 6120 §8.3), and whether
// it is one. Without an <error/> inside it is an undefined-condition.
func (s Stanza) Failure() (xmpp.Error, bool) {
	if s.Type != "error" {
		return xmpp.Error{}, false
	}
	failure := xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.UndefinedCondition}
	all := s.reader().children(s.root.name.Space, "error")
	if len(all) == 0 {
		return failure, true
	}
	failure.Type = xmpp.ErrorType(all[0].str("type"))
	for _, k := range all[0].n.kids {
		switch {
		case k.name.Space != NSErrors:
		case k.name.Local != "text":
			failure.Condition = xmpp.Condition(k.name.Local)
		case k.text != "":
			if failure.Text == nil {
				failure.Text = make(map[string]string)
			}
			failure.Text[k.lang] = k.text
		}
	}
	return failure, true
}
