package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// widest is how wide the transcript gets: longer lines are hard to read.
const widest = 150

// narrowest still holds a name and a few words.
const narrowest = 40

// terminalWidth returns the columns of the terminal that w is, and whether it is
// one; 100 columns if not.
func terminalWidth(w io.Writer) (int, bool) {
	f, ok := w.(*os.File)
	if !ok {
		return sideBySide, false
	}
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	switch {
	case err != nil:
		return sideBySide, false
	case size.Col == 0: // one that does not say
		return 80, true
	}
	return int(size.Col), true
}

// screen shows the demo to people.
type screen struct {
	painter
	width  int
	layout *layout
}

func newScreen(out io.Writer, width int, colour bool) *screen {
	return &screen{painter: painter{out, colour}, width: min(max(width, narrowest), widest)}
}

func (s *screen) title() {
	s.row(nil)
	s.row(row{{bold, "Baton"}, {plain, ": a session changes hands, on a real Jabber server"}})
	s.row(nil)
}

// progress says what is up now.
func (s *screen) progress(what, detail string) {
	s.row(append(row{{good, " ✓ "}, {plain, what + " "}}.pad(24), span{dim, detail}))
}

// cast introduces who takes part, as heads of the columns.
func (s *screen) cast(cast []*person) {
	styles := []style{cyan, magenta, yellow}
	var players []player
	for i, p := range cast {
		players = append(players, player{id: p.id, name: p.name, style: styles[i%len(styles)]})
	}
	s.layout = newLayout(players, s.width)
	s.row(nil)
	s.paragraph("Below is what each one's own client received. ▐ they wrote it, ▌ it came to them, "+
		"+ and − are contacts that came and went in their list; nothing is made up for the screen.", dim)
	s.row(nil)
	if s.layout.narrow() {
		for i, p := range cast {
			s.row(append(row{{styles[i%3].bold(), p.name}}.pad(13), span{dim, p.address() + ", " + p.part}))
		}
		return
	}
	grid := make([][]row, len(cast))
	for i, p := range cast {
		part, _ := cut(p.part, s.layout.column())
		address, _ := cut(p.address(), s.layout.column())
		grid[i] = []row{{{styles[i%3].bold(), p.name}}, {{dim, part}}, {{dim, address}}}
	}
	for _, r := range s.layout.join(grid) {
		s.row(r)
	}
}

func (s *screen) scene(number int, title string, at time.Duration) {
	if s.layout.narrow() {
		s.row(nil)
	}
	s.row(rule(fmt.Sprintf("%d  %s", number, title), fmt.Sprintf("%.1f s", at.Seconds()), s.width))
}

func (s *screen) show(entries []entry) {
	for _, r := range s.layout.rows(entries) {
		s.row(r)
	}
}

func (s *screen) paragraph(text string, st style) {
	for _, line := range wrap(text, s.width) {
		s.row(row{{st, line}})
	}
}

// facts tells what was measured.
func (s *screen) facts(facts []string) {
	s.row(nil)
	s.row(row{{bold, "Measured in this run"}})
	for _, f := range facts {
		for i, line := range wrap(f, s.width-3) {
			mark := span{good, " ✓ "}
			if i > 0 {
				mark.text = "   "
			}
			s.row(row{mark, {plain, line}})
		}
	}
}
