package live

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/server"
)

// begin starts the program against a server that it may not come to terms with.
func begin(t *testing.T, server server.Server, change func(settings) settings) *world {
	t.Helper()
	w := &world{t: t, server: server, dir: dataDir(t)}
	w.configure(server.Addr().ComponentAddr, change)
	w.start()
	return w
}

// complains waits for an error that begins so and holds the other texts: what is
// wrong, what to do, and when it is tried again.
func (w *world) complains(from int, texts ...string) {
	w.t.Helper()
	line := w.baton.SaysSince(w.t, from, "level=ERROR msg=\""+texts[0])
	for _, text := range texts[1:] {
		require.Contains(w.t, line, text)
	}
	require.Contains(w.t, line, "again_in=")
}

// edit changes the server's configuration, for its next start.
func edit(t *testing.T, s server.Server, was, is string) {
	t.Helper()
	file := s.Addr().ConfigFile
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), was)
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(string(text), was, is)), 0o600))
}

func TestWrongSecret(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		server := startServer(t, on, server.Options{Secret: "another"})
		w := begin(t, server, nil)
		w.complains(0, "the server refused the login", "component.secret", service)
		t.Log("it is corrected at the server")
		edit(t, server, `"another"`, `"`+secret+`"`)
		require.NoError(t, server.Restart(t.Context()))
		w.baton.Says(t, "msg=connected")
	})
}

func TestUnknownDomain(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := begin(t, startServer(t, on, server.Options{}), func(s settings) settings {
			return s.with("component.domain", "handoff.example.net")
		})
		if w.server.Facts().NamesUnknownComponent {
			w.complains(0, "the server at "+w.server.Addr().ComponentAddr+" knows no component handoff.example.net",
				"add it to the server, or correct component.domain")
		} else {
			w.complains(0, "the server refused the login", "has for handoff.example.net", "component.domain")
		}
		w.baton.Term(t)
		require.Zero(t, w.baton.Exits(t), "SIGTERM while not connected")
	})
}

func TestServerDownThenUp(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		server := startServer(t, on, server.Options{})
		require.NoError(t, server.Kill())
		w := begin(t, server, nil)
		w.complains(0, "the server cannot be reached at "+server.Addr().ComponentAddr, "start it, or correct component.address")
		require.NoError(t, server.Restart(t.Context()))
		w.baton.Says(t, "msg=connected")

		t.Log("it is restarted in order")
		w.agent("bert", "b", nil) // the last in the list: all rosters are written, nothing is under way
		from := w.baton.Here()
		require.NoError(t, server.Restart(t.Context()))
		w.complains(from, "the connection to the server broke", "the server closed it without a word, as when it stops")
		w.baton.SaysSince(t, from, "msg=connected")

		t.Log("it crashes")
		from = w.baton.Here()
		require.NoError(t, server.Kill())
		w.complains(from, "the connection to the server broke")
		w.baton.Term(t)
		require.Zero(t, w.baton.Exits(t), "SIGTERM while not connected")
	})
}

func TestClientsPortInsteadOfTheComponents(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		server := startServer(t, on, server.Options{})
		w := begin(t, server, func(s settings) settings { return s.with("component.address", server.Addr().C2S) })
		w.complains(0, "the server at "+server.Addr().C2S, "component.address is not the port for components")
	})
}

// The database is locked by the first: the second ends at once.
func TestSecondCopyWithTheSameDatabase(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, nil)
		file := filepath.Join(w.dir, "baton.json")
		second := launch(t, binary, "serve", "--config", file)
		require.Equal(t, 1, second.Exits(t), second.Output())
		require.Contains(t, second.Output(), "in process ")
		require.Contains(t, second.Output(), filepath.Join(w.dir, "baton.db"))
		require.Contains(t, second.Output(), "stop that one first, or give this one a database of its own")
		orderly(t, second)
		alice, ann := w.agent("alice", "a", nil), w.dial("ann", "c", nil)
		w.open(ann, alice, "the first works on")
	})
}

// The server keeps the first connection: the second says so and waits its turn.
// ejabberd would let the second in and give each of them a part of the stanzas
// (server.Facts.OneConnection): there is nothing that a program could be told.
func TestSecondCopyWithAnotherDatabase(t *testing.T) {
	t.Parallel()
	first := serve(t, server.Prosody, nil)
	require.True(t, first.server.Facts().OneConnection)
	second := begin(t, first.server, nil)
	second.complains(0, "another program is connected as "+service)
	alice, ann := first.agent("alice", "a", nil), first.dial("ann", "c", nil)
	first.open(ann, alice, "the first works on")

	first.baton.Term(t)
	require.Zero(t, first.baton.Exits(t))
	second.baton.Says(t, "msg=connected")
}
