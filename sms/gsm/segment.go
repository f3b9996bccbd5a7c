package gsm

import (
	"encoding/binary"
	"unicode/utf16"
)

// Coding says what the octets of a part are.
type Coding uint8

// The codings of parts.
const (
	GSM7  Coding = iota // the default alphabet, one septet an octet
	UCS2                // UTF-16, high octet first; older phones show no surrogate pairs, the others all
	Plain               // UTF-8: what came in some other alphabet
)

// maxOctets is what the user data of one short message holds, header included.
const maxOctets = 140

// MaxParts is how many parts a message can have at most: they are numbered in an
// octet.
const MaxParts = 255

// Options say how a text is cut. The zero value is what most phones understand.
type Options struct {
	// Wide numbers concatenated messages with 16 bits instead of 8.
	Wide bool
	// Fits says whether a character of the default alphabet can be sent as such;
	// nil: all can.
	Fits func(rune) bool
}

// header returns how many octets the user data header of a part takes.
func (o Options) header() int {
	if o.Wide {
		return 7 // UDHL, IEI 8, length, reference, reference, total, number
	}
	return 6
}

// Message is a text in its segments.
type Message struct {
	Coding Coding // GSM7 or UCS2
	Parts  [][]byte
}

// Cut puts a text into segments: in the default alphabet where it has every
// character, 160 of them in one or 153 in each of several, else in UTF-16, 70 or
// 67. No escaped character and no surrogate pair is parted. An empty text is one
// empty segment; invalid UTF-8 becomes U+FFFD.
func Cut(text string, o Options) Message {
	if septets, ok := o.septets(text); ok {
		return Message{GSM7, slice(septets, 160, (maxOctets-o.header())*8/7, 1, func(b []byte) bool { return b[0] == escape })}
	}
	var units []byte
	for _, u := range utf16.Encode([]rune(text)) {
		units = binary.BigEndian.AppendUint16(units, u)
	}
	several := (maxOctets - o.header()) / 2 * 2
	return Message{UCS2, slice(units, maxOctets, several, 2, func(b []byte) bool { return b[0]&0xfc == 0xd8 })}
}

func (o Options) septets(text string) ([]byte, bool) {
	if o.Fits != nil {
		for _, r := range text {
			if !o.Fits(r) {
				return nil, false
			}
		}
	}
	return Septets(text)
}

// slice cuts units of size octets: one segment where they fit, or of several
// octets at most. A unit that leads says that it must stay with the next.
func slice(b []byte, one, several, size int, leads func([]byte) bool) [][]byte {
	if len(b) <= one {
		return [][]byte{b}
	}
	var parts [][]byte
	for len(b) > 0 {
		n := min(several, len(b))
		if n < len(b) && leads(b[n-size:]) {
			n -= size
		}
		parts = append(parts, b[:n:n])
		b = b[n:]
	}
	return parts
}

// Octets returns how many octets the user data of segment i takes on the air,
// header included where there are several.
func (m Message) Octets(i int, o Options) int {
	header := 0
	if len(m.Parts) > 1 {
		header = o.header()
	}
	if m.Coding == GSM7 {
		return ((septetsOf(header)+len(m.Parts[i]))*7 + 7) / 8
	}
	return header + len(m.Parts[i])
}

// septetsOf returns how many septets a header of so many octets takes, with the
// bits that fill up the last.
func septetsOf(octets int) int { return (8*octets + 6) / 7 }
