package stanza

import "strings"

// Field is one thing known about a caller.
type Field struct {
	Var   string // its key
	Label string // its name for people; empty: Var
	Value string // several values or lines are joined by "\n"
}

// Info is what is known about a caller, in the order in which it came.
type Info []Field

// Info returns what the form says: its fields in order, without those that say
// nothing (empty ones, fixed text, FORM_TYPE). A nil form says nothing.
func (f *Form) Info() Info {
	if f == nil {
		return nil
	}
	var info Info
	for _, field := range f.Fields {
		value := strings.Join(field.Values, "\n")
		if value == "" || field.Var == "" || field.Type == Fixed || field.Var == formTypeVar {
			continue
		}
		info = info.Merge(Info{{Var: field.Var, Label: field.Label, Value: value}})
	}
	return info
}

// Merge returns info with more laid over it: a key that is there keeps its
// place (and its label if the new one has none) and takes the new value, others
// follow in order. Neither argument is changed.
func (info Info) Merge(more Info) Info {
	if len(info)+len(more) == 0 {
		return nil
	}
	merged := append(make(Info, 0, len(info)+len(more)), info...)
	index := make(map[string]int, cap(merged))
	for i, f := range merged {
		index[f.Var] = i
	}
	for _, f := range more {
		i, ok := index[f.Var]
		if !ok {
			index[f.Var] = len(merged)
			merged = append(merged, f)
			continue
		}
		merged[i].Value = f.Value
		if f.Label != "" {
			merged[i].Label = f.Label
		}
	}
	return merged
}

// Form returns the information as a form of type result, nil if there is none.
func (info Info) Form() *Form {
	if len(info) == 0 {
		return nil
	}
	f := &Form{Type: FormResult}
	for _, i := range info {
		field := FormField{Var: i.Var, Type: TextSingle, Label: i.Label, Values: strings.Split(i.Value, "\n")}
		if len(field.Values) > 1 {
			field.Type = TextMulti
		}
		f.Fields = append(f.Fields, field)
	}
	return f
}
