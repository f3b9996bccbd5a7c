package torture

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

const (
	ns  = "urn:xmpp:handoff:0"
	sid = "urn:xmpp:sid:0"
)

// numbered is what everybody says: their name and a number.
var numbered = regexp.MustCompile(`^[a-z]+ \d+$`)

// shown is a message as somebody's client got it.
type shown struct {
	id, from, body string
	epoch          int // of the <session/> in it; -1: none
	transfer       string
	state          string // of the <outcome/> in it
	kept           bool   // the server had kept it until they logged in
}

// person is somebody with a client.
type person struct {
	w      *world
	name   string
	native bool
	hear   func(client.Event) // what they do about it; called with mu not held

	mu     sync.Mutex
	client *client.Client
	got    []shown
	back   map[string]string // condition by id of what came back as an error
	moved  chan struct{}     // closed and replaced when back or a receipt changes
}

func (p *person) jid() string { return p.name + "@" + domain }

// login makes a client, in place of the one there was.
func (p *person) login() {
	p.w.t.Helper()
	o := client.Options{JID: p.jid(), Password: "pw", Resource: "r", Addr: p.w.server.Addr().C2S}
	if p.native {
		o.Features = []string{ns}
		o.IQ = func(_ context.Context, iq client.Event) (string, error) {
			if payload, ok := iq.Payload(); ok && payload.Name.Space == ns {
				return "", nil
			}
			return "", client.ErrUnhandled
		}
	}
	c, err := client.Dial(p.w.t.Context(), o)
	require.NoError(p.w.t, err)
	p.mu.Lock()
	p.client = c
	p.mu.Unlock()
	c.Watch(func(e client.Event) { p.take(e) })
}

// logout ends the client and waits until all it received is noted.
func (p *person) logout() {
	p.now().Kill()
}

func (p *person) now() *client.Client {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.client
}

// send writes stanzas. A client whose server died cannot; that is found out otherwise.
func (p *person) send(xml string) { _ = p.now().SendXML(xml) }

// take notes what arrived.
func (p *person) take(e client.Event) {
	if e.Kind == client.KindMessage && e.Carbon == "" {
		p.mu.Lock()
		if e.Type == "error" {
			p.back[e.ID] = e.Error().Condition
			p.signal()
		} else if e.Body != "" {
			p.got = append(p.got, read(e))
		}
		p.mu.Unlock()
	}
	p.hear(e)
}

func read(e client.Event) shown {
	s := shown{id: e.ID, from: bare(e.From), body: e.Body, epoch: -1}
	if delay, ok := e.Root().Child("urn:xmpp:delay", "delay"); ok {
		s.kept = delay.Attr("from") == domain
	}
	if session, ok := e.Root().Child(ns, "session"); ok {
		s.epoch, _ = strconv.Atoi(session.Attr("epoch"))
	}
	if o, ok := e.Root().Child(ns, "outcome"); ok {
		s.transfer, s.state = o.Attr("transfer"), o.Attr("state")
	}
	return s
}

// signal wakes who waits; the caller holds mu.
func (p *person) signal() {
	close(p.moved)
	p.moved = make(chan struct{})
}

func newPerson(w *world, name string) *person {
	return &person{w: w, name: name, back: map[string]string{}, moved: make(chan struct{})}
}

// message is a chat message with an origin-id of its own.
func message(to, id, origin, body, more string) string {
	return fmt.Sprintf("<message to='%s' type='chat' id='%s'><body>%s</body><origin-id xmlns='%s' id='%s'/>%s</message>",
		to, id, body, sid, origin, more)
}

func bare(addr string) string {
	b, _, _ := strings.Cut(addr, "/")
	return b
}

func localpart(addr string) string {
	l, _, _ := strings.Cut(addr, "@")
	return l
}
