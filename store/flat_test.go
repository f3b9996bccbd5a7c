package store

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"baton/desk"
	"baton/handoff"
)

// Whatever is read the short way encoding/json reads alike, and what was written is
// read again.
func TestFlat(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(word(), rapid.SampledFrom([]string{`"`, `\`, `a","b":1`, "<ä>", `}`, "x-k3vq9t2m"}))
		c := handoff.Closed{ID: text.Draw(rt, "id"), State: handoff.State(text.Draw(rt, "state")),
			By: handoff.Party(text.Draw(rt, "by")), Epoch: number(0).Draw(rt, "epoch")}
		written, err := encodeClosed(c)
		require.NoError(rt, err)
		read, err := decodeClosed(written)
		require.NoError(rt, err)
		require.Equal(rt, c, read, written)

		r := desk.Routing{Since: moment().Draw(rt, "since"), Skill: text.Draw(rt, "skill"), Heard: moment().Draw(rt, "heard"),
			Last: handoff.Party(text.Draw(rt, "last")), Place: rapid.IntRange(0, 9).Draw(rt, "place"),
			PlacedAt: moment().Draw(rt, "placed"), Closed: moment().Draw(rt, "closed")}
		written, err = encodeRoute(r)
		require.NoError(rt, err)
		again, err := decodeRoute(written)
		require.NoError(rt, err)
		require.Equal(rt, r, again, written)
	})
}

// Nothing is read the short way that is not JSON, or not what it says.
func FuzzFlat(f *testing.F) {
	for _, text := range []string{"", "{}", `{"id":"x","state":"accepted","epoch":3}`, `{"id":"a\"b"}`, `{"id":1}`,
		`{"epoch":"1"}`, `{"epoch":1.5}`, `{"id":"x"}}`, `{"id":"x",}`, `{"id":null}`, `{"id":"x" }`, `{"epoch":-1}`,
		`{"epoch":01}`, `{"epoch":+1}`, `{"other":{"a":1}}`, `{"ID":"x"}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var want closedJSON
		wantErr := decode(text, &want)
		got, err := decodeClosed(text)
		require.Equal(t, wantErr == nil, err == nil, text)
		if err == nil {
			require.Equal(t, handoff.Closed(want), got, text)
		}
	})
}
