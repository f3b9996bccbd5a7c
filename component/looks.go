package component

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"baton/desk"
	"baton/lang"
)

// How a text looks is what counts here, not how it is spelled: ⚙ with a
// variation selector, bold, or after an invisible character is the mark to who
// reads it.

// disarm makes a text safe to stand among the service's own: no line of it
// looks like one of the service's, it has no control characters, and its
// bidirectional controls end with their line.
func (c *Component) disarm(text string) string {
	text = balanced(printable(text))
	if c.mark == "" {
		return text
	}
	return escapeLines(text, func(line string) bool { return beginsLike(line, c.mark) })
}

// unbracket puts a backslash before every line that looks as if it began with
// somebody's name.
func unbracket(text string) string { return escapeLines(text, bracketed) }

// bracketed reports whether a line looks as if it began with somebody's name.
func bracketed(line string) bool {
	for _, r := range line {
		if !unseen(r) {
			return unicode.Is(unicode.Ps, r) && !strings.ContainsRune(otherOpening, r)
		}
	}
	return false
}

// otherOpening opens, but is no bracket around a name: parentheses, braces,
// quotes.
const otherOpening = "(（﹙⁽₍{｛﹛„‚「『｢《〈"

// holdsBracketed reports whether unbracket would change the text.
func holdsBracketed(text string) bool {
	for l := range linesOf(text) {
		if bracketed(l) {
			return true
		}
	}
	return false
}

// escapeLines puts a backslash before the lines that bad says.
func escapeLines(text string, bad func(line string) bool) string {
	var b strings.Builder
	from := 0 // text[from:at] is still to be copied
	at := 0
	for l := range linesOf(text) {
		if bad(l) {
			b.WriteString(text[from:at])
			b.WriteByte('\\')
			from = at
		}
		at += len(l)
	}
	if from == 0 && b.Len() == 0 {
		return text
	}
	b.WriteString(text[from:])
	return b.String()
}

// beginsLike reports whether a line looks as if it began with mark, a text as
// visible returns it.
func beginsLike(line, mark string) bool {
	begun := false
	for _, r := range line {
		for _, s := range shown(r) {
			if unicode.IsSpace(s) || !begun && unseen(s) && !strings.HasPrefix(mark, string(s)) {
				continue
			}
			begun = true
			rest, ok := strings.CutPrefix(mark, string(s))
			if !ok {
				return false
			}
			if mark = rest; mark == "" {
				return true
			}
		}
	}
	return false
}

// visible returns what people see of a text: small letters in their simplest
// form, without blanks and without what is not seen.
func visible(text string) string {
	var b strings.Builder
	for _, r := range text {
		for _, s := range shown(r) {
			if !unicode.IsSpace(s) {
				b.WriteRune(s)
			}
		}
	}
	return b.String()
}

// shown returns a character as people see it: nothing, if they do not.
func shown(r rune) string {
	switch {
	case r < utf8.RuneSelf:
		return string(unicode.ToLower(r))
	case unicode.IsSpace(r):
		return " "
	case invisible(r):
		return ""
	case strings.ContainsRune("⛭⛮☸⎈🛞", r): // gears, or nearly
		return "⚙"
	}
	s := strings.ToLower(norm.NFKC.String(string(r)))
	if i := strings.Index(likeLatin, s+"="); i >= 0 && s != "" {
		return likeLatin[i+len(s)+1 : i+len(s)+2]
	}
	return s
}

// likeLatin are the small letters of other scripts that look like Latin ones in
// most typefaces, or whose capitals do.
const likeLatin = "а=a в=b с=c е=e һ=h і=i ј=j к=k м=m н=h о=o р=p ѕ=s т=t у=y х=x ԁ=d ԛ=q ԝ=w ɡ=g ı=i " +
	"α=a β=b ε=e ζ=z η=h ι=i κ=k μ=m ν=n ο=o ρ=p τ=t υ=y χ=x ω=w "

// unseen reports whether a character in front of a mark would not keep people
// from taking it for one at the beginning of the line: blanks, what is not
// seen, and what only makes bold, code or a quotation of it (XEP-0393).
func unseen(r rune) bool {
	return strings.ContainsRune(">*_~`", r) || unicode.IsSpace(r) || invisible(r)
}

// invisible reports whether a character leaves no mark of its own.
func invisible(r rune) bool {
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me) ||
		strings.ContainsRune("\u115f\u1160\u2800\u3164\uffa0", r) // blanks that are called letters
}

// isLineEnd reports whether some client begins a new line after the character.
func isLineEnd(r rune) bool {
	return r >= '\n' && r <= '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// linesOf yields the lines of a text, each with what ends it.
func linesOf(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for text != "" {
			end := strings.IndexFunc(text, isLineEnd)
			if end < 0 {
				end = len(text)
			} else {
				_, size := utf8.DecodeRuneInString(text[end:])
				end += size
			}
			if !yield(text[:end]) {
				return
			}
			text = text[end:]
		}
	}
}

// printable takes out control characters that XML lets pass: a terminal would
// obey them.
func printable(text string) string {
	if !strings.Contains(text, "\x7f") && !strings.Contains(text, "\xc2") {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r >= 0x7f && r <= 0x9f && r != '\u0085' {
			return -1
		}
		return r
	}, text)
}

// maxBidi is how many bidirectional controls may be open in a line; beyond it
// they do nothing (UAX #9, BD2: 125).
const maxBidi = 64

// balanced closes, at the end of each line, the bidirectional controls that the
// line leaves open, and drops those that close nothing: text that runs from
// right to left stays as it is, and what stands behind it too.
func balanced(text string) string {
	if !strings.Contains(text, "\xe2\x80") && !strings.Contains(text, "\xe2\x81") {
		return text
	}
	var b strings.Builder
	for l := range linesOf(text) {
		balanceLine(&b, l)
	}
	return b.String()
}

func balanceLine(b *strings.Builder, line string) {
	var open []rune // what would close them
	closeAll := func(n int) {
		for ; len(open) > n; open = open[:len(open)-1] {
			b.WriteRune(open[len(open)-1])
		}
	}
	for _, r := range line {
		switch {
		case r >= '\u202a' && r <= '\u202e' && r != '\u202c', r >= '\u2066' && r <= '\u2068':
			if len(open) >= maxBidi {
				continue
			}
			closer := '\u202c'
			if r >= '\u2066' {
				closer = '\u2069'
			}
			open = append(open, closer)
		case r == '\u202c', r == '\u2069':
			i := len(open) - 1
			for r == '\u2069' && i >= 0 && open[i] != r { // an isolate's end ends what began in it
				i--
			}
			if i < 0 || open[i] != r {
				continue
			}
			closeAll(i + 1)
			open = open[:i]
		case isLineEnd(r):
			closeAll(0)
		}
		b.WriteRune(r)
	}
	closeAll(0)
}

// maxName bounds a name, in characters.
const maxName = 64

// cleanName takes out of a name what could change how the text around it
// reads: control characters, line ends, bidirectional controls.
func cleanName(name string) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar,
			invisible(r) && !unicode.In(r, unicode.Mn, unicode.Me):
			return -1
		}
		return r
	}, name)
	clean = strings.Join(strings.Fields(norm.NFC.String(clean)), " ")
	if r := []rune(clean); len(r) > maxName {
		clean = strings.TrimSpace(string(r[:maxName]))
	}
	return clean
}

// customer is put behind a caller's name that is one of ours too.
const customer = " (customer)"

// callersName returns what a caller is called: cleaned, without the service's
// mark, and not as an agent, a queue or the service is called.
func (c *Component) callersName(name string) string {
	name = cleanName(name)
	for c.mark != "" && beginsLike(name, c.mark) {
		_, size := utf8.DecodeRuneInString(name)
		name = strings.TrimLeftFunc(name[size:], func(r rune) bool { return r == ' ' || invisible(r) })
	}
	if name != "" && c.taken(name) {
		name += customer
	}
	return name
}

// namebook holds how agents, queues and the service are called.
type namebook struct {
	of    *desk.Directory
	names map[string]bool // as visible returns them
}

// taken reports whether one of us is called so, or by that first name.
func (c *Component) taken(name string) bool {
	dir := c.desk.Directory()
	book := c.names.Load()
	if book == nil || book.of != dir {
		book = &namebook{dir, map[string]bool{visible(theDesk): true, visible("Baton session handoff"): true, "baton": true}}
		for _, tag := range lang.Tags() {
			book.names[visible(lang.In(tag.String()).Say("desk_name"))] = true
		}
		for _, a := range dir.Agents {
			first, _, _ := strings.Cut(a.Name, " ")
			for _, n := range []string{a.Name, first, string(a.JID)} {
				book.names[visible(n)] = true
			}
		}
		for _, q := range dir.Queues {
			book.names[visible(q.Name)], book.names[visible(q.Title)] = true, true
		}
		c.names.Store(book)
	}
	return book.names[visible(name)]
}
