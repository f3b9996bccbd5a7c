package main

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// Measures, in the picture's own units: it is as wide as a README's column, about.
const (
	column  = 290.0 // a window
	gap     = 15.0
	margin  = 5.0
	head    = 58.0 // of a window
	inset   = 12.0 // from a window's edge
	padding = 9.0  // inside a bubble
	size    = 13.0 // of text
	small   = 11.5
	leading = 17.0
	between = 6.0 // two blocks
	caption = 30.0
)

// ink is the colours of one author: of bubbles, of text.
type ink struct{ fill, line, text string }

var inks = map[string]ink{
	"carol": {"#d9f2f4", "#b5e0e4", "#0b4f58"},
	"alice": {"#efe3fb", "#dcc6f4", "#55218a"},
	"bob":   {"#fdeccf", "#f3d6a4", "#7a4306"},
	"":      {"#f4f5f7", "#e1e4e8", "#3b434d"}, // the service
}

var solid = map[string]string{"carol": "#0e8a99", "alice": "#8b46d0", "bob": "#d07a10"}

// block is a piece of a window, drawn at a place that is found later.
type block struct {
	height float64
	draw   func(b *strings.Builder, x, y float64)
}

// picture draws the windows.
func picture(entries []entry) string {
	var body strings.Builder
	bottom := layOut(&body, entries)
	w := 2*margin + float64(len(cast))*column + float64(len(cast)-1)*gap
	h := bottom + inset + margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" `+
		`font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif" font-size="%.1f">`+"\n", w, h, w, h, size)
	fmt.Fprintf(&b, "<title>A session changes hands</title>\n<desc>%s</desc>\n", html.EscapeString(described(entries)))
	for i, p := range cast {
		drawWindow(&b, p, left(i), h-2*margin)
	}
	return b.String() + body.String() + "</svg>\n"
}

func left(i int) float64 { return margin + float64(i)*(column+gap) }

// described is the picture in words.
func described(entries []entry) string {
	var out []string
	for _, e := range entries {
		if n := len(out); n == 0 || out[n-1] != e.Scene {
			out = append(out, e.Scene)
		}
	}
	return "Three chat windows: Carol, a customer; Alice of support; Bob of billing. " + strings.Join(out, ". ") + "."
}

func drawWindow(b *strings.Builder, p window, x, height float64) {
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="10" fill="#ffffff" stroke="#c9ced6"/>`+"\n", x, margin, column, height)
	fmt.Fprintf(b, `<path d="M%.1f %.1f h%.1f" stroke="#e1e4e8"/>`+"\n", x, margin+head-8, column)
	fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="16" fill="%s"/>`, x+inset+16, margin+25, solid[p.id])
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="#ffffff" font-weight="bold" font-size="15">%s</text>`,
		x+inset+16, margin+30.5, p.name[:1])
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" font-weight="bold" font-size="14" fill="#1f2329">%s</text>`, x+inset+42, margin+22, p.name)
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" font-size="%.1f" fill="#6a737d">%s</text>`+"\n", x+inset+42, margin+38, small, p.part)
}

// layOut draws the entries, each in its window, and returns where they end. What somebody writes is never above what was
// there before; what it brings about begins beside it.
func layOut(b *strings.Builder, entries []entry) float64 {
	bottoms := make([]float64, len(cast))
	top, latest := margin+head, margin+head
	chat := map[string]string{}
	scene := ""
	for _, e := range entries {
		i := slices.IndexFunc(cast, func(p window) bool { return p.id == e.Who })
		if i < 0 {
			continue
		}
		if e.Scene != scene {
			scene = e.Scene
			top = max(top, slices.Max(bottoms))
			drawCaption(b, scene, top)
			top += caption
			latest = top
		}
		y := max(bottoms[i], top)
		if e.Kind == "wrote" {
			y = max(y, latest)
			top = y
		}
		latest = max(latest, y)
		for _, p := range blocks(e, chat) {
			p.draw(b, left(i), y)
			y += p.height + between
		}
		bottoms[i] = y
	}
	return slices.Max(bottoms)
}

func drawCaption(b *strings.Builder, text string, y float64) {
	mid := left(1) + column/2
	w := width(text, small)*1.02 + 22
	fmt.Fprintf(b, `<path d="M%.1f %.1f H%.1f" stroke="#d5d9df" stroke-dasharray="3 4"/>`, left(0)+1, y+caption/2-2, left(2)+column-1)
	fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="20" rx="10" fill="#57606a"/>`, mid-w/2, y+caption/2-12, w)
	fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" font-size="%.1f" fill="#ffffff">%s</text>`+"\n",
		mid, y+caption/2+2, small, html.EscapeString(text))
}

// blocks is what an entry looks like; chat is which chat each person has open.
func blocks(e entry, chat map[string]string) []block {
	var out []block
	if e.Chat != "" && chat[e.Who] != e.Chat {
		chat[e.Who] = e.Chat
		out = append(out, label(e.Chat))
	}
	switch e.Kind {
	case "wrote", "got":
		return append(out, bubble(e))
	case "appeared":
		return append(out, notice("+ ", e.Text, "new in the contact list", "#1a7f37"))
	case "left":
		return append(out, notice("− ", e.Text, "gone from the contact list", "#cf222e"))
	case "refused":
		return append(out, notice("✗ ", e.Text, "", "#cf222e"))
	}
	return nil // a corrected offer: the client shows it in place of the first
}

// label says which chat is open.
func label(name string) block {
	return block{height: 16, draw: func(b *strings.Builder, x, y float64) {
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" font-size="%.1f" fill="#8b949e">%s</text>`+"\n",
			x+column/2, y+13, small, html.EscapeString(name))
	}}
}

func notice(mark, text, what, colour string) block {
	lines := wrap(text, size, column-2*inset-16)
	height := float64(len(lines)) * leading
	if what != "" {
		height += 14
	}
	return block{height: height, draw: func(b *strings.Builder, x, y float64) {
		fmt.Fprintf(b, `<text fill="%s" font-weight="bold"><tspan x="%.1f" y="%.1f">%s</tspan>`, colour, x+inset, y+12, mark)
		for i, l := range lines {
			fmt.Fprintf(b, `<tspan x="%.1f" y="%.1f">%s</tspan>`, x+inset+14, y+12+float64(i)*leading, html.EscapeString(l))
		}
		b.WriteString("</text>")
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" font-size="%.1f" fill="#6a737d">%s</text>`+"\n", x+inset+14, y+height-1, small, what)
	}}
}

// shown is a line as it is set.
type shown struct {
	text   string
	quoted bool
}

// bubble is a message: at the right what one wrote, at the left what came.
func bubble(e entry) block {
	most := column - 2*inset - 2*padding
	if e.Kind == "wrote" || e.Author != "" {
		most -= 34
	}
	lines, widest := set(e.Text, most)
	w, h := widest+2*padding, float64(len(lines))*leading+2*padding-4
	colours := inks[e.Author]
	return block{height: h, draw: func(b *strings.Builder, x, y float64) {
		at := x + inset
		if e.Kind == "wrote" {
			at = x + column - inset - w
		}
		fmt.Fprintf(b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="9" fill="%s" stroke="%s"/>`, at, y, w, h, colours.fill, colours.line)
		for i, l := range lines {
			base := y + padding + 10 + float64(i)*leading
			if l.quoted {
				fmt.Fprintf(b, `<path d="M%.1f %.1f v%.1f" stroke="#b8bfc8" stroke-width="2"/>`, at+padding+1, base-12, leading)
				fmt.Fprintf(b, `<text x="%.1f" y="%.1f" font-size="%.1f" fill="#5b6570">%s</text>`, at+padding+8, base, small, html.EscapeString(l.text))
				continue
			}
			fmt.Fprintf(b, `<text x="%.1f" y="%.1f" fill="%s">%s</text>`, at+padding, base, colours.text, markup(l.text))
		}
		b.WriteString("\n")
	}}
}

// set breaks a message into lines and tells how wide they get.
func set(text string, most float64) (lines []shown, widest float64) {
	for l := range strings.SplitSeq(text, "\n") {
		rest, quoted := strings.CutPrefix(l, "> ")
		fits, font := most, size
		if quoted {
			fits, font = most-8, small
		}
		for _, piece := range wrap(rest, font, fits) {
			lines = append(lines, shown{piece, quoted})
			widest = max(widest, width(piece, font)+most-fits)
		}
	}
	return lines, min(widest, most)
}
