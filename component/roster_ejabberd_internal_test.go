package component

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/stanza"
)

// apiServer plays mod_http_api: answers by command, and what was asked.
type apiServer struct {
	*httptest.Server
	asked []string
}

func newAPI(t *testing.T, answers map[string]http.HandlerFunc) (*apiServer, *ejabberdAPI) {
	s := &apiServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		require.True(t, json.Valid(body))
		require.Equal(t, "application/json", r.Header.Get("Content-Type"))
		require.Empty(t, r.Header.Get("Authorization"))
		s.asked = append(s.asked, r.Method+" "+r.URL.Path+" "+string(body))
		answers[r.URL.Path](w, r)
	}))
	t.Cleanup(s.Close)
	e := newEjabberdAPI(s.URL+"/api/", nil)
	t.Cleanup(e.close)
	return s, e
}

// says answers as ejabberd 23.01 does.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status); io.WriteString(w, body) }
}

func TestEjabberdAPI(t *testing.T) {
	carol := stanza.RosterItem{JID: "carol.k3v7tq2m@handoff.example.com", Name: `Carol "C" · #1`, Subscription: "both", Groups: []string{"Handoff: support"}}
	s, e := newAPI(t, map[string]http.HandlerFunc{
		"/api/check_account":     says(200, "0"),
		"/api/add_rosteritem":    says(200, "0"),
		"/api/delete_rosteritem": says(200, "0"),
		"/api/get_roster": says(200, `[{"jid":"x@example.com","nick":"","subscription":"both","ask":"undefined","group":"A"},`+
			`{"jid":"x@example.com","nick":"","subscription":"both","ask":"undefined","group":"B"},`+
			`{"jid":"desk@handoff.example.com","nick":"Transfer desk","subscription":"to","ask":"undefined","group":""}]`),
	})
	require.NoError(t, e.put(t.Context(), "alice@example.com", carol))
	require.NoError(t, e.remove(t.Context(), "alice@example.com", carol.JID))
	items, err := e.get(t.Context(), "alice@example.com")
	require.NoError(t, err)
	require.Equal(t, []stanza.RosterItem{{JID: "x@example.com", Subscription: "both", Groups: []string{"A", "B"}},
		{JID: "desk@handoff.example.com", Name: "Transfer desk", Subscription: "to"}}, items)
	require.Equal(t, []string{
		`POST /api/check_account {"host":"example.com","user":"alice"}`,
		`POST /api/add_rosteritem {"group":"Handoff: support","host":"handoff.example.com","localhost":"example.com","localuser":"alice",` +
			`"nick":"Carol \"C\" · #1","subs":"both","user":"carol.k3v7tq2m"}`,
		`POST /api/delete_rosteritem {"host":"handoff.example.com","localhost":"example.com","localuser":"alice","user":"carol.k3v7tq2m"}`,
		`POST /api/get_roster {"host":"example.com","user":"alice"}`,
	}, s.asked)
}

func TestEjabberdAPIUnknownAccount(t *testing.T) {
	s, e := newAPI(t, map[string]http.HandlerFunc{"/api/check_account": says(200, "1"), "/api/delete_rosteritem": says(200, "0")})
	err := e.put(t.Context(), "nobody@example.com", stanza.RosterItem{JID: "desk@handoff.example.com"})
	require.ErrorIs(t, err, errNoAccount)
	require.ErrorIs(t, err, desk.ErrNever, "trying again writes no account")
	require.Len(t, s.asked, 1, "no row that belongs to nobody")
	require.NoError(t, e.remove(t.Context(), "nobody@example.com", "desk@handoff.example.com"))
}

func TestEjabberdAPIFails(t *testing.T) {
	elsewhere := httptest.NewServer(says(200, "0"))
	defer elsewhere.Close()
	over := make(chan struct{})
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"another result": {says(200, "1"), "delete_rosteritem answered 1"},
		"error":          {says(500, `"internal_error"`), "delete_rosteritem: HTTP 500; see ejabberd's log"},
		"denied":         {says(403, `{"status":"error","code":32,"message":"no"}`), "in api_permissions"},
		"password":       {says(401, ""), "in api_permissions"},
		"no command":     {says(404, `{"status":"error","code":40,"message":"Endpoint not found."}`), "load mod_admin_extra"},
		"a page":         {says(200, "<html>secret-of-somebody</html>"), "is roster.ejabberd_api the address of mod_http_api?"},
		"sent elsewhere": {http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect).ServeHTTP, "HTTP 307"},
		"timeout":        {func(_ http.ResponseWriter, r *http.Request) { <-over }, "deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			_, e := newAPI(t, map[string]http.HandlerFunc{"/api/delete_rosteritem": tt.answer})
			if name == "timeout" {
				e.http.Timeout = 50 * time.Millisecond
				defer close(over)
			}
			err := e.remove(t.Context(), "alice@example.com", "desk@handoff.example.com")
			require.ErrorContains(t, err, tt.want)
			require.NotErrorIs(t, err, desk.ErrNever, "it is tried again")
			require.NotContains(t, err.Error(), "secret-of-somebody")
		})
	}
}

func TestEjabberdAPIAway(t *testing.T) {
	s, e := newAPI(t, nil)
	s.Close()
	require.ErrorContains(t, e.remove(t.Context(), "alice@example.com", "desk@handoff.example.com"), "connection refused")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, e.remove(ctx, "alice@example.com", "desk@handoff.example.com"), context.Canceled)
}
