package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing that is wrong, with what to do about it.
type Problem struct {
	Where string // FILE:LINE, FILE, "environment BATON_…" or "flag --…"; empty if it was set nowhere
	Key   string // dotted, list entries by index: agents.list[1].queues[0]; empty if the whole source is meant
	Text  string // what was found and what to write instead
	line  int
}

// String writes the problem on one line.
func (p Problem) String() string {
	var parts []string
	for _, s := range []string{p.Where, p.Key, p.Text} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ": ")
}

// Error is every problem of a configuration. No secret is in its text.
type Error struct{ Problems []Problem }

// Error writes one line per problem, after a line that counts them if there are several.
func (e *Error) Error() string {
	if len(e.Problems) == 1 {
		return e.Problems[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems in the configuration:", len(e.Problems))
	for _, p := range e.Problems {
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// problems collects what is wrong. Once a key was complained about, what follows from it is not news: a later complaint
// about it or anything below it is dropped.
type problems struct {
	list []Problem
	seen map[string]bool
}

func (p *problems) add(at place, key, format string, args ...any) {
	if p.about(key) {
		return
	}
	p.mute(key)
	p.list = append(p.list, Problem{Where: at.label, Key: key, Text: fmt.Sprintf(format, clipped(args)...), line: at.line})
}

// mute makes later complaints about a key be dropped.
func (p *problems) mute(key string) {
	if p.seen == nil {
		p.seen = map[string]bool{}
	}
	if key != "" {
		p.seen[key] = true
	}
}

func (p *problems) about(key string) bool {
	for ; key != ""; key = parent(key) {
		if p.seen[key] {
			return true
		}
	}
	return false
}

// err is nil if nothing is wrong. The file's problems come first, in the order of its lines.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(rank(a.Where), rank(b.Where)), cmp.Compare(a.line, b.line))
	})
	return &Error{Problems: p.list}
}

func rank(where string) int {
	switch {
	case strings.HasPrefix(where, "environment "):
		return 1
	case strings.HasPrefix(where, "flag "):
		return 2
	}
	return 0
}

// child is the key of something inside a section.
func child(section, key string) string {
	if section == "" {
		return key
	}
	return section + "." + key
}

// item is the key of a list's entry.
func item(list string, index int) string { return fmt.Sprintf("%s[%d]", list, index) }

// parent is the key of what holds this key.
func parent(key string) string {
	if i := strings.LastIndexAny(key, ".["); i >= 0 {
		return key[:i]
	}
	return ""
}

// nearest finds the word that was probably meant; empty if none is close.
func nearest(word string, known []string) string {
	best, least := "", 3
	if len(word) > 4*maxQueueName { // nothing that is known is so long, and comparing costs
		return ""
	}
	if len([]rune(word)) < 5 {
		least = 2
	}
	for _, k := range known {
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < least && d < len(k) {
			best, least = k, d
		}
	}
	return best
}

// distance counts the letters added, dropped, changed or swapped with a neighbour (optimal string alignment).
func distance(s, t string) int {
	a, b := []rune(s), []rune(t)
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range b {
		d[0][j+1] = j + 1
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// didYouMean is the end of a sentence: a question if a known word is close, otherwise the words themselves.
func didYouMean(word string, known []string) string {
	if near := nearest(word, known); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return "known here: " + strings.Join(known, ", ")
}
