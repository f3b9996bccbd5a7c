package server

import (
	"context"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/throwaway"
)

// patience is for what comes at once, on a machine that has much else to do.
const patience = time.Minute

func answers(t *testing.T, s Server) {
	t.Helper()
	a := s.Addr()
	require.NoError(t, throwaway.Greet(t.Context(), a.C2S, "jabber:client", a.Domain))
	require.NoError(t, throwaway.Greet(t.Context(), a.ComponentAddr, "jabber:component:accept", a.Component))
}

func refuses(t *testing.T, addr string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err == nil {
		conn.Close()
	}
	require.Error(t, err, "somebody still listens on %s", addr)
}

// logIn is a login with a password, refused or not.
func logIn(t *testing.T, s Server, user, password string) error {
	t.Helper()
	c, err := client.Dial(t.Context(), client.Options{JID: user + "@" + s.Addr().Domain, Password: password, Addr: s.Addr().C2S})
	if err == nil {
		require.NoError(t, c.Close())
	}
	return err
}

func TestStartAndStopLeaveNothing(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s, err := Start(t.Context(), name, Options{Accounts: []Account{{User: "ann", Password: "pw"}}, Anonymous: "anon.example.com"})
		require.NoError(t, err)
		require.Equal(t, name, s.Name())
		answers(t, s)
		require.NoError(t, throwaway.Greet(t.Context(), s.Addr().C2S, "jabber:client", "anon.example.com"))
		require.NoError(t, logIn(t, s, "ann", "pw"))
		require.Error(t, logIn(t, s, "ann", "another"))
		require.NotZero(t, s.Pid())
		ended := s.Done()

		require.NoError(t, s.Stop())
		<-ended
		require.Zero(t, s.Pid())
		require.NoDirExists(t, s.Addr().Dir)
		refuses(t, s.Addr().C2S)
		require.NoError(t, s.Stop(), "a second Stop is fine")
	})
}

func TestKillAndRestartKeepPortsAndData(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		dir := t.TempDir()
		require.NoError(t, os.Chmod(dir, 0o755))
		s := start(t, name, Options{Dir: dir})
		before := s.Addr()
		require.NoError(t, s.Register("ann", "pw"))
		require.NoError(t, s.Register("bob.o-name", "old"))
		require.NoError(t, s.Kill(), "at once: what was registered is there")
		<-s.Done()
		refuses(t, before.ComponentAddr)

		require.NoError(t, s.Restart(t.Context()))
		require.NoError(t, s.Restart(t.Context()), "of a running server too")
		answers(t, s)
		require.Equal(t, before, s.Addr())
		require.NoError(t, logIn(t, s, "ann", "pw"))
		require.NoError(t, logIn(t, s, "bob.o-name", "old"))
		require.NoError(t, s.Register("bob.o-name", "new"))
		require.Error(t, logIn(t, s, "bob.o-name", "old"))
		require.NoError(t, logIn(t, s, "bob.o-name", "new"))

		require.NoError(t, s.Stop())
		require.DirExists(t, s.Addr().Dir, "a folder that was asked for stays")
	})
}

func TestSurvivesTheThreadThatStartedIt(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		type result struct {
			s   Server
			err error
		}
		started := make(chan result)
		go func() {
			runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
			s, err := Start(context.Background(), name, Options{})
			started <- result{s, err}
		}()
		r := <-started
		require.NoError(t, r.err)
		defer func() { require.NoError(t, r.s.Stop()) }()
		for range 20 { // force the runtime to have disposed of the thread
			runtime.Gosched()
		}
		answers(t, r.s)
	})
}

func TestTakenPortIsNoticed(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := start(t, name, Options{Dir: t.TempDir()})
		require.NoError(t, s.Kill())
		taken := s.Addr().HTTP
		squatter, err := net.Listen("tcp", taken)
		require.NoError(t, err)
		defer squatter.Close()

		err = s.Restart(t.Context())
		require.ErrorIs(t, err, throwaway.ErrPortTaken)
		require.ErrorContains(t, err, taken[strings.Index(taken, ":")+1:], "the log names it")
		refuses(t, s.Addr().C2S)
		again, ok := s.(interface{ Launch(context.Context) error })
		require.True(t, ok)
		require.NoError(t, again.Launch(t.Context()), "as Start does it")
		require.NotEqual(t, taken, s.Addr().HTTP)
		answers(t, s)
	})
}

func TestFailureShowsTheReason(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := start(t, name, Options{Dir: t.TempDir()})
		require.NoError(t, s.Kill())
		require.NoError(t, os.WriteFile(s.Addr().ConfigFile, []byte("neither: [Lua nor YAML\n"), 0o644))
		err := s.Restart(t.Context())
		require.ErrorContains(t, err, "ended by itself")
		require.ErrorContains(t, err, filepath.Base(s.Addr().ConfigFile))
	})
}

func TestStartObeysItsContext(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := Start(ctx, name, Options{})
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestWrongOptions(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		_, err := Start(t.Context(), name, Options{LogLevel: "warn"})
		require.ErrorContains(t, err, "LogLevel")
	})
	_, err := Start(t.Context(), "openfire", Options{})
	require.ErrorContains(t, err, "prosody, ejabberd")
	require.ErrorContains(t, Find("openfire"), "prosody, ejabberd")
}

func TestWaitLog(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := start(t, name, Options{})
		port := s.Addr().C2S[strings.Index(s.Addr().C2S, ":")+1:]
		require.NoError(t, s.WaitLog(t.Context(), port))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := s.WaitLog(ctx, "never said")
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorContains(t, err, port, "shows what was logged")
	})
}

// exchange opens a stream, and reads on to what is awaited.
func exchange(t *testing.T, addr, ns, to string) (conn net.Conn, await func(text string) string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
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
	onEach(t, func(t *testing.T, name string) {
		s := start(t, name, Options{})
		conn, await := exchange(t, s.Addr().C2S, "jabber:client", s.Addr().Domain)
		await("</stream:features>")
		fmt.Fprint(conn, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
		await("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
		roots := x509.NewCertPool()
		text, err := os.ReadFile(s.Addr().CertFile)
		require.NoError(t, err)
		require.True(t, roots.AppendCertsFromPEM(text))
		require.NoError(t, tls.Client(conn, &tls.Config{ServerName: s.Addr().Domain, RootCAs: roots}).Handshake())
	})
}

func TestComponentIsPrivileged(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := start(t, name, Options{Secret: `s"e\'c`})
		conn, await := exchange(t, s.Addr().ComponentAddr, "jabber:component:accept", s.Addr().Component)
		header := await(" id=") + await(">")
		id := strings.FieldsFunc(header[strings.LastIndex(header, " id=")+4:], func(r rune) bool { return strings.ContainsRune(`'" >`, r) })[0]
		fmt.Fprintf(conn, "<handshake>%x</handshake>", sha1.Sum([]byte(id+s.Addr().Secret)))
		require.Contains(t, await("</privilege>"), s.Facts().Privilege)
	})
}

func TestFind(t *testing.T) {
	for _, name := range Makes() {
		require.NoError(t, Find(name))
	}
	here := t.TempDir()
	for name, c := range map[string]struct {
		bin, usual, needs, want string
	}{
		"in PATH":              {"sh", "/nowhere", here, "/sh"},
		"at the usual place":   {"no-such-program", here, here, here},
		"missing":              {"no-such-program", "/nowhere", here, ""},
		"missing module":       {"sh", "/nowhere", "/nowhere", ""},
		"neither is installed": {"no-such-program", "/nowhere", "/nowhere", ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := throwaway.Program{Title: "it", Name: c.bin, Usual: c.usual, Needs: []string{c.needs}, Install: "run scripts/install-deps.sh"}
			got, err := p.Find()
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
