// Package smsc is a small message centre, SMPP 3.4, for tests and the demo: it
// has phones that write and show what they get, and all the ways to fail that
// real ones have. What a client does not acknowledge it keeps, and delivers
// again.
package smsc

import (
	"fmt"
	"net"
	"sync"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// Receipts says when the receipt of a message comes.
type Receipts int

// The times of receipts.
const (
	Never Receipts = iota
	Late           // behind the answer to the submission
	Early          // before it
	Twice          // behind it, two of them
)

// Options are what a centre is like.
type Options struct {
	Address            string // host:port; "": a free port of this machine
	SystemID, Password string // "": any
	Receipts           Receipts
	AnswerID           func(n int) string // identifiers in answers; nil: decimal
	ReceiptID          func(n int) string // the same in receipts
	Window             int                // deliveries not acknowledged yet; 0: 10
	// Recognise makes nothing of a submission that is a repetition by its sender,
	// receiver and user_message_reference.
	Recognise bool
}

// Shown is a message as a phone shows it.
type Shown struct {
	From, Text string
	Segments   int
}

// SMSC is a message centre. Make it with Start.
type SMSC struct {
	opt Options

	mu       sync.Mutex
	listener net.Listener
	address  string
	dead     bool // killed: nobody can bind
	conns    map[*conn]struct{}
	waiting  []*delivery // for a client that acknowledges them, in order
	phones   map[string]*phone
	accepted int // submissions
	repeated int // of them, repetitions that were recognised
	rejected int // deliveries
	throttle int // submissions to refuse from now on
	refuse   map[string]data.CommandStatusType
	fail     map[string]bool
	silent   bool
	seen     map[string]string // identifiers by what recognises a repetition
	wg       sync.WaitGroup
}

// delivery is a message to the client, or a receipt.
type delivery struct {
	make func() *pdu.DeliverSM
	on   *conn // where it waits for its answer; nil: nowhere
}

// Start begins to listen.
func Start(o Options) (*SMSC, error) {
	if o.Address == "" {
		o.Address = "127.0.0.1:0"
	}
	if o.Window == 0 {
		o.Window = 10
	}
	decimal := func(n int) string { return fmt.Sprint(n) }
	if o.AnswerID == nil {
		o.AnswerID = decimal
	}
	if o.ReceiptID == nil {
		o.ReceiptID = decimal
	}
	s := &SMSC{opt: o, address: o.Address, conns: map[*conn]struct{}{}, phones: map[string]*phone{},
		refuse: map[string]data.CommandStatusType{}, fail: map[string]bool{}, seen: map[string]string{}}
	return s, s.Restart()
}

// Restart listens again after Kill, at the same address.
func (s *SMSC) Restart() error {
	l, err := net.Listen("tcp", s.address)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listener, s.address, s.dead = l, l.Addr().String(), false
	s.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.serve(c)
		}
	})
	return nil
}

// Kill ends every connection without a word, and stops listening. What was
// accepted and what was not acknowledged is kept.
func (s *SMSC) Kill() {
	s.mu.Lock()
	s.listener.Close()
	s.dead = true // for who is about to bind
	s.cut()
	s.mu.Unlock()
	s.wg.Wait()
}

// Cut ends every connection without a word.
func (s *SMSC) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cut()
}

func (s *SMSC) cut() {
	for c := range s.conns {
		c.drop()
	}
	for _, d := range s.waiting {
		d.on = nil
	}
	clear(s.conns)
}

// Addr returns host:port.
func (s *SMSC) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.address
}

// Bound returns how many clients are bound.
func (s *SMSC) Bound() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Unbind tells every client that the link is over, as a centre does in order.
func (s *SMSC) Unbind() { s.each(func(c *conn) { c.write(pdu.NewUnbind()) }) }

// Raw sends octets to every client, whatever they are.
func (s *SMSC) Raw(b []byte) { s.each(func(c *conn) { c.octets(b) }) }

func (s *SMSC) each(do func(*conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		do(c)
	}
}

// Throttle refuses so many submissions.
func (s *SMSC) Throttle(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttle = n
}

// Refuse answers submissions to that number with a status; 0 ends that.
func (s *SMSC) Refuse(number string, st data.CommandStatusType) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse[number] = st
}

// Fail accepts what is sent to that number, and reports that it did not arrive.
func (s *SMSC) Fail(number string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail[number] = true
}

// Silence accepts submissions and does not answer them.
func (s *SMSC) Silence(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = on
}

// Counts are what a centre has done.
type Counts struct {
	Waiting  int // deliveries that no client acknowledged
	Rejected int // deliveries that the client rejected for good
	Accepted int // submissions
	Repeated int // of them, repetitions that were recognised
}

// Counts returns what it has done.
func (s *SMSC) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Counts{len(s.waiting), s.rejected, s.accepted, s.repeated}
}

// Shown returns what a phone shows, oldest first.
func (s *SMSC) Shown(number string) []Shown {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.phones[number]; p != nil {
		return append([]Shown(nil), p.shown...)
	}
	return nil
}

// Close ends it.
func (s *SMSC) Close() { s.Kill() }
