package handoff

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What is noted goes to agents alone, takes its place in the dialog, and
// changes nothing else.
func TestNote(t *testing.T) {
	c := Conversation{Caller: "carol", Holder: "alice", Phase: Active, Guests: []Party{"bob", "ben"}, Aside: "adam", Session: 1, Epoch: 3, Seq: 7}
	for name, tt := range map[string]struct {
		conv Conversation
		note Note
		want []Effect
	}{
		"of the holder": {c, Note{By: "alice"}, []Effect{Line{Seq: 8, Epoch: 3, By: "alice", Private: true},
			Copy{Seq: 8, Epoch: 3, By: "alice", To: "bob"}, Copy{Seq: 8, Epoch: 3, By: "alice", To: "ben"}}},
		"of a guest": {c, Note{By: "ben"}, []Effect{Line{Seq: 8, Epoch: 3, By: "ben", Private: true},
			Copy{Seq: 8, Epoch: 3, By: "ben", To: "alice"}, Copy{Seq: 8, Epoch: 3, By: "ben", To: "bob"}}},
		"for the holder alone": {c, Note{By: "sue", To: "alice"}, []Effect{Line{Seq: 8, Epoch: 3, By: "sue", To: "alice", Private: true}}},
		"while it waits": {Conversation{Caller: "carol", Phase: Waiting, Session: 1, Guests: []Party{"bob"}}, Note{By: "bob"},
			[]Effect{Line{Seq: 1, By: "bob", Private: true}}},
	} {
		next, fx, err := tt.conv.Step(time.Time{}, tt.note)
		require.NoError(t, err, name)
		require.Equal(t, tt.want, fx, name)
		tt.conv.Seq++
		require.Equal(t, tt.conv, next, name)
	}
	for name, tt := range map[string]struct {
		conv Conversation
		note Note
		want error
	}{
		"of the caller":   {c, Note{By: "carol"}, ErrNotHolder},
		"of nobody":       {c, Note{}, ErrNotHolder},
		"for the caller":  {c, Note{By: "sue", To: "carol"}, ErrNotHolder},
		"for a guest":     {c, Note{By: "sue", To: "bob"}, ErrNotHolder},
		"for oneself":     {c, Note{By: "alice", To: "alice"}, ErrNotHolder},
		"no session":      {Conversation{Caller: "carol"}, Note{By: "alice"}, ErrNoSession},
		"nobody holds it": {Conversation{Caller: "carol", Phase: Waiting}, Note{By: "sue", To: "alice"}, ErrNotHolder},
	} {
		next, fx, err := tt.conv.Step(time.Time{}, tt.note)
		require.ErrorIs(t, err, tt.want, name)
		require.Empty(t, fx, name)
		require.Equal(t, tt.conv, next, name)
	}
}
