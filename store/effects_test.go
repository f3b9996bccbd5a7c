package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

type encoded struct {
	kind   desk.Kind
	effect handoff.Effect
	text   string
}

// effects is what outboxes of released versions hold: kinds and names that must
// stay readable. A field may be added, none renamed.
func effects() []encoded {
	return []encoded{
		{"opened", handoff.Opened{Session: 3}, `{"Session":3}`},
		{"ring", handoff.Ring{Transfer: "x-1", To: "bob@example.com", Expires: at(30)},
			`{"Transfer":"x-1","To":"bob@example.com","Expires":"2026-11-23T12:00:30.123456Z"}`},
		{"outcome", handoff.Outcome{Transfer: "x-1", To: "alice@example.com", Role: handoff.AsHolder,
			State: handoff.Declined, By: "bob@example.com", Epoch: 2, Reason: "busy"},
			`{"Transfer":"x-1","To":"alice@example.com","Role":1,"State":"declined","By":"bob@example.com","Epoch":2,"Reason":"busy"}`},
		{"outcome", handoff.Outcome{Transfer: "x-1", To: "bob@example.com", Role: handoff.AsTarget, State: handoff.Accepted},
			`{"Transfer":"x-1","To":"bob@example.com","Role":2,"State":"accepted","By":"","Epoch":0,"Reason":""}`},
		{"bind", handoff.Bind{To: "bob@example.com", Epoch: 2}, `{"To":"bob@example.com","Epoch":2}`},
		{"replay", handoff.Replay{To: "bob@example.com", Epoch: 2, First: 1, Through: 9, From: "alice@example.com", Transfer: "x-1"},
			`{"To":"bob@example.com","Epoch":2,"First":1,"Through":9,"From":"alice@example.com","Transfer":"x-1"}`},
		{"unbind", handoff.Unbind{To: "alice@example.com", Epoch: 1}, `{"To":"alice@example.com","Epoch":1}`},
		{"leave", handoff.Leave{To: "alice@example.com", Reason: "transferred", Epoch: 2, By: "bob@example.com"},
			`{"To":"alice@example.com","Reason":"transferred","Epoch":2,"By":"bob@example.com"}`},
		{"moved", handoff.Moved{From: "alice@example.com", To: "bob@example.com", Epoch: 2},
			`{"From":"alice@example.com","To":"bob@example.com","Epoch":2}`},
		{"surrender", handoff.Surrender{To: "alice@example.com", Heir: "bob@example.com", Epoch: 2},
			`{"To":"alice@example.com","Heir":"bob@example.com","Epoch":2}`},
	}
}

func TestEffectsStayReadable(t *testing.T) {
	for _, e := range effects() {
		got, err := desk.EncodeEffect(e.effect)
		require.NoError(t, err)
		require.Equal(t, e.text, string(got), "databases hold the former text")
		effect, err := desk.DecodeEffect(e.kind, []byte(e.text))
		require.NoError(t, err)
		require.Equal(t, e.effect, effect)
	}
}

func TestJSONStaysReadable(t *testing.T) {
	c := frozen().Conversations[0]
	offer, err := encodeOffer(c.Offer)
	require.NoError(t, err)
	require.Equal(t, `{"id":"x-2","by":"alice@example.com","ringing":["bob@example.com","dave@example.com"],`+
		`"next":["erin@example.com"],"passed":["frank@example.com"],"timeout_ns":60000000000,"expires_us":1795435260123456}`, offer)
	last, err := encodeClosed(c.Last)
	require.NoError(t, err)
	require.Equal(t, `{"id":"x-1","state":"accepted","by":"alice@example.com","epoch":4}`, last)
	info, err := encodeInfo(c.Info)
	require.NoError(t, err)
	require.Equal(t, `[{"var":"order","label":"Order","value":"4711"},{"var":"plan","value":"\u003cgold\u003e"}]`, info)
}

// TestUnreadable says where the trouble is when somebody else wrote to the file.
func TestUnreadable(t *testing.T) {
	for text, want := range map[string]string{
		"UPDATE conversations SET offer = '{' ": "the database holds 1 bytes that cannot be read: unexpected end",
		"UPDATE backlog SET kind = 'dance'":     `unknown kind "dance"`,
		"UPDATE backlog SET effect = '[]'":      "outbox item 1",
	} {
		src := tempSource(t)
		s := mustOpen(t, src)
		c := waiting(1)
		mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{c}, Items: []*desk.Item{{
			Domain: domain, Conversation: c.Local, Kind: desk.KindBind, Effect: handoff.Bind{}}}})
		require.NoError(t, s.Close())
		script(t, src.Path, text)
		_, err := mustOpen(t, src).Restore(t.Context(), domain, func(*desk.Conversation) {})
		require.ErrorContains(t, err, want)
	}
}
