package smpp

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"

	"crypto/tls"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"baton/sms/gsm"
	"baton/sms/mobile"
)

// Bind is one bind to a message centre. Make it with New, then Run it.
type Bind struct {
	cfg Config

	mu    sync.Mutex
	link  *link     // nil: not bound
	next  time.Time // no submission before
	pause time.Duration
}

// New makes a bind.
func New(cfg Config) *Bind { return &Bind{cfg: cfg.withDefaults()} }

// Name returns what the settings call it.
func (b *Bind) Name() string { return b.cfg.Name }

// Cut puts a text into the segments it is sent in.
func (b *Bind) Cut(text string) gsm.Message { return gsm.Cut(text, b.cfg.options()) }

// Whole reports whether a long text is submitted at once.
func (b *Bind) Whole() bool { return b.cfg.Long == Payload }

// Run keeps the bind until ctx ends, then unbinds. However often it fails, it
// tries again: after a moment at first, then less and less often.
func (b *Bind) Run(ctx context.Context, h mobile.Handler) {
	slowest := 30 * b.cfg.Retry
	pause, told := b.cfg.Retry, false
	for ctx.Err() == nil {
		began := time.Now()
		bound, err := b.session(ctx, h)
		if ctx.Err() != nil {
			return
		}
		if bound && time.Since(began) > slowest {
			pause = b.cfg.Retry
		}
		if bound || !told { // the first refusal is enough
			b.cfg.Log.Warn("not bound to the message centre, trying again", "address", b.cfg.Address, "in", pause, "error", err)
		}
		told = !bound
		select {
		case <-time.After(pause/2 + rand.N(pause/2+1)):
		case <-ctx.Done():
		}
		pause = min(2*pause, slowest)
	}
}

// session binds once, and returns when that bind is over.
func (b *Bind) session(ctx context.Context, h mobile.Handler) (bound bool, err error) {
	l, err := b.connect(ctx)
	if err != nil {
		return false, err
	}
	b.mu.Lock()
	b.link, b.pause = l, 0
	b.mu.Unlock()
	b.cfg.Log.Info("bound to the message centre", "address", b.cfg.Address)
	h.Up(b.cfg.Name)
	err = l.serve(ctx, h)
	b.mu.Lock()
	b.link = nil
	b.mu.Unlock()
	h.Down(b.cfg.Name)
	return true, err
}

// connect dials and binds (§4.1.5).
func (b *Bind) connect(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*b.cfg.Timeout)
	defer cancel()
	conn, err := b.cfg.Dial(ctx, b.cfg.Address)
	if err != nil {
		return nil, err
	}
	if b.cfg.TLS != nil {
		host, _, _ := net.SplitHostPort(b.cfg.Address)
		cfg := b.cfg.TLS.Clone()
		if cfg.ServerName == "" {
			cfg.ServerName = host
		}
		conn = tls.Client(conn, cfg)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	l := newLink(conn, b.cfg)
	if err := l.bind(); err != nil {
		return nil, errors.Join(err, ctx.Err(), conn.Close())
	}
	if !stop() {
		return nil, errors.Join(ctx.Err(), conn.Close())
	}
	return l, nil
}

// bind says who we are. Other PDUs before the answer are none of a centre that
// keeps to the protocol.
func (l *link) bind() error {
	req := pdu.NewBindRequest(pdu.Transceiver)
	req.SystemID, req.Password, req.SystemType = l.cfg.SystemID, l.cfg.Password, l.cfg.Type
	req.SetSequenceNumber(l.number())
	if err := l.write(req); err != nil {
		return err
	}
	frame, err := l.read()
	if err != nil {
		return fmt.Errorf("no answer to the bind: %w", err)
	}
	p, err := parse(frame)
	if err != nil {
		return err
	}
	h := p.GetHeader()
	switch {
	case h.CommandStatus != data.ESME_ROK:
		return fmt.Errorf("the bind was refused: %s; check system_id and password", status(h.CommandStatus))
	case h.CommandID != data.BIND_TRANSCEIVER_RESP:
		return fmt.Errorf("the bind was answered by something else: %s", h.CommandID)
	}
	return nil
}

// Send submits a segment and returns the identifier it was accepted with. Its
// errors are those of package mobile; one that is none of them is the centre's
// refusal of this segment.
func (b *Bind) Send(ctx context.Context, s mobile.Submission) (id string, err error) {
	l, err := b.turn(ctx)
	if err != nil {
		return "", err
	}
	resp, err := l.ask(ctx, b.cfg.submit(s))
	if err != nil {
		return "", err
	}
	if st := resp.GetHeader().CommandStatus; st != data.ESME_ROK {
		err := refused(st)
		if errors.Is(err, mobile.ErrLater) {
			b.slower()
		}
		return "", err
	}
	answer, ok := resp.(*pdu.SubmitSMResp)
	if !ok {
		return "", fmt.Errorf("the message centre answered with %s", resp.GetHeader().CommandID)
	}
	b.mu.Lock()
	b.pause = 0
	b.mu.Unlock()
	return b.cfg.answeredID(answer.MessageID), nil
}

// turn waits until the next submission may go, and returns the link.
func (b *Bind) turn(ctx context.Context) (*link, error) {
	b.mu.Lock()
	l := b.link
	now := time.Now()
	at := b.next
	if at.Before(now) {
		at = now
	}
	b.next = at.Add(b.cfg.Every)
	b.mu.Unlock()
	if l == nil {
		return nil, mobile.ErrDown
	}
	if wait := at.Sub(now); wait > 0 {
		select {
		case <-time.After(wait):
		case <-l.over:
			return nil, mobile.ErrDown
		case <-ctx.Done():
			return nil, mobile.ErrDown
		}
	}
	return l, nil
}

// slower holds back all submissions for a moment that doubles while the centre
// says that they are too many.
func (b *Bind) slower() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pause = min(max(2*b.pause, 100*time.Millisecond), 10*time.Second)
	if at := time.Now().Add(b.pause); b.next.Before(at) {
		b.next = at
	}
}

// refused says what a status means for a submission (§5.1.3).
func refused(st data.CommandStatusType) error {
	switch st {
	case data.ESME_RTHROTTLED, data.ESME_RMSGQFUL, data.ESME_RSYSERR, data.ESME_RX_T_APPN:
		return fmt.Errorf("%w: %s", mobile.ErrLater, status(st))
	case data.ESME_RINVDSTADR, data.ESME_RINVDSTTON, data.ESME_RINVDSTNPI:
		return fmt.Errorf("%w: there is no such number (%s)", mobile.ErrNever, status(st))
	case data.ESME_RINVMSGLEN, data.ESME_RINVSRCADR, data.ESME_RINVSRCTON, data.ESME_RINVSRCNPI, data.ESME_RX_P_APPN,
		data.ESME_RX_R_APPN, data.ESME_RINVESMCLASS, data.ESME_RPROVNOTALLWD, data.ESME_ROPTPARNOTALLWD:
		return fmt.Errorf("%w: %s", mobile.ErrNever, status(st))
	}
	return fmt.Errorf("the message centre refuses it: %s", status(st))
}

// status returns a status as people can look it up.
func status(st data.CommandStatusType) string {
	if name := st.Desc(); name != "" && !strings.HasPrefix(name, "CommandStatusType") { // or it is the number again
		return fmt.Sprintf("%s, 0x%08x", name, uint32(st))
	}
	return fmt.Sprintf("status 0x%08x", uint32(st))
}
