package component_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// element is a stanza as it is compared: names with their namespace, attributes
// without their order, children in order.
type element struct {
	name  xml.Name
	attrs map[xml.Name]string
	kids  []any // *element, string
}

// more marks a pattern's element that may have attributes it does not name; it
// stands for the … in its tag.
const more = "more-attributes"

// parseElement reads one element of the component's stream.
func parseElement(s string) (*element, error) {
	d := xml.NewDecoder(strings.NewReader(s))
	d.DefaultSpace = "jabber:component:accept"
	var open []*element
	root := &element{}
	open = append(open, root)
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w in %s", err, s)
		}
		top := open[len(open)-1]
		switch tok := tok.(type) {
		case xml.StartElement:
			e := &element{name: tok.Name, attrs: map[xml.Name]string{}}
			for _, a := range tok.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
					e.attrs[a.Name] = a.Value
				}
			}
			top.kids = append(top.kids, e)
			open = append(open, e)
		case xml.EndElement:
			top.tidy()
			open = open[:len(open)-1]
		case xml.CharData:
			top.kids = append(top.kids, string(tok))
		default:
			return nil, fmt.Errorf("a %T is not allowed in a stream: %s", tok, s)
		}
	}
	root.tidy()
	if len(root.kids) != 1 {
		return nil, fmt.Errorf("not one stanza: %s", s)
	}
	e, ok := root.kids[0].(*element)
	if !ok {
		return nil, fmt.Errorf("not a stanza: %s", s)
	}
	return e, nil
}

// tidy drops the white space between child elements: nobody reads it.
func (e *element) tidy() {
	if !slices.ContainsFunc(e.kids, func(k any) bool { _, is := k.(*element); return is }) {
		return
	}
	e.kids = slices.DeleteFunc(e.kids, func(k any) bool {
		text, is := k.(string)
		return is && strings.TrimSpace(text) == ""
	})
}

func (e *element) attr(name string) string { return e.attrs[xml.Name{Local: name}] }

// parsePattern is parseElement for what a scenario expects.
func parsePattern(s string) (*element, error) {
	var b strings.Builder
	tag, quote := false, rune(0)
	for _, r := range s {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case tag && (r == '\'' || r == '"'):
			quote = r
		case r == '<':
			tag = true
		case r == '>':
			tag = false
		case tag && r == '…':
			b.WriteString(more + "='…'")
			continue
		}
		b.WriteRune(r)
	}
	return parseElement(b.String())
}

// names are the values that a scenario's $names stand for.
type names map[string]string

var dollar = regexp.MustCompile(`\$(?:\{([^}]*)\}|([a-z][a-z0-9]*)|(\*))`)

// repeated expands x*1000 in braces.
func repeated(s string) (string, bool) {
	what, count, ok := strings.Cut(s, "*")
	n, err := strconv.Atoi(count)
	if !ok || err != nil {
		return "", false
	}
	return strings.Repeat(what, n), true
}

// fill puts the values of names into what the server sends.
func (n names) fill(s string) (string, error) {
	var missing error
	out := dollar.ReplaceAllStringFunc(s, func(m string) string {
		name := strings.Trim(m, "${}")
		if text, ok := repeated(name); ok {
			return text
		}
		v, ok := n[name]
		if !ok {
			missing = fmt.Errorf("$%s has no value yet", name)
		}
		return v
	})
	return out, missing
}

// text compares a text with its pattern and notes the new names.
func (n names) text(pattern, got string) error {
	if pattern == got {
		return nil
	}
	var re strings.Builder
	re.WriteString(`(?s)^`)
	var fresh []string
	from := 0
	for _, m := range dollar.FindAllStringIndex(pattern, -1) {
		re.WriteString(regexp.QuoteMeta(pattern[from:m[0]]))
		from = m[1]
		name := strings.Trim(pattern[m[0]:m[1]], "${}")
		value, known := n[name]
		text, times := repeated(name)
		switch {
		case name == "*":
			re.WriteString(`.*?`)
		case times:
			value = text
			fallthrough
		case known:
			re.WriteString(regexp.QuoteMeta(value))
		default:
			re.WriteString(`([A-Za-z0-9]+)`)
			fresh = append(fresh, name)
		}
	}
	re.WriteString(regexp.QuoteMeta(pattern[from:]) + `$`)
	found := regexp.MustCompile(re.String()).FindStringSubmatch(got)
	if found == nil {
		return fmt.Errorf("want %q, got %q", pattern, got)
	}
	for i, name := range fresh {
		if v, twice := n[name]; twice && v != found[i+1] {
			return fmt.Errorf("$%s would be both %q and %q", name, v, found[i+1])
		}
		n[name] = found[i+1]
	}
	return nil
}

// match compares a stanza with a pattern. The names grow only when it matches.
func (n names) match(pattern, got *element) error {
	trial := maps.Clone(n)
	if err := trial.element(pattern, got, got.name.Local); err != nil {
		return err
	}
	maps.Copy(n, trial)
	return nil
}

func (n names) element(want, got *element, path string) error {
	if want.name != got.name {
		return fmt.Errorf("%s: want <%s xmlns='%s'/>, got <%s xmlns='%s'/>", path,
			want.name.Local, want.name.Space, got.name.Local, got.name.Space)
	}
	if err := n.attributes(want, got, path); err != nil {
		return err
	}
	for i, k := range want.kids {
		if k == "…" {
			return nil // anything from here on
		}
		if i >= len(got.kids) {
			return fmt.Errorf("%s: %s is missing", path, describe(k))
		}
		switch k := k.(type) {
		case string:
			text, ok := got.kids[i].(string)
			if !ok {
				return fmt.Errorf("%s: want the text %q, got %s", path, k, describe(got.kids[i]))
			}
			if err := n.text(k, text); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		case *element:
			e, ok := got.kids[i].(*element)
			if !ok {
				return fmt.Errorf("%s: want %s, got %s", path, describe(k), describe(got.kids[i]))
			}
			if err := n.element(k, e, path+"/"+k.name.Local); err != nil {
				return err
			}
		}
	}
	if len(got.kids) > len(want.kids) {
		return fmt.Errorf("%s: %s is too much", path, describe(got.kids[len(want.kids)]))
	}
	return nil
}

func (n names) attributes(want, got *element, path string) error {
	open := false
	for _, name := range slices.SortedFunc(maps.Keys(want.attrs), byName) {
		if name.Local == more {
			open = true
			continue
		}
		value, ok := got.attrs[name]
		if !ok {
			return fmt.Errorf("%s: attribute %s is missing", path, name.Local)
		}
		if err := n.text(want.attrs[name], value); err != nil {
			return fmt.Errorf("%s: attribute %s: %w", path, name.Local, err)
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(got.attrs), byName) {
		if _, ok := want.attrs[name]; !ok && !open {
			return fmt.Errorf("%s: attribute %s='%s' is too much", path, name.Local, got.attrs[name])
		}
	}
	return nil
}

func byName(a, b xml.Name) int { return strings.Compare(a.Space+a.Local, b.Space+b.Local) }

func describe(kid any) string {
	if e, ok := kid.(*element); ok {
		return fmt.Sprintf("<%s xmlns='%s'/>", e.name.Local, e.name.Space)
	}
	return fmt.Sprintf("the text %q", kid)
}
