package crash

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/component/wire"
	"baton/stanza"
)

const (
	domain = "handoff.example.com"
	secret = "secret-of-the-test"
)

// server is the XMPP server and all its users' clients.
type server struct {
	ln net.Listener
	wg sync.WaitGroup

	mu      sync.Mutex
	conn    net.Conn // nil while the component is not logged in
	logins  int
	users   map[string]*user // by bare address
	held    []wire.Stanza    // what came while it dawdles, lost when the connection ends
	dawdles bool
	bounces string        // the message with this text comes back, once
	changed chan struct{} // closed and replaced when something happened
}

// user is somebody with one client.
type user struct {
	full  string
	agent bool // shows itself to the transfer desk
	away  bool
	deaf  bool // the client has gone without a word: its server answers for it

	got      []*message          // first copies, in order
	by       map[string]*message // those by id
	met      bool                // the transfer desk has shown itself to them
	changed  string              // a copy whose text was another when it came again
	repeated int                 // further copies
	refused  map[string]string   // conditions of errors by id of the stanza they answer
	answered map[string]bool     // requests that had a result
	roster   map[string]string   // items as the component wrote them
}

// message is one that a user saw.
type message struct {
	from, id, body  string
	transfer, state string // of an outcome
	epoch           string // of a handover message
}

func newServer(t *testing.T, people ...*user) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &server{ln: ln, users: map[string]*user{}, changed: make(chan struct{})}
	for _, u := range people {
		u.by, u.refused, u.answered, u.roster = map[string]*message{}, map[string]string{}, map[string]bool{}, map[string]string{}
		s.users[bare(u.full)] = u
	}
	s.wg.Go(s.accept)
	t.Cleanup(func() {
		ln.Close()
		s.cut()
		s.wg.Wait()
	})
	return s
}

func bare(addr string) string {
	b, _, _ := strings.Cut(addr, "/")
	return b
}

func (s *server) accept() {
	for {
		conn, err := s.ln.Accept()
		if err != nil {
			return
		}
		s.wg.Go(func() { s.serve(conn) })
	}
}

// serve deals with one connection until it ends, however it does.
func (s *server) serve(conn net.Conn) {
	defer conn.Close()
	if !login(conn) {
		return
	}
	s.mu.Lock()
	s.conn = conn
	s.logins++
	s.write("<message from='example.com' to='" + domain + "'><privilege xmlns='urn:xmpp:privilege:2'>" +
		"<perm access='roster' type='both'/></privilege></message>")
	s.news()
	s.mu.Unlock()
	split := wire.New(conn, wire.Limits{Stanza: 1 << 20})
	for {
		st, err := split.Next()
		s.mu.Lock()
		if err != nil {
			if s.conn == conn {
				s.conn, s.held, s.dawdles = nil, nil, false
			}
			s.news()
			s.mu.Unlock()
			if errors.Is(err, wire.ErrClosed) {
				io.WriteString(conn, "</stream:stream>")
			}
			return
		}
		if s.dawdles {
			s.held = append(s.held, st.Clone())
		} else {
			s.take(st)
		}
		s.news()
		s.mu.Unlock()
	}
}

// login negotiates (XEP-0114 §3). Secrets are other tests' matter.
func login(conn net.Conn) bool {
	var got []byte
	buf := make([]byte, 1024)
	until := func(end string) bool {
		for !bytes.Contains(got, []byte(end)) {
			n, err := conn.Read(buf)
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
	io.WriteString(conn, "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "+
		"xmlns:stream='http://etherx.jabber.org/streams' from='"+domain+"' id='s1'>")
	if !until("</handshake>") {
		return false
	}
	_, err := io.WriteString(conn, "<handshake/>")
	return err == nil
}

// news wakes whoever waits for something. The caller holds mu.
func (s *server) news() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// look looks at the users while nothing happens to them; the channel is closed
// when something did.
func (s *server) look(f func() bool) (bool, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return f(), s.changed
}

// set changes something while the server runs.
func (s *server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// cut breaks the connection.
func (s *server) cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != nil {
		s.conn.Close()
		s.conn = nil
	}
}

// write sends to the component; false if there is none. What is on its way when
// it dies is lost, and nobody is told. The caller holds mu.
func (s *server) write(raw string) bool {
	if s.conn == nil {
		return false
	}
	_, err := io.WriteString(s.conn, raw)
	return err == nil
}

// send sends a client's stanza; false if the server told them that it cannot.
func (s *server) send(raw string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(raw)
}

// take deals with a stanza of the component's. The caller holds mu.
func (s *server) take(st wire.Stanza) {
	from, to, id := string(st.From), string(st.To), string(st.ID)
	u := s.users[bare(to)]
	switch kind, typ := string(st.Local), string(st.Type); {
	case to == domain:
		s.write(string(st.Raw)) // routed back
	case kind == "iq" && (typ == "get" || typ == "set"):
		s.iq(u, st, from, to, id)
	case u == nil:
	case typ == "error":
		u.refused[id] = condition(st)
	case kind == "iq":
		u.answered[id] = true
	case kind == "message":
		s.message(u, st, from, id)
	case kind == "presence" && typ == "" && bare(from) == "desk@"+domain:
		u.met = true
	case kind == "presence" && typ == "probe" && u.agent:
		show := ""
		if u.away {
			show = "<show>away</show>"
		}
		s.write("<presence from='" + u.full + "' to='desk@" + domain + "'>" + show + "</presence>")
	}
}

func condition(st wire.Stanza) string {
	for e := range st.Children {
		for c := range e.Children {
			if string(e.Local) == "error" && string(c.Local) != "text" {
				return string(c.Local)
			}
		}
	}
	return "?"
}

const failed = "<error type='%s'><%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"

// iq answers a request of the component's.
func (s *server) iq(u *user, st wire.Stanza, from, to, id string) {
	typ, payload := "result", ""
	var request wire.Element
	for e := range st.Children {
		request = e
		break
	}
	switch {
	case u == nil: // the server itself
	case request.Is("jabber:iq:roster", "query"):
		payload = u.rosterAsked(request, string(st.Type))
	case u.deaf:
		typ, payload = "error", fmt.Sprintf(failed, "cancel", "service-unavailable")
	case request.Is("http://jabber.org/protocol/disco#info", "query"):
		payload = "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='pc'/></query>"
	}
	s.write("<iq type='" + typ + "' from='" + to + "' to='" + from + "' id='" + id + "'>" + payload + "</iq>")
}

func (u *user) rosterAsked(request wire.Element, typ string) (payload string) {
	if typ == "get" {
		for _, item := range u.roster {
			payload += item
		}
		return "<query xmlns='jabber:iq:roster'>" + payload + "</query>"
	}
	for item := range request.Children {
		contact, _ := item.Attr("jid")
		u.roster[string(contact)] = string(item.Raw)
		if sub, _ := item.Attr("subscription"); string(sub) == "remove" {
			delete(u.roster, string(contact))
		}
	}
	return ""
}

// message shows a message to a user, or has it come back.
func (s *server) message(u *user, st wire.Stanza, from, id string) {
	m := &message{from: bare(from), id: id}
	for e := range st.Children {
		attr := func(name string) string { v, _ := e.Attr(name); return string(v) }
		switch {
		case string(e.Local) == "body":
			m.body = string(e.AppendText(nil))
		case e.Is(stanza.NS, "outcome"):
			m.transfer, m.state, m.epoch = attr("transfer"), attr("state"), attr("epoch")
		}
	}
	if s.bounces != "" && strings.HasSuffix(m.body, s.bounces) {
		s.bounces = ""
		s.write("<message type='error' from='" + string(st.To) + "' to='" + from + "' id='" + id + "'>" +
			fmt.Sprintf(failed, "modify", "policy-violation") + "</message>")
		return
	}
	if first := u.by[id]; first != nil {
		u.repeated++
		if m.isCopy() && m.body != first.body {
			u.changed = first.body + ", then " + m.body
		}
		return
	}
	u.by[id] = m
	u.got = append(u.got, m)
}
