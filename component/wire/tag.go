package wire

import "bytes"

// span is a range of bytes within the stanza.
type span struct{ lo, hi int32 }

func (s span) of(b []byte) []byte { return b[s.lo:s.hi] }

// Flags of an element.
const (
	declaresDefault = 1 << iota // xmlns='…'
	declaresPrefix              // xmlns:p='…'
	prefixedAttr                // p:a='…', other than xml:
	notPortable                 // see Element.Portable
	selfClosed
)

// tag is a start tag taken apart; offsets count from its '<'. It is reused.
type tag struct {
	nameHi, localLo int32
	good            int32 // end of the last attribute (or the name) found in order
	ns              span  // value of xmlns, with declaresDefault
	flags           uint8
	count           int
	attrs           []attr // the first maxAttrs
}

type attr struct {
	name, value span
	local       int32 // start of the local name
}

// parse checks and takes apart a whole start tag, from '<' to '>'. Beyond
// maxAttrs attributes it goes on checking, except for duplicates.
func (t *tag) parse(b []byte, maxAttrs int) (problem string) {
	t.nameHi, t.flags, t.count, t.attrs = 0, 0, 0, t.attrs[:0]
	i, local, problem := t.name(b, 1)
	if problem != "" {
		return problem
	}
	t.nameHi, t.localLo = int32(i), int32(local)
	for {
		from := i
		t.good = int32(i)
		i = skipSpace(b, i)
		switch {
		case i == len(b)-1 && b[i] == '>':
			return ""
		case i == len(b)-2 && b[i] == '/' && b[i+1] == '>':
			t.flags |= selfClosed
			return ""
		}
		a, end, problem := t.attr(b, i)
		switch {
		case problem != "":
			return problem
		case from == i:
			return badSpace
		}
		i = end
		if t.count++; t.count > maxAttrs {
			continue
		}
		if problem := t.add(b, a); problem != "" {
			return problem
		}
	}
}

// name scans a name at b[i:]; it returns its end and the start of its local part.
func (t *tag) name(b []byte, i int) (end, local int, problem string) {
	start, high := i, byte(0)
	local = i
	if i >= len(b) || class[b[i]]&isStart == 0 {
		if i < len(b) && b[i] == ':' {
			return 0, 0, badColon
		}
		return 0, 0, badName
	}
	for ; i < len(b); i++ {
		c := b[i]
		if class[c]&isName != 0 {
			high |= c
			continue
		}
		if c != ':' {
			break
		}
		if local != start || i+1 == len(b) || class[b[i+1]]&isStart == 0 {
			return 0, 0, badColon
		}
		local = i + 1
	}
	if high >= 0x80 {
		// Which other characters a name may have is not looked up; no
		// known payload has any.
		t.flags |= notPortable
		for j := start; j < i; {
			size := char(b[j:i])
			if size <= 0 {
				return 0, 0, badChar
			}
			j += size
		}
	}
	return i, local, ""
}

// attr scans an attribute at b[i:].
func (t *tag) attr(b []byte, i int) (a attr, end int, problem string) {
	hi, local, problem := t.name(b, i)
	if problem != "" {
		return a, 0, problem
	}
	a.name, a.local = span{int32(i), int32(hi)}, int32(local)
	i = skipSpace(b, hi)
	if i >= len(b) || b[i] != '=' {
		return a, 0, badTag
	}
	i = skipSpace(b, i+1)
	if i >= len(b) || b[i] != '\'' && b[i] != '"' {
		return a, 0, badTag
	}
	quote := b[i]
	i++
	a.value.lo = int32(i)
	for {
		for i < len(b) && class[b[i]]&plainAttr != 0 {
			i++
		}
		if i == len(b) {
			return a, 0, badTag
		}
		c, size := b[i], 1
		switch {
		case c == quote:
			a.value.hi = int32(i)
			return a, i + 1, ""
		case c == '\'', c == '"':
		case c == '<':
			return a, 0, badLess
		case c == '&':
			if _, size = reference(b[i:]); size <= 0 {
				return a, 0, refProblem(b[i:])
			}
		default:
			if size = char(b[i:]); size <= 0 {
				return a, 0, badChar
			}
		}
		i += size
	}
}

// add notes an attribute and what it does to namespaces.
func (t *tag) add(b []byte, a attr) (problem string) {
	name := a.name.of(b)
	prefixed := a.local > a.name.lo
	foreign := prefixed && string(b[a.name.lo:a.local]) != "xml:" && string(b[a.name.lo:a.local]) != "xmlns:"
	for _, o := range t.attrs {
		if bytes.Equal(o.name.of(b), name) {
			return badDuplicate
		}
		if foreign && o.local > o.name.lo && bytes.Equal(b[o.local:o.name.hi], b[a.local:a.name.hi]) {
			t.flags |= notPortable // one attribute twice, if both prefixes mean the same
		}
	}
	t.attrs = append(t.attrs, a)
	switch {
	case foreign:
		t.flags |= prefixedAttr
	case prefixed && name[3] == 'n': // xmlns:p
		t.flags |= declaresPrefix
		local := b[a.local:a.name.hi]
		if string(local) == "xml" || string(local) == "xmlns" || a.value.lo == a.value.hi || reserved(a.value.of(b)) {
			t.flags |= notPortable
		}
	case string(name) == "xmlns":
		t.flags |= declaresDefault
		t.ns = a.value
		v := a.value.of(b)
		if reserved(v) || string(v) == NSServer || string(v) == NSComponent {
			t.flags |= notPortable
		}
	}
	return ""
}

// reserved: may not be declared (Namespaces in XML 1.0 §3), or hides behind a
// reference so that we can't simply tell.
func reserved(ns []byte) bool {
	return string(ns) == nsXML || string(ns) == "http://www.w3.org/2000/xmlns/" || bytes.IndexByte(ns, '&') >= 0
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && class[b[i]]&isSpace != 0 {
		i++
	}
	return i
}
