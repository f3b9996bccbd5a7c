package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"baton/component/wire"
)

const (
	host   = "bench.example" // where people are
	domain = "handoff.bench.example"
	secret = "bench"
)

// agent has all of them, in one client; second is there to be handed some.
const (
	agent  = "agent@bench.example"
	second = "second@bench.example"
)

// callers is how many conversations take turns.
var callers = 64

// transferred is how many more there are, which are handed to and fro.
const transferred = 8

// peer plays the server to one component: it lets it log in, answers what it
// asks, and sends the callers' messages.
type peer struct {
	listener net.Listener
	conn     net.Conn
	ready    chan struct{} // it has logged in
	back     chan int      // messages that were relayed, by number
	other    chan string   // who sent the agent other texts: one contact for each session
	heard    chan heard    // every stanza, while there is somebody to take them
	taken    atomic.Bool   // there is
	lost     chan struct{} // its stream has ended
	err      error

	mu   sync.Mutex // out is the reader's too
	out  []byte
	next int // number of the next message
	asks int // number of the next request
}

// heard is a stanza that the component sent, with when it was read.
type heard struct {
	wire.Stanza
	at time.Time
}

func listen() (*peer, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return &peer{listener: l, ready: make(chan struct{}), back: make(chan int, 1<<16),
		other: make(chan string, 1<<12), heard: make(chan heard, 1<<12), lost: make(chan struct{})}, nil
}

// serve takes one login and serves until the stream ends.
func (p *peer) serve() {
	defer close(p.lost)
	if p.conn, p.err = p.listener.Accept(); p.err != nil {
		return
	}
	if p.err = p.login(); p.err != nil {
		return
	}
	close(p.ready)
	split := wire.New(p.conn, wire.Limits{Stanza: 1 << 20})
	for {
		st, err := split.Next()
		if err != nil {
			p.err = err
			io.WriteString(p.conn, "</stream:stream>") // in order, whatever ended it
			p.conn.Close()
			return
		}
		p.receive(st)
		if split.Buffered() == 0 { // one write for what came together
			if p.err = p.flush(); p.err != nil {
				return
			}
		}
	}
}

// login is the server's side of XEP-0114 §3. The digest is not looked at.
func (p *peer) login() error {
	var seen []byte
	until := func(end string) error {
		b := make([]byte, 1)
		for !bytes.HasSuffix(seen, []byte(end)) {
			if _, err := io.ReadFull(p.conn, b); err != nil {
				return err
			}
			seen = append(seen, b[0])
		}
		return nil
	}
	for !bytes.Contains(seen, []byte("<stream:stream")) {
		if err := until(">"); err != nil {
			return err
		}
		seen = append(seen, ' ')
	}
	fmt.Fprintf(p.conn, "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "+
		"xmlns:stream='http://etherx.jabber.org/streams' from='%s' id='bench'>", domain)
	if err := until("</handshake>"); err != nil {
		return err
	}
	_, err := io.WriteString(p.conn, "<handshake/>")
	return err
}

// close closes the stream and listens no more.
func (p *peer) close() {
	p.listener.Close()
	if p.conn != nil {
		p.conn.Close()
	}
}

func (p *peer) receive(st wire.Stanza) {
	if p.taken.Load() {
		select {
		case p.heard <- heard{st.Clone(), time.Now()}:
		default: // nobody waits for that many
		}
	}
	switch string(st.Local) {
	case "iq":
		if t := string(st.Type); t == "get" || t == "set" {
			p.answer(st)
		}
	case "presence":
		if to := string(st.To); string(st.Type) == "probe" && (to == agent || to == second) {
			p.write(fmt.Appendf(nil, "<presence from='%s/bench' to='%s'/>", to, st.From))
		}
	case "message":
		body, ok := st.Child(wire.NSComponent, "body")
		if !ok {
			return
		}
		if n, ok := numberOf(body.Inner()); ok {
			p.back <- n
			return
		}
		if from := string(st.From); bare(string(st.To)) == agent && from != "desk@"+domain {
			select {
			case p.other <- bare(from):
			default:
			}
		}
	}
}

// numberOf finds the number of a message in its text.
func numberOf(text []byte) (int, bool) {
	_, rest, found := bytes.Cut(text, marker)
	digits, _, _ := bytes.Cut(rest, []byte(" "))
	n, err := strconv.Atoi(string(digits))
	return n, found && err == nil
}

// answer is a client's result: what is asked here are pings and what a client
// announces.
func (p *peer) answer(st wire.Stanza) {
	b := append([]byte(nil), "<iq type='result'"...)
	b = wire.AppendRawAttr(b, "from", st.To)
	b = wire.AppendRawAttr(b, "to", st.From)
	b = wire.AppendRawAttr(b, "id", st.ID)
	p.write(append(b, "/>"...))
}

func (p *peer) write(b []byte) {
	p.mu.Lock()
	p.out = append(p.out, b...)
	p.mu.Unlock()
}

// flush writes what is queued.
func (p *peer) flush() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.out) == 0 {
		return nil
	}
	_, err := p.conn.Write(p.out)
	p.out = p.out[:0]
	return err
}

func (p *peer) count() int             { return p.next }
func (p *peer) relayed() <-chan int    { return p.back }
func (p *peer) ended() <-chan struct{} { return p.lost }
func (p *peer) why() error             { return p.err }

var marker = []byte("No. ")

// text is what a customer writes; with the elements that clients add, a message
// takes 0.67 kB.
var text = strings.Repeat("Good morning, where is my parcel, please? ", 5)

// send queues the next message, from the callers in turn.
func (p *peer) send() {
	p.write(message(p.next, fmt.Sprintf(" from='%s/phone'", caller(p.next%callers))))
	p.next++
}

// message is the nth of them, with one more attribute: a server stamps who sent it
// by itself.
func message(n int, from string) []byte {
	return fmt.Appendf(make([]byte, 0, 800), "<message%s to='support@%s' type='chat' id='m%08d' xml:lang='en'>"+
		"<body>%s%d %s</body><origin-id xmlns='urn:xmpp:sid:0' id='m%08d'/><active xmlns='http://jabber.org/protocol/chatstates'/>"+
		"<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/><thread>5f1c1a76</thread></message>",
		from, domain, n, marker, n, text, n)
}

func bare(address string) string {
	b, _, _ := strings.Cut(address, "/")
	return b
}

func caller(i int) string { return fmt.Sprintf("caller%03d@bench.example", i) }
