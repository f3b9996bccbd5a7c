package wire

// Constants as bytes, so that a namespace costs no allocation.
var (
	componentNS = []byte(NSComponent)
	streamNS    = []byte(NSStream)
	xmlNS       = []byte(nsXML)
)

// maxPrefixed is how many prefixed names Portable looks up before it gives
// up: resolving one costs a walk over its ancestors.
const maxPrefixed = 64

// Portable says whether the element's bytes may be copied as they are into a
// stanza on our own outgoing stream and mean the same there. doc.go has the
// rules.
func (e Element) Portable() bool {
	if e.d == nil || len(e.Raw) == 0 {
		return false
	}
	d, budget := e.d, maxPrefixed
	for i := e.i; i == e.i || d.within(i, e.i); i++ {
		x := &d.els[i]
		switch prefix := d.prefix(x); {
		case x.flags&notPortable != 0:
			return false
		case string(prefix) == "stream": // whatever it is bound to here, some servers go by the name
			return false
		case len(prefix) > 0:
			if budget--; budget < 0 || !d.bound(i, e.i, prefix) {
				return false
			}
		case x.nsOf < e.i && !IsStanzaNS(d.defaultNS(x)):
			return false
		}
		if x.flags&prefixedAttr != 0 && !d.attrsBound(i, e.i, &budget) {
			return false
		}
	}
	return true
}

// attrsBound says whether all prefixes of i's attributes are bound within top.
func (d *document) attrsBound(i, top int32, budget *int) bool {
	ok := true
	d.attrs(i, func(name, _ []byte) bool {
		for j, c := range name {
			if c != ':' {
				continue
			}
			if p := name[:j]; string(p) != "xmlns" {
				*budget--
				ok = *budget >= 0 && d.bound(i, top, p)
			}
			break
		}
		return ok
	})
	return ok
}

func (d *document) bound(i, top int32, prefix []byte) bool {
	if string(prefix) == "xml" {
		return true
	}
	_, ok := d.lookup(i, top, prefix)
	return ok
}

// lookup finds the declaration of prefix nearest to i, no higher than top.
func (d *document) lookup(i, top int32, prefix []byte) (ns []byte, ok bool) {
	for ; i >= top && !ok; i = d.els[i].parent {
		if d.els[i].flags&declaresPrefix == 0 {
			continue
		}
		d.attrs(i, func(name, value []byte) bool {
			const xmlns = "xmlns:"
			if len(name) > len(xmlns) && string(name[:len(xmlns)]) == xmlns && string(name[len(xmlns):]) == string(prefix) {
				ns, ok = value, true
			}
			return !ok
		})
	}
	return ns, ok
}

func (d *document) defaultNS(e *elem) []byte {
	if e.nsOf < 0 {
		return componentNS
	}
	return d.els[e.nsOf].ns.of(d.raw)
}

func (d *document) ns(i int32) []byte {
	e := &d.els[i]
	prefix := d.prefix(e)
	switch string(prefix) {
	case "":
		return d.defaultNS(e)
	case "xml":
		return xmlNS
	}
	ns, ok := d.lookup(i, 0, prefix)
	switch {
	case ok:
		return ns
	case string(prefix) == "stream":
		return streamNS
	}
	return nil
}
