package web_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
	"baton/store"
	"baton/web"
)

const (
	domain = "handoff.example.com"
	public = "https://chat.example.com"
	alice  = handoff.Party("alice@example.com")
	bob    = handoff.Party("bob@example.com")
	secret = "0123456789abcdef0123456789abcdef"
)

// patience is how long anything may take before a test calls it broken.
const patience = 20 * time.Second

// world is a desk on a real store, the web channel, and agents whom items
// reach at once.
type world struct {
	t    *testing.T
	dir  string
	cfg  web.Config
	file *store.SQLite
	box  desk.Mailbox // around file
	desk *desk.Desk
	web  *web.Server
	http *httptest.Server
	stop func()

	mu     sync.Mutex
	agents []desk.Item // what reached agents
	signs  []desk.Sign // what was shown to them
	news   chan struct{}
	wrap   func(desk.Mailbox) desk.Mailbox
}

func newWorld(t *testing.T, change ...func(*web.Config)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), news: make(chan struct{}), cfg: web.Config{PublicURL: public,
		EmbedOrigins: []string{"https://www.example.com"}, IdentitySecret: []byte(secret),
		Queues: []web.Queue{{Name: "support", Title: "Support", Form: []web.Field{
			{Name: "name", Kind: web.Text}, {Name: "order", Label: "Order", Kind: web.Text},
			{Name: "topic", Label: "Topic", Kind: web.Choice, Options: []string{"Delivery", "Invoice"}}}}},
		MaxFile: 64 << 10, MaxFiles: 256 << 10, FileTypes: []string{"image/png", "text/plain"}}}
	for _, c := range change {
		c(&w.cfg)
	}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

// start opens the store and runs everything on it.
func (w *world) start() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	w.file, err = store.Open(ctx, store.Source{Path: filepath.Join(w.dir, "desk.db")}, store.Options{})
	require.NoError(w.t, err)
	w.box = w.file
	if w.wrap != nil {
		w.box = w.wrap(w.file)
	}
	w.desk = desk.New(desk.Config{Domain: domain, Store: w.file, Policy: desk.Policy{OfferTimeout: time.Minute, MaxHops: 8, TellCaller: true},
		Directory: &desk.Directory{Agents: []desk.Agent{
			{JID: alice, Name: "Alice", Queues: []string{"support"}, Capacity: 50}, {JID: bob, Name: "Bob", Queues: []string{"billing"}, Capacity: 50}},
			Queues: []desk.Queue{{Name: "support", Title: "Support", Greeting: "Hello, one moment please.", Auto: true}, {Name: "billing", Title: "Billing"}}}})
	w.cfg.Desk, w.cfg.Mailbox, w.cfg.Dir = w.desk, w.box, filepath.Join(w.dir, "files")
	w.web, err = web.New(w.cfg)
	require.NoError(w.t, err)
	w.desk.OnSign(desk.XMPP, func(s desk.Sign) { w.note(func() { w.signs = append(w.signs, s) }) })
	require.NoError(w.t, w.desk.Restore(ctx))
	w.desk.Outbox().Up(desk.XMPP, w)
	var wg sync.WaitGroup
	wg.Go(func() { _ = w.desk.Run(ctx) })
	wg.Go(func() { _ = w.web.Run(ctx) })
	w.http = httptest.NewServer(w.web.Handler())
	w.stop = sync.OnceFunc(func() {
		w.web.Close()
		w.http.Close()
		cancel()
		wg.Wait()
		require.NoError(w.t, w.file.Close())
	})
}

// restart ends everything in order and starts it on what is on the disk.
func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.start()
}

func (w *world) note(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
	close(w.news)
	w.news = make(chan struct{})
}

// Perform is the agents' channel.
func (w *world) Perform(_ context.Context, item desk.Item, done func(error)) time.Duration {
	w.note(func() { w.agents = append(w.agents, item) })
	done(nil)
	return 0
}

// until waits until what is looked for is there.
func (w *world) until(what string, there func() bool) {
	w.t.Helper()
	deadline := time.After(patience)
	for {
		w.mu.Lock()
		ok, news := there(), w.news
		w.mu.Unlock()
		if ok {
			return
		}
		select {
		case <-news:
		case <-deadline:
			require.Failf(w.t, "waited in vain", "for %s", what)
		}
	}
}

// heard waits until an agent has got a line that has the text, and returns it.
func (w *world) heard(who handoff.Party, text string) desk.Line {
	w.t.Helper()
	var found desk.Line
	w.until(text+" at "+string(who), func() bool {
		for _, it := range w.agents {
			if it.To == who && it.Line != nil && strings.Contains(it.Line.Body, text) {
				found = *it.Line
				return true
			}
		}
		return false
	})
	return found
}

// held waits until an agent has a session, with the dialog so far.
func (w *world) held(who handoff.Party) {
	w.t.Helper()
	w.until("a session at "+string(who), func() bool {
		return slices.ContainsFunc(w.agents, func(it desk.Item) bool { return it.To == who && it.Kind == desk.KindReplay })
	})
}

func (w *world) do(req desk.Request) desk.Result {
	w.t.Helper()
	res, err := w.desk.Do(context.Background(), req)
	require.NoError(w.t, err)
	return res
}

// arrive makes agents available.
func (w *world) arrive(who ...handoff.Party) {
	w.t.Helper()
	for _, a := range who {
		w.do(desk.Presence{Agent: a, Available: true, Online: true})
	}
}

// only is the one conversation there is.
func (w *world) only() desk.Conversation {
	w.t.Helper()
	conv, err := w.file.ByNumber(context.Background(), domain, 1)
	require.NoError(w.t, err)
	return conv
}

// says makes an agent say something in the only conversation.
func (w *world) says(by handoff.Party, text string, payload ...string) desk.Line {
	w.t.Helper()
	return w.do(desk.AgentSays{Local: w.only().Local, By: by, Text: desk.Text{StanzaID: "s-" + text, Body: text,
		Payload: []byte("<body>" + text + "</body>" + strings.Join(payload, ""))}}).Line
}

// request makes one to the server.
func (w *world) request(method, path, token string, body any, headers ...string) *http.Response {
	w.t.Helper()
	var r io.Reader
	switch b := body.(type) {
	case nil:
	case io.Reader:
		r = b
	default:
		text, err := json.Marshal(b)
		require.NoError(w.t, err)
		r = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.http.URL+path, r)
	require.NoError(w.t, err)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

// ask makes a request that must be answered with that status, and returns the
// answer's JSON.
func (w *world) ask(status int, path, token string, body any, headers ...string) map[string]any {
	w.t.Helper()
	resp := w.request("POST", path, token, body, headers...)
	text, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	require.Equal(w.t, status, resp.StatusCode, "%s: %s", path, text)
	out := map[string]any{}
	if len(text) > 0 {
		require.NoError(w.t, json.Unmarshal(text, &out), string(text))
	}
	if status >= 400 {
		require.NotEmpty(w.t, out["text"])
		require.NotContains(w.t, out["text"], "web_error", "there is no such text")
	}
	return out
}

type fields map[string]any

// start begins a session and returns its secret.
func (w *world) begin(id string, more ...fields) string {
	w.t.Helper()
	body := fields{"queue": "support", "id": startID(id), "fields": fields{"name": "Carol Jones"}, "text": "charged twice"}
	for _, m := range more {
		for k, v := range m {
			body[k] = v
		}
	}
	token, _ := w.ask(http.StatusOK, "/api/session", "", body)["token"].(string)
	require.Len(w.t, token, 43)
	return token
}

// startID makes an identifier of 128 bits of a word.
func startID(word string) string { return (word + strings.Repeat("0", 32))[:32] }

// said is what a page shows of an event.
type said struct {
	N      int      // its number in the stream; 0: it has none
	Event  string   // its name in the stream
	Kind   string   `json:"kind"`
	From   string   `json:"from"`
	Name   string   `json:"name"`
	Text   string   `json:"text"`
	Seq    uint64   `json:"seq"`
	ID     string   `json:"id"`
	How    string   `json:"how"`
	About  uint64   `json:"about"`
	Set    []string `json:"emoji"`
	Epoch  uint64   `json:"epoch"`
	Reason string   `json:"reason"`
	State  string   `json:"state"`
	Read   uint64   `json:"read"`
	File   *struct {
		URL, Name string
		Image     bool
	} `json:"file"`
}

// stream is an open stream of events.
type stream struct {
	w      *world
	resp   *http.Response
	cancel context.CancelFunc
	in     chan said
	seen   []said
}

// follow opens a stream behind an event; 0: from the beginning.
func (w *world) follow(token string, after int) *stream {
	w.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", w.http.URL+"/api/events", nil)
	require.NoError(w.t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	if after > 0 {
		req.Header.Set("Last-Event-ID", strconv.Itoa(after))
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, resp.StatusCode)
	require.Equal(w.t, "text/event-stream", resp.Header.Get("Content-Type"))
	s := &stream{w: w, resp: resp, cancel: cancel, in: make(chan said, 1000)}
	over := make(chan struct{})
	go func() { defer close(over); s.read() }()
	w.t.Cleanup(func() { cancel(); resp.Body.Close(); <-over })
	return s
}

func (s *stream) close() { s.cancel() }

func (s *stream) read() {
	defer close(s.in)
	e, data := said{}, ""
	lines := bufio.NewScanner(s.resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "id":
			e.N, _ = strconv.Atoi(value)
		case "event":
			e.Event = value
		case "data":
			data = value
		case "":
			if data != "" && json.Unmarshal([]byte(data), &e) == nil {
				s.in <- e
			}
			e, data = said{}, ""
		}
	}
}

// next waits for an event that matches, and returns it; those before it are in
// seen too.
func (s *stream) next(what string, match func(said) bool) said {
	s.w.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e, ok := <-s.in:
			if !ok {
				require.Failf(s.w.t, "the stream has ended", "waited for %s after %v", what, s.seen)
			}
			s.seen = append(s.seen, e)
			if match(e) {
				return e
			}
		case <-deadline:
			require.Failf(s.w.t, "waited in vain", "for %s after %v", what, s.seen)
		}
	}
}

func (s *stream) text(text string) said {
	s.w.t.Helper()
	return s.next(text, func(e said) bool { return strings.Contains(e.Text, text) })
}

// ended waits until the server has ended the stream.
func (s *stream) ended() {
	for range s.in {
	}
}

// texts are what was seen, as a person would tell it.
func (s *stream) texts() []string {
	var out []string
	for _, e := range s.seen {
		if e.N > 0 {
			out = append(out, e.From+": "+e.Text)
		}
	}
	return out
}
