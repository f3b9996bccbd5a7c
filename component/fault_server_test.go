package component_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"baton/component"
	"baton/desk"
	"baton/store"
	"baton/store/storetest"
)

// troubled is a component, a desk and a store as they are, with a server whose
// connections can be given any fault. It lives in a bubble of virtual time.
type troubled struct {
	t         *testing.T
	component *component.Component
	desk      *desk.Desk
	log       logBuffer
	config    component.Config
	directory desk.Directory
	policy    desk.Policy
	end       func()

	// plan makes of a new connection what it will be; nil: it stays as it is.
	plan func(n int, conn net.Conn) net.Conn
	// header and greeting replace what a login is answered with.
	header, greeting string
	// answerVersion is the format of what answers whoever asks what it is; empty: any other answer.
	answerVersion string
	// slow is how long the server takes for each byte it reads; while stuck is
	// not nil and not closed, it reads nothing.
	slow  time.Duration
	stuck chan struct{}

	mu     sync.Mutex
	conn   net.Conn
	dials  []time.Time
	online []string // clients there are
	silent bool     // they say so only to who probes
	deaf   map[string]bool
	count  map[string]int      // how often a stanza came, by receiver and id
	shown  map[string][]string // what a receiver sees: texts of messages, each once
	probed []string            // whose presence was asked for
	write  sync.Mutex
}

const header = "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' " +
	"xmlns:stream='http://etherx.jabber.org/streams' from='handoff.example.com' id='stream-1'>"

// trouble runs tell in a bubble.
func trouble(t *testing.T, tell func(t *testing.T, w *troubled)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &troubled{t: t, header: header, greeting: "<handshake/>",
			deaf: map[string]bool{}, count: map[string]int{}, shown: map[string][]string{},
			policy: desk.Policy{OfferTimeout: time.Minute, MaxHops: 8},
			directory: desk.Directory{
				Queues: []desk.Queue{{Name: "front", Title: "Front", Auto: true}, {Name: "support", Title: "Support"}},
				Agents: []desk.Agent{{JID: "robo@example.com", Name: "Robo", Bot: true, Queues: []string{"front"}},
					{JID: "alice@example.com", Name: "Alice", Queues: []string{"support"}},
					{JID: "bob@example.com", Name: "Bob", Queues: []string{"support"}}}},
			config: component.Config{Prefix: "!", Mark: "⚙ ", Version: "1.0", Roster: component.RosterNone}}
		defer func() {
			if w.end != nil {
				w.end()
			}
		}()
		tell(t, w)
	})
}

// start runs everything.
func (w *troubled) start() {
	w.t.Helper()
	ctx := context.Background()
	log := slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelInfo}))
	file := w.t.TempDir() + "/b.db"
	require.NoError(w.t, storetest.Fresh(file))
	db, err := store.Open(ctx, store.Source{Path: file}, store.Options{Logger: log})
	require.NoError(w.t, err)
	ids := 0
	w.desk = desk.New(desk.Config{Domain: ourDomain, Store: db, Directory: &w.directory, Policy: w.policy, Log: log,
		NewID: func() string { ids++; return fmt.Sprintf("id%06d", ids) }})
	require.NoError(w.t, w.desk.Restore(ctx))
	cfg := w.config
	cfg.Domain, cfg.Address, cfg.Secret, cfg.Dial = ourDomain, "127.0.0.1:5347", ourSecret, w.dial
	cfg.Desk, cfg.Log = w.desk, log
	w.component = component.New(cfg)
	link, stopLink := context.WithCancel(ctx)
	inner, stopDesk := context.WithCancel(ctx)
	linked, decided := make(chan error, 1), make(chan error, 1)
	go func() { linked <- w.component.Run(link) }()
	go func() { decided <- w.desk.Run(inner) }()
	w.end = func() {
		stopLink()
		require.NoError(w.t, <-linked)
		stopDesk()
		require.NoError(w.t, <-decided)
		require.NoError(w.t, db.Close())
		w.end = nil
	}
	w.settle()
}

func (w *troubled) settle()              { synctest.Wait() }
func (w *troubled) pass(d time.Duration) { time.Sleep(d); synctest.Wait() }

// with changes how the server is.
func (w *troubled) with(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

func (w *troubled) up() bool { up, _ := w.component.Connected(); return up }

func (w *troubled) dial(context.Context) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dials = append(w.dials, time.Now())
	theirs, ours := net.Pipe()
	conn := net.Conn(ours)
	if w.plan != nil {
		conn = w.plan(len(w.dials), ours)
	}
	if conn != nil {
		go w.serve(conn)
	}
	return theirs, nil
}

// serve logs one connection in and takes what comes until it ends.
func (w *troubled) serve(conn net.Conn) {
	defer conn.Close()
	d := xml.NewDecoder(&taker{w, conn})
	if _, err := nextElement(d); err != nil {
		return
	}
	w.mu.Lock()
	head, greeting := w.header, w.greeting
	w.mu.Unlock()
	if _, err := io.WriteString(conn, head); err != nil {
		return
	}
	start, err := nextElement(d)
	if err != nil || start.Name.Local != "handshake" || d.Skip() != nil {
		return
	}
	if _, err := io.WriteString(conn, greeting); err != nil {
		return
	}
	w.with(func() { w.conn = conn })
	outbox := make(chan string, 1<<16) // a server reads on while it writes
	defer close(outbox)
	go func() {
		for s := range outbox {
			io.WriteString(conn, s)
		}
	}()
	w.mu.Lock()
	if !w.silent {
		outbox <- w.presences("")
	}
	w.mu.Unlock()
	for {
		tok, err := d.Token()
		if err != nil {
			return
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			e, err := readElement(d, tok)
			if err != nil {
				return
			}
			if answer := w.take(e); answer != "" {
				outbox <- answer
			}
		case xml.EndElement:
			io.WriteString(conn, "</stream:stream>")
			return
		}
	}
}

// taker reads as slowly as the server is.
type taker struct {
	w *troubled
	net.Conn
}

func (r *taker) Read(p []byte) (int, error) {
	r.w.mu.Lock()
	slow, stuck := r.w.slow, r.w.stuck
	r.w.mu.Unlock()
	if stuck != nil {
		<-stuck
	}
	if slow > 0 {
		time.Sleep(slow)
		p = p[:1]
	}
	return r.Conn.Read(p)
}

// presences returns the presences of who is online; of one account, unless who
// is empty. The caller holds mu.
func (w *troubled) presences(who string) string {
	var b strings.Builder
	for _, full := range w.online {
		if strings.HasPrefix(full, who) {
			fmt.Fprintf(&b, "<presence from='%s' to='desk@%s'/>", full, ourDomain)
		}
	}
	return b.String()
}

// take deals with a stanza and returns what answers it.
func (w *troubled) take(e *element) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	to, id := e.attr("to"), e.attr("id")
	switch {
	case e.name.Local == "presence" && e.attr("type") == "probe":
		w.probed = append(w.probed, to)
		return w.presences(to)
	case e.name.Local == "message":
		w.count[to+" "+id]++
		if w.count[to+" "+id] == 1 {
			for _, k := range e.kids {
				if b, ok := k.(*element); ok && b.name.Local == "body" && len(b.kids) == 1 {
					w.shown[to] = append(w.shown[to], fmt.Sprint(b.kids[0]))
				}
			}
		}
	case e.name.Local == "iq" && e.attr("type") == "get" && !w.deaf[to]:
		if strings.Contains(to, "/") && !slices.Contains(w.online, to) {
			return fmt.Sprintf("<iq type='error' from='%s' to='%s' id='%s'><error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>", to, e.attr("from"), id)
		}
		if w.answerVersion != "" && len(e.kids) == 1 && e.kids[0].(*element).name.Space == "jabber:iq:version" {
			return fmt.Sprintf(w.answerVersion, e.attr("from"), id)
		}
		return fmt.Sprintf("<iq type='result' from='%s' to='%s' id='%s'/>", to, e.attr("from"), id)
	}
	return ""
}

// send sends stanzas to the component, and reports whether it took them all.
func (w *troubled) send(format string, args ...any) bool {
	w.mu.Lock()
	conn := w.conn
	w.mu.Unlock()
	if conn == nil {
		return false
	}
	w.write.Lock()
	defer w.write.Unlock()
	_, err := fmt.Fprintf(conn, format, args...)
	return err == nil
}

// says sends a chat message.
func (w *troubled) says(from, to, text string) bool {
	return w.send("<message type='chat' id='%[3]s' from='%[1]s' to='%[2]s@"+ourDomain+"'><body>%[3]s</body>"+
		"<origin-id xmlns='urn:xmpp:sid:0' id='%[3]s'/></message>", from, to, text)
}

// sees returns what somebody sees that begins so.
func (w *troubled) sees(to, prefix string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.shown[to]), func(s string) bool { return !strings.HasPrefix(s, prefix) })
}

// copies returns how many messages came more than once.
func (w *troubled) copies() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, c := range w.count {
		n += c - 1
	}
	return n
}

// numbered returns prefix0 and so on.
func numbered(prefix string, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%s%d", prefix, i)
	}
	return all
}

// flaws returns how many lines of the log are warnings and errors.
func (w *troubled) flaws() int {
	text := w.log.String()
	return strings.Count(text, "level=WARN") + strings.Count(text, "level=ERROR")
}

// readElement reads the rest of an element.
func readElement(d *xml.Decoder, start xml.StartElement) (*element, error) {
	e := &element{name: start.Name, attrs: map[xml.Name]string{}}
	for _, a := range start.Attr {
		e.attrs[a.Name] = a.Value
	}
	for {
		tok, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			kid, err := readElement(d, tok)
			if err != nil {
				return nil, err
			}
			e.kids = append(e.kids, kid)
		case xml.CharData:
			e.kids = append(e.kids, string(tok))
		case xml.EndElement:
			return e, nil
		}
	}
}
