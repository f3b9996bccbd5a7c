package stanza

import (
	"crypto/sha1" // #nosec: XEP-0115 asks for it; nothing is protected by it
	"encoding/xml"
	"slices"
	"strings"

	"mellium.im/xmpp/disco"
	"mellium.im/xmpp/disco/info"
	"mellium.im/xmpp/form"
)

const formTypeVar = "FORM_TYPE" // XEP-0068

// Identity is what something is (XEP-0030 §3.1).
type Identity struct {
	Category string
	Type     string
	Name     string
	Lang     string
}

// DiscoInfo asks what an address is and can do, or tells it. mellium's
// disco.Info does not write its forms.
type DiscoInfo struct {
	Node       string
	Identities []Identity
	Features   []string
	Forms      []Form // XEP-0128
}

// Ver returns the hash by which presence advertises this (XEP-0115 §5, sha-1).
// It does not depend on the order of anything.
func (q DiscoInfo) Ver() string {
	var d disco.Info
	for _, i := range q.Identities {
		d.Identity = append(d.Identity, info.Identity{Category: i.Category, Type: i.Type, Name: i.Name, Lang: i.Lang})
	}
	for _, f := range q.Features {
		d.Features = append(d.Features, info.Feature{Var: f})
	}
	forms := slices.DeleteFunc(slices.Clone(q.Forms), func(f Form) bool { return f.Value(formTypeVar) == "" })
	slices.SortStableFunc(forms, func(a, b Form) int {
		return strings.Compare(a.Value(formTypeVar), b.Value(formTypeVar))
	})
	for _, f := range forms {
		d.Form = append(d.Form, *f.mellium())
	}
	return d.Hash(sha1.New())
}

// mellium is the form as far as the hash looks at it: names and values.
func (f Form) mellium() *form.Data {
	var fields []form.Field
	for _, field := range f.Fields {
		var values []form.Option
		for _, v := range field.Values {
			values = append(values, form.Value(v))
		}
		fields = append(fields, form.Hidden(field.Var, values...))
	}
	return form.New(append(fields, form.Result)...)
}

// Caps returns what presence says of this information; node is the software's URI.
func (q DiscoInfo) Caps(node string) *Caps { return &Caps{Node: node, Ver: q.Ver()} }

func (q *DiscoInfo) named(n xml.Name) bool { return n == xml.Name{Space: NSDiscoInfo, Local: "query"} }

func (q *DiscoInfo) read(r reader) {
	*q = DiscoInfo{Node: r.str("node")}
	for _, k := range r.children(NSDiscoInfo, "identity") {
		i := Identity{Category: k.str("category"), Type: k.str("type"), Name: k.str("name"), Lang: k.n.lang}
		q.Identities = append(q.Identities, i)
	}
	for _, k := range r.children(NSDiscoInfo, "feature") {
		q.Features = append(q.Features, k.str("var"))
	}
	for _, k := range r.children(NSForm, "x") {
		var f Form
		f.read(k)
		q.Forms = append(q.Forms, f)
	}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (q DiscoInfo) Validate() error {
	p := at("query")
	for _, i := range q.Identities {
		p.in("identity").need("category", i.Category)
		p.in("identity").need("type", i.Type)
	}
	for _, f := range q.Features {
		p.in("feature").need("var", f)
	}
	for _, f := range q.Forms {
		f.check(p.in("x"))
	}
	return p.result()
}

func (q DiscoInfo) node() *node {
	n := el(NSDiscoInfo, "query").attr("node", q.Node)
	for _, i := range q.Identities {
		n.add(el(NSDiscoInfo, "identity").attr("category", i.Category).attr("type", i.Type).
			attr("name", i.Name).withLang(i.Lang))
	}
	for _, f := range q.Features {
		n.add(el(NSDiscoInfo, "feature").attr("var", f))
	}
	for _, f := range q.Forms {
		n.add(f.node())
	}
	return n
}

// UnmarshalXML implements [xml.Unmarshaler].
func (q *DiscoInfo) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, q)
}

// MarshalXML implements [xml.Marshaler].
func (q DiscoInfo) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, q) }

// DiscoItem is one thing to be found at an address (XEP-0030 §4).
type DiscoItem struct {
	JID  string
	Node string
	Name string
}

// DiscoItems asks what is to be found at an address, or tells it.
type DiscoItems struct {
	Node  string
	Items []DiscoItem
}

func (q *DiscoItems) named(n xml.Name) bool {
	return n == xml.Name{Space: NSDiscoItems, Local: "query"}
}

func (q *DiscoItems) read(r reader) {
	*q = DiscoItems{Node: r.str("node")}
	for _, k := range r.children(NSDiscoItems, "item") {
		q.Items = append(q.Items, DiscoItem{JID: k.str("jid"), Node: k.str("node"), Name: k.str("name")})
	}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (q DiscoItems) Validate() error {
	p := at("query")
	for _, i := range q.Items {
		p.in("item").need("jid", i.JID)
	}
	return p.result()
}

func (q DiscoItems) node() *node {
	n := el(NSDiscoItems, "query").attr("node", q.Node)
	for _, i := range q.Items {
		n.add(el(NSDiscoItems, "item").attr("jid", i.JID).attr("node", i.Node).attr("name", i.Name))
	}
	return n
}

// UnmarshalXML implements [xml.Unmarshaler].
func (q *DiscoItems) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, q)
}

// MarshalXML implements [xml.Marshaler].
func (q DiscoItems) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, q) }
