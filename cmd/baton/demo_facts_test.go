package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

// TestDeliveriesAreJudged: the summary cannot say that all is well when it is
// not.
func TestDeliveriesAreJudged(t *testing.T) {
	message := func(body string) client.Event {
		return client.Event{Kind: client.KindMessage, Type: "chat", Body: body}
	}
	for name, c := range map[string]struct {
		carol, alice, bob []string
		want              string
	}{
		"as it must be": {carol: []string{"answer"}, alice: []string{"first"}, bob: []string{"second"}},
		"lost":          {carol: []string{"answer"}, alice: []string{"first"}, want: `Carol's line "second" came 0 times`},
		"doubled":       {carol: []string{"answer", "answer"}, alice: []string{"first"}, bob: []string{"second"}, want: `Alice's line "answer" came 2 times`},
		"at two agents": {carol: []string{"answer"}, alice: []string{"first", "second"}, bob: []string{"second"}, want: `"second" came 2 times`},
		"out of order":  {carol: []string{"answer"}, bob: []string{"second", "first"}, want: "Bob got lines out of order"},
	} {
		t.Run(name, func(t *testing.T) {
			v := evidence{carol: &person{name: "Carol"}, alice: &person{name: "Alice"}, bob: &person{name: "Bob"}}
			v.lines = []line{{by: v.carol, text: "first"}, {by: v.alice, text: "answer"}, {by: v.alice, text: "y", kind: command}, {by: v.carol, text: "second"}}
			v.events = map[*person][]client.Event{}
			for p, bodies := range map[*person][]string{v.carol: c.carol, v.alice: c.alice, v.bob: c.bob} {
				for _, b := range bodies {
					v.events[p] = append(v.events[p], message(b))
				}
			}
			fact, err := v.deliveries(t.Context())
			if c.want != "" {
				require.ErrorContains(t, err, c.want)
				return
			}
			require.NoError(t, err)
			require.Contains(t, fact, "3 messages")
		})
	}
}

func TestLateLineIsJudged(t *testing.T) {
	back := client.Event{Kind: client.KindMessage, Type: "error", ID: "7"}
	leak := client.Event{Kind: client.KindMessage, Type: "chat", Body: "too late"}
	for name, c := range map[string]struct {
		alice, carol []client.Event
		want         string
	}{
		"refused":   {alice: []client.Event{back}},
		"swallowed": {want: "came back 0 times"},
		"leaked":    {alice: []client.Event{back}, carol: []client.Event{leak}, want: "came to Carol"},
	} {
		t.Run(name, func(t *testing.T) {
			v := evidence{carol: &person{name: "Carol"}, alice: &person{name: "Alice"}, bob: &person{name: "Bob"}}
			v.lines = []line{{by: v.alice, id: "7", text: "too late", kind: tooLate}}
			v.events = map[*person][]client.Event{v.alice: c.alice, v.carol: c.carol}
			_, err := v.lateLine(t.Context())
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestQuotes(t *testing.T) {
	body := "⚙ *Handed over*\nNote: x: y\n> 14:02 Carol: charged twice: 9.90\n> 14:03 Bob: let me check"
	require.Equal(t, []string{"charged twice: 9.90", "let me check"}, quotes(body))
}
