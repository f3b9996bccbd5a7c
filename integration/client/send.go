package client

import "fmt"

// SendOption changes what Send sends.
type SendOption func(*outgoing)

type outgoing struct{ id, typ, thread, payload string }

// WithID sets the id; default: a random one.
func WithID(id string) SendOption { return func(o *outgoing) { o.id = id } }

// WithType sets the type; default: chat.
func WithType(t string) SendOption { return func(o *outgoing) { o.typ = t } }

// WithThread sets the thread.
func WithThread(thread string) SendOption { return func(o *outgoing) { o.thread = thread } }

// WithPayload adds further children, as XML.
func WithPayload(xml string) SendOption { return func(o *outgoing) { o.payload += xml } }

// Send sends a message as today's clients do: type chat, an id and the same as origin-id (XEP-0359). An empty body is
// left out. It returns the id.
func (c *Client) Send(to, body string, opts ...SendOption) (id string, err error) {
	o := outgoing{id: newID(), typ: "chat"}
	for _, opt := range opts {
		opt(&o)
	}
	children := ""
	if body != "" {
		children += "<body>" + escape(body) + "</body>"
	}
	if o.thread != "" {
		children += "<thread>" + escape(o.thread) + "</thread>"
	}
	return o.id, c.write(fmt.Sprintf("<message to='%s' type='%s' id='%s'>%s<origin-id xmlns='%s' id='%[3]s'/>%[6]s</message>",
		escape(to), escape(o.typ), escape(o.id), children, nsOrigin, o.payload))
}

// SendXML sends one or more stanzas, or anything else, as they are.
func (c *Client) SendXML(xml string) error { return c.write(xml) }

// SetPresence tells everybody: show is "" (available), "chat", "away", "xa" or "dnd", or "unavailable" to go offline
// while staying connected. It announces our features (XEP-0115).
func (c *Client) SetPresence(show, status string) error {
	attr, children := "", c.caps
	switch show {
	case "":
	case "unavailable":
		attr, children = " type='unavailable'", ""
	default:
		children += "<show>" + escape(show) + "</show>"
	}
	if status != "" {
		children += "<status>" + escape(status) + "</status>"
	}
	return c.write("<presence" + attr + ">" + children + "</presence>")
}
