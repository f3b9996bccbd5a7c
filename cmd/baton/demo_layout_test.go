package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var testPlayers = []player{{"carol", "Carol Jones", cyan}, {"alice", "Alice", magenta}, {"bob", "Bob", yellow}}

func TestCells(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "⚙ ·→": 4, "日本": 4, "e\u0301": 1, "a\u200bb": 2} {
		require.Equal(t, want, cells(text), "%q", text)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text string
		most int
		want []string
	}{
		{"", 10, []string{""}},
		{"one two three", 8, []string{"one two", "three"}},
		{"one\n\ntwo", 8, []string{"one", "", "two"}},
		{"> 14:02 Carol: charged twice", 16, []string{"> 14:02 Carol:", "  charged twice"}},
		{"abcdefghij kl", 4, []string{"abcd", "efgh", "ij", "kl"}},
		{"from Alice · #12", 12, []string{"from", "Alice · #12"}},
		{"x\x1b[31mred\u202e", 20, []string{"x\ufffd[31mred\ufffd"}},
	} {
		require.Equal(t, c.want, wrap(c.text, c.most), "%q in %d", c.text, c.most)
	}
}

func TestWrapKeepsEverythingWithinTheWidth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab >·#⚙日\n\t ")), 0, 120, -1).Draw(t, "text")
		most := rapid.IntRange(4, 40).Draw(t, "most")
		var got string
		for _, line := range wrap(text, most) {
			require.LessOrEqual(t, cells(line), most, "%q", line)
			got += line
		}
		require.Equal(t, letters(text), letters(got))
	})
}

func letters(s string) string { return strings.Join(strings.Fields(s), "") }

func TestRowsFitTheWidth(t *testing.T) {
	entries := rapid.Custom(func(t *rapid.T) entry {
		kinds := []entryKind{wrote, got, corrected, refused, appeared, left}
		return entry{
			Who:    rapid.SampledFrom([]string{"carol", "alice", "bob"}).Draw(t, "who"),
			Kind:   rapid.SampledFrom(kinds).Draw(t, "kind"),
			Chat:   rapid.SampledFrom([]string{"", "Transfer desk", "carol-jones.k3v7tq2m@handoff.example.com"}).Draw(t, "chat"),
			Author: rapid.SampledFrom([]string{"", "carol", "bob"}).Draw(t, "author"),
			Text:   rapid.StringOfN(rapid.RuneFrom([]rune("abcdefg*> ⚙日\n")), 0, 200, -1).Draw(t, "text"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(narrowest, 160).Draw(t, "width")
		l := newLayout(testPlayers, width)
		for _, r := range l.rows(rapid.SliceOfN(entries, 0, 8).Draw(t, "entries")) {
			require.LessOrEqual(t, r.cells(), width)
		}
	})
}

// sampleEntries is a piece of a transcript.
var sampleEntries = []entry{
	{Who: "alice", Kind: wrote, Chat: "Carol Jones · #1", Author: "alice", Text: "!transfer billing wants a refund"},
	{Who: "alice", Kind: got, Chat: "Carol Jones · #1", Text: "⚙ Offered to Billing."},
	{Who: "bob", Kind: got, Chat: "Transfer desk", Text: "⚙ *Carol Jones* from Alice for Billing · #1\n> 14:02 Carol: I was charged twice for order 4711.\nTake it?"},
	{Who: "bob", Kind: wrote, Chat: "Transfer desk", Author: "bob", Text: "y"},
	{Who: "bob", Kind: appeared, Text: "Carol Jones · #1 (Handoff: billing)"},
	{Who: "alice", Kind: left, Text: "Carol Jones · #1"},
	{Who: "carol", Kind: wrote, Chat: "support@handoff.example.com", Author: "carol", Text: "49.90, by card."},
	{Who: "bob", Kind: got, Chat: "Carol Jones · #1", Author: "carol", Text: "49.90, by card."},
	{Who: "alice", Kind: refused, Chat: "Carol Jones · #1", Text: "not-allowed: You handed this session on."},
}

func show(width int, colour bool) string {
	var out bytes.Buffer
	s := newScreen(&out, width, colour)
	s.layout = newLayout(testPlayers, s.width)
	s.scene(4, "Alice hands over", 0)
	s.show(sampleEntries)
	return out.String()
}

func TestColumns(t *testing.T) {
	require.Equal(t, strings.TrimPrefix(`
── 4  Alice hands over ──────────────────────────────────────────────────────────────────── 0.0 s ──
                                │ ┄ Carol Jones · #1 ┄┄┄┄┄┄┄┄┄┄┄┄ │ ┄ Transfer desk ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
                                │     !transfer billing wants a ▐ │ ▌ ⚙ *Carol Jones* from Alice
                                │     refund                    ▐ │ ▌ for Billing · #1
                                │ ▌ ⚙ Offered to Billing.         │ ▌ > 14:02 Carol: I was charged
                                │                                 │ ▌   twice for order 4711.
                                │                                 │ ▌ Take it?
                                │ − contact Carol Jones · #1      │                             y ▐
┄ support@handoff.example.com ┄ │ ✗ not-allowed: You handed       │ + contact Carol Jones · #1
              49.90, by card. ▐ │   this session on.              │   (Handoff: billing)
                                │                                 │ ┄ Carol Jones · #1 ┄┄┄┄┄┄┄┄┄┄┄┄
                                │                                 │ ▌ 49.90, by card.
`, "\n"), show(100, false))
}

func TestOneColumn(t *testing.T) {
	require.Equal(t, `
── 4  Alice hands over ──────────────────────── 0.0 s ──
Alice  ┄ Carol Jones · #1 ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
                      !transfer billing wants a refund ▐
       ▌ ⚙ Offered to Billing.
Bob    ┄ Transfer desk ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
       ▌ ⚙ *Carol Jones* from Alice for Billing · #1
       ▌ > 14:02 Carol: I was charged twice for order
       ▌   4711.
       ▌ Take it?
                                                     y ▐
       + contact Carol Jones · #1 (Handoff: billing)
Alice  − contact Carol Jones · #1
Carol  ┄ support@handoff.example.com ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
                                       49.90, by card. ▐
Bob    ┄ Carol Jones · #1 ┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄
       ▌ 49.90, by card.
Alice  ✗ not-allowed: You handed this session on.
`, show(56, false))
}

func TestColourChangesNothingButColour(t *testing.T) {
	painted := show(100, true)
	require.Contains(t, painted, "\x1b[36m49.90, by card.\x1b[0m")
	require.Contains(t, painted, "\x1b[1m*Carol Jones*\x1b[0m")
	for _, code := range []string{"0", "1", "2", "31", "32", "33", "35", "36"} {
		painted = strings.ReplaceAll(painted, "\x1b["+code+"m", "")
	}
	var trimmed []string
	for line := range strings.SplitSeq(painted, "\n") {
		trimmed = append(trimmed, strings.TrimRight(line, " "))
	}
	require.Equal(t, show(100, false), strings.Join(trimmed, "\n"))
}

func TestRuleFits(t *testing.T) {
	for width := narrowest; width < 60; width++ {
		require.Equal(t, width, rule("4  Alice hands the session to billing", "12.3 s", width).cells())
	}
}
