package component

import (
	"bytes"
	"strconv"
	"strings"

	"baton/component/wire"
)

const nsFallback = "urn:xmpp:fallback:0"

// retold returns the children of a message whose text people read as as makes it:
// with a name in front, with backslashes. Rest are those behind its body. The
// ranges of what stands in the text only for clients that do not know better
// (XEP-0428) follow the text; everything else stays as it is, byte for byte.
func retold(text string, rest []byte, as func(string) string) []byte {
	return append(appendElement(nil, "body", as(text)), moveFallbacks(rest, text, as)...)
}

// besideSafe returns the children that stand beside a body of which disarm may have
// made another.
func (c *Component) besideSafe(body wire.Element, children []byte) []byte {
	if !bytes.Contains(children, []byte(nsFallback)) {
		return children
	}
	text := string(body.AppendText(nil))
	if c.disarm(text) == text {
		return children
	}
	return moveFallbacks(children, text, c.disarm)
}

// moveFallbacks returns children with the ranges of fallbacks put where as moved
// them. What cannot be kept right is left out: the wrong words would vanish.
func moveFallbacks(children []byte, text string, as func(string) string) []byte {
	if !bytes.Contains(children, []byte(nsFallback)) {
		return children
	}
	doc := append(append([]byte("<message>"), children...), "</message>"...)
	st, err := wire.New(bytes.NewReader(doc), wire.Limits{Stanza: len(doc) + 1}).Next()
	if err != nil {
		return children
	}
	m := mover{text: text, as: as, told: as(text)}
	var out []byte
	for e := range st.Children {
		raw := e.Raw
		if e.Is(nsFallback, "fallback") {
			raw = m.fallback(e)
		}
		out = append(out, raw...)
	}
	return out
}

// mover moves places in a text.
type mover struct {
	text, told string
	as         func(string) string
	ranges     int // so far
}

// maxRanges bounds the ranges of a message: each is found by going through its text.
// A reply has one.
const maxRanges = 4

// fallback returns the element with its ranges moved: as it is where it has none,
// nothing where one cannot be moved.
func (m *mover) fallback(e wire.Element) []byte {
	b := []byte("<fallback")
	b = wire.AppendAttr(b, "xmlns", nsFallback)
	if about, ok := e.Attr("for"); ok {
		b = wire.AppendRawAttr(b, "for", about)
	}
	b = append(b, '>')
	ranged := false
	for part := range e.Children {
		for range part.Children { // none is meant to have any
			return nil
		}
		start, starts := part.Attr("start")
		end, ends := part.Attr("end")
		if string(part.Local) == "body" && (starts || ends) {
			ranged = true
			if m.ranges++; m.ranges > maxRanges {
				return nil
			}
			from, ok := m.at(start, starts)
			to, ok2 := m.at(end, ends)
			if !ok || !ok2 {
				return nil
			}
			start, end = from, to
			starts = true // else it would begin before the name
		}
		b = append(append(b, '<'), part.Local...)
		if starts {
			b = wire.AppendRawAttr(b, "start", start)
		}
		if ends {
			b = wire.AppendRawAttr(b, "end", end)
		}
		b = append(b, "/>"...)
	}
	if !ranged {
		return e.Raw
	}
	return append(b, "</fallback>"...)
}

// at returns where a place is now, both counted in code points (XEP-0426). Where
// none is given it is the text's beginning.
func (m *mover) at(place []byte, given bool) ([]byte, bool) {
	n, err := 0, error(nil)
	if given {
		n, err = strconv.Atoi(string(place))
	}
	before, ok := firstRunes(m.text, n)
	if err != nil || !ok {
		return nil, false
	}
	now := m.as(before)
	if !strings.HasPrefix(m.told, now) { // it is within something that was changed
		return nil, false
	}
	return strconv.AppendInt(nil, int64(len([]rune(now))), 10), true
}

// firstRunes returns the first n code points of a text, if it has so many.
func firstRunes(text string, n int) (string, bool) {
	if n < 0 {
		return "", false
	}
	for i := range text {
		if n == 0 {
			return text[:i], true
		}
		n--
	}
	return text, n == 0
}
