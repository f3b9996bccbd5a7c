package store

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"baton/desk"
	"baton/handoff"
)

// The JSON texts in the database. Their names are this package's own, so that a
// renamed field elsewhere cannot make old databases unreadable.
type (
	offerJSON struct {
		ID      string          `json:"id"`
		By      handoff.Party   `json:"by,omitempty"`
		Ringing []handoff.Party `json:"ringing,omitempty"`
		Next    []handoff.Party `json:"next,omitempty"`
		Passed  []handoff.Party `json:"passed,omitempty"`
		Mode    handoff.Mode    `json:"mode,omitempty"`
		Timeout time.Duration   `json:"timeout_ns"`
		Expires int64           `json:"expires_us"`
	}
	closedJSON struct {
		ID    string        `json:"id"`
		State handoff.State `json:"state"`
		By    handoff.Party `json:"by,omitempty"`
		Epoch uint64        `json:"epoch,omitempty"`
	}
	besideJSON struct {
		Guests []handoff.Party `json:"guests,omitempty"`
		Aside  handoff.Party   `json:"aside,omitempty"`
		Quiet  bool            `json:"quiet,omitempty"`
		Was    handoff.Party   `json:"was,omitempty"`
	}
	fieldJSON struct {
		Var   string `json:"var"`
		Label string `json:"label,omitempty"`
		Value string `json:"value"`
	}
)

func encodeOffer(o handoff.Offer) (string, error) {
	if !o.Open() {
		return "", nil
	}
	return encode(offerJSON{o.ID, o.By, o.Ringing, o.Next, o.Passed, o.Mode, o.Timeout, micros(o.Expires)})
}

func decodeOffer(text string) (handoff.Offer, error) {
	var o offerJSON
	if err := decode(text, &o); err != nil {
		return handoff.Offer{}, err
	}
	return handoff.Offer{ID: o.ID, By: o.By, Ringing: o.Ringing, Next: o.Next, Passed: o.Passed, Mode: o.Mode,
		Timeout: o.Timeout, Expires: fromMicros(o.Expires)}, nil
}

func encodeClosed(c handoff.Closed) (string, error) {
	if c == (handoff.Closed{}) {
		return "", nil
	}
	return encode(closedJSON(c))
}

func decodeClosed(text string) (handoff.Closed, error) {
	var c closedJSON
	short := flat(text, func(f flatField) bool {
		switch f.name {
		case "id":
			return f.text(&c.ID)
		case "state":
			return f.text((*string)(&c.State))
		case "by":
			return f.text((*string)(&c.By))
		case "epoch":
			var n int64
			ok := f.number(&n)
			c.Epoch = uint64(n)
			return ok && n >= 0
		}
		return false
	})
	if short {
		return handoff.Closed(c), nil
	}
	c = closedJSON{}
	err := decode(text, &c)
	return handoff.Closed(c), err
}

func encodeBeside(c *desk.Conversation) (string, error) {
	if len(c.Guests) == 0 && c.Aside == "" && !c.Quiet && c.Was == "" {
		return "", nil
	}
	return encode(besideJSON{c.Guests, c.Aside, c.Quiet, c.Was})
}

func decodeBeside(text string, c *desk.Conversation) error {
	var b besideJSON
	err := decode(text, &b)
	c.Guests, c.Aside, c.Quiet, c.Was = b.Guests, b.Aside, b.Quiet, b.Was
	return err
}

func encodeInfo(info []desk.Field) (string, error) {
	if len(info) == 0 {
		return "", nil
	}
	fs := make([]fieldJSON, len(info))
	for i, f := range info {
		fs[i] = fieldJSON(f)
	}
	return encode(fs)
}

func decodeInfo(text string) ([]desk.Field, error) {
	var fs []fieldJSON
	if err := decode(text, &fs); err != nil || len(fs) == 0 {
		return nil, err
	}
	info := make([]desk.Field, len(fs))
	for i, f := range fs {
		info[i] = desk.Field(f)
	}
	return info, nil
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// decode reads a JSON text; the empty one leaves v as it is. What people said
// of themselves may be in it: an error, which is logged, does not show it.
func decode(text string, v any) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), v); err != nil {
		return fmt.Errorf("the database holds %d bytes that cannot be read: %w", len(text), err)
	}
	return nil
}

// micros returns a time as the database keeps it; 0 is the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// upTo returns a bound for a query: numbers in the database have 63 bits.
func upTo(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// asRead returns a time as it is read from the database.
func asRead(t time.Time) time.Time { return fromMicros(micros(t)) }
