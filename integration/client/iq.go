package client

import (
	"context"
	"errors"
	"fmt"

	"mellium.im/xmpp/jid"
)

type pendingIQ struct {
	to    string
	reply chan Event // of one
}

// IQ sends a request ("get" or "set") and waits for its reply, which is known by its id and its sender. to is empty for
// our own account at the server; payload is XML. A reply of type error is returned with a *StanzaError.
func (c *Client) IQ(ctx context.Context, to, typ, payload string) (Event, error) {
	ctx, cancel := withDefaultWait(ctx)
	defer cancel()
	id, p := newID(), pendingIQ{to: to, reply: make(chan Event, 1)}
	c.mu.Lock()
	c.pending[id] = p
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.pending, id)
		c.mu.Unlock()
	}()

	attr := ""
	if to != "" {
		attr = " to='" + escape(to) + "'"
	}
	if err := c.write(fmt.Sprintf("<iq type='%s' id='%s'%s>%s</iq>", escape(typ), id, attr, payload)); err != nil {
		return Event{}, err
	}
	select {
	case e := <-p.reply:
		if err := e.Error(); err != nil {
			return e, err
		}
		return e, nil
	case <-c.done:
		return Event{}, fmt.Errorf("no reply to %s: %w", payload, c.ended())
	case <-ctx.Done():
		return Event{}, fmt.Errorf("no reply of %q to %s: %w", to, payload, context.Cause(ctx))
	}
}

// Ping asks for a pong (XEP-0199), of our own server if to is empty. What the server sent us before its pong has been
// recorded when Ping returns, and it has dealt with what we sent before.
func (c *Client) Ping(ctx context.Context, to string) error {
	if to == "" {
		to = c.me.Domain().String()
	}
	_, err := c.IQ(ctx, to, "get", "<ping xmlns='"+nsPing+"'/>")
	return err
}

func (e Event) isRequest() bool { return e.Kind == KindIQ && (e.Type == "get" || e.Type == "set") }

// takeReply gives a reply to who waits for it.
func (c *Client) takeReply(e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.pending[e.ID]
	if !ok || !c.answersFor(e.From, p.to) {
		return
	}
	delete(c.pending, e.ID)
	p.reply <- e
}

// answersFor says whether a reply from that sender answers a request to that address. Our own account answers without
// a sender, or under our address (RFC 6120, section 8.1.2.1).
func (c *Client) answersFor(from, to string) bool {
	own := c.me.Bare().String()
	if to == "" || to == own {
		return from == "" || from == own || from == c.me.String() || from == c.me.Domain().String() && to == ""
	}
	if from == to {
		return true
	}
	a, errFrom := jid.Parse(from)
	b, errTo := jid.Parse(to)
	return errFrom == nil && errTo == nil && a.Equal(b)
}

// IQHandler answers requests that the client does not answer by itself, one at a time, in the order they came, away
// from the reader: it may use the client. It returns the payload of the result as XML (may be empty), or a *StanzaError
// to refuse, or ErrUnhandled. ctx is over when the stream has ended;
// Close and Kill wait for the handler, so it must not call them.
type IQHandler func(ctx context.Context, iq Event) (payload string, err error)

// ErrUnhandled makes the client answer service-unavailable.
var ErrUnhandled = errors.New("no answer to this request")

// SetIQHandler sets or replaces what answers native requests; nil refuses all.
func (c *Client) SetIQHandler(h IQHandler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handler = h
}

// serve answers, one after the other, the requests that need the handler.
func (c *Client) serve() {
	c.log.each(func(e Event) {
		if !e.isRequest() || c.ctx.Err() != nil {
			return
		}
		if _, builtIn := c.builtIn(e); builtIn {
			return // the reader did
		}
		c.mu.Lock()
		handler := c.handler
		c.mu.Unlock()
		payload, err := "", ErrUnhandled
		if handler != nil {
			payload, err = handler(c.ctx, e)
		}
		c.reply(e, payload, err)
	})
}

// reply answers a request. That it cannot be written shows as the end of the stream.
func (c *Client) reply(e Event, payload string, err error) {
	typ := "result"
	if err != nil {
		typ, payload = "error", errorXML(err)
	}
	to := ""
	if e.From != "" {
		to = " to='" + escape(e.From) + "'"
	}
	_ = c.write(fmt.Sprintf("<iq type='%s' id='%s'%s>%s</iq>", typ, escape(e.ID), to, payload))
}

func errorXML(err error) string {
	var refusal *StanzaError
	switch {
	case errors.As(err, &refusal):
	case errors.Is(err, ErrUnhandled):
		refusal = &StanzaError{Type: "cancel", Condition: "service-unavailable"}
	default:
		refusal = &StanzaError{Type: "cancel", Condition: "internal-server-error", Text: err.Error()}
	}
	text := ""
	if refusal.Text != "" {
		text = "<text xmlns='" + nsStanzas + "'>" + escape(refusal.Text) + "</text>"
	}
	return fmt.Sprintf("<error type='%s'><%s xmlns='%s'/>%s</error>", escape(refusal.Type), refusal.Condition, nsStanzas, text)
}
