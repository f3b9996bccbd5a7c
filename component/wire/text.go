package wire

import "bytes"

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
	dst = append(dst[:0], b[:i]...)
	for i < len(b) {
		switch c := b[i]; c {
		case '&':
			if r, n := reference(b[i:]); n > 0 {
				dst = appendRune(dst, r)
				i += n
				continue
			}
			dst = append(dst, c)
		case '\r':
			if i+1 == len(b) || b[i+1] != '\n' {
				dst = append(dst, ' ')
			}
		case '\t', '\n':
			dst = append(dst, ' ')
		default:
			dst = append(dst, c)
		}
		i++
	}
	return dst
}

// appendText decodes character data that has been checked and holds no elements.
func appendText(dst, b []byte) []byte {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return appendData(dst, b, true)
		}
		dst = appendData(dst, b[:i], true)
		b = b[i+len(cdataStart):]
		i = bytes.Index(b, []byte("]]>"))
		dst = appendData(dst, b[:i], false)
		b = b[i+3:]
	}
	return dst
}

// appendData appends b with its line ends normalised (XML 1.0 §2.11).
func appendData(dst, b []byte, refs bool) []byte {
	for {
		i := 0
		for i < len(b) && b[i] != '\r' && (b[i] != '&' || !refs) {
			i++
		}
		dst = append(dst, b[:i]...)
		if i == len(b) {
			return dst
		}
		b = b[i:]
		if b[0] == '&' {
			r, n := reference(b)
			dst = appendRune(dst, r)
			b = b[n:]
			continue
		}
		dst = append(dst, '\n')
		b = b[1:]
		if len(b) > 0 && b[0] == '\n' {
			b = b[1:]
		}
	}
}
