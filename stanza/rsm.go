package stanza

import (
	"strconv"
)

// NSRSM is the namespace of result sets that come in pages (XEP-0059).
const NSRSM = "http://jabber.org/protocol/rsm"

// PageRequest says which page of a result set is asked for (XEP-0059). mellium's
// paging package serves the side that asks: it cannot tell an empty <before/>
// from none, and would answer an empty page with empty bounds.
type PageRequest struct {
	Max    *uint64 // most entries; nil: as the service likes
	After  string  // only what follows this entry
	Before string  // only what comes before this entry
	Last   bool    // the page at the end, not at the beginning, of what is left: a <before/>
}

// page reads the one <set/> among the children; without one anything goes.
func (r reader) page() PageRequest {
	k, ok := r.child(NSRSM, "set")
	if !ok {
		return PageRequest{}
	}
	var p PageRequest
	if m, ok := k.child(NSRSM, "max"); ok {
		n, err := strconv.ParseUint(m.n.text, 10, 64)
		if err != nil {
			m.fail("it is %s, must be a whole number", quote(m.n.text))
		}
		p.Max = &n
	}
	if k.has(NSRSM, "index") {
		k.refuse(FeatureNotImplemented, "a page cannot be asked for by its position; use before and after")
	}
	if a, ok := k.child(NSRSM, "after"); ok {
		p.After = a.n.text
	}
	if b, ok := k.child(NSRSM, "before"); ok {
		p.Before, p.Last = b.n.text, true
	}
	return p
}

func (p PageRequest) nodeOrNil() *node {
	if p == (PageRequest{}) {
		return nil
	}
	n := el(NSRSM, "set")
	if p.Max != nil {
		n.add(textEl(NSRSM, "max", strconv.FormatUint(*p.Max, 10)))
	}
	n.add(textEl(NSRSM, "after", p.After))
	if p.Last {
		b := el(NSRSM, "before")
		b.text = p.Before
		n.add(b)
	}
	return n
}

// Page says which page was sent: its first and last entry, empty when it has
// none, and how many entries all pages have.
type Page struct {
	First, Last string
	Count       *uint64 // nil: not known without counting
}

func (p *Page) read(r reader) {
	*p = Page{First: r.text(NSRSM, "first"), Last: r.text(NSRSM, "last")}
	if c, ok := r.child(NSRSM, "count"); ok {
		n, err := strconv.ParseUint(c.n.text, 10, 64)
		if err != nil {
			c.fail("it is %s, must be a whole number", quote(c.n.text))
		}
		p.Count = &n
	}
}

func (p Page) node() *node {
	n := el(NSRSM, "set", textEl(NSRSM, "first", p.First), textEl(NSRSM, "last", p.Last))
	if p.Count != nil {
		n.add(textEl(NSRSM, "count", strconv.FormatUint(*p.Count, 10)))
	}
	return n
}
