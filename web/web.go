package web

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"baton/desk"
)

// Rate is how much may come: Count in every Per, and as many at once.
type Rate struct {
	Count int // 0: no limit
	Per   time.Duration
}

// Kind is what a field of the form takes.
type Kind string

// The kinds of fields.
const (
	Text   Kind = "text"
	Email  Kind = "email"
	Phone  Kind = "tel"
	Choice Kind = "choice"
)

// Field is a question asked before the chat begins. The one called "name" is
// what the caller is called.
type Field struct {
	Name     string
	Label    string
	Kind     Kind
	Required bool
	Options  []string // of a Choice
}

// Queue is one that visitors can write to.
type Queue struct {
	Name  string
	Title string
	Away  string               // said while it is closed; empty: a text of ours
	Open  func(time.Time) bool // nil: always
	Form  []Field              // empty: the name, which may be left out
}

// Config is what a Server is made of. Desk, Mailbox, Dir and Queues are a must.
type Config struct {
	Desk    *desk.Desk
	Mailbox desk.Mailbox
	Dir     string // folder of visitors' files, made if it isn't there
	Log     *slog.Logger
	Now     func() time.Time // nil: time.Now

	PublicURL      string         // scheme and host by which browsers and agents reach the server
	EmbedOrigins   []string       // sites that may show the page in a frame
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	IdentitySecret []byte         // empty: nobody is vouched for
	Style          []byte         // the operator's style sheet, after ours
	Queues         []Queue        // the first is the default where it is the only one

	MaxBody   int           // bytes of a message
	MaxFile   int64         // bytes of a file; 0: none can be sent
	MaxFiles  int64         // bytes of all files together
	FileTypes []string      // media types that may be sent
	Remember  time.Duration // how long after its last use a browser's session is good
	Sessions  Rate          // begun from one address
	Messages  Rate          // in one session, files too

	// SafeText and SafeName make what a caller says, and calls themselves, safe
	// to stand among the service's own lines. Nil: unchanged.
	SafeText, SafeName func(string) string
}

// Server is the web channel. Make one with New before the desk runs; Run it,
// and serve its Handler.
type Server struct {
	cfg     Config
	desk    *desk.Desk
	box     desk.Mailbox
	log     *slog.Logger
	public  *url.URL
	queues  atomic.Pointer[[]Queue]
	hub     hub
	limit   limits
	mail    chan letter
	over    chan struct{} // closed when Run ends
	closing chan struct{} // closed when streams must end
	closed  atomic.Bool
	pages   pages
}

// New makes a server of cfg and makes it the desk's channel for web callers.
func New(cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	same := func(s string) string { return s }
	if cfg.SafeText == nil {
		cfg.SafeText = same
	}
	if cfg.SafeName == nil {
		cfg.SafeName = same
	}
	cfg.MaxBody = cmp.Or(cfg.MaxBody, 16<<10)
	cfg.Remember = cmp.Or(cfg.Remember, 30*24*time.Hour)
	public, err := url.Parse(cfg.PublicURL)
	if err != nil || public.Host == "" {
		return nil, fmt.Errorf("web: %q is no address of a site; write, for example, https://chat.example.com", cfg.PublicURL)
	}
	s := &Server{cfg: cfg, desk: cfg.Desk, box: cfg.Mailbox, log: cfg.Log, public: public,
		mail: make(chan letter, 64), over: make(chan struct{}), closing: make(chan struct{})}
	s.hub.rooms = map[string]map[*listener]struct{}{}
	s.limit = newLimits(cfg)
	s.Configure(cfg.Queues)
	if s.pages, err = loadPages(cfg.Style); err != nil {
		return nil, err
	}
	if err := s.prepareFiles(context.Background()); err != nil {
		return nil, err
	}
	s.desk.OnSign(desk.Web, s.hub.show)
	return s, nil
}

// Configure puts other queues in force.
func (s *Server) Configure(queues []Queue) {
	queues = slices.Clone(queues)
	for i := range queues {
		if len(queues[i].Form) == 0 {
			queues[i].Form = []Field{{Name: fieldName, Kind: Text}}
		}
		queues[i].Title = cmp.Or(queues[i].Title, queues[i].Name)
	}
	s.queues.Store(&queues)
}

// fieldName is the field that says what to call the visitor.
const fieldName = "name"

// queue returns the queue of that name, or the only one for none.
func (s *Server) queue(name string) (Queue, bool) {
	all := *s.queues.Load()
	if name == "" && len(all) == 1 {
		return all[0], true
	}
	i := slices.IndexFunc(all, func(q Queue) bool { return q.Name == name })
	if i < 0 {
		return Queue{}, false
	}
	return all[i], true
}

// open reports whether somebody works there now.
func (s *Server) open(q Queue) bool { return q.Open == nil || q.Open(s.cfg.Now()) }

// Run writes the mailbox until ctx ends. Call it once, beside the desk's Run.
func (s *Server) Run(ctx context.Context) error {
	defer close(s.over)
	if err := s.heal(ctx); err != nil && ctx.Err() == nil {
		s.log.Error("what visitors said just before the last end may be missing on their pages", "error", err)
	}
	s.desk.Outbox().Up(desk.Web, s)
	s.write(ctx)
	return nil
}

// Close ends the streams, so that an http.Server can shut down.
func (s *Server) Close() {
	if s.closed.CompareAndSwap(false, true) {
		close(s.closing)
	}
}

// Handler returns what answers the browsers.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	s.routePages(mux)
	s.routeAPI(mux)
	s.routeHTML(mux)
	mux.HandleFunc("GET /files/{key}/{name}", s.serveFile)
	return s.guard(mux)
}

// randomName returns 128 random bits or more as small letters and digits.
func randomName(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b))
}

// conversation returns the conversation that a session is about.
func (s *Server) conversation(ctx context.Context, ws desk.WebSession) (desk.Conversation, error) {
	c, err := s.desk.OpenOf(ws.Entry, ws.Party)
	if errors.Is(err, desk.ErrNotFound) {
		return s.desk.Store().ByCaller(ctx, s.desk.Domain(), ws.Entry, ws.Party)
	}
	return c, err
}
