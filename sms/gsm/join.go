package gsm

import (
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"
)

// Part is one part of a message from a phone.
type Part struct {
	N, Total int // the N-th of Total; from 1
	Coding   Coding
	Data     []byte
}

// Whole reports whether the part is all of the message.
func (p Part) Whole() bool { return p.Total <= 1 }

// Gap stands in a text where a part is missing.
const Gap = "[…]"

// Complete reports whether no part of the message is missing.
func Complete(parts []Part) bool {
	if len(parts) == 0 {
		return false
	}
	have := map[int]bool{}
	for _, p := range parts {
		if p.N < 1 || p.N > parts[0].Total {
			return false
		}
		have[p.N] = true
	}
	return len(have) == parts[0].Total
}

// Join returns the text of a message's parts, in whatever order they are, with
// [Gap] wherever some are missing. Of parts with one number the first counts.
// What phones part that must not be parted is whole again.
func Join(parts []Part) string {
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b Part) int { return a.N - b.N })
	parts = slices.CompactFunc(parts, func(a, b Part) bool { return a.N == b.N })
	var text strings.Builder
	var run []byte // parts of one coding that stand side by side
	next := 1
	for i, p := range parts {
		switch {
		case p.N != next:
			text.WriteString(flush(&run, parts, i) + Gap)
		case i > 0 && p.Coding != parts[i-1].Coding:
			text.WriteString(flush(&run, parts, i))
		}
		run = append(run, p.Data...)
		next = p.N + 1
	}
	text.WriteString(flush(&run, parts, len(parts)))
	if len(parts) > 0 && next <= parts[0].Total {
		text.WriteString(Gap)
	}
	return text.String()
}

// flush returns the text of a run, which ends before parts[i].
func flush(run *[]byte, parts []Part, i int) string {
	if len(*run) == 0 {
		return ""
	}
	text := Decode(parts[i-1].Coding, *run)
	*run = nil
	return text
}

// Decode returns the text that octets of that coding are.
func Decode(c Coding, data []byte) string {
	switch c {
	case GSM7:
		return Text(data)
	case UCS2:
		units := make([]uint16, 0, len(data)/2)
		for len(data) > 1 {
			units = append(units, binary.BigEndian.Uint16(data))
			data = data[2:]
		}
		return string(utf16.Decode(units))
	}
	return strings.ToValidUTF8(string(data), "\uFFFD")
}
