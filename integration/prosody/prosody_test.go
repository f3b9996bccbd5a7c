package prosody

import (
	"context"
	"crypto/sha1"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

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

func TestRegisterWhileStopped(t *testing.T) {
	s := start(t, Options{})
	require.NoError(t, s.Kill())
	require.NoError(t, s.Register("ann", "pw"))
	require.FileExists(t, s.DataDir+"/example%2ecom/accounts/ann.dat")
}

func TestFailureShowsTheReason(t *testing.T) {
	_, err := Start(context.Background(), Options{ExtraGlobal: "this is no Lua"})
	require.ErrorContains(t, err, "ended by itself")
	require.ErrorContains(t, err, "syntax error")
}

func TestWrongOptions(t *testing.T) {
	_, err := Start(t.Context(), Options{ConflictResolve: "both"})
	require.ErrorContains(t, err, "ConflictResolve")
}

// exchange opens a stream, and sends each line once what it waits for has arrived.
func exchange(t *testing.T, addr, ns, to string) (conn net.Conn, await func(text string) string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	fmt.Fprintf(conn, "<stream:stream xmlns='%s' xmlns:stream='http://etherx.jabber.org/streams' to='%s' version='1.0'>", ns, to)
	return conn, func(text string) string {
		t.Helper()
		var got []byte
		for b := make([]byte, 1); !strings.Contains(string(got), text); got = append(got, b...) {
			_, err := conn.Read(b)
			require.NoError(t, err, "waiting for %s, got %s", text, got)
		}
		return string(got)
	}
}

func TestConflictsAreResolvedAsAsked(t *testing.T) {
	join := func(s *Server) (net.Conn, func(string) string) {
		conn, await := exchange(t, s.ComponentAddr, "jabber:component:accept", s.Component)
		header := await("id='") + await("'")
		id := strings.TrimSuffix(header[strings.LastIndex(header, "id='")+4:], "'")
		fmt.Fprintf(conn, "<handshake>%x</handshake>", sha1.Sum([]byte(id+s.Secret)))
		return conn, await
	}
	old := start(t, Options{Secret: `s"e\'c`, ConflictResolve: "kick_old"})
	_, awaitFirst := join(old)
	require.Contains(t, awaitFirst("</privilege>"), "urn:xmpp:privilege:2")
	_, awaitSecond := join(old)
	awaitSecond("</privilege>")
	awaitFirst("conflict")

	newcomer := start(t, Options{})
	_, awaitFirst = join(newcomer)
	awaitFirst("</privilege>")
	_, awaitSecond = join(newcomer)
	awaitSecond("conflict")
}

func TestNamesAndStrings(t *testing.T) {
	for in, want := range map[string]string{
		"ann": "ann", "agent-a": "agent%2da", "example.com": "example%2ecom", "jürgen": "j%c3%bcrgen", "a/../b": "a%2f%2e%2e%2fb",
	} {
		require.Equal(t, want, storeName(in))
	}
	for in, want := range map[string]string{
		"pw": `"pw"`, `"]]; os.exit()`: `"\034]]; os.exit()"`, `a\n`: `"a\092n"`, "ü\n1": `"\195\188\0101"`,
	} {
		require.Equal(t, want, luaString(in))
	}
}
