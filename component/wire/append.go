package wire

import "unicode/utf8"

// AppendEscapedText appends s as character data. Only what needs it is
// escaped: & and <, a > that might end "]]>", and a carriage return, which
// would not survive as such. Characters that XML forbids and invalid UTF-8
// become U+FFFD. One byte becomes at most five.
func AppendEscapedText[T string | []byte](dst []byte, s T) []byte {
	return appendEscaped(dst, s, false)
}

// AppendEscapedAttr appends s as an attribute value for either kind of quotes;
// tab and line ends become references so that they survive.
func AppendEscapedAttr[T string | []byte](dst []byte, s T) []byte { return appendEscaped(dst, s, true) }

// AppendAttr appends " name='value'" with the value escaped.
func AppendAttr[T string | []byte](dst []byte, name string, value T) []byte {
	dst = append(append(append(dst, ' '), name...), "='"...)
	return append(AppendEscapedAttr(dst, value), '\'')
}

// AppendRawAttr is AppendAttr for a raw value as a Stanza has it. A raw value
// may hold the kind of quote that it did not stand in, so never put one
// between quotes without this.
func AppendRawAttr(dst []byte, name string, raw []byte) []byte {
	dst = append(append(append(dst, ' '), name...), "='"...)
	for _, c := range raw {
		if c == '\'' {
			dst = append(dst, "&#39;"...)
			continue
		}
		dst = append(dst, c)
	}
	return append(dst, '\'')
}

func appendEscaped[T string | []byte](dst []byte, s T, attr bool) []byte {
	from := 0 // s[from:i] is still to be copied
	for i := 0; i < len(s); {
		c := s[i]
		if class[c]&isClean != 0 {
			i++
			continue
		}
		size, esc := 1, ""
		switch {
		case c == '&':
			esc = "&amp;"
		case c == '<':
			esc = "&lt;"
		case c == '\r':
			esc = "&#13;"
		case c == '>' && !attr:
			if i > 0 && s[i-1] == ']' || i == 0 && len(dst) > 0 && dst[len(dst)-1] == ']' {
				esc = "&gt;"
			}
		case attr && c == '\'':
			esc = "&#39;"
		case attr && c == '"':
			esc = "&#34;"
		case attr && c == '\t':
			esc = "&#9;"
		case attr && c == '\n':
			esc = "&#10;"
		case c < ' ' && class[c]&isSpace == 0:
			esc = "\uFFFD"
		case c >= utf8.RuneSelf:
			var b [utf8.UTFMax]byte
			n := copy(b[:], s[i:])
			if char(b[:n]) <= 0 {
				esc = "\uFFFD"
			}
			_, size = utf8.DecodeRune(b[:n])
		}
		if esc != "" {
			dst = append(append(dst, s[from:i]...), esc...)
			from = i + size
		}
		i += size
	}
	return append(dst, s[from:]...)
}
