package main

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// cells returns how many columns of a terminal a text takes.
func cells(text string) int {
	n := 0
	for _, r := range text {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// printable takes out of a line what would move a terminal's cursor or change
// its state.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.ReplaceAll(line, "\t", " "))
}

// wrap breaks a text into lines of at most so many cells, between words where
// that is possible, but not before a session's number. The rest of a quoted line
// is indented.
func wrap(text string, most int) []string {
	most = max(most, 4)
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		indent := ""
		if strings.HasPrefix(line, "> ") {
			indent = "  "
		}
		tied := strings.ReplaceAll(printable(line), " · #", "\u00a0·\u00a0#")
		for _, l := range wrapLine(tied, indent, most) {
			out = append(out, strings.ReplaceAll(l, "\u00a0", " "))
		}
	}
	return out
}

func wrapLine(line, indent string, most int) []string {
	var out []string
	now := ""
	for word := range strings.SplitSeq(line, " ") {
		candidate := word
		if now != "" {
			candidate = now + " " + word
		}
		if cells(candidate) <= most {
			now = candidate
			continue
		}
		if strings.TrimSpace(now) != "" {
			out = append(out, now)
			word = indent + word
		}
		for cells(word) > most { // a word that fits no line
			var head string
			head, word = cut(word, most)
			out = append(out, head)
			word = indent + word
		}
		now = word
	}
	return append(out, now)
}

// cut splits a text after so many cells.
func cut(text string, most int) (head, rest string) {
	n := 0
	for i, r := range text {
		if n += runeCells(r); n > most {
			return text[:i], text[i:]
		}
	}
	return text, ""
}
