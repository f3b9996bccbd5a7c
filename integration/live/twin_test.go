package live

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/server"
)

// Where the server takes a second connection and spreads what it routes, the
// program that was started last finds out, stops serving and says so; the first
// one goes on.
func TestSecondCopyStandsAside(t *testing.T) {
	t.Parallel()
	t.Log("not on Prosody: it refuses a second connection")
	w := serve(t, server.Ejabberd, nil)
	second := &world{t: t, server: w.server, dir: dataDir(t)}
	second.configure(w.server.Addr().ComponentAddr, func(s settings) settings { return s.with("http.listen", "127.0.0.1:0") })
	second.start()
	_, url, _ := strings.Cut(second.baton.Says(t, "/readyz"), "health")
	second.baton.Says(t, "msg=connected")
	second.baton.Says(t, "this one has stopped serving")
	status, body := get(t, strings.TrimSpace(url))
	require.Equal(t, http.StatusServiceUnavailable, status)
	require.Contains(t, body["server"], "stop the other and then start this one again")

	// The first one knows only if it got two of the other's pings before that left.
	alice, ann := w.agent("alice", "gajim", nil), w.dial("ann", "phone", nil)
	w.open(ann, alice, "anybody there?")
	require.Equal(t, 1, strings.Count(second.baton.Output(), "msg=connected"))
}
