package prosody

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// orphanEnv makes this test binary a parent that starts a server, says where, and waits to be killed.
const orphanEnv = "BATON_TEST_PROSODY_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(orphanEnv); dir != "" {
		s, err := Start(context.Background(), Options{Dir: dir})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(s.C2S)
		_, _ = io.Copy(io.Discard, os.Stdin) // until killed, or until the test that started us is gone
		_ = s.Stop()
		return
	}
	goleak.VerifyTestMain(m)
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	return s
}

func answers(t *testing.T, s *Server) {
	t.Helper()
	require.NoError(t, greet(t.Context(), s.C2S, "jabber:client", s.Domain))
	require.NoError(t, greet(t.Context(), s.ComponentAddr, "jabber:component:accept", s.Component))
}

func refuses(t *testing.T, addr string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err == nil {
		conn.Close()
	}
	require.Error(t, err, "somebody still listens on %s", addr)
}

func TestStartAndStopLeaveNothing(t *testing.T) {
	s, err := Start(t.Context(), Options{Accounts: []Account{{"ann", "pw"}}, Anonymous: "anon.example.com"})
	require.NoError(t, err)
	answers(t, s)
	require.NoError(t, greet(t.Context(), s.C2S, "jabber:client", "anon.example.com"))
	require.NotZero(t, s.Pid())
	ended := s.Done()

	require.NoError(t, s.Stop())
	<-ended
	require.Zero(t, s.Pid())
	require.NoDirExists(t, s.Dir)
	refuses(t, s.C2S)
	require.NoError(t, s.Stop(), "a second Stop is fine")
}

func TestKillAndRestartKeepPortsAndData(t *testing.T) {
	dir := t.TempDir()
	s := start(t, Options{Dir: dir})
	before := s.ComponentAddr
	require.NoError(t, s.Register("ann", "pw"))

	require.NoError(t, s.Kill())
	<-s.Done()
	refuses(t, s.ComponentAddr)

	require.NoError(t, s.Restart(t.Context()))
	require.NoError(t, s.Restart(t.Context()), "of a running server too")
	answers(t, s)
	require.Equal(t, before, s.ComponentAddr)
	require.FileExists(t, s.files.data+"/example%2ecom/accounts/ann.dat")

	require.NoError(t, s.Stop())
	require.DirExists(t, s.Dir, "a folder that was asked for stays")
}

func TestSurvivesTheThreadThatStartedIt(t *testing.T) {
	type result struct {
		s   *Server
		err error
	}
	started := make(chan result)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		s, err := Start(context.Background(), Options{})
		started <- result{s, err}
	}()
	r := <-started
	require.NoError(t, r.err)
	defer func() { require.NoError(t, r.s.Stop()) }()
	for range 20 { // force the runtime to have disposed of the thread
		runtime.Gosched()
	}
	answers(t, r.s)
}

func TestTakenPortIsNoticed(t *testing.T) {
	s := start(t, Options{Dir: t.TempDir()})
	require.NoError(t, s.Kill())
	squatter, err := net.Listen("tcp", s.HTTP)
	require.NoError(t, err)
	defer squatter.Close()

	err = s.Restart(t.Context())
	require.ErrorIs(t, err, errPortTaken)
	require.ErrorContains(t, err, s.HTTP[strings.Index(s.HTTP, ":")+1:], "the log names it")
	refuses(t, s.C2S)
	require.NoError(t, s.startOnFreePorts(t.Context()), "as Start does it")
	answers(t, s)
}

func TestFailureShowsTheReason(t *testing.T) {
	_, err := Start(t.Context(), Options{ExtraGlobal: "this is no Lua"})
	require.ErrorContains(t, err, "ended by itself")
	require.ErrorContains(t, err, "syntax error")
}

func TestStartObeysItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Start(ctx, Options{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestWrongOptions(t *testing.T) {
	_, err := Start(t.Context(), Options{LogLevel: "warn"})
	require.ErrorContains(t, err, "LogLevel")
	_, err = Start(t.Context(), Options{ConflictResolve: "both"})
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

func TestOffersTLSWithItsCertificate(t *testing.T) {
	s := start(t, Options{})
	conn, await := exchange(t, s.C2S, "jabber:client", s.Domain)
	await("</stream:features>")
	fmt.Fprint(conn, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
	await("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
	roots := x509.NewCertPool()
	text, err := os.ReadFile(s.CertFile)
	require.NoError(t, err)
	require.True(t, roots.AppendCertsFromPEM(text))
	require.NoError(t, tls.Client(conn, &tls.Config{ServerName: s.Domain, RootCAs: roots}).Handshake())
}

func TestComponentIsPrivilegedAndConflictsAreResolvedAsAsked(t *testing.T) {
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

func TestWaitLog(t *testing.T) {
	s := start(t, Options{})
	require.NoError(t, s.WaitLog(t.Context(), "Activated service"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := s.WaitLog(ctx, "never said")
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "Activated service", "shows what was logged")
}

func TestFind(t *testing.T) {
	here := t.TempDir()
	for name, c := range map[string]struct {
		bin, usual, module, want string
	}{
		"in PATH":              {"sh", "/nowhere", here, "/sh"},
		"at the usual place":   {"no-such-program", here, here, here},
		"missing":              {"no-such-program", "/nowhere", here, ""},
		"missing privilege":    {"sh", "/nowhere", "/nowhere", ""},
		"neither is installed": {"no-such-program", "/nowhere", "/nowhere", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := find(c.bin, c.usual, c.module)
			if c.want != "" {
				require.NoError(t, err)
				require.True(t, strings.HasSuffix(got, c.want), got)
				return
			}
			require.ErrorIs(t, err, ErrNotInstalled)
			require.ErrorContains(t, err, "scripts/install-deps.sh")
		})
	}
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
