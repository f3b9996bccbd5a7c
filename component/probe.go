package component

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"mellium.im/xmpp/stream"

	"baton/component/wire"
	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// maxProbe is the largest stanza that a probe takes, in bytes.
const maxProbe = 1 << 20

// ProbeConfig is what a probe needs of a [Config].
type ProbeConfig struct {
	Domain, Address, Secret string
	Dial                    func(context.Context) (net.Conn, error)
	Roster                  string            // one of the strategies
	EjabberdAPI             string            // where ejabberd serves mod_http_api; empty: nowhere
	HTTP                    http.RoundTripper // carries requests to that; nil: the usual way
	Agents                  []string          // bare addresses
}

// Probe is a login like the service's that looks at the server and serves
// nobody: who writes to it gets an error, as from a service that is down.
type Probe struct {
	c      *Component
	l      *link
	wg     sync.WaitGroup
	echoed atomic.Int64 // requests of ours to ourselves that came back
}

// Why a login fails.
var (
	ErrUnreachable = errors.New("the server cannot be reached")
	ErrSecret      = errors.New("the server refused the login")
	ErrDomain      = errors.New("the server knows no such component")
	ErrConflict    = errors.New("another program is connected for the same domain")
	ErrNoServer    = errors.New("no server for components answered there")
)

// Login connects once. Its error wraps one of those above. ctx bounds the login
// only.
func Login(ctx context.Context, cfg ProbeConfig) (*Probe, error) {
	conn, err := cfg.Dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	l, err := negotiate(ctx, conn, cfg.Domain, cfg.Secret, wire.Limits{Stanza: maxProbe})
	if ctx.Err() != nil && err != nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", loginReason(err), err)
	}
	return newProbe(cfg, l), nil
}

// loginReason is [explain] for programs.
func loginReason(err error) error {
	var se stream.Error
	if !errors.As(err, &se) {
		return ErrNoServer
	}
	switch se.Err {
	case stream.NotAuthorized.Err:
		return ErrSecret
	case stream.HostUnknown.Err:
		return ErrDomain
	case stream.Conflict.Err:
		return ErrConflict
	}
	return ErrNoServer
}

func newProbe(cfg ProbeConfig, l *link) *Probe {
	dir := &desk.Directory{}
	for _, a := range cfg.Agents {
		dir.Agents = append(dir.Agents, desk.Agent{JID: handoff.Party(a)})
	}
	p := &Probe{l: l, c: New(Config{Domain: cfg.Domain, Address: cfg.Address, Roster: cfg.Roster, EjabberdAPI: cfg.EjabberdAPI,
		HTTP: cfg.HTTP, Log: slog.New(slog.DiscardHandler), Desk: desk.New(desk.Config{Domain: cfg.Domain, Directory: dir})})}
	p.c.rosters.hosts = map[string]*rosterHost{}
	for _, a := range cfg.Agents {
		host := serverOf(a)
		p.c.rosters.hosts[host] = &rosterHost{name: host, chosen: make(chan struct{}), news: make(chan struct{}, 1)}
	}
	p.c.link.Store(l)
	p.wg.Go(l.writer)
	p.wg.Go(func() {
		err := l.reader(p.take)
		l.fail(err)
		p.c.link.Store(nil)
		l.conn.Close()
		p.c.iqs.abort()
	})
	return p
}

// Gone is closed when the connection has ended.
func (p *Probe) Gone() <-chan struct{} { return p.l.gone }

// Close closes the stream in order.
func (p *Probe) Close() {
	p.l.close()
	p.l.conn.SetReadDeadline(time.Now().Add(settleTimeout))
	p.wg.Wait()
	if p.c.rosters.api != nil {
		p.c.rosters.api.close()
	}
}

// take deals with one stanza off the stream.
func (p *Probe) take(st wire.Stanza, over error) {
	text := func(raw []byte) string { return string(wire.Unescape(nil, raw)) }
	h := stanza.Header{Kind: string(st.Local), From: text(st.From), To: text(st.To), ID: text(st.ID), Type: text(st.Type)}
	ours := strings.EqualFold(h.From, p.c.cfg.Domain)
	switch {
	case h.From == "" || h.Kind == "presence":
	case h.Kind == "iq" && (h.Type == "result" || h.Type == "error"):
		p.c.iqs.answered(st, h.From, h.ID)
	case h.Kind == "iq" && ours:
		p.echoed.Add(1)
		p.l.write(iqStanza(nil, "result", h.To, h.From, h.ID, nil))
	case h.Kind == "iq":
		p.l.write(h.Fail(stanza.ServiceUnavailable, ""))
	case h.Type == "error" || ours || over == nil && p.c.rosters.granted(incoming{Stanza: st, header: h}):
	case h.Kind == "message":
		p.l.write(h.Fail(stanza.RecipientUnavailable, "The service is not running just now. Try again later."))
	}
}

// Refused is what an error that answers a request says.
type Refused struct{ Condition string } // RFC 6120 §8.3.3; empty: none that is known

func (e *Refused) Error() string { return "the server refused: " + e.Condition }

// Ask sends an IQ of type get, with the component's domain or an address in it as
// sender, and decodes the whole answer into answer, unless that is nil. The error
// is a [*Refused], ctx's, or that of a broken connection.
func (p *Probe) Ask(ctx context.Context, from, to, payload string, answer any) error {
	type result struct {
		raw []byte
		err error
	}
	done := make(chan result, 1)
	p.c.iqs.send(from, to, "get", []byte(payload), negotiateTimeout, func(r reply, err error) {
		if err == nil && r.failed {
			err = &Refused{r.condition()}
		}
		done <- result{bytes.Clone(r.Raw), err}
	})
	select {
	case r := <-done:
		if r.err != nil || answer == nil {
			return r.err
		}
		return xml.Unmarshal(r.raw, answer)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Echo sends ourselves a request of about that many bytes through the server, and
// answers it. It returns how long that took, and whether it came to us: a server
// that has several connections for one domain may give it to another.
func (p *Probe) Echo(ctx context.Context, size int) (took time.Duration, ours bool, err error) {
	const empty = "<ping xmlns='urn:xmpp:ping'></ping>"
	domain := p.c.cfg.Domain
	around := len(iqStanza(nil, "get", domain, domain, strings.Repeat("x", 64), []byte(empty))) // more than an id has
	payload := strings.Replace(empty, "><", ">"+strings.Repeat(".", max(0, size-around))+"<", 1)
	before, begun := p.echoed.Load(), time.Now()
	err = p.Ask(ctx, domain, domain, payload, nil)
	return time.Since(begun), p.echoed.Load() > before, err
}

// Broken returns why the connection ended, in words; empty while it stands or
// when the server ended it without a word.
func (p *Probe) Broken() string {
	err := p.l.cause()
	if err == nil || errors.Is(err, errHungUp) || errors.Is(err, wire.ErrClosed) || errors.Is(err, io.EOF) {
		return ""
	}
	return err.Error()
}
