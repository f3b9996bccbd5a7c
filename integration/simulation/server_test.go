package simulation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"baton/component/wire"
	"baton/handoff"
	"baton/stanza"
)

const (
	domain = "handoff.example.com"
	agents = "example.com" // the server where agents live; it grants us their rosters
	secret = "s3cret"
)

// server is the XMPP server and all its users' clients.
type server struct {
	w *world

	mu    sync.Mutex
	link  *conn // nil while the component is not connected
	ready bool  // logged in
	hung  bool  // takes everything and does nothing
	left  int   // the link is cut when so many stanzas came; 0: never
	up    time.Time
	users map[string]*user
	lost  bool // something between us and the component was lost in this step
}

// user is somebody with one client.
type user struct {
	jid     handoff.Party
	full    string
	agent   bool
	native  bool
	online  bool
	away    bool
	dead    bool // the client takes everything and answers nothing
	slow    time.Duration
	bounces int // so many messages will come back
	refuses int // so many roster changes will be refused
	roster  map[string]bool
	items   map[string]string // of the roster, as they were set
	got     []message         // what the server has taken for them, in order
	first   map[string]int    // where each id came first
	newest  map[string]uint64 // the newest line that came first, by conversation
	answers map[string][]string
	rings   []offered
}

// message is one that was delivered to a user.
type message struct {
	step              int
	from, id, body    string
	transfer, state   string // of an outcome
	bounced, handover bool
}

type offered struct{ contact, id string }

// out is a stanza of the component's, as a mutant may change it.
type out struct {
	kind, typ, from, to, id string
	payload, ns             string // of an IQ
	message
	item, sub string // of a roster change
	xml       string // its item
	raw       []byte
}

func (s *server) user(addr string) *user {
	bare, _, _ := strings.Cut(addr, "/")
	return s.users[bare]
}

// dial connects the component; while the server is away it waits.
func (s *server) dial(ctx context.Context) (net.Conn, error) {
	for {
		s.mu.Lock()
		wait := time.Until(s.up)
		s.mu.Unlock()
		if wait <= 0 {
			break
		}
		select {
		case <-time.After(min(wait, time.Second)):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	ours, theirs := newConns()
	go s.serve(ours)
	return theirs, nil
}

func (s *server) serve(c *conn) {
	defer c.Close()
	if !login(c) {
		return
	}
	s.mu.Lock()
	s.link, s.ready, s.hung, s.left = c, true, false, 0
	s.write("<message from='" + agents + "' to='" + domain + "'><privilege xmlns='urn:xmpp:privilege:2'>" +
		"<perm access='roster' type='both'/></privilege></message>")
	s.w.say("server", "the component is connected")
	s.mu.Unlock()
	split := wire.New(c, wire.Limits{})
	for {
		st, err := split.Next()
		if err != nil {
			if errors.Is(err, wire.ErrClosed) {
				io.WriteString(c, "</stream:stream>")
			}
			s.mu.Lock()
			if s.link == c {
				s.link, s.ready = nil, false
			}
			s.mu.Unlock()
			return
		}
		s.mu.Lock()
		if s.link == c && !s.hung {
			s.take(st)
			if s.left > 0 {
				if s.left--; s.left == 0 {
					s.cut("in the middle of it")
				}
			}
		}
		s.mu.Unlock()
	}
}

// login negotiates (XEP-0114 §3). Secrets are other tests' matter.
func login(c *conn) bool {
	var got []byte
	buf := make([]byte, 1024)
	until := func(end string) bool {
		for !bytes.Contains(got, []byte(end)) {
			n, err := c.Read(buf)
			if err != nil {
				return false
			}
			got = append(got, buf[:n]...)
		}
		return true
	}
	if !until("to='" + domain + "'>") {
		return false
	}
	io.WriteString(c, "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "+
		"xmlns:stream='http://etherx.jabber.org/streams' from='"+domain+"' id='s1'>")
	if !until("</handshake>") {
		return false
	}
	io.WriteString(c, "<handshake/>")
	return true
}

// cut breaks the link. The caller holds mu.
func (s *server) cut(why string) {
	if s.link != nil {
		s.w.say("server", "the link breaks %s", why)
		s.link.cut()
		s.link, s.ready = nil, false
	}
	s.lost = true
	// The component tries again within a second and a half, at its own whim.
	s.up = later(s.up, time.Now().Add(3*time.Second))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// write sends to the component. The caller holds mu.
func (s *server) write(raw string) {
	if s.link == nil || s.hung {
		s.lost = true
		return
	}
	io.WriteString(s.link, raw)
}

// take deals with a stanza of the component's. The caller holds mu.
func (s *server) take(st wire.Stanza) {
	o := s.parse(st)
	if m := s.w.mutant; m.out != nil {
		for _, o := range m.out(s.w, o) {
			s.route(o)
		}
		return
	}
	s.route(o)
}

func (s *server) parse(st wire.Stanza) out {
	o := out{kind: string(st.Local), typ: string(st.Type), from: string(st.From), to: string(st.To), id: string(st.ID), raw: st.Raw}
	switch o.kind {
	case "message":
		o.message = message{step: int(s.w.at.Load()), from: o.from, id: o.id}
		for e := range st.Children {
			switch {
			case string(e.Local) == "body":
				o.body = string(e.AppendText(nil))
			case e.Is(stanza.NS, "outcome"):
				t, _ := e.Attr("transfer")
				state, _ := e.Attr("state")
				o.transfer, o.state = string(t), string(state)
			case o.typ == "error" && string(e.Local) == "error":
				o.state = condition(e)
			}
		}
		o.handover = o.typ != "error" && kindOf(o.id) == 'h'
	case "iq":
		for e := range st.Children {
			if string(e.Local) == "error" {
				o.state = condition(e)
				continue
			}
			o.payload, o.ns = string(e.Local), string(e.NS)
			if item, ok := e.Child("jabber:iq:roster", "item"); ok {
				j, _ := item.Attr("jid")
				sub, _ := item.Attr("subscription")
				o.item, o.sub, o.xml = string(j), string(sub), string(item.Raw)
			}
			if id, ok := e.Attr("id"); ok && o.payload == "offer" {
				o.transfer = string(id)
			}
			break
		}
	}
	return o
}

func condition(e wire.Element) string {
	for c := range e.Children {
		if string(c.Local) != "text" {
			return string(c.Local)
		}
	}
	return "?"
}

// kindOf returns what an id says of its message: the letter behind the last
// hyphen, h of handover messages, e and l of farewells.
func kindOf(id string) byte {
	if i := strings.LastIndexByte(id, '-'); i > 0 && i+1 < len(id) {
		return id[i+1]
	}
	return 0
}

func (s *server) route(o out) {
	u := s.user(o.to)
	switch {
	case o.to == domain:
		s.write(string(o.raw)) // routed back
	case u == nil && o.kind == "iq" && (o.typ == "get" || o.typ == "set"):
		s.reply(o, "result", "")
	case u == nil:
	case o.kind == "message":
		s.message(u, o)
	case o.kind == "iq":
		s.iq(u, o)
	case o.kind == "presence" && o.typ == "probe":
		s.presence(u)
	}
}

func (s *server) reply(o out, typ, payload string) {
	s.write("<iq type='" + typ + "' from='" + o.to + "' to='" + o.from + "' id='" + o.id + "'>" + payload + "</iq>")
}

const unavailable = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"

// iq deals with a request to a user, or the answer to one of theirs.
func (s *server) iq(u *user, o out) {
	switch {
	case o.typ == "result" || o.typ == "error":
		s.w.say(u.jid, "is answered %s %s", o.typ, o.state)
		u.answers[o.id] = append(u.answers[o.id], o.typ+" "+o.state)
	case o.ns == "jabber:iq:roster":
		s.setRoster(u, o)
	case o.to != u.full || !u.online:
		s.reply(o, "error", unavailable)
	case u.dead:
	default:
		payload := ""
		if o.payload == "offer" {
			contact, _, _ := strings.Cut(o.from, "/")
			u.rings = append(u.rings, offered{contact, o.transfer})
			s.w.say(u.jid, "is offered %s by IQ", o.transfer)
		}
		if o.ns == "http://jabber.org/protocol/disco#info" {
			payload = "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='pc'/>"
			if u.native {
				payload += "<feature var='" + stanza.NS + "'/>"
			}
			payload += "</query>"
		}
		if u.slow == 0 {
			s.reply(o, "result", payload)
			return
		}
		link := s.link
		time.AfterFunc(u.slow, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.link == link && u.online {
				s.reply(o, "result", payload)
			}
		})
	}
}

func (s *server) setRoster(u *user, o out) {
	if u.refuses > 0 {
		u.refuses--
		s.w.say(u.jid, "'s roster is not changed: the server refuses")
		s.reply(o, "error", "<error type='wait'><internal-server-error xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>")
		return
	}
	if o.typ == "get" {
		s.reply(o, "result", "<query xmlns='jabber:iq:roster'>"+strings.Join(slices.Sorted(maps.Values(u.items)), "")+"</query>")
		return
	}
	contact, _, _ := strings.Cut(o.item, "/")
	if o.sub == "remove" {
		s.w.say(u.jid, "loses the contact %s", contact)
		delete(u.roster, contact)
		delete(u.items, contact)
	} else {
		if !u.roster[contact] {
			s.w.say(u.jid, "has the contact %s", contact)
		}
		u.roster[contact] = true
		u.items[contact] = o.xml
	}
	s.reply(o, "result", "")
}

// message delivers to a user: to their client, or the server keeps it for them.
func (s *server) message(u *user, o out) {
	m := o.message
	if o.typ == "error" {
		s.w.say(u.jid, "gets an error for %s: %s", o.id, m.state)
		u.answers[o.id] = append(u.answers[o.id], "error "+m.state)
		return
	}
	m.from, _, _ = strings.Cut(m.from, "/")
	if u.bounces > 0 {
		u.bounces--
		m.bounced = true
		s.write("<message type='error' from='" + o.to + "' to='" + o.from + "' id='" + o.id + "'>" + unavailable + "</message>")
	}
	if s.w.told != nil {
		verb := "sees"
		switch {
		case m.bounced:
			verb = "would have seen, but it bounces:"
		case !u.online || u.dead:
			verb = "will see"
		}
		s.w.say(u.jid, "%s [%s] from %s: %q %s", verb, m.id, m.from, m.body, strings.TrimSpace(m.transfer+" "+m.state))
	}
	s.w.arrived(u, m)
	u.got = append(u.got, m)
}

func (m message) String() string { return fmt.Sprintf("[%s] from %s: %q", m.id, m.from, m.body) }
