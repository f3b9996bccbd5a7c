package live

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// tap is a link to a server that a test can hold: while held, nothing that is
// sent to the server arrives there; what the server sends does. It keeps what
// flowed over the newest connection.
type tap struct {
	addr string // to connect to
	to   string // the server

	mu       sync.Mutex
	free     chan struct{} // closed while not held
	up, down []byte
	conns    map[net.Conn]bool
	closed   bool
	work     sync.WaitGroup
}

func newTap(t *testing.T, to string) *tap {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &tap{addr: listener.Addr().String(), to: to, free: make(chan struct{}), conns: map[net.Conn]bool{}}
	close(p.free)
	p.work.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			p.carry(conn)
		}
	})
	t.Cleanup(func() {
		p.release()
		listener.Close()
		p.mu.Lock()
		p.closed = true
		for c := range p.conns {
			c.Close()
		}
		p.mu.Unlock()
		p.work.Wait()
	})
	return p
}

// carry connects a connection to the server. One that the server refuses is
// closed.
func (p *tap) carry(near net.Conn) {
	far, err := net.Dial("tcp", p.to)
	if err != nil {
		near.Close()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.up, p.down = nil, nil
	if p.closed {
		near.Close()
		far.Close()
		return
	}
	p.conns[near], p.conns[far] = true, true
	p.work.Go(func() { p.pump(near, far, &p.up, true) })
	p.work.Go(func() { p.pump(far, near, &p.down, false) })
}

// pump copies one direction and then ends both ends: an XMPP stream whose one
// direction is closed is over.
func (p *tap) pump(from, to net.Conn, seen *[]byte, gated bool) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		p.mu.Lock()
		*seen = append(*seen, buf[:n]...)
		free := p.free
		p.mu.Unlock()
		if gated {
			<-free
		}
		if n > 0 {
			if _, werr := to.Write(buf[:n]); werr != nil {
				err = werr
			}
		}
		if err != nil {
			from.Close()
			to.Close()
			p.mu.Lock()
			delete(p.conns, from)
			delete(p.conns, to)
			p.mu.Unlock()
			return
		}
	}
}

// hold keeps back what is sent to the server from now on.
func (p *tap) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = make(chan struct{})
}

// release lets everything through again.
func (p *tap) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.free:
	default:
		close(p.free)
	}
}

// flowed returns what was sent to the server, and by it.
func (p *tap) flowed() (up, down string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.up), string(p.down)
}
