// Package client is a small real XMPP client, for the demo and for live tests: it logs in, keeps its roster, answers
// what a client must answer, and remembers everything it received, in order, as the exact bytes that came.
//
// mellium.im/xmpp negotiates the stream; from then on the stream is read and written here, so that no payload, however
// strange, can end it. It speaks plain TCP and is meant for loopback.
package client

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"time"

	"mellium.im/xmpp/jid"
)

const (
	writeTimeout = 10 * time.Second
	closeTimeout = 2 * time.Second
	// defaultWait bounds waits whose context has no deadline.
	defaultWait = 20 * time.Second
)

// Options say who logs in where, and what kind of client it is.
type Options struct {
	JID      string // bare: "ann@example.com"
	Password string
	Resource string // empty: the server picks one
	Addr     string // "127.0.0.1:5222"

	Name     string   // of the software, as service discovery tells it; default "Baton test client"
	Features []string // announced beside the basic ones, in discovery and in presence (XEP-0115)
	Carbons  bool     // receive copies of what one's other clients send and receive (XEP-0280)
	Quiet    bool     // at login, neither fetch the roster nor send presence
	IQ       IQHandler
	Logger   *slog.Logger // every stanza at level debug; nil: silent
}

// Client is a logged-in client. Its methods may be used by several goroutines.
type Client struct {
	opts Options
	me   jid.JID // bare until bind, then full and constant
	caps string  // the <c/> of our presence

	conn    net.Conn
	in      *bufio.Reader
	stream  *splitter // of what comes after mellium's part
	writeMu sync.Mutex

	log     journal
	mu      sync.Mutex // guards the fields below
	pending map[string]pendingIQ
	roster  map[string]RosterItem
	handler IQHandler

	ctx    context.Context // of handlers; over when the stream has ended
	cancel context.CancelFunc
	ours   bool // we closed it; guarded by mu
	err    error
	done   chan struct{}
	work   sync.WaitGroup
}

// Dial logs in. On return the roster is fetched and the server has dealt with our presence (both unless Quiet). ctx
// bounds the login only.
func Dial(ctx context.Context, o Options) (*Client, error) {
	address, err := jid.Parse(o.JID)
	if err != nil {
		return nil, fmt.Errorf("client: %q is no JID: %w", o.JID, err)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Name == "" {
		o.Name = "Baton test client"
	}
	ctx, cancel := withDefaultWait(ctx)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, fmt.Errorf("client: cannot reach the server of %s: %w", o.JID, err)
	}
	c := &Client{
		opts: o, me: address.Bare(), conn: conn, in: bufio.NewReader(conn), handler: o.IQ,
		pending: map[string]pendingIQ{}, roster: map[string]RosterItem{}, done: make(chan struct{}),
	}
	c.log.init()
	c.caps = capsElement(o)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	if err := c.login(ctx); err != nil {
		c.Kill()
		return nil, fmt.Errorf("client: login of %s: %w", o.JID, err)
	}
	return c, nil
}

func (c *Client) login(ctx context.Context) error {
	if err := c.negotiate(ctx); err != nil {
		c.finish(err)
		return err
	}
	c.work.Go(c.read)
	c.work.Go(c.serve)
	if c.opts.Carbons {
		if _, err := c.IQ(ctx, "", "set", "<enable xmlns='"+nsCarbons+"'/>"); err != nil {
			return fmt.Errorf("carbons: %w", err)
		}
	}
	if c.opts.Quiet {
		return nil
	}
	if err := c.fetchRoster(ctx); err != nil {
		return err
	}
	if err := c.SetPresence("", ""); err != nil {
		return err
	}
	return c.Ping(ctx, "") // the server works in order: the pong says it has dealt with our presence
}

// JID is our full address, Bare the one without resource.
func (c *Client) JID() string { return c.me.String() }

// Bare is our address without the resource.
func (c *Client) Bare() string { return c.me.Bare().String() }

// Done is closed when the stream has ended, whoever ended it.
func (c *Client) Done() <-chan struct{} { return c.done }

// Err says why the stream ended: nil while it lives, and after our own Close or Kill.
func (c *Client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ours {
		return nil
	}
	return c.err
}

// Close logs out in order: unavailable presence, end of stream, and the server's own end of stream awaited (2 s at
// most). It returns when nothing of the client is left running; it may be called again, and after Kill.
func (c *Client) Close() error {
	c.closing()
	if c.write("<presence type='unavailable'/></stream:stream>") == nil {
		select {
		case <-c.done:
		case <-time.After(closeTimeout):
		}
	}
	return c.hangUp()
}

// Kill drops the connection without a farewell, as a crash would.
func (c *Client) Kill() {
	c.closing()
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // reset, rather than an orderly end of the connection
	}
	_ = c.hangUp()
}

func (c *Client) closing() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ours = true
}

func (c *Client) isOurs() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ours
}

// finish notes the end of the stream and tells everybody who waits.
func (c *Client) finish(err error) {
	c.mu.Lock()
	c.err = err
	c.mu.Unlock()
	_ = c.conn.Close()
	c.cancel()
	c.log.end()
	close(c.done)
}

// ended says, as an error, that and why the stream has ended.
func (c *Client) ended() error {
	if err := c.Err(); err != nil {
		return fmt.Errorf("the stream has ended: %w", err)
	}
	return errors.New("the stream has ended: we closed it")
}

func (c *Client) hangUp() error {
	c.cancel()
	err := c.conn.Close()
	c.work.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// write sends bytes as they are. What cannot be written ends the connection: half a stanza may be out.
func (c *Client) write(xml string) error {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	c.opts.Logger.Debug("sent", "jid", c.opts.JID, "xml", xml)
	err := c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if err == nil {
		_, err = io.WriteString(c.conn, xml)
	}
	if err != nil {
		_ = c.conn.Close()
		return fmt.Errorf("client: %s cannot send: %w", c.opts.JID, err)
	}
	return nil
}

func newID() string { return rand.Text()[:12] }

func withDefaultWait(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, defaultWait)
}
