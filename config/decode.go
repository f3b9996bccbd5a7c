package config

import (
	"encoding"
	"fmt"
	"maps"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"go.yaml.in/yaml/v3"
	"mellium.im/xmpp/jid"
)

// decode puts one value into a typed target the way the whole configuration is decoded later.
func decode(v, target any, weak bool) error {
	dec, err := mapstructure.NewDecoder(decoderConfig(target, weak))
	if err != nil {
		return err
	}
	return dec.Decode(v)
}

func decoderConfig(target any, weak bool) *mapstructure.DecoderConfig {
	return &mapstructure.DecoderConfig{
		Result:           target,
		WeaklyTypedInput: weak,
		MatchName:        func(key, field string) bool { return key == field },
		DecodeHook: mapstructure.ComposeDecodeHookFunc(
			listHook, wholeHook, durationHook, textHook, entryHook),
	}
}

// listHook reads a list that is one text, as in the environment.
func listHook(from, to reflect.Type, v any) (any, error) {
	if from.Kind() != reflect.String || to.Kind() != reflect.Slice {
		return v, nil
	}
	return splitList(reflect.ValueOf(v).String(), isSection(to.Elem()))
}

// splitList reads a list of words separated by commas, or any list in YAML or JSON.
func splitList(text string, sections bool) ([]any, error) {
	text = strings.TrimSpace(text)
	var list []any
	if !sections && !strings.HasPrefix(text, "[") {
		for word := range strings.SplitSeq(text, ",") {
			list = append(list, strings.TrimSpace(word))
		}
		return list, nil
	}
	if err := yaml.Unmarshal([]byte(text), &list); err != nil {
		return nil, hint("found text that is no list; write it as YAML or JSON: [{key: value}, {key: value}]")
	}
	return list, nil
}

// wholeHook refuses numbers that would be cut (JSON has no others than floating ones).
func wholeHook(from, to reflect.Type, v any) (any, error) {
	if n, huge := v.(uint64); huge && n > math.MaxInt64 {
		return nil, fmt.Errorf("%d is too large", n)
	}
	f, ok := v.(float64)
	if !ok || from.Kind() != reflect.Float64 || to.Kind() != reflect.Int && to.Kind() != reflect.Int64 {
		return v, nil
	}
	if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return nil, fmt.Errorf("%v is no whole number", f)
	}
	return int64(f), nil
}

// durationHook reads durations and refuses bare numbers, which would count as nanoseconds.
func durationHook(_, to reflect.Type, v any) (any, error) {
	if to != reflect.TypeFor[time.Duration]() {
		return v, nil
	}
	switch v := v.(type) {
	case time.Duration:
		return v, nil
	case string:
		if d, err := time.ParseDuration(v); err == nil {
			return d, nil
		}
	case int, int64:
		if n := reflect.ValueOf(v).Int(); n != 0 {
			return nil, hint(fmt.Sprintf("the unit is missing; write %ds, %dm or %dh", n, n, n))
		}
		return time.Duration(0), nil
	}
	return nil, wantedHint[time.Duration]()
}

// textHook lets types read themselves from text.
func textHook(from, to reflect.Type, v any) (any, error) {
	isJID := to == reflect.TypeFor[jid.JID]()
	if from == to || !isJID && !isText(to) {
		return v, nil
	}
	text, ok := v.(string)
	switch {
	case !ok && to.Kind() == reflect.Struct:
		return nil, fmt.Errorf("expected text")
	case !ok:
		return v, nil
	case isJID:
		j, err := jid.Parse(text)
		if err != nil {
			return nil, hint(fmt.Sprintf("write an address such as alice@example.com (%s)", plain(err)))
		}
		return j, nil
	}
	target := reflect.New(to)
	if err := target.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)); err != nil {
		return nil, err
	}
	return target.Elem().Interface(), nil
}

// plain is an error of package jid as the end of a sentence.
func plain(err error) string {
	text := strings.TrimPrefix(err.Error(), "jid: ")
	return clip(strings.ToLower(text[:1]) + text[1:])
}

// entryHook adds the defaults of lists' entries, which no file-wide default can hold.
func entryHook(_, to reflect.Type, v any) (any, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return v, nil
	}
	var filled map[string]any
	switch to {
	case reflect.TypeFor[Agent]():
		filled = map[string]any{"roles": []any{string(RoleAgent)}, "kind": string(Person), "capacity": 4}
	case reflect.TypeFor[Field]():
		filled = map[string]any{"type": string(FieldText)}
	case reflect.TypeFor[Queue]():
		filled = map[string]any{"assign": string(AssignOffer), "ring": string(RingOne)}
		if m["overflow"] != nil {
			filled["overflow_after"] = "2m"
		}
	default:
		return v, nil
	}
	maps.Copy(filled, m)
	return filled, nil
}
