package metrics_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/metrics"
)

func get(t *testing.T, h http.Handler, method, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w.Code, w.Body.String()
}

func TestHealth(t *testing.T) {
	connected := false
	h := metrics.Health(
		metrics.Check{Name: "store", Ok: func() (bool, string) { return true, "" }},
		metrics.Check{Name: "server", Ok: func() (bool, string) { return connected, "the server cannot be reached" }},
	)
	code, body := get(t, h, "GET", "/healthz")
	require.Equal(t, http.StatusOK, code)
	require.JSONEq(t, `{"status":"ok"}`, body)

	code, body = get(t, h, "GET", "/readyz")
	require.Equal(t, http.StatusServiceUnavailable, code)
	require.JSONEq(t, `{"status":"not ready","store":"ok","server":"the server cannot be reached"}`, body)

	connected = true
	code, body = get(t, h, "GET", "/readyz")
	require.Equal(t, http.StatusOK, code)
	require.JSONEq(t, `{"status":"ok","store":"ok","server":"ok"}`, body)

	code, _ = get(t, h, "POST", "/readyz")
	require.Equal(t, http.StatusMethodNotAllowed, code)
}
