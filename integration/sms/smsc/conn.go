package smsc

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// conn is one client.
type conn struct {
	c       net.Conn
	writing sync.Mutex
	last    int32
	asked   map[int32]*delivery // deliveries on their way; under SMSC.mu
}

func (c *conn) drop() {
	if t, ok := c.c.(*net.TCPConn); ok {
		_ = t.SetLinger(0) // what is under way is lost, as when a machine dies
	}
	c.c.Close()
}

func (c *conn) octets(b []byte) {
	c.writing.Lock()
	defer c.writing.Unlock()
	_ = c.c.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_, _ = c.c.Write(b)
}

func (c *conn) write(p pdu.PDU) {
	buf := pdu.NewBuffer(nil)
	p.Marshal(buf)
	c.octets(buf.Bytes())
}

// serve runs one client in a goroutine of its own.
func (s *SMSC) serve(nc net.Conn) {
	c := &conn{c: nc, asked: map[int32]*delivery{}}
	s.wg.Go(func() {
		defer nc.Close()
		if !s.bind(c) {
			return
		}
		for {
			p, err := pdu.Parse(nc)
			if err != nil || !s.handle(c, p) {
				s.mu.Lock()
				delete(s.conns, c)
				for _, d := range c.asked {
					d.on = nil
				}
				s.mu.Unlock()
				return
			}
		}
	})
}

func (s *SMSC) bind(c *conn) bool {
	_ = c.c.SetReadDeadline(time.Now().Add(5 * time.Second))
	p, err := pdu.Parse(c.c)
	req, ok := p.(*pdu.BindRequest)
	if err != nil || !ok {
		return false
	}
	_ = c.c.SetReadDeadline(time.Time{})
	resp := req.GetResponse().(*pdu.BindResp)
	if s.opt.SystemID != "" && req.SystemID != s.opt.SystemID || s.opt.Password != "" && req.Password != s.opt.Password {
		resp.CommandStatus = data.ESME_RINVPASWD
		c.write(resp)
		return false
	}
	resp.SystemID = "smsc"
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead {
		return false
	}
	c.write(resp)
	s.conns[c] = struct{}{}
	s.push()
	return true
}

// handle deals with one PDU; false: the client is done.
func (s *SMSC) handle(c *conn, p pdu.PDU) bool {
	switch p := p.(type) {
	case *pdu.EnquireLink:
		c.write(p.GetResponse())
	case *pdu.Unbind:
		c.write(p.GetResponse())
		return false
	case *pdu.UnbindResp:
		return false
	case *pdu.SubmitSM:
		s.submitted(c, p)
	case *pdu.DeliverSMResp:
		s.acknowledged(c, p)
	}
	return true
}

// push delivers what waits, as far as the window goes. The caller holds mu.
func (s *SMSC) push() {
	for c := range s.conns {
		for _, d := range s.waiting {
			if len(c.asked) >= s.opt.Window {
				break
			}
			if d.on == nil {
				c.last++
				p := d.make()
				p.SetSequenceNumber(c.last)
				d.on, c.asked[c.last] = c, d
				c.write(p)
			}
		}
		return // one client gets it all
	}
}

func (s *SMSC) acknowledged(c *conn, p *pdu.DeliverSMResp) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := c.asked[p.SequenceNumber]
	delete(c.asked, p.SequenceNumber)
	i := slices.Index(s.waiting, d)
	if i < 0 {
		return
	}
	switch p.CommandStatus {
	case data.ESME_ROK:
		s.waiting = slices.Delete(s.waiting, i, i+1)
	case data.ESME_RX_T_APPN: // it will be taken later
		time.AfterFunc(20*time.Millisecond, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			d.on = nil
			s.push()
		})
		return
	default:
		s.rejected++
		s.waiting = slices.Delete(s.waiting, i, i+1)
	}
	s.push()
}

// deliver queues something for the client.
func (s *SMSC) deliver(d ...func() *pdu.DeliverSM) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range d {
		s.waiting = append(s.waiting, &delivery{make: d})
	}
	s.push()
}

// submitted takes a submission: accepted is what it says so of.
func (s *SMSC) submitted(c *conn, p *pdu.SubmitSM) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, bound := s.conns[c]; !bound {
		return // the centre was killed
	}
	resp := p.GetResponse().(*pdu.SubmitSMResp)
	to := "+" + p.DestAddr.Address()
	if s.throttle > 0 {
		s.throttle--
		resp.CommandStatus = data.ESME_RTHROTTLED
	} else if st := s.refuse[to]; st != data.ESME_ROK {
		resp.CommandStatus = st
	}
	if resp.CommandStatus != data.ESME_ROK {
		c.write(resp)
		return
	}
	key := fmt.Sprintf("%s %s %x", p.SourceAddr.Address(), to, p.OptionalParameters[pdu.TagUserMessageReference].Data)
	id, again := s.seen[key]
	if !s.opt.Recognise || !again {
		s.accepted++
		id = fmt.Sprint(s.accepted)
		s.seen[key] = id
		s.phone(to).get(p)
	} else {
		s.repeated++
	}
	var n int
	_, _ = fmt.Sscan(id, &n)
	resp.MessageID = s.opt.AnswerID(n)
	if s.opt.Receipts == Early {
		early := s.receipt(p, n)()
		c.last++
		early.SetSequenceNumber(c.last)
		c.write(early)
	}
	if !s.silent {
		c.write(resp)
	}
	if s.opt.Receipts == Late || s.opt.Receipts == Twice {
		s.waiting = append(s.waiting, &delivery{make: s.receipt(p, n)})
	}
	if s.opt.Receipts == Twice {
		s.waiting = append(s.waiting, &delivery{make: s.receipt(p, n)})
	}
	s.push()
}

// receipt makes the receipt of a submission.
func (s *SMSC) receipt(p *pdu.SubmitSM, n int) func() *pdu.DeliverSM {
	state, err := "DELIVRD", "000"
	if s.fail["+"+p.DestAddr.Address()] {
		state, err = "UNDELIV", "027"
	}
	return Receipt(s.opt.ReceiptID(n), state, err, p.DestAddr, p.SourceAddr)
}

// Receipt makes a receipt as appendix B of the specification has it.
func Receipt(id, state, err string, from, to pdu.Address) func() *pdu.DeliverSM {
	return func() *pdu.DeliverSM {
		d := pdu.NewDeliverSM().(*pdu.DeliverSM)
		d.SourceAddr, d.DestAddr, d.EsmClass = from, to, data.SM_SMSC_DLV_RCPT_TYPE
		text := fmt.Sprintf("id:%s sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 stat:%s err:%s text:", id, state, err)
		_ = d.Message.SetMessageDataWithEncoding([]byte(text), data.GSM7BIT)
		return d
	}
}

// Number makes an address of a number.
func Number(number string) pdu.Address {
	digits, international := strings.CutPrefix(number, "+")
	ton := data.GSM_TON_UNKNOWN
	if international {
		ton = data.GSM_TON_INTERNATIONAL
	}
	a := pdu.NewAddressWithTonNpi(ton, data.GSM_NPI_E164)
	_ = a.SetAddress(digits)
	return a
}
