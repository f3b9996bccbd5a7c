package component

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

func TestRemoveCopyByAPI(t *testing.T) {
	s, e := newAPI(t, map[string]http.HandlerFunc{"/api/remove_mam_for_user_with_peer": says(200, `"MAM archive removed"`)})
	require.NoError(t, e.removeCopy(t.Context(), "alice@example.com", "carol.k3v7tq2m@handoff.example.com"))
	require.Equal(t, []string{
		`POST /api/remove_mam_for_user_with_peer {"host":"example.com","user":"alice","with":"carol.k3v7tq2m@handoff.example.com"}`,
	}, s.asked)

	_, e = newAPI(t, map[string]http.HandlerFunc{"/api/remove_mam_for_user_with_peer": says(403, `{"status":"error"}`)})
	err := e.removeCopy(t.Context(), "alice@example.com", "carol.k3v7tq2m@handoff.example.com")
	require.ErrorContains(t, err, "api_permissions")
	require.NotErrorIs(t, err, desk.ErrNever, "it is tried again")
}

// Who gets a copy is who has the session when it is taken, not who had it when
// that was decided.
func TestHeir(t *testing.T) {
	e := handoff.Surrender{To: "alice@example.com", Heir: "bob@example.com", Epoch: 2}
	for name, tt := range map[string]struct {
		conv handoff.Conversation
		want handoff.Party
	}{
		"as it was":                     {handoff.Conversation{Holder: "bob@example.com", Epoch: 2}, "bob@example.com"},
		"handed on":                     {handoff.Conversation{Holder: "ben@example.com", Epoch: 3}, "ben@example.com"},
		"waits, or ended":               {handoff.Conversation{Epoch: 2}, "bob@example.com"},
		"handed on, and waits or ended": {handoff.Conversation{Epoch: 3}, ""},
	} {
		require.Equal(t, tt.want, heirOf(desk.Conversation{Conversation: tt.conv}, e), name)
	}
}

func TestCopyRequest(t *testing.T) {
	require.Equal(t, `<rows xmlns='urn:xmpp:handoff:archive:0' user='o&#39;neil' with='a&amp;b@handoff.example.com'/>`,
		string(copyRequest("rows", "user", "o'neil", "with", "a&b@handoff.example.com", "after", "")))
}
