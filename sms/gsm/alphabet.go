// Package gsm is what short messages are made of: the alphabet of phones (3GPP
// TS 23.038), the cutting of a text into segments of 140 octets (TS 23.040
// §9.2.3.24.1), and putting the parts together again. It is pure.
package gsm

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// escape is the septet that says that the next one is of the extension table.
const escape = 0x1b

// basic is the default alphabet in the order of its septets (TS 23.038 §6.2.1);
// where escape stands is no character.
const basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
	"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

// extended is the extension table (§6.2.1.1): pairs of a septet and its
// character.
const extended = "\x0a\f\x14^\x28{\x29}\x2f\\\x3c[\x3d~\x3e]\x40|\x65€"

type tables struct {
	basic    []rune
	septets  map[rune]byte // of the basic alphabet
	extended map[byte]rune
	escaped  map[rune]byte
}

var alphabet = sync.OnceValue(func() *tables {
	t := &tables{basic: []rune(basic), septets: map[rune]byte{}, extended: map[byte]rune{}, escaped: map[rune]byte{}}
	for i, r := range t.basic {
		if i != escape {
			t.septets[r] = byte(i)
		}
	}
	pairs := []rune(extended)
	for i := 0; i < len(pairs); i += 2 {
		t.extended[byte(pairs[i])] = pairs[i+1]
		t.escaped[pairs[i+1]] = byte(pairs[i])
	}
	return t
})

// Septets returns a text in the default alphabet, one septet an octet, or false
// if it has a character that is not in it.
func Septets(text string) ([]byte, bool) {
	t := alphabet()
	out := make([]byte, 0, len(text))
	for _, r := range text {
		if b, ok := t.septets[r]; ok {
			out = append(out, b)
		} else if b, ok := t.escaped[r]; ok {
			out = append(out, escape, b)
		} else {
			return nil, false
		}
	}
	return out, true
}

// Text is the reverse of Septets. What the extension table does not know is
// shown as the basic alphabet has it, as §6.2.1.1 wants; an octet that is no
// septet becomes U+FFFD.
func Text(septets []byte) string {
	t := alphabet()
	var b strings.Builder
	for i := 0; i < len(septets); i++ {
		c := septets[i]
		switch {
		case c > 0x7f:
			b.WriteRune(utf8.RuneError)
		case c != escape:
			b.WriteRune(t.basic[c])
		case i+1 == len(septets): // an escape of nothing is a space
			b.WriteByte(' ')
		default:
			if r, ok := t.extended[septets[i+1]]; ok {
				b.WriteRune(r)
				i++
			} else if septets[i+1] == escape { // reserved for a further table
				b.WriteByte(' ')
				i++
			}
		}
	}
	return b.String()
}

// Pack puts septets side by side, eight in seven octets (§6.1.2.1), behind so
// many bits of nothing.
func Pack(septets []byte, fill int) []byte {
	out := make([]byte, (fill+7*len(septets)+7)/8)
	for i, s := range septets {
		at := fill + 7*i
		v := uint16(s&0x7f) << (at % 8)
		out[at/8] |= byte(v)
		if v > 0xff {
			out[at/8+1] |= byte(v >> 8)
		}
	}
	return out
}

// Unpack is the reverse of Pack: as many septets as there can be. Seven bits of
// nothing at the end look like an @, and are taken for none.
func Unpack(octets []byte, fill int) []byte {
	n := (8*len(octets) - fill) / 7
	if n <= 0 {
		return nil
	}
	out := make([]byte, n)
	for i := range out {
		at := fill + 7*i
		v := uint16(octets[at/8])
		if at/8+1 < len(octets) {
			v |= uint16(octets[at/8+1]) << 8
		}
		out[i] = byte(v>>(at%8)) & 0x7f
	}
	if (8*len(octets)-fill)%7 == 0 && n%8 == 0 && out[n-1] == 0 {
		out = out[:n-1]
	}
	return out
}
