package config

import (
	"encoding"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"mellium.im/xmpp/jid"
)

// The schema is the Config type itself: a key is known if a field carries its name.

// isSection says whether a type holds keys of its own.
func isSection(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t != reflect.TypeFor[jid.JID]() && !isText(t)
}

func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// keys lists the keys of a section in the order of its fields.
func keys(section reflect.Type) (names []string, types map[string]reflect.Type) {
	types = map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(section) {
		name := f.Tag.Get("mapstructure")
		names, types[name] = append(names, name), deref(f.Type)
	}
	return names, types
}

// leaf is a key that holds a value, not keys.
type leaf struct {
	key string
	typ reflect.Type
}

func leaves(section reflect.Type, prefix string) (list []leaf) {
	names, types := keys(section)
	for _, name := range names {
		if key := child(prefix, name); isSection(types[name]) {
			list = append(list, leaves(types[name], key)...)
		} else {
			list = append(list, leaf{key, types[name]})
		}
	}
	return list
}

// checker compares values with the schema. Values that fit are kept, the others reported and left out, so that one
// run finds all of them.
type checker struct {
	*problems
	at   func(key string) place
	weak bool // values are text that stands for numbers and such, as in the environment
}

// check returns what fits of a value; ok is false if nothing does or it was empty.
func (c *checker) check(v any, t reflect.Type, key string) (fit any, ok bool) {
	if m, odd := v.(map[any]any); odd {
		v = textKeys(m)
	}
	switch {
	case v == nil:
		return nil, false
	case isSection(t):
		m, isMap := v.(map[string]any)
		if !isMap {
			names, _ := keys(t)
			c.add(c.at(key), key, "found %s; write a section with the keys %s", found(v, false), strings.Join(names, ", "))
			return nil, false
		}
		return c.section(m, t, key), true
	case t.Kind() == reflect.Slice:
		return c.list(v, t.Elem(), key)
	}
	if err := c.fits(v, t); err != nil {
		c.add(c.at(key), key, "%s", err)
		return nil, false
	}
	return v, true
}

func (c *checker) section(m map[string]any, t reflect.Type, key string) map[string]any {
	names, types := keys(t)
	fit := make(map[string]any, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		sub := child(key, name)
		if _, known := types[name]; !known {
			c.unknown(sub, name, key, names)
		} else if v, ok := c.check(m[name], types[name], sub); ok {
			fit[name] = v
		}
	}
	return fit
}

func (c *checker) unknown(sub, name, key string, names []string) {
	if near := nearest(name, names); near != "" {
		c.add(c.at(sub), sub, "unknown key; did you mean %s?", child(key, near))
		c.mute(child(key, near))
		return
	}
	switch elsewhere := elsewhere(name); elsewhere {
	case "":
		c.add(c.at(sub), sub, "unknown key; known here: %s", strings.Join(names, ", "))
	case name:
		section, rest, _ := strings.Cut(name, ".")
		c.add(c.at(sub), sub, "unknown key; write the parts inside each other: %s: {%s: …}", section, strings.ReplaceAll(rest, ".", ": {")+
			strings.Repeat("}", strings.Count(rest, ".")))
		c.mute(name)
	default:
		c.add(c.at(sub), sub, "unknown key here; did you mean %s?", elsewhere)
		c.mute(elsewhere)
	}
}

// elsewhere finds the one key that has this name in another section, or this dotted name.
func elsewhere(name string) (key string) {
	for _, l := range leaves(reflect.TypeFor[Config](), "") {
		switch {
		case l.key == name:
			return name
		case strings.HasSuffix(l.key, "."+name) && key != "":
			return ""
		case strings.HasSuffix(l.key, "."+name):
			key = l.key
		}
	}
	return key
}

func (c *checker) list(v any, elem reflect.Type, key string) (any, bool) {
	if text, ok := v.(string); ok && c.weak {
		entries, err := splitList(text, isSection(elem))
		if err != nil {
			c.add(c.at(key), key, "%s", err)
			return nil, false
		}
		v = entries
	}
	entries, ok := v.([]any)
	if !ok {
		c.add(c.at(key), key, "found %s; write a list: %s", found(v, false), listExample(v, elem))
		return nil, false
	}
	fit := make([]any, len(entries)) // one that does not fit stays as nil: the others keep their index
	for i, e := range entries {
		fit[i], _ = c.check(e, elem, item(key, i))
	}
	return fit, true
}

// listExample shows how to write what was found, or the like, as a list.
func listExample(v any, elem reflect.Type) string {
	if _, one := v.(string); one && !isSection(elem) {
		return "[" + found(v, false) + "]"
	}
	if !isSection(elem) {
		return `["one", "another"]`
	}
	names, _ := keys(elem)
	return fmt.Sprintf("[{%s: …, %s: …}]", names[0], names[1])
}

// fits says what is wrong with a single value.
func (c *checker) fits(v any, t reflect.Type) error {
	secret := t == reflect.TypeFor[Secret]()
	target := reflect.New(t)
	err := decode(v, target.Interface(), c.weak)
	if err == nil {
		word, isEnum := target.Elem().Interface().(enum)
		if !isEnum || slices.Contains(word.words(), target.Elem().String()) {
			return nil
		}
	}
	if what, own := errors.AsType[hint](err); own && !secret {
		return fmt.Errorf("found %s; %w", found(v, false), what)
	}
	return fmt.Errorf("found %s; write %s", found(v, secret), wanted(t))
}

// found describes a value of the wrong kind; one that may be secret is not shown.
func found(v any, secret bool) string {
	switch v := v.(type) {
	case map[string]any, map[any]any:
		return "a section"
	case []any:
		return "a list"
	case string:
		if secret {
			return "text"
		}
		return strconv.Quote(clip(withoutPassword(v)))
	case bool:
		return strconv.FormatBool(v)
	case int, int64, uint64, float64:
		if secret {
			return "a number"
		}
		return fmt.Sprint(v)
	}
	return "a date" // all that YAML and TOML have besides
}

// wantedHint is the error of text that T cannot be read from.
func wantedHint[T any]() hint { return hint("write " + wanted(reflect.TypeFor[T]())) }

// wanted says what to write for a type.
func wanted(t reflect.Type) string {
	if e, ok := reflect.Zero(t).Interface().(enum); ok {
		words := e.words()
		last := len(words) - 1
		return strings.Join(words[:last], ", ") + " or " + words[last]
	}
	switch t {
	case reflect.TypeFor[Secret]():
		return "text, in quotes"
	case reflect.TypeFor[time.Duration]():
		return "a duration such as 60s, 15m or 4h"
	case reflect.TypeFor[ByteSize]():
		return "a size such as 64KiB or 1MiB"
	case reflect.TypeFor[Rate]():
		return "a rate such as 20/s, 100/m or 1000/h"
	case reflect.TypeFor[Endpoint]():
		return "host:port, for example 127.0.0.1:5347, or unix:/path"
	case reflect.TypeFor[Store]():
		return "sqlite:FILE or postgres://user:password@host/database"
	case reflect.TypeFor[Share]():
		return "all, none or last N, for example last 20"
	case reflect.TypeFor[Hours]():
		return `days, times and time zone, for example "mo-fr 09:00-17:00, sa 10:00-12:00 Europe/Berlin"`
	case reflect.TypeFor[jid.JID]():
		return "an address such as alice@example.com"
	}
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	}
	return "text; in quotes if it looks like a number or a date"
}
