package smsc

import (
	"fmt"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"baton/sms/gsm"
)

// phone shows what it got, messages in several parts when it has all of them.
type phone struct {
	shown []Shown
	parts map[string][]gsm.Part
	ref   byte // of the next long message it sends
}

// phone returns the phone with that number. The caller holds mu.
func (s *SMSC) phone(number string) *phone {
	p := s.phones[number]
	if p == nil {
		p = &phone{parts: map[string][]gsm.Part{}}
		s.phones[number] = p
	}
	return p
}

// get takes one short message.
func (p *phone) get(m *pdu.SubmitSM) {
	body, _ := m.Message.GetMessageData()
	if f, ok := m.OptionalParameters[pdu.TagMessagePayload]; ok {
		body = f.Data
	}
	part := gsm.Part{N: 1, Total: 1, Data: body}
	if enc := m.Message.Encoding(); enc != nil && enc.DataCoding() == data.UCS2Coding {
		part.Coding = gsm.UCS2
	}
	from := "+" + m.SourceAddr.Address()
	total, n, ref, ok := m.Message.UDH().GetConcatInfo()
	if ie, wide := m.Message.UDH().FindInfoElement(data.UDH_CONCAT_MSG_16_BIT_REF); wide {
		total, n, ref, ok = ie.Data[2], ie.Data[3], ie.Data[1], true
	}
	if !ok {
		p.shown = append(p.shown, Shown{from, gsm.Join([]gsm.Part{part}), 1})
		return
	}
	key := fmt.Sprint(from, ref, total)
	part.N, part.Total = int(n), int(total)
	p.parts[key] = append(p.parts[key], part)
	if gsm.Complete(p.parts[key]) {
		p.shown = append(p.shown, Shown{from, gsm.Join(p.parts[key]), part.Total})
		delete(p.parts, key)
	}
}

// Write has a phone write to a number of the client's: one message, cut as
// phones do.
func (s *SMSC) Write(from, to, text string) { s.deliver(s.Parts(from, to, text)...) }

// Parts makes the deliveries of a message without sending them; Deliver does.
func (s *SMSC) Parts(from, to, text string) (out []func() *pdu.DeliverSM) {
	m := gsm.Cut(text, gsm.Options{})
	s.mu.Lock()
	p := s.phone(from)
	p.ref++
	ref := p.ref
	s.mu.Unlock()
	for i, b := range m.Parts {
		out = append(out, func() *pdu.DeliverSM {
			d := pdu.NewDeliverSM().(*pdu.DeliverSM)
			d.SourceAddr, d.DestAddr = Number(from), Number(to)
			enc := data.GSM7BIT
			if m.Coding == gsm.UCS2 {
				enc = data.UCS2
			}
			if len(m.Parts) > 1 {
				d.EsmClass |= data.SM_UDH_GSM
				d.Message.SetUDH(pdu.UDH{pdu.NewIEConcatMessage(byte(len(m.Parts)), byte(i+1), ref)})
			}
			_ = d.Message.SetMessageDataWithEncoding(b, enc)
			return d
		})
	}
	return out
}

// Deliver sends deliveries to the client until it acknowledges them.
func (s *SMSC) Deliver(d ...func() *pdu.DeliverSM) { s.deliver(d...) }
