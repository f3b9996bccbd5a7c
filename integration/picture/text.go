package main

import (
	"html"
	"regexp"
	"strings"
	"unicode"
)

// advance estimates a character's width in em. It is that of a wide font (DejaVu Sans), so that in whatever font a
// reader has, text stays inside its bubble.
func advance(r rune) float64 {
	switch {
	case strings.ContainsRune("ijl.,:;'!|I ", r):
		return 0.33
	case strings.ContainsRune("ftr()[]-", r):
		return 0.41
	case strings.ContainsRune("mwMW@⚙→", r):
		return 0.95
	case unicode.IsUpper(r):
		return 0.70
	}
	return 0.62
}

func width(text string, size float64) float64 {
	w := 0.0
	for _, r := range text {
		w += advance(r)
	}
	return w * size
}

// wrap breaks a line between words, but not before a session's number.
func wrap(line string, size, most float64) []string {
	var out []string
	now := ""
	for word := range strings.SplitSeq(strings.ReplaceAll(line, " · #", "\u00a0·\u00a0#"), " ") {
		switch {
		case now == "":
			now = word
		case width(now+" "+word, size) <= most:
			now += " " + word
		default:
			out = append(out, now)
			now = word
		}
	}
	return append(out, now)
}

var starred = regexp.MustCompile(`\*([^* ][^*]*)\*`)

// markup escapes a line and shows *this* in bold, as clients that know XEP-0393 do.
func markup(line string) string {
	return starred.ReplaceAllString(html.EscapeString(line), `<tspan font-weight="bold">$1</tspan>`)
}
