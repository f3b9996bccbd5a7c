package main

import (
	"io"
	"strings"
)

// style is how a piece of text looks on a terminal that shows colours.
type style string

// Styles are SGR parameters (ECMA-48): the 16 colours, which every terminal has
// and people adapt to their eyes.
const (
	plain   style = ""
	bold    style = "1"
	dim     style = "2"
	good    style = "32"
	bad     style = "31"
	cyan    style = "36"
	magenta style = "35"
	yellow  style = "33"
)

func (s style) bold() style { return style(strings.Trim(string(s)+";1", ";")) }

// span is a piece of text in one style.
type span struct {
	style style
	text  string
}

// row is a line of text in several styles.
type row []span

func (r row) cells() int {
	n := 0
	for _, s := range r {
		n += cells(s.text)
	}
	return n
}

// pad fills a row up.
func (r row) pad(to int) row {
	if n := to - r.cells(); n > 0 {
		return append(r[:len(r):len(r)], span{plain, strings.Repeat(" ", n)})
	}
	return r
}

// painter writes rows, in colour or not.
type painter struct {
	out    io.Writer
	colour bool
}

func (p painter) row(r row) {
	var b strings.Builder
	for _, s := range r {
		if p.colour && s.style != plain {
			b.WriteString("\x1b[" + string(s.style) + "m" + s.text + "\x1b[0m")
		} else {
			b.WriteString(s.text)
		}
	}
	io.WriteString(p.out, strings.TrimRight(b.String(), " ")+"\n")
}

// rule is a title in a line from margin to margin, with something at its end.
func rule(title, end string, width int) row {
	tail := " " + end + " ──"
	if room := width - cells(tail) - 4; cells(title) > room {
		title, _ = cut(title, room-1)
		title += "…"
	}
	r := row{{dim, "── "}, {bold, title}, {plain, " "}}
	if n := width - r.cells() - cells(tail); n > 0 {
		r = append(r, span{dim, strings.Repeat("─", n)})
	}
	return append(r, span{dim, tail})
}
