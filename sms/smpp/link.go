package smpp

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"baton/sms/mobile"
)

// maxFrame bounds a PDU, in octets: message_payload may have 64 KiB (§5.3.2.32).
const maxFrame = 64 << 10

// maxInbox bounds how many messages wait to be kept; beyond it the centre waits.
const maxInbox = 64

// link is one connection, from bind to end.
type link struct {
	cfg  Config
	id   string
	conn net.Conn
	in   *bufio.Reader

	writing sync.Mutex
	window  chan struct{} // a place for each submission not answered yet
	inbox   chan []byte   // deliver_sm, in order

	mu        sync.Mutex
	last      int32                  // sequence number
	waiting   map[int32]chan pdu.PDU // for the answers to our requests
	unsettled []string               // keys of messages whose acknowledgement may be lost
	why       error
	over      chan struct{} // closed when the link is
}

func newLink(conn net.Conn, cfg Config) *link {
	return &link{cfg: cfg, id: rand.Text(), conn: conn, in: bufio.NewReader(conn), window: make(chan struct{}, cfg.Window),
		inbox: make(chan []byte, maxInbox), waiting: map[int32]chan pdu.PDU{}, over: make(chan struct{})}
}

// serve runs the link until it breaks or ctx ends, and returns why.
func (l *link) serve(ctx context.Context, h mobile.Handler) error {
	var wg sync.WaitGroup
	wg.Go(l.reader)
	wg.Go(func() { l.worker(ctx, h) })
	wg.Go(func() { l.enquirer(ctx, h) })
	select {
	case <-l.over:
	case <-ctx.Done():
		unbound, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		_, _ = l.call(unbound, pdu.NewUnbind())
		cancel()
		l.end(ctx.Err())
	}
	wg.Wait()
	return l.why
}

// end closes the connection; the first reason counts.
func (l *link) end(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.over:
		return
	default:
	}
	l.why = why
	close(l.over)
	l.conn.Close()
}

// number returns the next sequence number (§5.1.4).
func (l *link) number() int32 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last++; l.last <= 0 {
		l.last = 1
	}
	return l.last
}

func (l *link) write(p pdu.PDU) error {
	buf := pdu.NewBuffer(nil)
	p.Marshal(buf)
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(l.cfg.Timeout)); err != nil {
		return err
	}
	_, err := l.conn.Write(buf.Bytes())
	return err
}

// read returns the octets of the next PDU.
func (l *link) read() ([]byte, error) {
	head, err := l.in.Peek(4)
	if err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head)
	if n < 16 || n > maxFrame {
		return nil, fmt.Errorf("%w of %d octets", errPDU, n)
	}
	frame := make([]byte, n)
	_, err = io.ReadFull(l.in, frame)
	return frame, err
}

// ask sends a submission and waits for its answer, once there is room for it.
func (l *link) ask(ctx context.Context, p pdu.PDU) (pdu.PDU, error) {
	select {
	case l.window <- struct{}{}:
		defer func() { <-l.window }()
	case <-l.over:
		return nil, mobile.ErrDown
	case <-ctx.Done():
		return nil, mobile.ErrDown
	}
	return l.call(ctx, p)
}

// call sends a request and waits for its answer. A link on which none comes is
// dead.
func (l *link) call(ctx context.Context, p pdu.PDU) (pdu.PDU, error) {
	seq := l.number()
	p.SetSequenceNumber(seq)
	answer := make(chan pdu.PDU, 1)
	l.mu.Lock()
	l.waiting[seq] = answer
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		delete(l.waiting, seq)
		l.mu.Unlock()
	}()
	if err := l.write(p); err != nil {
		l.end(err)
		return nil, mobile.ErrDown
	}
	late := time.NewTimer(l.cfg.Timeout)
	defer late.Stop()
	select {
	case p := <-answer:
		return p, nil
	case <-late.C:
		l.end(fmt.Errorf("%s was not answered within %s", p.GetHeader().CommandID, l.cfg.Timeout))
	case <-l.over:
	case <-ctx.Done():
	}
	return nil, mobile.ErrDown
}

// reader takes what comes until the link is over. It waits for nothing but room
// in the inbox.
func (l *link) reader() {
	for {
		frame, err := l.read()
		if errors.Is(err, errPDU) { // where the next one begins is not known
			l.nack(data.ESME_RINVCMDLEN, 0)
		}
		if err != nil {
			l.end(fmt.Errorf("reading: %w", err))
			return
		}
		id, seq := data.CommandIDType(int32(binary.BigEndian.Uint32(frame[4:]))), int32(binary.BigEndian.Uint32(frame[12:]))
		switch {
		case id < 0: // an answer: the highest bit is set
			l.answered(frame, id, seq)
		case id == data.DELIVER_SM:
			select {
			case l.inbox <- frame:
			case <-l.over:
				return
			}
		case id == data.ENQUIRE_LINK:
			resp := pdu.NewEnquireLinkResp()
			resp.SetSequenceNumber(seq)
			l.reply(resp)
		case id == data.UNBIND:
			resp := pdu.NewUnbindResp()
			resp.SetSequenceNumber(seq)
			l.reply(resp)
			l.end(errors.New("the message centre unbound"))
			return
		default:
			l.cfg.Log.Debug("a PDU that is not for us", "command", fmt.Sprintf("0x%08x", uint32(id)))
			l.nack(data.ESME_RINVCMDID, seq)
		}
	}
}

// answered hands an answer to who waits for it. One that cannot be read is the
// same as a refusal.
func (l *link) answered(frame []byte, id data.CommandIDType, seq int32) {
	l.mu.Lock()
	ch := l.waiting[seq]
	delete(l.waiting, seq)
	l.mu.Unlock()
	if ch == nil {
		return
	}
	p, err := parse(frame)
	if err != nil {
		l.cfg.Log.Warn("an answer of the message centre cannot be read", "command", fmt.Sprintf("0x%08x", uint32(id)), "error", err)
		p = pdu.NewGenericNack()
		p.(*pdu.GenericNack).CommandStatus = data.ESME_RUNKNOWNERR
	}
	ch <- p
}

func (l *link) reply(p pdu.PDU) {
	if err := l.write(p); err != nil {
		l.end(err)
	}
}

func (l *link) nack(st data.CommandStatusType, seq int32) {
	p := pdu.NewGenericNack().(*pdu.GenericNack)
	p.CommandStatus = st
	p.SetSequenceNumber(seq)
	l.reply(p)
}

// worker deals with one message after the other, in the order they came. Only
// when one is kept it is acknowledged (§4.6.2).
func (l *link) worker(ctx context.Context, h mobile.Handler) {
	for {
		select {
		case frame := <-l.inbox:
			resp := pdu.NewDeliverSMResp().(*pdu.DeliverSMResp)
			resp.SetSequenceNumber(int32(binary.BigEndian.Uint32(frame[12:])))
			key, err := l.deliver(ctx, h, frame)
			if err != nil && ctx.Err() != nil {
				return // not answered, it is delivered again in its place
			}
			resp.CommandStatus = verdict(err)
			if err != nil {
				l.cfg.Log.Warn("a message was not taken", "answer", status(resp.CommandStatus), "error", err)
			}
			l.reply(resp)
			if key != "" {
				l.mu.Lock()
				l.unsettled = append(l.unsettled, key)
				l.mu.Unlock()
			}
		case <-l.over:
			return
		}
	}
}

// deliver hands on a message or receipt. It returns the key of a message that
// may come again.
func (l *link) deliver(ctx context.Context, h mobile.Handler, frame []byte) (key string, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	parsed, err := parse(frame)
	if err != nil {
		return "", fmt.Errorf("%w: %w", mobile.ErrReject, err)
	}
	p := parsed.(*pdu.DeliverSM)
	if isReceipt(p) {
		if r, ok := l.cfg.report(p); ok {
			return "", h.Report(ctx, r)
		}
		return "", nil
	}
	in, err := l.cfg.inbound(p, frame, l.id)
	if err != nil {
		return "", err
	}
	if err := h.Message(ctx, in); err != nil {
		return "", err
	}
	return in.Key, nil
}

// verdict is how a message is answered that was not kept.
func verdict(err error) data.CommandStatusType {
	switch {
	case err == nil:
		return data.ESME_ROK
	case errors.Is(err, mobile.ErrReject):
		return data.ESME_RX_R_APPN
	}
	return data.ESME_RX_T_APPN
}

// enquirer tries the link: regularly, and soon after messages were acknowledged
// (§4.11). As the centre answers in order, it then has the acknowledgements.
func (l *link) enquirer(ctx context.Context, h mobile.Handler) {
	tick := time.NewTicker(min(settleEvery, l.cfg.Enquire))
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-tick.C:
		case <-l.over:
			return
		}
		l.mu.Lock()
		keys := l.unsettled
		l.unsettled = nil
		l.mu.Unlock()
		if len(keys) == 0 && time.Since(last) < l.cfg.Enquire {
			continue
		}
		last = time.Now()
		if _, err := l.call(ctx, pdu.NewEnquireLink()); err != nil {
			return
		}
		if len(keys) > 0 {
			h.Settled(ctx, keys)
		}
	}
}
