package ejabberd

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// What every make of server must do is tested in integration/server.

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	return s
}

func TestAPI(t *testing.T) {
	s := start(t, Options{Accounts: []Account{{User: "ann", Password: "pw"}}})
	call := func(command string, result any, args map[string]any) {
		t.Helper()
		require.NoError(t, s.API(t.Context(), command, args, result))
	}
	code := -1
	call("check_account", &code, map[string]any{"user": "ann", "host": s.Domain})
	require.Zero(t, code)
	call("check_account", &code, map[string]any{"user": "nobody", "host": s.Domain})
	require.Equal(t, 1, code)

	contact := map[string]any{"localuser": "ann", "localhost": s.Domain, "user": "desk", "host": s.Component,
		"nick": "Transfer desk", "group": "Handoff", "subs": "both"}
	call("add_rosteritem", &code, contact)
	require.Zero(t, code)
	var roster []struct{ JID, Subscription string }
	call("get_roster", &roster, map[string]any{"user": "ann", "server": s.Domain})
	require.Len(t, roster, 1)
	require.Equal(t, "desk@"+s.Component, roster[0].JID)
	call("delete_rosteritem", &code, map[string]any{"localuser": "ann", "localhost": s.Domain, "user": "desk", "host": s.Component})
	call("get_roster", &roster, map[string]any{"user": "ann", "server": s.Domain})
	require.Empty(t, roster)
	call("remove_mam_for_user_with_peer", nil, map[string]any{"user": "ann", "host": s.Domain, "with": "x@" + s.Component})

	var refused *APIError
	err := s.API(t.Context(), "kick_user", map[string]any{"user": "ann", "host": s.Domain}, nil)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusForbidden, refused.Status, "nothing but what is listed is allowed")
}

func TestClear(t *testing.T) {
	ann := Account{User: "ann", Password: "pw"}
	s := start(t, Options{Accounts: []Account{ann, {User: "bob", Password: "pw"}}})
	require.NoError(t, s.API(t.Context(), "add_rosteritem", map[string]any{"localuser": "ann", "localhost": s.Domain,
		"user": "bob", "host": s.Domain, "nick": "Bob", "group": "Friends", "subs": "both"}, nil))
	require.NoError(t, s.Clear(t.Context()))
	require.NoError(t, s.Clear(t.Context()), "an empty one too")
	code := -1
	require.NoError(t, s.API(t.Context(), "check_account", map[string]any{"user": "bob", "host": s.Domain}, &code))
	require.Equal(t, 1, code)

	require.NoError(t, s.Register(ann.User, ann.Password))
	var roster []any
	require.NoError(t, s.API(t.Context(), "get_roster", map[string]any{"user": "ann", "server": s.Domain}, &roster))
	require.Empty(t, roster, "nothing is left of the former account")
}

func TestRegisterNeedsTheServer(t *testing.T) {
	s := start(t, Options{})
	require.Error(t, s.Register("", "pw"))
	require.NoError(t, s.Kill())
	require.ErrorContains(t, s.Register("ann", "pw"), "is the server up?")
}

func TestFailureShowsTheReason(t *testing.T) {
	_, err := Start(t.Context(), Options{ExtraModules: "  mod_of_nobody: {}"})
	require.ErrorContains(t, err, "ended by itself")
	require.ErrorContains(t, err, "mod_of_nobody")
}
