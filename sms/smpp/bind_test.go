package smpp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"baton/integration/sms/smsc"
	"baton/sms/mobile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ours  = "+15550001111"
	phone = "+15551234567"
)

// keeper is a handler that does what it is told.
type keeper struct {
	mu      sync.Mutex
	up      int
	came    []mobile.Inbound
	settled []string
	verdict func(mobile.Inbound) error
}

func (k *keeper) Up(string)   { k.mu.Lock(); k.up++; k.mu.Unlock() }
func (k *keeper) Down(string) { k.mu.Lock(); k.up--; k.mu.Unlock() }
func (k *keeper) Settled(_ context.Context, keys []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.settled = append(k.settled, keys...)
}
func (k *keeper) Report(context.Context, mobile.Report) error { return nil }
func (k *keeper) Message(_ context.Context, in mobile.Inbound) error {
	k.mu.Lock()
	k.came = append(k.came, in)
	k.mu.Unlock()
	if k.verdict != nil {
		return k.verdict(in)
	}
	return nil
}

func (k *keeper) times() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.came)
}

func until(t *testing.T, ok func() bool, what string) {
	t.Helper()
	require.Eventually(t, ok, 20*time.Second, 2*time.Millisecond, what)
}

// bound runs a bind to a new centre.
func bound(t *testing.T, o smsc.Options, k *keeper, change func(*Config)) (*Bind, *smsc.SMSC) {
	t.Helper()
	s, err := smsc.Start(o)
	require.NoError(t, err)
	t.Cleanup(s.Close)
	cfg := Config{Name: "main", Address: s.Addr(), SystemID: "baton", Password: "secret", Retry: 10 * time.Millisecond}
	if change != nil {
		change(&cfg)
	}
	b := New(cfg)
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() { defer close(over); b.Run(ctx, k) }()
	t.Cleanup(func() { stop(); <-over; require.Zero(t, k.up) })
	return b, s
}

// A message is acknowledged when it is kept, and not before.
func TestAcknowledgedWhenKept(t *testing.T) {
	release, begun := make(chan struct{}), make(chan struct{}, 10)
	busy := true
	k := &keeper{}
	k.verdict = func(mobile.Inbound) error {
		begun <- struct{}{}
		<-release
		if busy {
			busy = false
			return mobile.ErrBusy
		}
		return nil
	}
	b, s := bound(t, smsc.Options{}, k, nil)
	s.Write(phone, ours, "Hello")
	<-begun
	// The bind goes on meanwhile, and the centre still has the message.
	_, err := b.Send(t.Context(), submission(b, "Hi", 1))
	require.NoError(t, err)
	require.Equal(t, 1, s.Counts().Waiting)
	close(release)
	until(t, func() bool { return s.Counts().Waiting == 0 }, "it is acknowledged")
	require.Equal(t, 2, k.times(), "once refused for now")
	require.Zero(t, s.Counts().Rejected)
}

func submission(b *Bind, text string, n int) mobile.Submission {
	return mobile.Submission{From: ours, To: phone, Text: text, Segment: b.Cut(text), N: n, Ref: 7, Key: "k"}
}

// A text in each of the ways it can be sent is the same on the phone.
func TestLongTexts(t *testing.T) {
	texts := []string{"short", strings.Repeat("0123456789", 16), strings.Repeat("long {€} ", 60), strings.Repeat("你好 😀 ", 60)}
	for _, long := range []Long{Header8, Header16, Payload} {
		k := &keeper{}
		b, s := bound(t, smsc.Options{}, k, func(c *Config) { c.Long = long })
		until(t, func() bool { return s.Bound() == 1 && b.up() }, "bound")
		for _, text := range texts {
			n := len(b.Cut(text).Parts)
			if b.Whole() {
				n = 1
			}
			for i := range n {
				_, err := b.Send(t.Context(), submission(b, text, i+1))
				require.NoError(t, err)
			}
		}
		var got []string
		for _, m := range s.Shown(phone) {
			got = append(got, m.Text)
		}
		require.Equal(t, texts, got, long)
	}
}

func (b *Bind) up() bool { b.mu.Lock(); defer b.mu.Unlock(); return b.link != nil }

func TestStatuses(t *testing.T) {
	k := &keeper{}
	b, s := bound(t, smsc.Options{}, k, nil)
	until(t, b.up, "bound")
	for st, want := range map[data.CommandStatusType]error{data.ESME_RTHROTTLED: mobile.ErrLater, data.ESME_RMSGQFUL: mobile.ErrLater,
		data.ESME_RINVDSTADR: mobile.ErrNever, data.ESME_RX_R_APPN: mobile.ErrNever} {
		s.Refuse(phone, st)
		_, err := b.Send(t.Context(), submission(b, "Hi", 1))
		require.ErrorIs(t, err, want, st.String())
	}
	s.Refuse(phone, 0x400)
	_, err := b.Send(t.Context(), submission(b, "Hi", 1))
	require.EqualError(t, err, "the message centre refuses it: status 0x00000400")
	s.Kill()
	until(t, func() bool { return !b.up() }, "the end is seen")
	_, err = b.Send(t.Context(), submission(b, "Hi", 1))
	require.ErrorIs(t, err, mobile.ErrDown)
}

// Never more than a window of submissions waits for answers.
func TestWindow(t *testing.T) {
	k := &keeper{}
	b, s := bound(t, smsc.Options{}, k, func(c *Config) { c.Window = 3; c.Timeout = time.Minute })
	until(t, b.up, "bound")
	s.Silence(true)
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			_, err := b.Send(ctx, submission(b, "Hi", 1))
			require.ErrorIs(t, err, mobile.ErrDown)
		})
	}
	until(t, func() bool { return s.Counts().Accepted == 3 }, "the window is full")
	require.Len(t, b.link.window, 3)
	stop()
	wg.Wait()
	require.Equal(t, 3, s.Counts().Accepted)
}

func TestWrongPassword(t *testing.T) {
	k := &keeper{}
	tried := make(chan struct{}, 1000)
	b, s := bound(t, smsc.Options{Password: "other"}, k, func(c *Config) {
		c.Dial = func(ctx context.Context, a string) (net.Conn, error) {
			tried <- struct{}{}
			return (&net.Dialer{}).DialContext(ctx, "tcp", a)
		}
	})
	for range 3 {
		<-tried
	}
	require.False(t, b.up())
	require.Zero(t, s.Bound())
	_, err := b.Send(t.Context(), submission(b, "Hi", 1))
	require.True(t, errors.Is(err, mobile.ErrDown))
}

// By TLS, and to nobody whose certificate is not the expected one.
func TestTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil)
	defer web.Close()
	pool := x509.NewCertPool()
	pool.AddCert(web.Certificate())
	for name, trusted := range map[string]bool{"example.com": true, "other.example": false} {
		k := &keeper{}
		b, s := bound(t, smsc.Options{}, k, func(c *Config) {
			c.TLS = &tls.Config{RootCAs: pool, ServerName: name}
			c.Dial = func(ctx context.Context, address string) (net.Conn, error) {
				theirs, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
				if err != nil {
					return nil, err
				}
				here, there := net.Pipe()
				front := tls.Server(there, &tls.Config{Certificates: web.TLS.Certificates})
				go func() { _, _ = io.Copy(front, theirs); front.Close() }()
				go func() { _, _ = io.Copy(theirs, front); theirs.Close() }()
				return here, nil
			}
		})
		if !trusted {
			require.Never(t, b.up, 200*time.Millisecond, 10*time.Millisecond)
			require.Zero(t, s.Bound())
			continue
		}
		until(t, b.up, "bound")
		_, err := b.Send(t.Context(), submission(b, "Hi", 1))
		require.NoError(t, err)
	}
}
