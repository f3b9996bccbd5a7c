package smpp

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strings"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"

	"baton/sms/gsm"
	"baton/sms/mobile"
)

// errPDU means that octets are no PDU that we know.
var errPDU = errors.New("a malformed PDU")

// parse reads one PDU. Whatever the octets are, it returns.
func parse(frame []byte) (p pdu.PDU, err error) {
	defer func() {
		if r := recover(); r != nil { // gosmpp was made for well-meant octets
			p, err = nil, fmt.Errorf("%w: %v", errPDU, r)
		}
	}()
	if p, err = pdu.Parse(bytes.NewReader(frame)); err != nil {
		return nil, fmt.Errorf("%w: %w", errPDU, err)
	}
	return p, nil
}

// codingOf returns data_coding of a deliver_sm; gosmpp forgets those it does not
// know. The frame has been parsed.
func codingOf(frame []byte) byte {
	b := frame[16:]
	str := func() { b = b[bytes.IndexByte(b, 0)+1:] }
	str()       // service_type
	b = b[2:]   // source_addr_ton, _npi
	str()       // source_addr
	b = b[2:]   // dest_addr_ton, _npi
	str()       // destination_addr
	b = b[3:]   // esm_class, protocol_id, priority_flag
	str()       // schedule_delivery_time
	str()       // validity_period
	return b[2] // behind registered_delivery, replace_if_present_flag
}

// isReceipt reports whether a deliver_sm is about one of our own messages
// (§5.2.12): a receipt, or a notice on the way to one.
func isReceipt(p *pdu.DeliverSM) bool {
	kind := p.EsmClass & 0x3c
	return kind == data.SM_SMSC_DLV_RCPT_TYPE || kind == data.SM_INTMD_DLV_NOTIFY_TYPE
}

// inbound reads a message from a phone. An ErrReject says that it is none.
func (c Config) inbound(p *pdu.DeliverSM, frame []byte, connection string) (mobile.Inbound, error) {
	body, _ := p.Message.GetMessageData()
	header := p.Message.UDH()
	size := max(header.UDHL(), 0)
	if payload, ok := p.OptionalParameters[pdu.TagMessagePayload]; ok && len(body) == 0 {
		body = payload.Data
		if p.EsmClass&data.SM_UDH_GSM != 0 {
			if _, err := header.UnmarshalBinary(body); err != nil || header.UDHL() > len(body) {
				return mobile.Inbound{}, fmt.Errorf("%w: %w", mobile.ErrReject, errPDU)
			}
			size = header.UDHL()
			body = body[size:]
		}
	}
	in := mobile.Inbound{Carrier: c.Name, From: c.number(p.SourceAddr), To: c.number(p.DestAddr),
		Key: rand.Text(), Connection: connection}
	in.Ref, in.Part = c.numbered(p, header)
	in.Part.Coding, in.Part.Data = c.text(codingOf(frame), body, size)
	sum := sha256.New()
	fmt.Fprintf(sum, "%q %q %d %q %d %d %d %x %d", in.From, in.To, p.EsmClass, body, in.Ref, in.Part.N, in.Part.Total,
		p.OptionalParameters[pdu.TagReceiptedMessageID].Data, p.OptionalParameters[pdu.TagUserMessageReference].Data)
	in.Print = hex.EncodeToString(sum.Sum(nil))
	return in, nil
}

// numbered returns which part of which message it is: by its header, or by the
// parameters sar_… (§5.3.2.22 and on). Numbers that cannot be make it a message
// by itself.
func (c Config) numbered(p *pdu.DeliverSM, header pdu.UDH) (ref int, part gsm.Part) {
	total, n := 0, 0
	uint8Of := func(t pdu.Tag) int {
		if d := p.OptionalParameters[t].Data; len(d) == 1 {
			return int(d[0])
		}
		return 0
	}
	if sar := p.OptionalParameters[pdu.TagSarMsgRefNum].Data; len(sar) == 2 {
		ref, total, n = 1<<17|int(sar[0])<<8|int(sar[1]), uint8Of(pdu.TagSarTotalSegments), uint8Of(pdu.TagSarSegmentSeqnum)
	}
	for _, e := range header {
		switch d := e.Data; {
		case e.ID == data.UDH_CONCAT_MSG_8_BIT_REF && len(d) == 3:
			ref, total, n = int(d[0]), int(d[1]), int(d[2])
		case e.ID == data.UDH_CONCAT_MSG_16_BIT_REF && len(d) == 4:
			ref, total, n = 1<<16|int(d[0])<<8|int(d[1]), int(d[2]), int(d[3])
		}
	}
	if total < 2 || n < 1 || n > total {
		return 0, gsm.Part{N: 1, Total: 1}
	}
	return ref, gsm.Part{N: n, Total: total}
}

// What receipts say in words (appendix B).
var (
	receiptID    = regexp.MustCompile(`(?i)\bid:\s*([^\s]+)`)
	receiptState = regexp.MustCompile(`(?i)\bstat:\s*([a-z]+)`)
	receiptError = regexp.MustCompile(`(?i)\berr:\s*([0-9a-z]+)`)
)

// report reads a receipt; false: it says nothing of any message.
func (c Config) report(p *pdu.DeliverSM) (mobile.Report, bool) {
	body, _ := p.Message.GetMessageData()
	if payload, ok := p.OptionalParameters[pdu.TagMessagePayload]; ok && len(body) == 0 {
		body = payload.Data
	}
	find := func(re *regexp.Regexp) string {
		if m := re.FindSubmatch(body); m != nil {
			return string(m[1])
		}
		return ""
	}
	id, state := find(receiptID), stateWord(find(receiptState))
	if f, ok := p.OptionalParameters[pdu.TagReceiptedMessageID]; ok {
		id = f.String()
	}
	if f, ok := p.OptionalParameters[pdu.TagMessageStateOption]; ok && len(f.Data) == 1 {
		state = stateNumber(f.Data[0])
	}
	if id == "" || len(id) > data.SM_MSGID_LEN+1 {
		return mobile.Report{}, false
	}
	r := mobile.Report{Carrier: c.Name, ID: c.receiptID(id), State: state.state, Reason: state.reason}
	if e := find(receiptError); r.State == mobile.Failed && strings.Trim(e, "0") != "" {
		r.Reason += ", error " + e
	}
	return r, true
}

type outcome struct {
	state  mobile.State
	reason string
}

// stateNumber reads message_state (§5.2.28).
func stateNumber(n byte) outcome {
	switch n {
	case data.SM_STATE_DELIVERED:
		return outcome{mobile.Delivered, ""}
	case data.SM_STATE_EXPIRED:
		return outcome{mobile.Failed, "the phone was not reached in time"}
	case data.SM_STATE_DELETED:
		return outcome{mobile.Failed, "the message centre deleted it"}
	case data.SM_STATE_UNDELIVERABLE:
		return outcome{mobile.Failed, "the phone cannot be reached"}
	case data.SM_STATE_REJECTED:
		return outcome{mobile.Failed, "the network rejected it"}
	}
	return outcome{mobile.Pending, ""} // on its way, or the centre does not know
}

func stateWord(word string) outcome {
	for prefix, n := range map[string]byte{"DELIV": data.SM_STATE_DELIVERED, "EXPIR": data.SM_STATE_EXPIRED,
		"DELET": data.SM_STATE_DELETED, "UNDEL": data.SM_STATE_UNDELIVERABLE, "REJEC": data.SM_STATE_REJECTED} {
		if strings.HasPrefix(strings.ToUpper(word), prefix) {
			return stateNumber(n)
		}
	}
	return stateNumber(0)
}

// answeredID returns how the identifier a submission was answered with is kept,
// receiptID the same for the one in a receipt.
func (c Config) answeredID(id string) string {
	switch c.ReceiptIDs {
	case Decimal:
		return rebase(id, 16)
	case Hex:
		return rebase(id, 10)
	}
	return plainID(id)
}

func (c Config) receiptID(id string) string {
	switch c.ReceiptIDs {
	case Decimal:
		return rebase(id, 10)
	case Hex:
		return rebase(id, 16)
	}
	return plainID(id)
}

// rebase returns a number in decimal; what is none stays as it is.
func rebase(id string, base int) string {
	id = plainID(id)
	n, ok := new(big.Int).SetString(id, base)
	if !ok {
		return id
	}
	return n.String()
}

func plainID(id string) string {
	id = strings.ToLower(strings.TrimRight(strings.TrimSpace(id), "\x00"))
	if rest := strings.TrimLeft(id, "0"); rest != "" {
		return rest
	}
	return id
}
