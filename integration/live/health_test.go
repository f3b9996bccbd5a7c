package live

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/server"
)

// Alive as long as the process answers, ready as long as the server is there.
func TestHealth(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		server := startServer(t, on, server.Options{})
		require.NoError(t, server.Kill())
		w := begin(t, server, func(s settings) settings { return s.with("http.listen", "127.0.0.1:0") })
		_, url, found := strings.Cut(w.baton.Says(t, "/readyz"), "health")
		require.True(t, found)
		ready := strings.TrimSpace(url)
		alive := strings.TrimSuffix(ready, "readyz") + "healthz"

		w.complains(0, "the server cannot be reached")
		status, body := get(t, alive)
		require.Equal(t, http.StatusOK, status, body)
		status, body = get(t, ready)
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.Equal(t, "not ready", body["status"])
		require.Contains(t, body["server"], "the server cannot be reached at "+server.Addr().ComponentAddr, "it says why")

		require.NoError(t, server.Restart(t.Context()))
		w.baton.Says(t, "msg=connected")
		status, body = get(t, ready)
		require.Equal(t, http.StatusOK, status, body)
		require.Equal(t, map[string]string{"status": "ok", "server": "ok"}, body)

		require.NoError(t, server.Kill())
		w.baton.Says(t, "the connection to the server broke")
		status, body = get(t, ready)
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.NotEmpty(t, body["server"])
		status, _ = get(t, alive)
		require.Equal(t, http.StatusOK, status)
	})
}

func get(t *testing.T, url string) (status int, body map[string]string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	req.Close = true // leaves no goroutine behind
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &body), string(text))
	return resp.StatusCode, body
}
