package component

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	mcomponent "mellium.im/xmpp/component"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stream"

	"baton/component/wire"
	"baton/fault"
)

// Times of a link.
const (
	negotiateTimeout = 15 * time.Second
	writeTimeout     = 20 * time.Second
	closeTimeout     = 5 * time.Second
)

// maxUnwritten bounds what waits for the server to read. A server that lets
// this much pile up is not reading, and the link is given up.
const maxUnwritten = 16 << 20

// maxAhead bounds how many bytes of the outbox wait for the server to read.
const maxAhead = 1 << 20

const (
	maxLogin = 16 << 10 // bytes of a server's side of a login
	maxWrite = 16 << 10 // bytes the server must take within writeTimeout
)

var (
	errBacklog  = errors.New("the server does not read what we send")
	errHalfOpen = errors.New("the server does not answer: the connection is dead")
	errClosing  = errors.New("closing down")
	errHungUp   = errors.New("the server closed it without a word, as when it stops")
)

// link is one established stream. mellium negotiates it (XEP-0114 §3); from then
// on it is read and written by bytes, with limits and deadlines of our own.
type link struct {
	conn  net.Conn
	ear   *ear
	split *wire.Splitter

	mu    sync.Mutex
	out   []byte        // not written yet
	busy  bool          // what was in out is being written
	wrote *sync.Cond    // out was taken, or the link failed
	err   error         // why the link failed
	gone  chan struct{} // closed when it failed
}

// dribble lets a reader have one byte at a time, so that it cannot take more
// than it parses: what mellium's decoder would buffer beyond the handshake
// would be lost to us. Deadlines are ours to set: mellium's goroutine for them
// may still run when the handshake is over, and break the link it made.
type dribble struct {
	net.Conn
	seen *[]byte // what was read
}

func (dribble) SetDeadline(time.Time) error      { return nil }
func (dribble) SetReadDeadline(time.Time) error  { return nil }
func (dribble) SetWriteDeadline(time.Time) error { return nil }

func (d dribble) Read(p []byte) (int, error) {
	if len(p) > 1 {
		p = p[:1]
	}
	if len(*d.seen) > maxLogin {
		return 0, fmt.Errorf("the server said more than a login takes: %d bytes", maxLogin)
	}
	n, err := d.Conn.Read(p)
	*d.seen = append(*d.seen, p[:n]...)
	return n, err
}

// checkHeader refuses a stream whose header binds other namespaces than ours
// does (XEP-0114 §3): the bytes of a stanza would mean something else to us, and
// to whom they are relayed.
func checkHeader(login []byte) error {
	d := xml.NewDecoder(bytes.NewReader(login))
	for {
		tok, err := d.RawToken()
		if err != nil {
			return err
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		ns := ""
		for _, a := range start.Attr {
			switch {
			case a.Name == xml.Name{Local: "xmlns"}:
				ns = a.Value
			case a.Name.Space == "xmlns" && (a.Name.Local != "stream" || a.Value != wire.NSStream):
				return fmt.Errorf("the server's stream header declares xmlns:%s=%q, which no stream for components does", a.Name.Local, a.Value)
			}
		}
		if ns != mcomponent.NSAccept {
			return fmt.Errorf("the server's stream is in namespace %q, not in %q", ns, mcomponent.NSAccept)
		}
		return nil
	}
}

// ear counts the bytes it heard.
type ear struct {
	io.Reader
	heard atomic.Int64
}

func (e *ear) Read(p []byte) (int, error) {
	n, err := e.Reader.Read(p)
	e.heard.Add(int64(n))
	return n, err
}

// negotiate logs in over conn and takes it over; conn is closed on failure.
func negotiate(ctx context.Context, conn net.Conn, domain, secret string, limits wire.Limits) (*link, error) {
	addr, err := jid.Parse(domain)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("component.domain %q: %w", domain, err)
	}
	ctx, cancel := context.WithTimeout(ctx, negotiateTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	var login []byte
	_, err = mcomponent.NewSession(ctx, addr, []byte(secret), dribble{conn, &login})
	if err == nil {
		err = checkHeader(login)
	}
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		if ctx.Err() != nil {
			return nil, fmt.Errorf("logging in took longer than %v", negotiateTimeout)
		}
		return nil, err
	}
	conn.SetDeadline(time.Time{})
	l := &link{conn: conn, ear: &ear{Reader: conn}, gone: make(chan struct{})}
	l.split = wire.New(l.ear, limits)
	l.wrote = sync.NewCond(&l.mu)
	return l, nil
}

// write queues whole stanzas. It never blocks and takes nothing after the link
// failed: whoever needs to know has what they sent in the outbox.
func (l *link) write(stanzas []byte) (taken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return false
	}
	if len(l.out)+len(stanzas) > maxUnwritten {
		l.failLocked(errBacklog)
		return false
	}
	l.out = append(l.out, stanzas...)
	l.wrote.Broadcast()
	return true
}

// written reports whether the server, or the system on the way to it, has taken
// all there is.
func (l *link) written() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.out) == 0 && !l.busy
}

// fail ends the link; the first reason stays.
func (l *link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failLocked(err)
}

func (l *link) failLocked(err error) {
	if l.err != nil {
		return
	}
	l.err = err
	close(l.gone)
	l.wrote.Broadcast()
	if !errors.Is(err, errClosing) {
		l.conn.Close()
	}
}

// cause returns why the link failed, nil while it stands.
func (l *link) cause() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// writer writes what is queued, all there is at once, until the link fails.
func (l *link) writer() {
	var buf []byte
	for {
		l.mu.Lock()
		for len(l.out) == 0 && l.err == nil {
			l.busy = false
			l.wrote.Wait()
		}
		buf, l.out = l.out, buf[:0]
		l.busy = len(buf) > 0
		l.wrote.Broadcast()
		closing := l.err
		l.mu.Unlock()
		if closing != nil && !errors.Is(closing, errClosing) {
			return
		}
		for part := range slices.Chunk(buf, maxWrite) { // a server that is slow, and goes on, is not dead
			l.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			fault.Point("link.write.before")
			if _, err := l.conn.Write(part); hungUp(err) { // found out before the reader did
				l.fail(errHungUp)
				return
			} else if err != nil {
				l.fail(fmt.Errorf("writing to the server: %w", err))
				return
			}
		}
		fault.Point("link.write.after")
		if closing != nil {
			l.conn.SetWriteDeadline(time.Now().Add(closeTimeout))
			io.WriteString(l.conn, "</stream:stream>")
			fault.Point("close.stream-ended")
			return
		}
	}
}

// reader hands every stanza to handle until the stream ends or breaks. The
// stanza is valid during the call only. A stanza over a limit comes with its
// *wire.LimitError.
func (l *link) reader(handle func(wire.Stanza, error)) error {
	for {
		st, err := l.split.Next()
		var over *wire.LimitError
		switch {
		case err == nil && st.Is(wire.NSStream, "error"):
			return fmt.Errorf("the server closed the stream: %s", streamError(st))
		case err == nil:
			handle(st, nil)
		case errors.As(err, &over):
			handle(st, err)
		case hungUp(err):
			return errHungUp
		default:
			return err
		}
	}
}

// hungUp reports whether err is what reading or writing says once the peer has
// closed the connection. Which of the four it is depends on what was in flight:
// a peer that closes with bytes of ours unread resets.
func hungUp(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// streamError returns what a stream error says (RFC 6120 §4.9).
func streamError(st wire.Stanza) string {
	text := ""
	for c := range st.Children {
		if string(c.Local) == "text" {
			text = ": " + string(c.AppendText(nil))
		}
	}
	for c := range st.Children {
		if string(c.Local) != "text" {
			return string(c.Local) + text
		}
	}
	return "no reason given" + text
}

// close ends the stream in order: what is queued is written, the stream is
// closed, and the reader reads on to the server's own end of stream.
func (l *link) close() { l.fail(errClosing) }

// explain says what to do about a login that failed.
func explain(err error, domain, address string) string {
	var se stream.Error
	switch {
	case errors.As(err, &se) && se.Err == stream.NotAuthorized.Err:
		return fmt.Sprintf("the server refused the login: compare component.secret with the secret the server has for %s, and component.domain with its name there", domain)
	case errors.As(err, &se) && se.Err == stream.HostUnknown.Err:
		return fmt.Sprintf("the server at %s knows no component %s: add it to the server, or correct component.domain; if it is there, component.address is not the port for components", address, domain)
	case errors.As(err, &se) && se.Err == stream.InvalidNamespace.Err: // ejabberd; Prosody says that it knows no such host
		return fmt.Sprintf("the server at %s expects somebody else there: component.address is not the port for components", address)
	case errors.As(err, &se) && se.Err == stream.Conflict.Err:
		return fmt.Sprintf("another program is connected as %s: stop it (one connection serves a domain), or let the server prefer the newcomer (Prosody: component_conflict_resolve = \"kick_old\")", domain)
	case isNetError(err):
		return fmt.Sprintf("the server cannot be reached at %s: start it, or correct component.address", address)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Sprintf("the server at %s closed the connection without a word: is it the component port (component.address)?", address)
	}
	return fmt.Sprintf("logging in at %s failed: is it the component port (component.address)?", address)
}

func isNetError(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}
