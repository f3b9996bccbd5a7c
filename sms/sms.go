// Package sms lets callers come by text message: it is the desk's channel to
// phones. A caller is the party +15551234567@ the component's domain; what the
// number of ours is that they wrote to stands in the conversation's Reach, so
// that answers come from it. How messages get to phones and back is the business
// of carriers: binds of package smpp, gateways of package gateway.
package sms

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
	"baton/sms/gsm"
	"baton/sms/mobile"
)

// Carrier is a way to phones and back.
type Carrier interface {
	Name() string
	// Run hands what comes to h until ctx ends.
	Run(ctx context.Context, h mobile.Handler)
	// Cut puts a text into segments. Whole says that several of them are sent as
	// one submission.
	Cut(text string) gsm.Message
	Whole() bool
	// Send submits a segment, or with Whole a message, and returns the identifier
	// that receipts have. Its errors are those of package mobile.
	Send(ctx context.Context, s mobile.Submission) (id string, err error)
}

// Store keeps what must survive. Package store has the only implementation; its
// methods say what they do.
type Store interface {
	TakeSMS(ctx context.Context, in mobile.Inbound, again func(key string) bool, at time.Time) (origin string, err error)
	PartsSMS(ctx context.Context, in mobile.Inbound) (parts []gsm.Part, origin string, err error)
	DropPartsSMS(ctx context.Context, in mobile.Inbound) error
	WaitingSMS(ctx context.Context, from string) (theirs, all int, err error)
	StaleSMS(ctx context.Context, before time.Time) ([]mobile.Inbound, error)
	SettleSMS(ctx context.Context, keys []string) error
	StopSMS(ctx context.Context, ours, theirs string, stop bool, at time.Time) (news bool, err error)
	StoppedSMS(ctx context.Context, ours, theirs string) (bool, error)

	SentSMS(ctx context.Context, item int64) (total int, accepted map[int]bool, err error)
	AcceptSMS(ctx context.Context, m mobile.Sent) (mobile.Verdict, error)
	ReportSMS(ctx context.Context, r mobile.Report, at time.Time) (mobile.Verdict, error)
	ToldSMS(ctx context.Context, item int64) error
	UntoldSMS(ctx context.Context) ([]mobile.Verdict, error)
	ForgetSMS(ctx context.Context, repeats, sent time.Time) error
}

// Number is a number of ours.
type Number struct {
	Number  string // as +15551234567, or a short code
	Carrier string // by which it is reached
	Queue   string // that its callers come to
	Lang    string // of what the service itself says there
}

// Config is what a Server is made of. All but the last group is a must.
type Config struct {
	Desk     *desk.Desk
	Store    Store
	Carriers []Carrier
	Numbers  []Number
	Text     func(body string) desk.Text // makes a line of what a phone wrote

	MaxSegments  int    // of one message to a phone; 0: 10
	TellSegments bool   // the author learns how many segments it took
	TellTransfer bool   // the caller is told who talks now
	Help         string // the answer to HELP; "": a sentence in the number's language
	Log          *slog.Logger
	Now          func() time.Time
}

// Server is the desk's channel to phones. Make it with New, then Run it.
type Server struct {
	cfg      Config
	log      *slog.Logger
	carriers map[string]Carrier
	numbers  map[string]Number
	words    words

	ctx  context.Context // of submissions under way
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	up       map[string]bool
	lanes    map[desk.Lane]*lane
	jobs     map[int64]*job
	answered map[string]time.Time // messages that were acknowledged in time, by what they are known by
	known    map[string]string    // what those with another key are known by

	verdicts sync.Mutex // held from a verdict until it is told
}

// New makes a server.
func New(cfg Config) *Server {
	if cfg.MaxSegments == 0 {
		cfg.MaxSegments = 10
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	s := &Server{cfg: cfg, log: cfg.Log, carriers: map[string]Carrier{}, numbers: map[string]Number{}, words: readWords(),
		up: map[string]bool{}, lanes: map[desk.Lane]*lane{}, jobs: map[int64]*job{},
		answered: map[string]time.Time{}, known: map[string]string{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	for _, c := range cfg.Carriers {
		s.carriers[c.Name()] = c
	}
	for _, n := range cfg.Numbers {
		s.numbers[n.Number] = n
	}
	return s
}

// How long things are kept, and the end waits for.
const (
	partsWait = time.Hour          // for the missing parts of a message
	keepFor   = 3 * 24 * time.Hour // possible repeats, and receipts nobody waits for
	sentFor   = 7 * 24 * time.Hour // for receipts of what was sent
	tidyEvery = time.Minute
	endWait   = 5 * time.Second // for answers to what was submitted
)

// Run serves until ctx ends. It must not be called twice.
func (s *Server) Run(ctx context.Context) {
	links, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	for _, c := range s.cfg.Carriers {
		wg.Go(func() { c.Run(links, s) })
	}
	tick := time.NewTicker(tidyEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		s.tidy(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cfg.Desk.Outbox().Down(desk.SMS)
	late := time.AfterFunc(endWait, s.stop)
	s.wg.Wait()
	late.Stop()
	s.stop()
	cancel()
	wg.Wait()
}

// tidy does what is due: messages whose parts do not come, authors who do not
// know yet, and what is too old.
func (s *Server) tidy(ctx context.Context) {
	now := s.cfg.Now()
	sets, err := s.cfg.Store.StaleSMS(ctx, now.Add(-partsWait))
	for _, in := range sets {
		if failed := s.assemble(ctx, in, true); failed != nil && err == nil {
			err = failed
		}
	}
	if failed := s.catchUp(ctx); failed != nil && err == nil {
		err = failed
	}
	if failed := s.cfg.Store.ForgetSMS(ctx, now.Add(-keepFor), now.Add(-sentFor)); failed != nil && err == nil {
		err = failed
	}
	if err != nil && ctx.Err() == nil {
		s.log.Error("text messages cannot be tidied up; it is tried again", "in", tidyEvery, "error", err)
	}
	s.mu.Lock()
	for key, at := range s.answered {
		if now.Sub(at) > partsWait {
			delete(s.answered, key)
		}
	}
	s.mu.Unlock()
}

// Up implements [mobile.Handler].
func (s *Server) Up(carrier string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.up[carrier] = true
	if !s.closed {
		s.cfg.Desk.Outbox().Up(desk.SMS, s)
	}
}

// Down implements [mobile.Handler].
func (s *Server) Down(carrier string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.up, carrier)
	if len(s.up) == 0 {
		s.cfg.Desk.Outbox().Down(desk.SMS)
	}
}

// isUp reports whether a carrier takes submissions.
func (s *Server) isUp(carrier string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.up[carrier]
}

// Bound reports whether every carrier takes submissions.
func (s *Server) Bound() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.up) == len(s.carriers)
}

// Handler serves those carriers that are called by HTTP, each below
// /sms/ and its name.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	for name, c := range s.carriers {
		if h, ok := c.(http.Handler); ok {
			mux.Handle("/sms/"+name+"/", http.StripPrefix("/sms/"+name, h))
		}
	}
	return mux
}

// number finds a number of ours, as a carrier writes it.
func (s *Server) number(as string) (Number, bool) {
	if n, ok := s.numbers[as]; ok {
		return n, true
	}
	n, ok := s.numbers[strings.TrimPrefix(as, "+")]
	return n, ok
}

// reachBy is how a conversation's Reach begins.
const reachBy = "sms:"

// party is the caller with that number.
func (s *Server) party(number string) handoff.Party {
	return handoff.Party(number + "@" + s.cfg.Desk.Domain())
}

// phoneOf is the reverse of party.
func phoneOf(p handoff.Party) string {
	number, _, _ := strings.Cut(string(p), "@")
	return number
}

func (n Number) voice() lang.Voice { return lang.In(n.Lang) }
