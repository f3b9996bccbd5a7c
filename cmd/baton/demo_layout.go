package main

import (
	"regexp"
	"slices"
	"strings"
)

// sideBySide is the width from which three columns are readable.
const sideBySide = 100

// gutter stands between two columns.
const gutter = " │ "

// player is one of the cast, as the layout sees them.
type player struct {
	id, name string
	style    style
}

// layout makes rows of a transcript: a column for each of the cast, or where
// that is too narrow, one column with a tag on every entry.
type layout struct {
	players []player
	width   int
	chat    map[string]string // which chat each of them has open
}

func newLayout(players []player, width int) *layout {
	return &layout{players: players, width: width, chat: map[string]string{}}
}

func (l *layout) narrow() bool { return l.width < sideBySide }

// column is the width of one person's column.
func (l *layout) column() int {
	if l.narrow() {
		return l.width - l.tag()
	}
	return (l.width - (len(l.players)-1)*cells(gutter)) / len(l.players)
}

// tag is the width of a name and what follows it, where there is one column.
func (l *layout) tag() int {
	n := 0
	for _, p := range l.players {
		n = max(n, cells(firstWord(p.name)))
	}
	return n + 2
}

func firstWord(s string) string {
	first, _, _ := strings.Cut(s, " ")
	return first
}

// rows lays out entries that are in the order in which they happened.
func (l *layout) rows(entries []entry) []row {
	if l.narrow() {
		return l.tagged(entries)
	}
	return l.columns(entries)
}

// columns puts every entry into its person's column. What somebody writes is
// never above what was there before; what it brings about begins beside it. So
// the order reads from top to bottom, across columns too.
func (l *layout) columns(entries []entry) []row {
	grid := make([][]row, len(l.players))
	top, latest := 0, 0
	before := make([]entryKind, len(l.players))
	for _, e := range entries {
		i := slices.IndexFunc(l.players, func(p player) bool { return p.id == e.Who })
		if i < 0 {
			continue
		}
		block := l.block(e)
		if before[i] != "" && bubble(before[i]) && bubble(e.Kind) && (before[i] == wrote) == (e.Kind == wrote) {
			block = append([]row{nil}, block...) // two bubbles, not one
		}
		before[i] = e.Kind
		from := max(len(grid[i]), top)
		if e.Kind == wrote {
			from = max(from, latest)
			top = from
		}
		latest = max(latest, from)
		for len(grid[i]) < from {
			grid[i] = append(grid[i], nil)
		}
		grid[i] = append(grid[i], block...)
	}
	return l.join(grid)
}

func bubble(k entryKind) bool { return k == wrote || k == got }

func (l *layout) join(grid [][]row) []row {
	height := 0
	for _, column := range grid {
		height = max(height, len(column))
	}
	out := make([]row, height)
	for y := range out {
		for i, column := range grid {
			if i > 0 {
				out[y] = append(out[y], span{dim, gutter})
			}
			var cell row
			if y < len(column) {
				cell = column[y]
			}
			out[y] = append(out[y], cell.pad(l.column())...)
		}
	}
	return out
}

// tagged puts one entry below the other.
func (l *layout) tagged(entries []entry) []row {
	var out []row
	last := ""
	for _, e := range entries {
		i := slices.IndexFunc(l.players, func(p player) bool { return p.id == e.Who })
		if i < 0 {
			continue
		}
		name := ""
		if e.Who != last {
			name = firstWord(l.players[i].name)
		}
		last = e.Who
		for _, r := range l.block(e) {
			tag := row{{l.players[i].style.bold(), name}}.pad(l.tag() - 1)
			out = append(out, append(append(tag, span{dim, " "}), r...))
			name = ""
		}
	}
	return out
}

// block is one entry in a person's column.
func (l *layout) block(e entry) []row {
	var out []row
	if e.Chat != "" && l.chat[e.Who] != e.Chat {
		l.chat[e.Who] = e.Chat
		name, _ := cut(printable(e.Chat), l.column()-4)
		out = append(out, row{{dim, "┄ " + name + " " + strings.Repeat("┄", max(l.column()-cells(name)-3, 0))}})
	}
	switch e.Kind {
	case wrote:
		return append(out, l.own(e)...)
	case appeared:
		return append(out, l.notice("+ contact ", e.Text, good)...)
	case left:
		return append(out, l.notice("− contact ", e.Text, bad)...)
	case refused:
		return append(out, l.notice("✗ ", e.Text, bad)...)
	case corrected:
		return append(out, l.notice("✎ ", e.Text, dim)...)
	}
	return append(out, l.message(e)...)
}

// own is what a person wrote: at the right.
func (l *layout) own(e entry) []row {
	lines := wrap(e.Text, l.column()-2-l.column()/8)
	longest := 0
	for _, line := range lines {
		longest = max(longest, cells(line))
	}
	st := l.style(e.Who)
	indent := strings.Repeat(" ", max(l.column()-2-longest, 0))
	var out []row
	for _, line := range lines {
		out = append(out, append(row{{plain, indent}, {st, line}}.pad(l.column()-1), span{st, "▐"}))
	}
	return out
}

// message is what a person received: at the left, in its author's colour.
func (l *layout) message(e entry) []row {
	lines := wrap(e.Text, l.column()-2)
	text, bar := l.style(e.Author), l.style(e.Author)
	if e.Author == "" {
		bar = dim
		if !strings.Contains(e.Text, "\n") {
			text = dim
		}
	}
	var out []row
	quoted := false
	for _, line := range lines {
		quoted = strings.HasPrefix(line, "> ") || quoted && strings.HasPrefix(line, "  ")
		r := row{{bar, "▌ "}}
		switch {
		case e.Author != "":
			r = append(r, span{text, line})
		case quoted:
			r = append(r, span{dim, line})
		default:
			r = append(r, emphasis(line, text)...)
		}
		out = append(out, r)
	}
	return out
}

var starred = regexp.MustCompile(`\*[^* ][^*]*\*`)

// emphasis shows *this* in bold (XEP-0393), its stars included.
func emphasis(line string, st style) row {
	var out row
	at := 0
	for _, m := range starred.FindAllStringIndex(line, -1) {
		out = append(out, span{st, line[at:m[0]]}, span{st.bold(), line[m[0]:m[1]]})
		at = m[1]
	}
	return append(out, span{st, line[at:]})
}

func (l *layout) notice(mark, text string, st style) []row {
	var out []row
	indent := strings.Repeat(" ", min(cells(mark), 2))
	for i, line := range wrap(mark+text, l.column()-len(indent)) {
		if i > 0 {
			line = indent + line
		}
		out = append(out, row{{st, line}})
	}
	return out
}

func (l *layout) style(id string) style {
	for _, p := range l.players {
		if p.id == id {
			return p.style
		}
	}
	return plain
}
