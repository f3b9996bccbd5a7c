package sms_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"baton/desk"
	"baton/handoff"
	"baton/integration/sms/smsc"
	"baton/sms"
	"baton/sms/smpp"
	"baton/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	domain = "handoff.example.com"
	ours   = "+15550001111"
	german = "+4930123456"
	phone  = "+15551234567"
	alice  = handoff.Party("alice@example.com")
	bob    = handoff.Party("bob@example.com")
	caller = handoff.Party(phone + "@" + domain)
	long   = 20 * time.Second // after which something that should happen will not
)

// world is a desk on a real store, agents who are reached by a channel that
// only remembers, and a bind to a message centre.
type world struct {
	t    *testing.T
	dir  string
	opt  smsc.Options
	bind func(*smpp.Config)
	cfg  func(*sms.Config)
	late bool // the centre is not there at the start

	smsc  *smsc.SMSC
	desk  *desk.Desk
	sms   *sms.Server
	store *store.SQLite
	skew  atomic.Int64 // of the clock
	stop  func()

	mu    sync.Mutex
	items []desk.Item // to agents
	signs []desk.Sign
	ids   int
}

// Perform is the agents' channel.
func (w *world) Perform(_ context.Context, item desk.Item, done func(error)) time.Duration {
	w.mu.Lock()
	w.items = append(w.items, item)
	w.mu.Unlock()
	done(nil)
	return 0
}

func newWorld(t *testing.T, o smsc.Options, options ...func(*world)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), opt: o, bind: func(*smpp.Config) {}, cfg: func(*sms.Config) {}}
	for _, f := range options {
		f(w)
	}
	var err error
	w.smsc, err = smsc.Start(w.opt)
	require.NoError(t, err)
	t.Cleanup(w.smsc.Close)
	if w.late {
		w.smsc.Kill()
	}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

// start runs the service on what the store has.
func (w *world) start() {
	w.t.Helper()
	var err error
	w.store, err = store.Open(w.t.Context(), store.Source{Path: filepath.Join(w.dir, "baton.db")}, store.Options{})
	require.NoError(w.t, err)
	w.desk = desk.New(desk.Config{Domain: domain, Store: w.store, Log: slog.New(slog.DiscardHandler),
		Directory: &desk.Directory{
			Agents: []desk.Agent{{JID: alice, Name: "Alice", Queues: []string{"support"}, Capacity: 100},
				{JID: bob, Name: "Bob", Queues: []string{"billing"}, Capacity: 100}},
			Queues: []desk.Queue{{Name: "support", Title: "Support", Auto: true, Greeting: "Welcome to Example."},
				{Name: "billing", Title: "Billing team", Auto: true}},
		},
		Policy: desk.Policy{OfferTimeout: time.Minute, MaxHops: 8, Inbox: 1000},
		Outbox: desk.OutboxOptions{Backoff: 10 * time.Millisecond}})
	w.desk.OnSign(desk.XMPP, func(s desk.Sign) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.signs = append(w.signs, s)
	})
	require.NoError(w.t, w.desk.Restore(w.t.Context()))
	bind := smpp.Config{Name: "main", Address: w.smsc.Addr(), SystemID: "baton", Password: "secret", Timeout: 5 * time.Second, Retry: 20 * time.Millisecond}
	w.bind(&bind)
	cfg := sms.Config{Desk: w.desk, Store: w.store, Carriers: []sms.Carrier{smpp.New(bind)},
		Numbers: []sms.Number{{Number: ours, Carrier: "main", Queue: "support", Lang: "en"},
			{Number: german, Carrier: "main", Queue: "support", Lang: "de"}},
		Text:         func(s string) desk.Text { return desk.Text{Body: s, Payload: []byte("<body>" + s + "</body>")} },
		TellSegments: true, Now: func() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }}
	w.cfg(&cfg)
	w.sms = sms.New(cfg)
	inner, stopDesk := context.WithCancel(context.Background())
	ctx, stopPhones := context.WithCancel(inner)
	var wg, phones sync.WaitGroup
	wg.Go(func() { _ = w.desk.Run(inner) })
	w.desk.Outbox().Up(desk.XMPP, w)
	for _, a := range []handoff.Party{alice, bob} {
		_, err := w.desk.Do(ctx, desk.Presence{Agent: a, Available: true, Online: true})
		require.NoError(w.t, err)
	}
	phones.Go(func() { w.sms.Run(ctx) })
	w.stop = sync.OnceFunc(func() {
		stopPhones()
		phones.Wait()
		stopDesk()
		wg.Wait()
		require.NoError(w.t, w.store.Close())
	})
}

// until waits for something that follows from what was done.
func (w *world) until(ok func() bool, what string, args ...any) {
	w.t.Helper()
	require.Eventually(w.t, ok, long, 5*time.Millisecond, fmt.Sprintf(what, args...))
}

// heard is what an agent got of a caller's lines, in the handover and after it.
func (w *world) heard(p handoff.Party) (out []string) {
	for _, local := range w.locals() {
		lines, err := w.store.Lines(w.t.Context(), domain, local, 0, 1<<62, 0)
		require.NoError(w.t, err)
		for _, l := range lines {
			if l.By == p {
				out = append(out, l.Body)
			}
		}
	}
	return out
}

func (w *world) locals() (out []string) {
	for _, q := range []string{"support", "billing"} {
		if c, err := w.store.ByCaller(w.t.Context(), domain, q, caller); err == nil {
			out = append(out, c.Local)
		}
	}
	return out
}

// session waits until a holds the caller's session.
func (w *world) session(a handoff.Party) desk.Conversation {
	w.t.Helper()
	var conv desk.Conversation
	w.until(func() bool {
		c, err := w.desk.OpenOf("support", caller)
		conv = c
		return err == nil && c.Holder == a
	}, "%s holds the session", a)
	return conv
}

// says has an agent answer, asking for a receipt.
func (w *world) says(a handoff.Party, text string) uint64 {
	w.t.Helper()
	w.ids++
	c, err := w.desk.OpenOf("support", caller)
	require.NoError(w.t, err)
	id := fmt.Sprintf("m%d", w.ids)
	res, err := w.desk.Do(w.t.Context(), desk.AgentSays{Local: c.Local, By: a, Text: desk.Text{StanzaID: id, OriginID: id, Body: text,
		Payload: []byte("<body>" + text + "</body><request xmlns='urn:xmpp:receipts'/>")}})
	require.NoError(w.t, err)
	return res.Line.Seq
}

// shows is what the phone shows, but for the greeting.
func (w *world) shows() (out []string) {
	for _, m := range w.smsc.Shown(phone) {
		if m.Text != "Welcome to Example." {
			out = append(out, m.Text)
		}
	}
	return out
}

// arrived returns the receipts that were shown, by line.
func (w *world) arrived() map[uint64]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[uint64]int{}
	for _, s := range w.signs {
		if s.Arrived > 0 && s.To == alice {
			out[s.Arrived]++
		}
	}
	return out
}

// told returns what agents were told of what did not arrive.
func (w *world) told() (out []handoff.Undelivered) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, it := range w.items {
		if e, ok := it.Effect.(handoff.Undelivered); ok {
			out = append(out, e)
		}
	}
	return out
}

func (w *world) segments() (out []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.signs {
		if s.Segments > 0 {
			out = append(out, s.Segments)
		}
	}
	return out
}

func (w *world) skewed() time.Time { return time.Now().Add(time.Duration(w.skew.Load())) }

// moves transfers the caller's session to the billing queue, where bob takes it.
func (w *world) moves(conv desk.Conversation) {
	w.t.Helper()
	res, err := w.desk.Do(w.t.Context(), desk.Handoff{Local: conv.Local, By: alice, Target: desk.Target{Queue: "billing"}})
	require.NoError(w.t, err)
	_, err = w.desk.Do(w.t.Context(), desk.Accept{Answer: desk.Answer{By: bob, Local: conv.Local, ID: res.Transfer.ID}})
	require.NoError(w.t, err)
	w.session(bob)
}

// prints counts what may be delivered once more.
func (w *world) prints() (n int) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.dir, "baton.db")+"?mode=ro")
	require.NoError(w.t, err)
	defer db.Close()
	require.NoError(w.t, db.QueryRow("SELECT count(*) FROM sms_prints").Scan(&n))
	return n
}
