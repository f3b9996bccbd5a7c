// Package gateway has the ways to phones that speak HTTP: Kannel's, and the
// shape that Twilio made common. Both cut long texts themselves and know their
// messages by identifiers, so that nothing here has to.
package gateway

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"baton/sms/gsm"
	"baton/sms/mobile"
)

// Bounds of what is read of others.
const (
	maxForm   = 64 << 10 // of a callback, in bytes
	maxAnswer = 64 << 10
)

// timeout is how long a gateway may take to take a message.
const timeout = 20 * time.Second

// Common is what both kinds have.
type Common struct {
	Name  string
	Allow []netip.Prefix // who may call back; empty: everybody who has the secret
	Log   *slog.Logger
	HTTP  *http.Client // nil: one with a timeout
}

func (c Common) withDefaults() Common {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.HTTP == nil {
		c.HTTP = &http.Client{Timeout: timeout}
	}
	return c
}

// base is a gateway's part of a carrier.
type base struct {
	Common
	mu sync.Mutex
	h  mobile.Handler // nil: it does not run
}

// Run hands what the gateway calls back with to h until ctx ends.
func (b *base) Run(ctx context.Context, h mobile.Handler) {
	b.mu.Lock()
	b.h = h
	b.mu.Unlock()
	h.Up(b.Common.Name)
	<-ctx.Done()
	b.mu.Lock()
	b.h = nil
	b.mu.Unlock()
	h.Down(b.Common.Name)
}

// Name returns what the settings call it.
func (b *base) Name() string { return b.Common.Name }

// Cut returns the segments that the gateway will make.
func (b *base) Cut(text string) gsm.Message { return gsm.Cut(text, gsm.Options{}) }

// Whole reports that a text is submitted at once.
func (b *base) Whole() bool { return true }

func (b *base) handler() mobile.Handler {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.h
}

// allowed reports whether the address may call back.
func (b *base) allowed(r *http.Request) bool {
	if len(b.Allow) == 0 {
		return true
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && slices.ContainsFunc(b.Allow, func(p netip.Prefix) bool { return p.Contains(addr.Unmap()) })
}

// refuse answers a callback that is not the gateway's.
func (b *base) refuse(w http.ResponseWriter, r *http.Request, why string) {
	b.Log.Warn("a callback was refused", "gateway", b.Common.Name, "from", r.RemoteAddr, "reason", why)
	http.Error(w, "not allowed", http.StatusForbidden)
}

// same compares secrets.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// values reads what a callback says, in its address and its body.
func values(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		http.Error(w, "GET or POST", http.StatusMethodNotAllowed)
		return nil, false
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return nil, false
	}
	return r.Form, true
}

// message hands a message on; false: it was answered with an error.
func (b *base) message(w http.ResponseWriter, r *http.Request, in mobile.Inbound) bool {
	h := b.handler()
	if h == nil {
		http.Error(w, "not running", http.StatusServiceUnavailable)
		return false
	}
	in.Carrier, in.Part.N, in.Part.Total = b.Common.Name, 1, 1
	return b.fine(w, h.Message(r.Context(), in))
}

// report hands a receipt on; false: it was answered with an error.
func (b *base) report(w http.ResponseWriter, r *http.Request, rep mobile.Report) bool {
	h := b.handler()
	if h == nil {
		http.Error(w, "not running", http.StatusServiceUnavailable)
		return false
	}
	rep.Carrier = b.Common.Name
	return b.fine(w, h.Report(r.Context(), rep))
}

func (b *base) fine(w http.ResponseWriter, err error) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, mobile.ErrReject):
		http.Error(w, "not accepted", http.StatusUnprocessableEntity)
	default:
		http.Error(w, "not now", http.StatusServiceUnavailable)
	}
	b.Log.Warn("a message was not taken", "gateway", b.Common.Name, "error", err)
	return false
}

// post calls the gateway with a form and returns its answer.
func (b *base) post(req *http.Request) (code int, body []byte, err error) {
	resp, err := b.HTTP.Do(req)
	if err != nil {
		var u *url.Error // its text has the address, and that may have secrets
		if errors.As(err, &u) {
			err = u.Err
		}
		return 0, nil, fmt.Errorf("%w: the gateway cannot be reached: %w", mobile.ErrLater, err)
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return 0, nil, fmt.Errorf("%w: reading the gateway's answer: %w", mobile.ErrLater, err)
	}
	switch c := resp.StatusCode; {
	case c == http.StatusTooManyRequests, c == http.StatusServiceUnavailable, c == http.StatusBadGateway, c == http.StatusGatewayTimeout:
		return c, body, fmt.Errorf("%w: it answered %s", mobile.ErrLater, resp.Status)
	case c == http.StatusUnauthorized:
		return c, body, fmt.Errorf("%w: it answered %s; check its user name and password in sms", mobile.ErrLater, resp.Status)
	}
	return resp.StatusCode, body, nil
}

// plus writes a number as +15551234567.
func plus(number string) string {
	number = strings.TrimSpace(number)
	if rest, ok := strings.CutPrefix(number, "00"); ok {
		return "+" + rest
	}
	if number != "" && strings.Trim(number, "0123456789") == "" {
		return "+" + number
	}
	return number
}
