package component_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Whatever answers a login that is no server for components, or one that
// breaks off in the middle: it is left in time, what to do is said, and when a
// real server is there, it is found.
func TestFaultLogin(t *testing.T) {
	const ns = " xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'"
	with := func(attrs string) string {
		return "<stream:stream" + attrs + " from='" + ourDomain + "' id='stream-1'>"
	}
	for name, tt := range map[string]struct {
		header, greeting string
		plan             func(conn net.Conn) net.Conn
		most             time.Duration
		want             string
	}{
		"garbage":          {header: strings.Repeat("\x00\xff garbage", 100), most: 15 * time.Second, want: "is it the component port"},
		"a web server":     {header: "HTTP/1.1 400 Bad Request\r\n\r\n", most: 15 * time.Second, want: "is it the component port"},
		"endless garbage":  {header: "<stream:stream a='" + strings.Repeat("x", 1<<20), want: "more than a login takes"},
		"for clients":      {header: with(" xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'"), want: "jabber:client"},
		"an extra prefix":  {header: with(ns + " xmlns:db='jabber:server:dialback'"), want: "xmlns:db"},
		"another stream":   {header: "<s:stream xmlns='jabber:component:accept' xmlns:s='http://etherx.jabber.org/streams' from='" + ourDomain + "' id='stream-1'>", want: "xmlns:s"},
		"no handshake":     {greeting: "<message/>", want: "is it the component port"},
		"an error":         {greeting: "<stream:error><system-shutdown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>", want: "system-shutdown"},
		"conflict":         {greeting: "<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>", want: "another program is connected as handoff.example.com: stop it"},
		"restarts halfway": {plan: func(conn net.Conn) net.Conn { return &ration{Conn: conn, read: 1000, write: 100} }, want: "unexpected EOF"},
		"restarts at the end": {plan: func(conn net.Conn) net.Conn {
			return &ration{Conn: conn, read: 1000, write: len(header) + len("<handsh")}
		}, want: "unexpected EOF"},
		"never speaks": {plan: func(conn net.Conn) net.Conn { go io.Copy(io.Discard, conn); return nil }, most: 15 * time.Second, want: "longer than 15s"},
		"never reads":  {plan: func(conn net.Conn) net.Conn { return nil }, most: 15 * time.Second, want: "longer than 15s"},
	} {
		t.Run(name, func(t *testing.T) {
			trouble(t, func(t *testing.T, w *troubled) {
				if tt.header != "" {
					w.header = tt.header
				}
				if tt.greeting != "" {
					w.greeting = tt.greeting
				}
				if tt.plan != nil {
					w.plan = func(_ int, conn net.Conn) net.Conn { return tt.plan(conn) }
				}
				w.start()
				w.pass(tt.most)
				up, why := w.component.Connected()
				require.False(t, up)
				require.Contains(t, why, tt.want)
				w.pass(5 * time.Minute)
				require.False(t, w.up())
				for i := 1; i < len(w.dials); i++ {
					require.GreaterOrEqual(t, w.dials[i].Sub(w.dials[i-1]), 250*time.Millisecond)
				}
				require.LessOrEqual(t, len(w.dials), 25)
				require.LessOrEqual(t, w.flaws(), len(w.dials), "a line for each attempt")
				w.with(func() { w.header, w.greeting, w.plan = header, "<handshake/>", nil })
				w.pass(45 * time.Second)
				require.True(t, w.up(), "it takes over")
			})
		})
	}
}

// A stream that ends with an error says why, also a newcomer's that took the
// place, and what comes before it counts.
func TestFaultStreamError(t *testing.T) {
	trouble(t, func(t *testing.T, w *troubled) {
		w.talking()
		require.True(t, w.says("carol@example.net/phone", "front", "m0"))
		require.True(t, w.send("<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"+
			"<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>Replaced by a new connection</text></stream:error>"))
		w.settle()
		up, why := w.component.Connected()
		require.False(t, up)
		require.Contains(t, why, "conflict: Replaced by a new connection")
		w.pass(time.Minute)
		require.True(t, w.up())
		require.Equal(t, []string{"m0"}, w.sees(robo, "m"))
	})
}

// ration ends a connection after so many bytes.
type ration struct {
	net.Conn
	mu    sync.Mutex // writers come one after the other, from several goroutines
	read  int
	write int
}

func (r *ration) Read(p []byte) (int, error) {
	if r.read == 0 {
		r.Close()
		return 0, io.EOF
	}
	n, err := r.Conn.Read(p[:min(len(p), r.read)])
	r.read -= n
	return n, err
}

func (r *ration) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, err := r.Conn.Write(p[:min(len(p), r.write)])
	r.write -= n
	if n < len(p) && err == nil {
		r.Close()
		err = io.ErrClosedPipe
	}
	return n, err
}
