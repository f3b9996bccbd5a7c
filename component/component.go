// Package component is the XMPP adapter: it connects to the server as an
// external component (XEP-0114), hands what comes in to the desk, and carries out
// what the desk's outbox holds.
//
// The way of a stanza: the reader (link.go) splits it off the stream,
// receive.go finds out whose business it is, a request goes to the desk, and its
// callback answers after the commit. Nothing on that way waits for a reply.
// The way out: the outbox calls Perform (perform.go), which writes stanzas and
// asks for a sign that they arrived (ack.go).
package component

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"baton/component/wire"
	"baton/desk"
	"baton/fault"
)

// Config is what a Component is made of.
type Config struct {
	Domain  string // the component's domain
	Address string // where Dial connects to, for messages to people
	Secret  string
	Dial    func(context.Context) (net.Conn, error)
	Desk    *desk.Desk
	Archive desk.Archive   // what queries of an archive are answered from; nil: none is
	Admin   Administration // how agents and queues are changed; nil: not while the service runs
	Log     *slog.Logger
	Version string

	Prefix      string                    // starts a command in chat, "!"
	Mark        string                    // starts the service's own lines, "⚙ "
	Replies     []Reply                   // canned ones
	StatusPause time.Duration             // how long the desk's status line stays at least; 0: 5 s; below: for ever
	Settle      time.Duration             // pause after a handover message
	RosterGroup func(queue string) string // name of the contacts' group, of a queue's title; nil or empty: one in the agent's language
	Roster      string                    // one of the strategies, RosterAuto and so on; empty: RosterAuto
	EjabberdAPI string                    // where ejabberd serves mod_http_api; empty: nowhere
	HTTP        http.RoundTripper         // carries requests to that; nil: the usual way
	MaxStanza   int                       // bytes of one stanza; 0: 64 KiB
	MaxBody     int                       // bytes of a message's text; 0: 16 KiB
	Rate        Rate                      // how much one sender may send
	SelfPing    time.Duration             // 0: 15 s
	AskVersion  bool                      // ask the agents' servers what they are, for the log
	// Jitter returns a random part below d of the pause before the next attempt
	// to connect, so that several do not come back at once; nil: any.
	Jitter func(d time.Duration) time.Duration
}

// Component is one connection to the server, made again when it breaks.
type Component struct {
	cfg  Config
	desk *desk.Desk
	log  *slog.Logger

	link    atomic.Pointer[link] // nil while there is none
	iqs     requests
	acks    acks
	agents  agents
	rosters *rosters
	copies  copies
	archive archive
	twin    twin
	avatars avatars
	owed    owed
	limit   limiter
	calm    throttle
	names   atomic.Pointer[namebook]
	voices  voices
	forms   forms
	readers readers
	status  status
	started time.Time
	mark    string // cfg.Mark as people see it

	mu        sync.Mutex
	lastError string
}

// New makes a component of a configuration.
func New(cfg Config) *Component {
	if cfg.MaxBody == 0 {
		cfg.MaxBody = 16 << 10
	}
	if cfg.SelfPing == 0 {
		cfg.SelfPing = 15 * time.Second
	}
	if cfg.Jitter == nil {
		cfg.Jitter = rand.N[time.Duration]
	}
	c := &Component{cfg: cfg, desk: cfg.Desk, log: cfg.Log, started: time.Now(), mark: visible(cfg.Mark)}
	c.iqs.c = c
	c.acks.c = c
	c.agents.c = c
	c.archive.c = c
	c.twin = newTwin(c)
	c.rosters = newRosters(c)
	c.copies.c = c
	allowed := func() *allowance { return &allowance{} }
	c.limit = limiter{c: c, senders: newRecent(allowed), domains: newRecent(allowed)}
	c.calm = newThrottle()
	c.status.c = c
	c.desk.OnFigures(c.status.changed)
	c.desk.OnSign(desk.XMPP, c.showSign)
	return c
}

// Connected reports whether the link stands; if not, why.
func (c *Component) Connected() (bool, string) {
	if why := c.twin.reason(); why != "" {
		return false, why
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link.Load() != nil, c.lastError
}

// settleTimeout is how long a closing link waits for signs of arrival.
const settleTimeout = 2 * time.Second

// Pauses between two attempts to connect.
const (
	minPause = 500 * time.Millisecond
	maxPause = 20 * time.Second
)

// Run connects and serves, again whenever the link breaks, until ctx ends; then
// it closes the stream in order, reads it to the end, answers what it read, and returns.
func (c *Component) Run(ctx context.Context) error {
	pause := minPause
	for ctx.Err() == nil {
		began := time.Now()
		err := c.serve(ctx)
		if ctx.Err() != nil {
			c.farewell()
			return nil
		}
		if c.twin.stays(ctx) {
			return nil
		}
		if time.Since(began) > maxPause {
			pause = minPause
		}
		wait := pause/2 + c.cfg.Jitter(pause)
		c.note(err.Error())
		c.log.Error(err.Error(), "again_in", wait.Round(time.Millisecond))
		pause = min(2*pause, maxPause)
		fault.Point("link.lost")
		select {
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	return nil
}

func (c *Component) note(err string) {
	c.mu.Lock()
	c.lastError = err
	c.mu.Unlock()
}

// serve connects once and serves until the link breaks or ctx ends.
func (c *Component) serve(ctx context.Context) error {
	conn, err := c.cfg.Dial(ctx)
	if err != nil {
		return &linkError{explain(err, c.cfg.Domain, c.cfg.Address), err}
	}
	fault.Point("link.dialed")
	l, err := negotiate(ctx, conn, c.cfg.Domain, c.cfg.Secret, wire.Limits{Stanza: c.cfg.MaxStanza})
	if err != nil {
		return &linkError{explain(err, c.cfg.Domain, c.cfg.Address), err}
	}
	fault.Point("link.logged-in")
	c.link.Store(l)
	c.note("")
	c.log.Info("connected", "domain", c.cfg.Domain, "server", c.cfg.Address)
	endRosters := c.rosters.begin(context.WithoutCancel(ctx))
	endCopies := c.copies.begin(context.WithoutCancel(ctx))
	c.agents.connected(ctx)
	c.nameServers()

	var wg sync.WaitGroup
	wg.Go(l.writer)
	wg.Go(func() { c.selfPing(l) })
	wg.Go(func() { c.archive.serve(l) })
	wg.Go(func() { c.closeOrderly(ctx, l) })
	c.desk.Outbox().Up(desk.XMPP, c)
	fault.Point("link.up")
	// What was read before the stream ends is taken, whatever ends it.
	err = l.reader(func(st wire.Stanza, err error) { c.receive(context.WithoutCancel(ctx), st, err) })
	inOrder := errors.Is(l.cause(), errClosing) && errors.Is(err, wire.ErrClosed)
	fault.Point("link.down")
	l.fail(err)
	c.link.Store(nil)
	c.desk.Outbox().Down(desk.XMPP)
	l.conn.Close()
	wg.Wait()
	c.iqs.abort()
	c.acks.abort(inOrder)
	fault.Point("link.aborted")
	endCopies()
	endRosters()
	if cause := l.cause(); cause != nil && !errors.Is(cause, errClosing) {
		err = cause
	}
	return &linkError{"the connection to the server broke", err}
}

// closeOrderly closes the stream when ctx ends: nothing new is sent, what was
// sent has time to arrive, and the reader goes on to the server's own end of
// stream.
func (c *Component) closeOrderly(ctx context.Context, l *link) {
	select {
	case <-ctx.Done():
		fault.Point("close.asked")
		c.desk.Outbox().Down(desk.XMPP)
		c.acks.wait(settleTimeout)
		fault.Point("close.settled")
		c.owed.close()
		l.close()
		l.conn.SetReadDeadline(time.Now().Add(closeTimeout))
	case <-l.gone:
	}
}

// linkError is a connection's failure, in words for people first.
type linkError struct {
	text  string
	cause error
}

func (e *linkError) Error() string { return e.text + " (" + e.cause.Error() + ")" }
func (e *linkError) Unwrap() error { return e.cause }

// selfPing asks the server to route a ping to ourselves and gives the link up
// when it does not come back: a half-open connection shows no other sign.
func (c *Component) selfPing(l *link) {
	t := time.NewTimer(c.cfg.SelfPing)
	defer t.Stop()
	for {
		select {
		case <-l.gone:
			return
		case <-t.C:
			if !l.written() { // it would be asked late: whether the server is dead is the writer's to find out
				t.Reset(time.Second)
				continue
			}
			t.Reset(c.cfg.SelfPing)
			before := l.ear.heard.Load()
			c.iqs.send(c.cfg.Domain, c.cfg.Domain, "get", []byte("<ping xmlns='urn:xmpp:ping'/>"), c.cfg.SelfPing,
				func(_ reply, err error) {
					if errors.Is(err, errNoReply) && l.ear.heard.Load() == before { // else it is only slow
						l.fail(errHalfOpen)
					}
				})
		}
	}
}

// write sends stanzas over the link there is; without one they are dropped,
// which only matters to what is in the outbox, and that is performed again. It
// reports whether the link took them; what is too large for any counts as taken.
func (c *Component) write(stanzas []byte) (taken bool) {
	if len(stanzas) > maxPost { // an answer can be larger than what it answers: 64 KiB of ' are 320 in an id
		c.provokedBy(slog.LevelWarn, recipient(stanzas), "an answer to them was not sent: larger than a client takes", "bytes", len(stanzas))
		return true
	}
	l := c.link.Load()
	return l != nil && l.write(stanzas)
}

// bare returns an address without its resource.
func bare(addr string) string {
	b, _, _ := strings.Cut(addr, "/")
	return b
}
