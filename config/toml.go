package config

import (
	"github.com/pelletier/go-toml/v2/unstable"
)

// tomlLines notes where keys are, in a document that was parsed before.
func (f *file) tomlLines(data []byte) {
	var p unstable.Parser
	p.Reset(data)
	count := map[string]int{} // entries so far of each [[list]]
	section := ""
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			section = f.tomlKey(&p, e.Key(), "", count)
		case unstable.ArrayTable:
			list := f.tomlKey(&p, e.Key(), "", count)
			count[list]++
			section = item(list, count[list]-1)
			f.lines[section] = f.tomlLine(&p, e.Key())
		case unstable.KeyValue:
			f.tomlValue(&p, e, section, count)
		}
	}
}

func (f *file) tomlValue(p *unstable.Parser, kv *unstable.Node, section string, count map[string]int) {
	key := f.tomlKey(p, kv.Key(), section, count)
	if v := kv.Value(); v.Kind == unstable.InlineTable {
		for it := v.Children(); it.Next(); {
			f.tomlValue(p, it.Node(), key, count)
		}
	}
}

// tomlKey notes the line of every part of a dotted key and returns the whole; a [[list]] on the way means its last entry.
func (f *file) tomlKey(p *unstable.Parser, parts unstable.Iterator, key string, count map[string]int) string {
	for parts.Next() {
		if n := count[key]; n > 0 {
			key = item(key, n-1)
		}
		key = child(key, string(parts.Node().Data))
		if _, known := f.lines[key]; !known {
			f.lines[key] = p.Shape(parts.Node().Raw).Start.Line
		}
	}
	return key
}

func (f *file) tomlLine(p *unstable.Parser, parts unstable.Iterator) int {
	parts.Next()
	return p.Shape(parts.Node().Raw).Start.Line
}
