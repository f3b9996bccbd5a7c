package doctor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	ours   = "handoff.example.com"
	secret = "s3cret-of-the-test"
)

// fake is a server as far as the doctor looks at it. Its fields say how it is.
type fake struct {
	greeting  string            // instead of <handshake/>
	header    string            // instead of a stream's
	down      error             // what dialling gives
	second    string            // kick_new, kick_old; empty: takes any number
	grant     string            // what is in <privilege/>; empty: nothing is said
	grantNS   string            // default: the second namespace
	version   string            // empty: refused
	info      string            // in the answer of the agents' domain
	account   string            // in the answer of an account
	items     string            // in the answer to disco#items
	also      []string          // other hosts
	off       time.Duration     // of its clock
	delay     time.Duration     // of what is sent to ourselves
	astray    int               // every so manieth of that goes to another
	most      int               // bytes of a stanza; 0: any
	refuse    map[string]string // condition by kind of request
	mute      map[string]bool   // kinds of request without an answer
	on        map[string]func() // called before a kind of request is answered
	accounts  []string          // who has one
	api       bool              // ejabberd's
	web       string            // what answers at http.listen; empty: nobody
	webStatus int
	late      int    // which of what is sent to ourselves does not come
	again     bool   // and every so manieth after it
	forgets   bool   // contacts it said it has put
	unasked   string // sent after the login

	mu      sync.Mutex
	rosters map[string]map[string]string // contacts and their names, by agent
	conns   []*fakeConn
	logins  int
	echoes  int
	put     int // contacts put
	got     []string
}

type fakeConn struct {
	net.Conn
	out chan string
}

func healthy() *fake {
	return &fake{second: "kick_old", version: "<name>Prosody</name><version>0.12.3</version>",
		grant:    "<perm access='roster' type='both'/><perm access='message' type='outgoing'/><perm access='presence' type='managed_entity'/>",
		info:     "<identity category='server' type='im' name='Prosody'/>",
		account:  "<identity category='account' type='registered'/><feature var='urn:xmpp:mam:2'/>",
		accounts: []string{"alice@example.com", "bob@example.com"},
		refuse:   map[string]string{}, mute: map[string]bool{}, on: map[string]func(){}, rosters: map[string]map[string]string{}}
}

// likeEjabberd makes it one of version 23.01.
func likeEjabberd(f *fake) {
	f.second, f.version, f.grantNS, f.api = "", "<name>ejabberd</name><version>23.01</version>", "urn:xmpp:privilege:1", true
	f.info, f.account = "<identity category='server' type='im' name='ejabberd'/><feature var='urn:xmpp:mam:2'/>", ""
	f.refuse["put"], f.refuse["remove"] = "internal-server-error", "internal-server-error"
}

func (f *fake) dial(ctx context.Context) (net.Conn, error) {
	if f.down != nil {
		return nil, f.down
	}
	theirs, conn := net.Pipe()
	go f.serve(conn)
	return theirs, nil
}

func (f *fake) serve(conn net.Conn) {
	defer conn.Close()
	d := xml.NewDecoder(conn)
	next := func() (xml.StartElement, bool) {
		for {
			tok, err := d.Token()
			if err != nil {
				return xml.StartElement{}, false
			}
			if start, ok := tok.(xml.StartElement); ok {
				return start, true
			}
			if _, ok := tok.(xml.EndElement); ok {
				io.WriteString(conn, "</stream:stream>")
				return xml.StartElement{}, false
			}
		}
	}
	next()
	head := "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' from='" + ours + "' id='1'>"
	if f.header != "" {
		head = f.header
	}
	io.WriteString(conn, head)
	if _, ok := next(); !ok || d.Skip() != nil {
		return
	}
	c := &fakeConn{conn, make(chan string, 1<<10)}
	if !f.admit(c) {
		io.WriteString(conn, streamError("conflict"))
		return
	}
	greeting := "<handshake/>"
	if f.greeting != "" {
		greeting = f.greeting
	}
	io.WriteString(conn, greeting)
	go func() {
		for s := range c.out {
			io.WriteString(conn, s)
		}
		conn.Close()
	}()
	defer f.leave(c)
	if f.grant != "" {
		ns := f.grantNS
		if ns == "" {
			ns = "urn:xmpp:privilege:2"
		}
		f.send(c, "<message from='example.com' to='"+ours+"'><privilege xmlns='"+ns+"'>"+f.grant+"</privilege></message>"+f.unasked)
	}
	f.read(c, d, next)
}

// read takes stanzas until there are no more.
func (f *fake) read(c *fakeConn, d *xml.Decoder, next func() (xml.StartElement, bool)) {
	for {
		start, ok := next()
		if !ok {
			return
		}
		var e request
		from := d.InputOffset()
		if d.DecodeElement(&e, &start) != nil {
			return
		}
		if f.most > 0 && int(d.InputOffset()-from) > f.most {
			io.WriteString(c.Conn, streamError("policy-violation"))
			return
		}
		f.take(c, e)
	}
}

func streamError(condition string) string {
	return "<stream:error><" + condition + " xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>"
}

// admit lets a connection in, as the server's rule for a second one is.
func (f *fake) admit(c *fakeConn) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logins++
	if len(f.conns) > 0 && f.second == "kick_new" {
		return false
	}
	if len(f.conns) > 0 && f.second == "kick_old" {
		f.conns[0].out <- streamError("conflict")
		close(f.conns[0].out)
		f.conns = nil
	}
	f.conns = append(f.conns, c)
	return true
}

func (f *fake) leave(c *fakeConn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.Index(f.conns, c); i >= 0 {
		f.conns = slices.Delete(f.conns, i, i+1)
		close(c.out)
	}
}

func (f *fake) send(c *fakeConn, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.Contains(f.conns, c) {
		c.out <- text
	}
}

// hangUp ends all connections.
func (f *fake) hangUp() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		close(c.out)
	}
	f.conns = nil
}

type request struct {
	XMLName xml.Name
	From    string `xml:"from,attr"`
	To      string `xml:"to,attr"`
	ID      string `xml:"id,attr"`
	Type    string `xml:"type,attr"`
	Inner   []byte `xml:",innerxml"`
	Payload struct {
		XMLName xml.Name
		Items   []struct {
			JID          string `xml:"jid,attr"`
			Name         string `xml:"name,attr"`
			Subscription string `xml:"subscription,attr"`
		} `xml:"item"`
	} `xml:",any"`
}

// kind is what a request is about.
func (e request) kind() string {
	switch ns := e.Payload.XMLName.Space; {
	case ns == "jabber:iq:roster" && e.Type == "get":
		return "read"
	case ns == "jabber:iq:roster" && len(e.Payload.Items) == 1 && e.Payload.Items[0].Subscription == "remove":
		return "remove"
	case ns == "jabber:iq:roster":
		return "put"
	default:
		return ns[strings.LastIndexAny(ns, ":/#")+1:] // ping, version, time, info, items
	}
}

func (f *fake) take(c *fakeConn, e request) {
	if e.To == ours {
		f.echo(c, e)
		return
	}
	if e.XMLName.Local != "iq" || e.Type == "error" || e.Type == "result" {
		f.mu.Lock()
		f.got = append(f.got, e.XMLName.Local+" "+e.Type+" "+e.To+" "+string(e.Inner))
		f.mu.Unlock()
		return
	}
	kind := e.kind()
	if do := f.on[kind]; do != nil {
		do()
	}
	answer, condition := f.answer(e, kind)
	switch {
	case f.mute[kind]:
		return
	case condition != "":
		f.send(c, fmt.Sprintf("<iq type='error' from='%s' to='%s' id='%s'><error type='cancel'><%s xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>", e.To, e.From, e.ID, condition))
	default:
		f.send(c, fmt.Sprintf("<iq type='result' from='%s' to='%s' id='%s'>%s</iq>", e.To, e.From, e.ID, answer))
	}
}

func (f *fake) echo(c *fakeConn, e request) {
	f.mu.Lock()
	if e.Type == "get" {
		f.echoes++
	}
	astray := f.astray > 0 && f.echoes%f.astray == 0 && e.Type == "get"
	lost := f.late > 0 && e.Type == "get" && (f.echoes == f.late || f.again && f.echoes%f.late == 0)
	f.mu.Unlock()
	if lost {
		return
	}
	text := fmt.Sprintf("<iq type='%s' from='%s' to='%s' id='%s'>%s</iq>", e.Type, e.From, e.To, e.ID, e.Inner)
	if astray { // another answers
		text = fmt.Sprintf("<iq type='result' from='%s' to='%s' id='%s'/>", ours, ours, e.ID)
	}
	time.Sleep(f.delay)
	f.send(c, text)
}

// answer returns the payload of a request's answer, or the error's condition.
func (f *fake) answer(e request, kind string) (payload, condition string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	agent := strings.Contains(e.To, "@")
	if c := f.refuse[kind]; c != "" {
		return "", c
	}
	if !agent && e.To != "example.com" && !slices.Contains(f.also, e.To) {
		return "", "remote-server-not-found"
	}
	if agent && !slices.Contains(f.accounts, e.To) {
		return "", "service-unavailable"
	}
	in := func(ns, text string) string { return "<query xmlns='" + ns + "'>" + text + "</query>" }
	switch kind {
	case "put":
		f.change(e.To, e.Payload.Items[0].JID, e.Payload.Items[0].Name)
	case "remove":
		if _, there := f.rosters[e.To][e.Payload.Items[0].JID]; !there {
			return "", "item-not-found"
		}
		f.change(e.To, e.Payload.Items[0].JID, "")
	case "read":
		text := ""
		for jid, name := range f.rosters[e.To] {
			text += "<item jid='" + jid + "' name='" + name + "' subscription='both'/>"
		}
		return in("jabber:iq:roster", text), ""
	case "version":
		return in("jabber:iq:version", f.version), map[bool]string{true: "service-unavailable"}[f.version == ""]
	case "time":
		return "<time xmlns='urn:xmpp:time'><tzo>+00:00</tzo><utc>" + time.Now().Add(f.off).UTC().Format("2006-01-02T15:04:05Z") + "</utc></time>", ""
	case "info":
		return in("http://jabber.org/protocol/disco#info", map[bool]string{true: f.account, false: f.info}[agent]), ""
	case "items":
		return in("http://jabber.org/protocol/disco#items", f.items), ""
	}
	return "", ""
}

// change puts a contact into a roster, or takes it out. The caller holds mu.
func (f *fake) change(agent, contact, name string) {
	if f.rosters[agent] == nil {
		f.rosters[agent] = map[string]string{}
	}
	if name == "" {
		delete(f.rosters[agent], contact)
		return
	}
	if f.put++; f.forgets {
		return
	}
	f.rosters[agent][contact] = name
}

// transport is a http.RoundTripper.
type transport func(*http.Request) (int, string, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body, err := t(r)
	if err = errors.Join(err, r.Context().Err()); err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader([]byte(body))), Request: r}, nil
}

// ejabberd answers as mod_http_api does.
func (f *fake) ejabberd(r *http.Request) (int, string, error) {
	if !f.api {
		return 0, "", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}
	args := map[string]string{}
	if err := json.NewDecoder(r.Body).Decode(&args); err != nil {
		return 0, "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	agent := args["localuser"] + "@" + args["localhost"]
	switch command := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]; command {
	case "check_account":
		return 200, map[bool]string{true: "0", false: "1"}[slices.Contains(f.accounts, args["user"]+"@"+args["host"])], nil
	case "get_roster":
		rows := []map[string]string{}
		for jid, name := range f.rosters[args["user"]+"@"+args["host"]] {
			rows = append(rows, map[string]string{"jid": jid, "nick": name, "subscription": "both"})
		}
		text, err := json.Marshal(rows)
		return 200, string(text), err
	case "add_rosteritem":
		f.change(agent, args["user"]+"@"+args["host"], args["nick"])
	case "delete_rosteritem":
		f.change(agent, args["user"]+"@"+args["host"], "")
	}
	return 200, "0", nil
}

func (f *fake) health(*http.Request) (int, string, error) {
	if f.web == "" {
		return 0, "", &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	}
	return f.webStatus, f.web, nil
}
