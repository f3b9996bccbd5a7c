package gsm

import (
	"encoding/hex"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// From the tables of TS 23.038, by septet.
func TestAlphabet(t *testing.T) {
	for septets, text := range map[string]string{
		"00": "@", "01": "£", "05": "é", "09": "Ç", "0a": "\n", "0d": "\r", "10": "Δ", "11": "_", "1a": "Ξ", "1e": "ß", "20": " ",
		"24": "¤", "40": "¡", "41": "A", "5b": "Ä", "5f": "§", "60": "¿", "61": "a", "7e": "ü", "7f": "à",
		"1b0a": "\f", "1b14": "^", "1b28": "{", "1b29": "}", "1b2f": "\\", "1b3c": "[", "1b3d": "~", "1b3e": "]", "1b40": "|", "1b65": "€",
		"48656c6c6f": "Hello",
	} {
		got, ok := Septets(text)
		require.True(t, ok, text)
		require.Equal(t, septets, hex.EncodeToString(got), text)
		require.Equal(t, text, Text(got))
	}
	require.Equal(t, 128, utf8.RuneCountInString(basic))
	for _, not := range []string{"ç", "`", "\x1b", "\x00", "Ж", "😀", "\t", "\xff"} {
		_, ok := Septets(not)
		require.False(t, ok, "%q", not)
	}
}

func TestTextTakesAnything(t *testing.T) {
	for septets, text := range map[string]string{
		"1b": " ", "411b": "A ", "1b1b41": " A", "1b41": "A", "80": "\uFFFD", "41ff42": "A\uFFFDB", "1b801b65": "\uFFFD€", "": "",
	} {
		b, err := hex.DecodeString(septets)
		require.NoError(t, err)
		require.Equal(t, text, Text(b), septets)
	}
}

func TestPack(t *testing.T) {
	for text, packed := range map[string]string{"hellohello": "e8329bfd4697d9ec37", "": "", "@": "00", "1234567": "31d98c56b3dd00"} {
		septets, ok := Septets(text)
		require.True(t, ok)
		require.Equal(t, packed, hex.EncodeToString(Pack(septets, 0)), text)
	}
	rapid.Check(t, func(t *rapid.T) {
		septets := rapid.SliceOf(rapid.ByteRange(0, 0x7f)).Draw(t, "septets")
		fill := rapid.IntRange(0, 6).Draw(t, "fill")
		got := Unpack(Pack(septets, fill), fill)
		// Seven bits left over read as one more @, or hide one at the end.
		require.Equal(t, strings.TrimRight(string(septets), "\x00"), strings.TrimRight(string(got), "\x00"))
		require.InDelta(t, len(septets), len(got), 1)
	})
}

func TestCutLengths(t *testing.T) {
	for _, c := range []struct {
		what   string
		text   string
		o      Options
		coding Coding
		parts  []int // units in each
	}{
		{"empty", "", Options{}, GSM7, []int{0}},
		{"160 characters", strings.Repeat("a", 160), Options{}, GSM7, []int{160}},
		{"161 characters", strings.Repeat("a", 161), Options{}, GSM7, []int{153, 8}},
		{"161 characters, 16 bits", strings.Repeat("a", 161), Options{Wide: true}, GSM7, []int{152, 9}},
		{"80 euros", strings.Repeat("€", 80), Options{}, GSM7, []int{160}},
		{"an escape at the seam", strings.Repeat("a", 152) + "€" + strings.Repeat("a", 10), Options{}, GSM7, []int{152, 12}},
		{"an escape before the seam", strings.Repeat("a", 151) + "€" + strings.Repeat("a", 10), Options{}, GSM7, []int{153, 10}},
		{"70 units", strings.Repeat("ж", 70), Options{}, UCS2, []int{70}},
		{"71 units", strings.Repeat("ж", 71), Options{}, UCS2, []int{67, 4}},
		{"71 units, 16 bits", strings.Repeat("ж", 71), Options{Wide: true}, UCS2, []int{66, 5}},
		{"35 emoji", strings.Repeat("😀", 35), Options{}, UCS2, []int{70}},
		{"36 emoji", strings.Repeat("😀", 36), Options{}, UCS2, []int{66, 6}},
		{"one that does not fit", "é", Options{Fits: func(r rune) bool { return r < 128 }}, UCS2, []int{1}},
	} {
		m := Cut(c.text, c.o)
		size := 1
		if c.coding == UCS2 {
			size = 2
		}
		var units []int
		for i, p := range m.Parts {
			units = append(units, len(p)/size)
			require.LessOrEqual(t, m.Octets(i, c.o), 140, c.what)
		}
		require.Equal(t, c.coding, m.Coding, c.what)
		require.Equal(t, c.parts, units, c.what)
	}
	require.Equal(t, 140, Cut(strings.Repeat("a", 161), Options{}).Octets(0, Options{}), "a full one is full")
}

// check is what must hold of every text.
func check(t require.TestingT, text string, o Options) {
	m := Cut(text, o)
	parts := make([]Part, len(m.Parts))
	for i, p := range m.Parts {
		require.LessOrEqual(t, m.Octets(i, o), 140, "part %d", i+1)
		require.NotContains(t, Decode(m.Coding, p), "\uFFFD"+strings.Repeat("x", len(text)), "part %d", i+1)
		if !strings.Contains(text, "\uFFFD") && utf8.ValidString(text) {
			require.NotContains(t, Decode(m.Coding, p), "\uFFFD", "part %d holds half a character", i+1)
		}
		if m.Coding == GSM7 {
			again, ok := Septets(Text(p))
			require.True(t, ok)
			require.Equal(t, p, again[:len(again):len(again)], "part %d holds half an escaped character", i+1)
		}
		parts[i] = Part{N: i + 1, Total: len(m.Parts), Coding: m.Coding, Data: p}
	}
	rand.New(rand.NewPCG(1, uint64(len(text)))).Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	require.True(t, Complete(parts))
	require.Equal(t, string([]rune(text)), Join(parts))
	require.Equal(t, string([]rune(text)), Join(append(parts, parts[0])), "with one of them twice")
	if len(parts) > 1 {
		require.False(t, Complete(parts[1:]))
		require.Contains(t, Join(parts[1:]), Gap)
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := []rune(basic + "^{}\\[~]|€")
		letters = slices.DeleteFunc(letters, func(r rune) bool { return r == escape })
		runes := rapid.OneOf(rapid.SampledFrom(letters), rapid.SampledFrom(letters), rapid.Rune())
		if rapid.Bool().Draw(t, "gsm") {
			runes = rapid.SampledFrom(letters)
		}
		check(t, string(rapid.SliceOfN(runes, 0, 500).Draw(t, "text")), Options{Wide: rapid.Bool().Draw(t, "wide")})
	})
}

func TestJoinOfAnything(t *testing.T) {
	u := func(s string) []byte { return Cut(s, Options{Fits: func(rune) bool { return false }}).Parts[0] }
	pair := u("😀")
	require.Equal(t, "a😀b", Join([]Part{
		{N: 2, Total: 2, Coding: UCS2, Data: append(slices.Clone(pair[2:]), u("b")...)},
		{N: 1, Total: 2, Coding: UCS2, Data: append(u("a"), pair[:2]...)},
	}), "a phone may part a surrogate pair")
	require.Equal(t, "a€b", Join([]Part{{N: 1, Total: 2, Data: []byte("a\x1b")}, {N: 2, Total: 2, Data: []byte("\x65b")}}))
	require.Equal(t, "aж"+"ü", Join([]Part{{N: 1, Total: 3, Data: []byte("a")}, {N: 2, Total: 3, Coding: UCS2, Data: u("ж")},
		{N: 3, Total: 3, Coding: Plain, Data: []byte("ü")}}))
	require.Equal(t, Gap+"b"+Gap, Join([]Part{{N: 2, Total: 3, Data: []byte("b")}}))
	require.Equal(t, "", Join(nil))
	require.False(t, Complete(nil))
	require.False(t, Complete([]Part{{N: 1, Total: 2}, {N: 3, Total: 2}}))
	require.Equal(t, "a", Decode(UCS2, []byte{0, 'a', 0}), "half a unit at the end")
}

func FuzzCut(f *testing.F) {
	for _, s := range []string{"", "Hello", strings.Repeat("€", 200), strings.Repeat("a😀", 100), "\xff\x00\x1b", strings.Repeat("ж", 71)} {
		f.Add(s, false)
		f.Add(s, true)
	}
	f.Fuzz(func(t *testing.T, text string, wide bool) {
		if len(text) < 20000 {
			check(t, text, Options{Wide: wide})
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0x1b, 0x65}, uint8(0), 1)
	f.Add([]byte{0xd8, 0, 0}, uint8(1), 0)
	f.Fuzz(func(t *testing.T, data []byte, coding uint8, n int) {
		text := Join([]Part{{N: n, Total: 3, Coding: Coding(coding % 3), Data: data}})
		require.True(t, utf8.ValidString(text))
		Unpack(data, int(coding)%7)
	})
}
