package stanza

import (
	"encoding/xml"
	"slices"
)

// FormType is what a data form is for (XEP-0004 §3.1).
type FormType string

// Types of a form.
const (
	FormAsk    FormType = "form"
	FormSubmit FormType = "submit"
	FormCancel FormType = "cancel"
	FormResult FormType = "result"
)

// FieldType is how a form's field is filled in (XEP-0004 §3.3).
type FieldType string

// Types of a field. One that is not known is read as TextSingle.
const (
	Boolean     FieldType = "boolean"
	Fixed       FieldType = "fixed"
	Hidden      FieldType = "hidden"
	JIDMulti    FieldType = "jid-multi"
	JIDSingle   FieldType = "jid-single"
	ListMulti   FieldType = "list-multi"
	ListSingle  FieldType = "list-single"
	TextMulti   FieldType = "text-multi"
	TextPrivate FieldType = "text-private"
	TextSingle  FieldType = "text-single"
)

func fieldTypes() []FieldType {
	return []FieldType{"", Boolean, Fixed, Hidden, JIDMulti, JIDSingle, ListMulti, ListSingle, TextMulti, TextPrivate, TextSingle}
}

// Option is one choice of a list field.
type Option struct {
	Label string
	Value string
}

// FormField is one field of a form. Type may be left out of a submitted form.
type FormField struct {
	Var      string // may be empty only for Fixed
	Type     FieldType
	Label    string
	Desc     string
	Required bool
	Values   []string
	Options  []Option
}

// Form is a data form (XEP-0004). mellium's form package hides a form's type,
// drops empty values and refuses children it does not know, <reported/> among
// them, so it cannot read what strangers submit.
type Form struct {
	Type         FormType
	Title        string
	Instructions []string
	Fields       []FormField
}

// Values returns the values of the field with that name, nil if there is none.
func (f *Form) Values(name string) []string {
	if f == nil {
		return nil
	}
	for _, field := range f.Fields {
		if field.Var == name {
			return field.Values
		}
	}
	return nil
}

// Value returns the first value of the field with that name, or "".
func (f *Form) Value(name string) string {
	if vs := f.Values(name); len(vs) > 0 {
		return vs[0]
	}
	return ""
}

func (f *Form) named(n xml.Name) bool { return n == xml.Name{Space: NSForm, Local: "x"} }

func (f *Form) read(r reader) {
	*f = Form{Type: FormType(r.str("type")), Title: r.text(NSForm, "title")}
	for _, k := range r.children(NSForm, "instructions") {
		f.Instructions = append(f.Instructions, k.n.text)
	}
	for _, k := range r.children(NSForm, "field") {
		f.Fields = append(f.Fields, readField(k))
	}
}

func readField(r reader) FormField {
	f := FormField{
		Var: r.str("var"), Type: FieldType(r.str("type")), Label: r.str("label"),
		Desc: r.text(NSForm, "desc"), Required: r.has(NSForm, "required"),
	}
	if !slices.Contains(fieldTypes(), f.Type) {
		f.Type = TextSingle
	}
	for _, v := range r.children(NSForm, "value") {
		f.Values = append(f.Values, v.n.text)
	}
	for _, o := range r.children(NSForm, "option") {
		f.Options = append(f.Options, Option{Label: o.str("label"), Value: o.text(NSForm, "value")})
	}
	return f
}

// form reads the one data form among the children, nil if there is none.
func (r reader) form() *Form {
	k, ok := r.child(NSForm, "x")
	if !ok {
		return nil
	}
	f := new(Form)
	f.read(k)
	return f
}

func (f *Form) check(p place) {
	oneOf(p, "type", f.Type, FormAsk, FormSubmit, FormCancel, FormResult)
	for _, field := range f.Fields {
		q := p.in("field")
		oneOf(q, "type", field.Type, fieldTypes()...)
		if field.Type != Fixed {
			q.need("var", field.Var)
		}
	}
}

// checkData is check for a form that carries data into or out of a payload.
func (f *Form) checkData(p place) {
	if f != nil {
		oneOf(p.in("x"), "type", f.Type, FormSubmit, FormResult)
		f.check(p.in("x"))
	}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (f Form) Validate() error {
	p := at("x")
	f.check(p)
	return p.result()
}

func (f Form) node() *node {
	n := el(NSForm, "x", textEl(NSForm, "title", f.Title)).attr("type", string(f.Type))
	for _, line := range f.Instructions {
		k := el(NSForm, "instructions")
		k.text = line
		n.add(k)
	}
	for _, field := range f.Fields {
		n.add(field.node())
	}
	return n
}

func (f *Form) nodeOrNil() *node {
	if f == nil {
		return nil
	}
	return f.node()
}

func (f FormField) node() *node {
	n := el(NSForm, "field", textEl(NSForm, "desc", f.Desc)).
		attr("var", f.Var).attr("type", string(f.Type)).attr("label", f.Label)
	if f.Required {
		n.add(el(NSForm, "required"))
	}
	for _, v := range f.Values {
		n.add(valueNode(v))
	}
	for _, o := range f.Options {
		n.add(el(NSForm, "option", valueNode(o.Value)).attr("label", o.Label))
	}
	return n
}

func valueNode(v string) *node { // an empty value is still a value
	n := el(NSForm, "value")
	n.text = v
	return n
}

// UnmarshalXML implements [xml.Unmarshaler].
func (f *Form) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, f)
}

// MarshalXML implements [xml.Marshaler].
func (f Form) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, f) }
