package store

import (
	"strconv"
	"strings"
)

// Most JSON in a conversation's row is a handful of short texts and numbers. Of a
// million rows encoding/json takes seconds to read it.

// flatField is a field of a JSON object.
type flatField struct {
	name, value string
	quoted      bool
}

func (f *flatField) text(to *string) bool {
	*to = f.value
	return f.quoted
}

func (f *flatField) number(to *int64) bool {
	n, err := strconv.ParseInt(f.value, 10, 64)
	*to = n
	return err == nil && !f.quoted && strconv.FormatInt(n, 10) == f.value // not 01, nor +1
}

// flat calls field with each field of a JSON object as encode writes it, and reports
// whether that is all there is to it: texts without escapes and whole numbers, and
// field takes each. Otherwise encoding/json is to be asked.
func flat(text string, field func(flatField) bool) bool {
	rest, ok := strings.CutPrefix(text, "{")
	for ok {
		var f flatField
		if rest, ok = strings.CutPrefix(rest, `"`); !ok {
			return false
		}
		if f.name, rest, ok = strings.Cut(rest, `":`); !ok {
			return false
		}
		if rest, f.quoted = strings.CutPrefix(rest, `"`); f.quoted {
			f.value, rest, ok = strings.Cut(rest, `"`)
			if !ok || strings.Contains(f.value, `\`) {
				return false
			}
		} else {
			end := strings.IndexAny(rest, ",}")
			if end < 0 {
				return false
			}
			f.value, rest = rest[:end], rest[end:]
		}
		if !field(f) {
			return false
		}
		if rest == "}" {
			return true
		}
		rest, ok = strings.CutPrefix(rest, ",")
	}
	return false
}
