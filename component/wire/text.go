package wire

import (
	"bytes"
	"unicode/utf8"
)

// Unescape decodes a raw attribute value: references resolved, tab and line
// ends turned into spaces (XML 1.0 §3.3.3). With nothing to decode it returns
// b itself; otherwise the value overwrites dst[:0]. What is no reference is
// left as it is, so any bytes will do.
func Unescape(dst, b []byte) []byte {
	i := 0
	for i < len(b) && b[i] != '&' && (b[i] >= ' ' || class[b[i]]&isSpace == 0) {
		i++
	}
	if i == len(b) {
		return b
	}
	return appendData(dst[:0], b, attribute)
}

// appendText decodes character data that has been checked and holds no elements.
func appendText(dst, b []byte) []byte {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return appendData(dst, b, charData)
		}
		dst = appendData(dst, b[:i], charData)
		b = b[i+len(cdataStart):]
		i = bytes.Index(b, []byte("]]>"))
		dst = appendData(dst, b[:i], cdata)
		b = b[i+3:]
	}
	return dst
}

// Where data to decode comes from.
type source int

const (
	cdata     source = iota // only line ends are normalised (XML 1.0 §2.11)
	charData                // and references resolved
	attribute               // and white space turned into spaces
)

func appendData(dst, b []byte, from source) []byte {
	if from != attribute && bytes.IndexByte(b, '\r') < 0 && (from == cdata || bytes.IndexByte(b, '&') < 0) {
		return append(dst, b...)
	}
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c == '&' && from != cdata:
			if r, n := reference(b[i:]); n > 0 {
				dst = utf8.AppendRune(dst, r)
				i += n - 1
				continue
			}
		case c == '\r':
			c = '\n'
			if i+1 < len(b) && b[i+1] == '\n' {
				i++
			}
		}
		if from == attribute && (c == '\t' || c == '\n') {
			c = ' '
		}
		dst = append(dst, c)
	}
	return dst
}
