package wire

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// What is wrong with a piece of XML, for the error message. The second group
// is what encoding/xml lets pass.
const (
	badChar      = "a character that XML forbids or invalid UTF-8"
	badReference = "an entity or character reference that is not allowed"
	badCDEnd     = "]]> outside a CDATA section"
	badCDStart   = "a malformed CDATA section"
	badName      = "a malformed name"
	badTag       = "a malformed tag"
	badLess      = "< in an attribute value"
	badMatch     = "an end tag that does not match"

	badOutside   = "text between stanzas"
	badDuplicate = "a duplicate attribute"
	badSpace     = "no space before an attribute"
	badColon     = "a name with a misplaced colon"
	badLongRef   = "an overlong character reference"
)

// maxRef is the longest reference accepted, in bytes; the longest one needed
// has ten, the rest is room for leading zeros.
const maxRef = 32

// Classes of bytes.
const (
	isSpace   = 1 << iota
	isStart   // may start a name
	isName    // may go on in a name
	plainText // needs no look in character data
	plainAttr // needs no look in an attribute value
	isClean   // is written as it is, in text and attributes
)

var class = func() (t [256]uint8) {
	for c := range 256 {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= utf8.RuneSelf
		space := c == ' ' || c == '\t' || c == '\n' || c == '\r'
		plain := space || c > ' ' && c < utf8.RuneSelf && c != '<' && c != '&'
		for _, x := range []struct {
			is  bool
			bit uint8
		}{
			{space, isSpace},
			{letter, isStart},
			{letter || c >= '0' && c <= '9' || c == '-' || c == '.', isName},
			{plain && c != ']', plainText},
			{plain && c != '"' && c != '\'', plainAttr},
			{plain && c >= ' ' && c != '"' && c != '\'' && c != '>', isClean},
		} {
			if x.is {
				t[c] |= x.bit
			}
		}
	}
	return t
}()

// isXMLChar is the production Char of XML 1.0.
func isXMLChar(r rune) bool {
	return r >= 0x20 && r < 0xD800 || r == '\t' || r == '\n' || r == '\r' ||
		r >= 0xE000 && r < 0xFFFE || r >= 0x10000 && r <= utf8.MaxRune
}

// char checks the character at the start of b and returns its size: 0 if it
// is not allowed, -1 if more bytes are needed to tell.
func char(b []byte) int {
	r, size := utf8.DecodeRune(b)
	switch {
	case r == utf8.RuneError && size == 1 && !utf8.FullRune(b):
		return -1
	case r == utf8.RuneError && size <= 1, !isXMLChar(r):
		return 0
	}
	return size
}

// reference decodes the reference at the start of b, which begins with '&',
// and returns its size: 0 if it is not allowed, -1 if more bytes are needed.
func reference(b []byte) (rune, int) {
	end := bytes.IndexByte(b[:min(len(b), maxRef)], ';')
	switch {
	case end < 0 && len(b) >= maxRef:
		return 0, 0
	case end < 0:
		return 0, -1
	}
	name := b[1:end]
	switch string(name) {
	case "amp":
		return '&', end + 1
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "quot":
		return '"', end + 1
	case "apos":
		return '\'', end + 1
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, 0
	}
	base, digits := 10, name[1:]
	if digits[0] == 'x' {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(string(digits), base, 31)
	if err != nil || !isXMLChar(rune(n)) {
		return 0, 0
	}
	return rune(n), end + 1
}

// refProblem tells an overlong reference from a wrong one.
func refProblem(b []byte) string {
	if len(b) >= maxRef && b[1] == '#' && bytes.IndexByte(b[:maxRef], ';') < 0 {
		return badLongRef
	}
	return badReference
}

// checkText checks character data up to the next '<', or the content of a
// CDATA section up to its "]]>", and returns how many bytes are good. Unless
// ended, what is left of b is too short to tell.
func checkText(b []byte, cdata bool) (n int, ended bool, problem string) {
	for {
		for n < len(b) && class[b[n]]&plainText != 0 {
			n++
		}
		if n == len(b) {
			return n, false, ""
		}
		c, size, problem := b[n], 1, badChar
		switch {
		case c == ']':
			if size = cdataEnd(b[n:]); size == 0 && cdata {
				return n + len("]]>"), true, ""
			}
			problem = badCDEnd
		case cdata && (c == '<' || c == '&'):
		case c == '<':
			return n, true, ""
		case c == '&':
			if _, size = reference(b[n:]); size == 0 {
				problem = refProblem(b[n:])
			}
		default:
			size = char(b[n:])
		}
		switch {
		case size < 0:
			return n, false, ""
		case size == 0:
			return n, false, problem
		}
		n += size
	}
}

// cdataEnd returns 0 if b, which begins with ']', begins with "]]>", -1 if more
// bytes are needed to tell, and else the size of the ']'.
func cdataEnd(b []byte) int {
	const end = "]]>"
	switch n := min(len(b), len(end)); {
	case string(b[:n]) != end[:n]:
		return 1
	case n < len(end):
		return -1
	}
	return 0
}
