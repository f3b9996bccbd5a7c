package stanza

import "strings"

// Text is something said to people, in one language.
type Text struct {
	Lang  string // xml:lang (BCP 47), may be empty
	Value string
}

// Texts is the same thing said in several languages.
type Texts []Text

// Say makes Texts of one text in no particular language; nil if it is empty.
func Say(text string) Texts {
	if text == "" {
		return nil
	}
	return Texts{{Value: text}}
}

// In returns the text in that language, else in the same primary language
// ("fr" for "fr-CA"), else in no particular one, else the first; empty if none.
func (ts Texts) In(lang string) string {
	primary := func(s string) string {
		head, _, _ := strings.Cut(strings.ToLower(s), "-")
		return head
	}
	for _, fits := range []func(Text) bool{
		func(t Text) bool { return strings.EqualFold(t.Lang, lang) },
		func(t Text) bool { return primary(t.Lang) == primary(lang) },
		func(t Text) bool { return t.Lang == "" },
		func(Text) bool { return true },
	} {
		for _, t := range ts {
			if fits(t) {
				return t.Value
			}
		}
	}
	return ""
}

// reasons reads <reason/> children; empty ones say nothing and are dropped.
func (r reader) reasons() Texts {
	var ts Texts
	for _, c := range r.children(NS, "reason") {
		if c.n.text != "" {
			ts = append(ts, Text{Lang: c.n.lang, Value: c.n.text})
		}
	}
	return ts
}

func (ts Texts) nodes() []*node {
	var all []*node
	for _, t := range ts {
		if n := textEl(NS, "reason", t.Value); n != nil {
			all = append(all, n.withLang(t.Lang))
		}
	}
	return all
}
