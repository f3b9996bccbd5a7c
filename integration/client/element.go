package client

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Namespaces this package reads or writes.
const (
	nsClient  = "jabber:client"
	nsStream  = "http://etherx.jabber.org/streams"
	nsStanzas = "urn:ietf:params:xml:ns:xmpp-stanzas"
	nsBind    = "urn:ietf:params:xml:ns:xmpp-bind"
	nsRoster  = "jabber:iq:roster"
	nsPing    = "urn:xmpp:ping"
	nsInfo    = "http://jabber.org/protocol/disco#info"
	nsItems   = "http://jabber.org/protocol/disco#items"
	nsCaps    = "http://jabber.org/protocol/caps"
	nsCarbons = "urn:xmpp:carbons:2"
	nsForward = "urn:xmpp:forward:0"
	nsDelay   = "urn:xmpp:delay"
	nsMAM     = "urn:xmpp:mam:2"
	nsRSM     = "http://jabber.org/protocol/rsm"
	nsOrigin  = "urn:xmpp:sid:0"
)

// Element is a parsed XML element.
type Element struct {
	Name     xml.Name // namespaces resolved: a stanza's own children without xmlns are "jabber:client"
	Attrs    []xml.Attr
	Text     string // of the element itself, not of its children
	Children []Element
	XML      string // exactly as it came

	start, end int // in the stanza's bytes
}

// Attr is the value of an attribute, empty if there is none.
func (e Element) Attr(local string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == local && a.Name.Space != "xmlns" {
			return a.Value
		}
	}
	return ""
}

// Child is the first child of that name. An empty space stands for any namespace.
func (e Element) Child(space, local string) (Element, bool) {
	for _, child := range e.Children {
		if child.is(space, local) {
			return child, true
		}
	}
	return Element{}, false
}

// Find is the first element of that name below this one, at any depth. An empty space stands for any namespace.
func (e Element) Find(space, local string) (Element, bool) {
	if all := e.FindAll(space, local); len(all) > 0 {
		return all[0], true
	}
	return Element{}, false
}

// FindAll is every element of that name below this one, in document order.
func (e Element) FindAll(space, local string) []Element {
	var found []Element
	for _, child := range e.Children {
		if child.is(space, local) {
			found = append(found, child)
		}
		found = append(found, child.FindAll(space, local)...)
	}
	return found
}

func (e Element) is(space, local string) bool {
	return e.Name.Local == local && (space == "" || e.Name.Space == space)
}

func (e *Element) setXML(raw string) {
	e.XML = raw[e.start:e.end]
	for i := range e.Children {
		e.Children[i].setXML(raw)
	}
}

// splitter reads the children of a stream that has been opened already.
type splitter struct {
	d    *xml.Decoder
	kept []byte // read and not yet given out
	base int64  // offset of kept in what the decoder sees
}

// streamStart stands for the stream header, which mellium has read.
const streamStart = "<stream:stream xmlns='" + nsClient + "' xmlns:stream='" + nsStream + "'>"

func newSplitter(in io.Reader) (*splitter, error) {
	s := &splitter{}
	s.d = xml.NewDecoder(io.MultiReader(strings.NewReader(streamStart), io.TeeReader(in, s)))
	_, err := s.d.Token()
	s.base = s.d.InputOffset()
	return s, err
}

// Write keeps what the decoder reads.
func (s *splitter) Write(p []byte) (int, error) {
	s.kept = append(s.kept, p...)
	return len(p), nil
}

// next is the next child of the stream; io.EOF when the stream was ended by </stream:stream>.
func (s *splitter) next() (Element, error) {
	for {
		from := s.d.InputOffset()
		token, err := s.d.Token()
		if err != nil {
			return Element{}, lost(err)
		}
		switch token := token.(type) {
		case xml.EndElement:
			return Element{}, io.EOF
		case xml.StartElement:
			s.kept, s.base = s.kept[from-s.base:], from
			e, err := s.element(token, 0)
			if err != nil {
				return Element{}, lost(err)
			}
			e.setXML(string(s.kept[:e.end]))
			s.kept, s.base = append([]byte(nil), s.kept[e.end:]...), s.base+int64(e.end)
			return e, nil
		}
	}
}

// element reads the rest of an element; offsets count from the stanza's first byte.
func (s *splitter) element(start xml.StartElement, from int) (Element, error) {
	e := Element{Name: start.Name, Attrs: start.Copy().Attr, start: from}
	for {
		before := int(s.d.InputOffset() - s.base)
		token, err := s.d.Token()
		if err != nil {
			return e, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			child, err := s.element(token, before)
			if err != nil {
				return e, err
			}
			e.Children = append(e.Children, child)
		case xml.CharData:
			e.Text += string(token)
		case xml.EndElement:
			e.end = int(s.d.InputOffset() - s.base)
			return e, nil
		}
	}
}

// lost: an end of the connection before the end of the stream is a failure, not an end.
func lost(err error) error {
	var syntax *xml.SyntaxError
	if errors.Is(err, io.EOF) || errors.As(err, &syntax) && syntax.Msg == "unexpected EOF" {
		return errors.New("the connection was lost")
	}
	return fmt.Errorf("reading the stream: %w", err)
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // a Builder takes everything
	return b.String()
}
