package component_test

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	ourDomain = "handoff.example.com"
	ourSecret = "s3cret"
	streamID  = "stream-1"
	maxClient = 256 << 10 // bytes of a stanza that a client's stream takes
)

// fakeServer plays the server of XEP-0114, one connection at a time.
type fakeServer struct {
	mu      sync.Mutex
	mode    string   // how it takes a login: see README.md
	auto    []string // what it answers by itself
	native  []string // clients that announce our protocol
	books   rosterBooks
	probes  bool     // probes are to be expected
	api     string   // how the HTTP API is: see README.md
	unknown []string // accounts it does not know
	greets  string   // sent behind the login
	refuses int      // so many changes of rosters are refused
	conn    net.Conn
	got     []*received // what came and was not expected yet
	wrong   error       // what no real server would have taken
	dials   []time.Time
	ends    int // streams that were closed in order

	write sync.Mutex
}

// received is a stanza the component wrote.
type received struct {
	raw string
	*element
}

// set changes a setting while the server runs.
func (s *fakeServer) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// does reports whether the server answers something by itself.
func (s *fakeServer) does(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.auto, what)
}

// dial connects the component.
func (s *fakeServer) dial(context.Context) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dials = append(s.dials, time.Now())
	if s.mode == "down" {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	theirs, ours := net.Pipe()
	go s.serve(ours, s.mode)
	return theirs, nil
}

// serve deals with one connection until it ends.
func (s *fakeServer) serve(conn net.Conn, mode string) {
	defer conn.Close()
	if mode == "hangup" {
		conn.Read(make([]byte, 1024))
		return
	}
	if mode == "silent" {
		io.Copy(io.Discard, conn)
		return
	}
	var copied bytes.Buffer
	d := xml.NewDecoder(io.TeeReader(conn, &copied))
	if !s.login(conn, d, mode) {
		return
	}
	s.mu.Lock()
	s.conn = conn
	s.mu.Unlock()
	for {
		tok, err := d.Token()
		if err != nil {
			return
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			from := bytes.LastIndexByte(copied.Bytes()[:d.InputOffset()-1], '<')
			if err := d.Skip(); err != nil {
				return
			}
			s.take(string(copied.Bytes()[from:d.InputOffset()]))
		case xml.EndElement:
			s.mu.Lock()
			s.ends++
			s.mu.Unlock()
			io.WriteString(conn, "</stream:stream>")
			return
		case xml.CharData:
			if len(bytes.TrimSpace(tok)) > 0 {
				s.complain("text between stanzas: %q", tok)
			}
		default:
			s.complain("a %T in the stream", tok)
		}
	}
}

const streamErrors = "urn:ietf:params:xml:ns:xmpp-streams"

// login negotiates (XEP-0114 §3); false if it refused.
func (s *fakeServer) login(conn net.Conn, d *xml.Decoder, mode string) bool {
	refuse := func(condition string) bool {
		go fmt.Fprintf(conn, "<stream:error><%s xmlns='%s'/></stream:error></stream:stream>", condition, streamErrors)
		io.Copy(io.Discard, conn) // it may be writing still, and a pipe holds nothing
		return false
	}
	head, err := nextElement(d)
	if err != nil || head.Name != (xml.Name{Space: "http://etherx.jabber.org/streams", Local: "stream"}) {
		s.complain("the stream begins with %v (%v)", head, err)
		return false
	}
	fmt.Fprintf(conn, "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "+
		"xmlns:stream='http://etherx.jabber.org/streams' from='%s' id='%s'>", ourDomain, streamID)
	to := ""
	for _, a := range head.Attr {
		if a.Name.Local == "to" {
			to = a.Value
		}
	}
	if mode == "unknown-host" || to != ourDomain {
		return refuse("host-unknown")
	}
	var digest string
	start, err := nextElement(d)
	if err == nil {
		err = d.DecodeElement(&digest, &start)
	}
	want := sha1.Sum([]byte(streamID + ourSecret))
	switch {
	case err != nil || start.Name.Local != "handshake":
		s.complain("no handshake but %v (%v)", start, err)
		return false
	case digest != hex.EncodeToString(want[:]), mode == "other-secret":
		return refuse("not-authorized")
	case mode == "conflict":
		return refuse("conflict")
	}
	_, err = io.WriteString(conn, "<handshake/>"+s.greets)
	return err == nil
}

func nextElement(d *xml.Decoder) (xml.StartElement, error) {
	for {
		tok, err := d.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		if start, ok := tok.(xml.StartElement); ok {
			return start, nil
		}
	}
}

// complain notes what a real server would close the stream for.
func (s *fakeServer) complain(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wrong == nil {
		s.wrong = fmt.Errorf("no server would take it: "+format, args...)
	}
}

// take deals with a stanza the component wrote.
func (s *fakeServer) take(raw string) {
	e, err := parseElement(raw)
	if err != nil {
		s.complain("%w", err)
		return
	}
	from, to := e.attr("from"), e.attr("to")
	_, domain, at := strings.Cut(strings.SplitN(from, "/", 2)[0], "@")
	if !at {
		domain = strings.SplitN(from, "/", 2)[0]
	}
	switch {
	case e.name.Space != "jabber:component:accept":
		s.complain("a stanza in namespace %s: %s", e.name.Space, raw)
	case !slices.Contains([]string{"message", "iq", "presence"}, e.name.Local):
		s.complain("no stanza: %s", raw)
	case domain != ourDomain || to == "":
		s.complain("from %q to %q: %s", from, to, raw)
	case len(raw) > maxClient:
		s.complain("a stanza of %d bytes to %s", len(raw), to)
	case to == ourDomain && (s.does("ping") || s.does("selfping")):
		s.send(raw) // routed back
	case s.answer(e):
	default:
		s.mu.Lock()
		s.got = append(s.got, &received{raw, e})
		s.mu.Unlock()
	}
}

// answer answers what the server and the clients are set to answer by
// themselves.
func (s *fakeServer) answer(e *element) bool {
	if e.name.Local == "presence" && e.attr("type") == "probe" {
		s.mu.Lock()
		defer s.mu.Unlock()
		return !s.probes // who is there has said so
	}
	if e.name.Local != "iq" || e.attr("type") == "result" || e.attr("type") == "error" || len(e.kids) == 0 {
		return false
	}
	payload := ""
	switch e.kids[0].(*element).name {
	case xml.Name{Space: "urn:xmpp:ping", Local: "ping"}:
		if !s.does("ping") {
			return false
		}
	case xml.Name{Space: "jabber:iq:roster", Local: "query"}:
		if !s.does("roster") {
			return false
		}
		refuse := func(condition string) bool {
			s.send(fmt.Sprintf("<iq type='error' from='%s' to='%s' id='%s'><error type='cancel'><%s "+
				"xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>", e.attr("to"), e.attr("from"), e.attr("id"), condition))
			return true
		}
		if e.attr("type") == "set" && s.refused() {
			return refuse("internal-server-error")
		}
		var found bool
		s.mu.Lock()
		payload, found = s.books.take(e.attr("to"), e.attr("type"), e.kids[0].(*element))
		s.mu.Unlock()
		if !found {
			return refuse("item-not-found")
		}
	case xml.Name{Space: "http://jabber.org/protocol/disco#info", Local: "query"}:
		if !s.does("disco") {
			return false
		}
		payload = "<query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='pc'/>"
		s.mu.Lock()
		native := slices.Contains(s.native, e.attr("to"))
		s.mu.Unlock()
		if native {
			payload += "<feature var='urn:xmpp:handoff:0'/>"
		}
		payload += "</query>"
	default:
		return false
	}
	s.send(fmt.Sprintf("<iq type='result' from='%s' to='%s' id='%s'>%s</iq>", escaped(e.attr("to")), escaped(e.attr("from")), escaped(e.attr("id")), payload))
	return true
}

// escaped returns a text as an attribute's value.
func escaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", "'", "&apos;", "\n", "&#10;").Replace(s)
}

// refused reports whether a change of a roster is to be refused.
func (s *fakeServer) refused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuses--
	return s.refuses >= 0
}

var errNoLink = errors.New("the component is not connected")

// send sends a stanza to the component.
func (s *fakeServer) send(raw string) error {
	s.mu.Lock()
	conn := s.conn
	s.mu.Unlock()
	if conn == nil {
		return errNoLink
	}
	s.write.Lock()
	defer s.write.Unlock()
	_, err := io.WriteString(conn, raw)
	return err
}

// drop breaks the connection.
func (s *fakeServer) drop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn == nil {
		return errNoLink
	}
	err := s.conn.Close()
	s.conn = nil
	return err
}

// left returns what came and was not expected yet.
func (s *fakeServer) left() []*received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// expected takes a stanza off what came.
func (s *fakeServer) expected(r *received) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = slices.DeleteFunc(s.got, func(o *received) bool { return o == r })
}

func (s *fakeServer) complaint() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.wrong
}

func (s *fakeServer) ended() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ends
}
