package component

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/component/wire"
)

// However a server's end comes to our notice, it is told in the same words: what the
// kernel says of it differs with what was in flight.
func TestServerHangsUp(t *testing.T) {
	pair := func(t *testing.T) (*link, *net.TCPConn) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { l.Close() })
		ours, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { ours.Close() })
		theirs, err := l.Accept()
		require.NoError(t, err)
		link := &link{conn: ours, split: wire.New(ours, wire.Limits{}), gone: make(chan struct{})}
		link.wrote = sync.NewCond(&link.mu)
		return link, theirs.(*net.TCPConn)
	}
	reads := func(t *testing.T, l *link) {
		require.Equal(t, errHungUp, l.reader(func(wire.Stanza, error) { t.Error("a stanza") }))
	}
	t.Run("closed", func(t *testing.T) {
		l, server := pair(t)
		require.NoError(t, server.Close())
		reads(t, l)
	})
	t.Run("closed within a stanza", func(t *testing.T) {
		l, server := pair(t)
		_, err := io.WriteString(server, "<message><body>he")
		require.NoError(t, err)
		require.NoError(t, server.Close())
		reads(t, l)
	})
	t.Run("reset", func(t *testing.T) {
		l, server := pair(t)
		require.NoError(t, server.SetLinger(0))
		require.NoError(t, server.Close())
		reads(t, l)
	})
	t.Run("noticed by writing", func(t *testing.T) {
		l, server := pair(t)
		require.NoError(t, server.SetLinger(0))
		require.NoError(t, server.Close())
		go l.writer()
		for l.write([]byte("<presence/>")) {
		}
		<-l.gone
		require.Equal(t, errHungUp, l.cause())
	})
}
