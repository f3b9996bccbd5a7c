package sms_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/integration/sms/smsc"
)

// A holder who leaves the chat for a moment says so to a phone too, in the
// number's language.
func TestHold(t *testing.T) {
	w := newWorld(t, smsc.Options{})
	w.smsc.Write(phone, german, "Hallo")
	conv := w.session(alice)
	for _, want := range []string{"Einen Moment bitte, Alice ist gleich wieder da.", "Alice ist wieder da."} {
		before := len(w.shows())
		_, err := w.desk.Do(t.Context(), desk.Hold{Local: conv.Local, By: alice})
		require.NoError(t, err)
		w.until(func() bool { return len(w.shows()) == before+1 }, "%s", want)
		require.Equal(t, want, w.shows()[before])
	}
}
