package desk

import (
	"encoding/json"
	"fmt"

	"baton/handoff"
)

// kindOf returns the kind and receiver of an effect that leaves the house, or
// false for one that does not.
func kindOf(e handoff.Effect, caller handoff.Party) (Kind, handoff.Party, bool) {
	switch e := e.(type) {
	case handoff.Opened:
		return KindOpened, caller, true
	case handoff.Line:
		return KindLine, e.To, e.To != ""
	case handoff.Ring:
		return KindRing, e.To, true
	case handoff.Outcome:
		return KindOutcome, e.To, true
	case handoff.Bind:
		return KindBind, e.To, true
	case handoff.Replay:
		return KindReplay, e.To, true
	case handoff.Unbind:
		return KindUnbind, e.To, true
	case handoff.Leave:
		return KindLeave, e.To, true
	case handoff.Parted:
		return KindParted, e.To, true
	case handoff.Moved:
		return KindMoved, caller, true
	case handoff.Undelivered:
		return KindUndelivered, e.To, true
	case handoff.Surrender:
		return KindSurrender, e.To, true
	case handoff.Notice:
		return KindNotice, e.To, true
	}
	return "", "", false
}

// EncodeEffect returns what the store keeps of an item's effect: its fields as
// a JSON object.
func EncodeEffect(e handoff.Effect) ([]byte, error) { return json.Marshal(e) }

// DecodeEffect is the reverse of EncodeEffect for an item of kind k.
func DecodeEffect(k Kind, data []byte) (handoff.Effect, error) {
	switch k {
	case KindOpened:
		return decode[handoff.Opened](data)
	case KindLine:
		return decode[handoff.Line](data)
	case KindRing:
		return decode[handoff.Ring](data)
	case KindOutcome:
		return decode[handoff.Outcome](data)
	case KindBind:
		return decode[handoff.Bind](data)
	case KindReplay:
		return decode[handoff.Replay](data)
	case KindUnbind:
		return decode[handoff.Unbind](data)
	case KindLeave:
		return decode[handoff.Leave](data)
	case KindParted:
		return decode[handoff.Parted](data)
	case KindMoved:
		return decode[handoff.Moved](data)
	case KindUndelivered:
		return decode[handoff.Undelivered](data)
	case KindSurrender:
		return decode[handoff.Surrender](data)
	case KindNotice:
		return decode[handoff.Notice](data)
	case KindHeard:
		return decode[handoff.Copy](data)
	case KindHeardOf:
		return decode[handoff.Notice](data)
	case KindUnheard:
		return decode[handoff.Leave](data)
	}
	return nil, fmt.Errorf("desk: outbox item of unknown kind %q", k)
}

func decode[E handoff.Effect](data []byte) (handoff.Effect, error) {
	var e E
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, fmt.Errorf("desk: outbox item: %w", err)
	}
	return e, nil
}
