package web_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// A holder who leaves the chat for a moment says so on the page too, in the
// visitor's language, and the chat goes on there.
func TestHold(t *testing.T) {
	w := newWorld(t)
	w.arrive(alice)
	token := w.begin("a", fields{"lang": "de"})
	w.held(alice)
	local := w.only().Local
	s := w.follow(token, 0)
	require.True(t, w.do(desk.Hold{Local: local, By: alice}).On)
	s.text("Einen Moment bitte, Alice ist gleich wieder da.")
	require.False(t, w.do(desk.Hold{Local: local, By: alice}).On)
	s.text("Alice ist wieder da.")
	w.says(alice, "So.")
	s.text("So.")
}
