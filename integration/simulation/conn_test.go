package simulation

import (
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// half is one direction of a connection. It takes whatever is written.
type half struct {
	mu    sync.Mutex
	woken *sync.Cond
	data  []byte
	err   error // what a reader gets behind the data
	late  bool  // the read deadline is over
	timer *time.Timer
}

func newHalf() *half {
	h := &half{}
	h.woken = sync.NewCond(&h.mu)
	return h
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case len(h.data) > 0:
			n := copy(p, h.data)
			h.data = h.data[n:]
			return n, nil
		case h.err != nil:
			return 0, h.err
		case h.late:
			return 0, os.ErrDeadlineExceeded
		}
		h.woken.Wait()
	}
}

func (h *half) write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		return 0, io.ErrClosedPipe
	}
	h.data = append(h.data, p...)
	h.woken.Broadcast()
	return len(p), nil
}

func (h *half) end(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err == nil {
		h.err = err
	}
	h.woken.Broadcast()
}

// lose ends it, and what was not read is gone.
func (h *half) lose() {
	h.mu.Lock()
	h.data = nil
	h.mu.Unlock()
	h.end(io.EOF)
}

func (h *half) deadline(t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.timer != nil {
		h.timer.Stop()
	}
	h.late = false
	if t.IsZero() {
		return
	}
	if d := time.Until(t); d > 0 {
		h.timer = time.AfterFunc(d, h.expire)
		return
	}
	h.late = true
	h.woken.Broadcast()
}

func (h *half) expire() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.late = true
	h.woken.Broadcast()
}

// conn is one end of a connection in memory. Writing never blocks.
type conn struct{ in, out *half }

func newConns() (a, b *conn) {
	there, back := newHalf(), newHalf()
	return &conn{there, back}, &conn{back, there}
}

func (c *conn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.out.write(p) }

// Close lets the other side read what was written before.
func (c *conn) Close() error {
	c.out.end(io.EOF)
	c.in.end(net.ErrClosed)
	return nil
}

// cut breaks the connection: what is under way is lost.
func (c *conn) cut() {
	c.out.lose()
	c.in.lose()
}

func (c *conn) SetDeadline(t time.Time) error     { c.in.deadline(t); return nil }
func (c *conn) SetReadDeadline(t time.Time) error { c.in.deadline(t); return nil }
func (c *conn) SetWriteDeadline(time.Time) error  { return nil }
func (c *conn) LocalAddr() net.Addr               { return nil }
func (c *conn) RemoteAddr() net.Addr              { return nil }
