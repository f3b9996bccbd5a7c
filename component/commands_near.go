package component

import (
	"strings"
	"unicode"

	"baton/lang"
)

// marked finds out whether a text begins with the prefix, and returns what is
// behind it. Blanks and what is not seen in front of it do not count: people see
// none of it, and keyboards add it.
func (c *Component) marked(text string) (rest string, ok bool) {
	if rest, ok = c.cutPrefix(text); ok {
		return rest, true
	}
	return c.cutPrefix(strings.TrimLeftFunc(text, blank))
}

func blank(r rune) bool { return unicode.IsSpace(r) || invisible(r) }

// cutPrefix takes the prefix off; ! is one too as Chinese and Japanese keyboards
// write it.
func (c *Component) cutPrefix(text string) (rest string, ok bool) {
	p := c.cfg.Prefix
	if p == "" {
		return text, false
	}
	rest, ok = strings.CutPrefix(text, p)
	if !ok && p == "!" {
		rest, ok = strings.CutPrefix(text, "！")
	}
	return rest, ok
}

// chatWord is what an agent's line is besides a line.
type chatWord struct {
	word
	is      bool   // a command
	spaced  string // the command that it is but for a space behind the prefix
	escaped string // what is said instead: the prefix was doubled
}

// chatWord reads an agent's line: a command; nearly one, which the caller must not
// see either; or one that begins with the prefix twice.
func (c *Component) chatWord(in incoming, body string) (w chatWord) {
	rest, ok := c.marked(body)
	if !ok {
		return w
	}
	if _, again := c.cutPrefix(rest); again {
		w.escaped = rest
		return w
	}
	near := strings.TrimSuffix(split(strings.TrimLeftFunc(rest, blank)).name, ":")
	_, commands := c.command(in, c.cfg.Prefix+near) // and not what a bot says
	if strings.IndexFunc(rest, blank) == 0 && commands && (near == "help" || operationNamed(toneless(near), true) != nil) {
		w.spaced = near
		return w
	}
	w.word, w.is = c.command(in, c.cfg.Prefix+rest)
	return w
}

// saySpaced answers what is nearly a command.
func (c *Component) saySpaced(in incoming, near string) {
	c.say(bare(in.header.To), string(in.from), c.voice(in.from).Say("spaced_command", lang.Args{"P": c.cfg.Prefix, "Word": near}))
}
