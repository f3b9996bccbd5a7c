package smpp

import (
	"encoding/binary"
	"strings"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"

	"baton/sms/gsm"
	"baton/sms/mobile"
)

// options say how a text is cut for this centre.
func (c Config) options() gsm.Options {
	o := gsm.Options{Wide: c.Long == Header16}
	switch c.Coding0 {
	case ASCII:
		o.Fits = func(r rune) bool { return r < 0x80 }
	case Latin1:
		o.Fits = func(r rune) bool { return r < 0x100 }
	}
	return o
}

// coded is a data_coding by its number; gosmpp needs an encoding for it, though
// it only ever sees octets.
type coded byte

func (c coded) DataCoding() byte              { return byte(c) }
func (coded) Encode(s string) ([]byte, error) { return []byte(s), nil }
func (coded) Decode(b []byte) (string, error) { return string(b), nil }

// octets returns what short_message holds of a segment, behind a header of so
// many octets.
func (c Config) octets(m gsm.Message, part []byte, header int) []byte {
	if m.Coding != gsm.GSM7 {
		return part
	}
	switch c.Coding0 {
	case Packed:
		packed := gsm.Pack(part, (7-8*header%7)%7)
		if header == 0 && len(part)%8 == 7 { // seven bits of nothing would read as an @
			packed[len(packed)-1] |= '\r' << 1
		}
		return packed
	case ASCII, UTF8:
		return []byte(gsm.Text(part))
	case Latin1:
		return latin1(gsm.Text(part))
	}
	return part
}

// latin1 encodes a text whose characters all are in that alphabet.
func latin1(text string) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range text {
		out = append(out, byte(r))
	}
	return out
}

// submit makes the PDU of a segment, or of a whole message (§4.4.1).
func (c Config) submit(s mobile.Submission) *pdu.SubmitSM {
	p := pdu.NewSubmitSM().(*pdu.SubmitSM)
	p.SourceAddr, p.DestAddr = address(s.From), address(s.To)
	p.RegisteredDelivery = 1 // a receipt, whatever becomes of it (§5.2.17)
	coding := coded(0)
	if s.Segment.Coding == gsm.UCS2 {
		coding = coded(data.UCS2Coding)
	}
	total := len(s.Segment.Parts)
	if total > 1 && c.Long == Payload {
		_ = p.Message.SetMessageDataWithEncoding(nil, coding)
		var whole []byte
		for _, part := range s.Segment.Parts {
			whole = append(whole, part...)
		}
		p.RegisterOptionalParam(pdu.Field{Tag: pdu.TagMessagePayload, Data: c.octets(s.Segment, whole, 0)})
	} else {
		header := pdu.UDH(nil)
		if total > 1 {
			header = pdu.UDH{concat(c.Long == Header16, s.Ref, total, s.N)}
			p.EsmClass |= data.SM_UDH_GSM
			p.Message.SetUDH(header)
		}
		// 140 octets at most, or 160 septets: it never is too long.
		_ = p.Message.SetMessageDataWithEncoding(c.octets(s.Segment, s.Segment.Parts[s.N-1], header.UDHL()), coding)
	}
	// The same when the segment is sent again: centres may recognise it (§5.3.2.17).
	p.RegisterOptionalParam(pdu.Field{Tag: pdu.TagUserMessageReference, Data: binary.BigEndian.AppendUint16(nil, s.Ref<<4|uint16(s.N)&0xf)})
	return p
}

// concat is the element of the user data header that numbers a part (TS 23.040
// §9.2.3.24.1 and .8).
func concat(wide bool, ref uint16, total, n int) pdu.InfoElement {
	if !wide {
		return pdu.NewIEConcatMessage(byte(total), byte(n), byte(ref))
	}
	return pdu.InfoElement{ID: data.UDH_CONCAT_MSG_16_BIT_REF, Data: []byte{byte(ref >> 8), byte(ref), byte(total), byte(n)}}
}

// address writes a number as SMPP has it (§5.2.5): digits, and beside them that
// they are international; a short code is nothing special.
func address(number string) pdu.Address {
	digits, international := strings.CutPrefix(number, "+")
	ton := data.GSM_TON_UNKNOWN
	if international {
		ton = data.GSM_TON_INTERNATIONAL
	}
	a := pdu.NewAddressWithTonNpi(ton, data.GSM_NPI_E164)
	_ = a.SetAddress(digits) // 20 digits at most, as the caller made sure
	return a
}

// number is the reverse of address. Where the centre does not say what kind of
// number it is, it is taken for an international one.
func (c Config) number(a pdu.Address) string {
	digits := strings.TrimSpace(a.Address())
	switch {
	case a.Ton() == data.GSM_TON_ALPHANUMERIC || digits == "":
		return digits
	case strings.HasPrefix(digits, "+"):
		return digits
	case a.Ton() != data.GSM_TON_INTERNATIONAL && strings.HasPrefix(digits, "00"):
		return "+" + digits[2:]
	case c.Country != "" && (a.Ton() == data.GSM_TON_NATIONAL || a.Ton() != data.GSM_TON_INTERNATIONAL && digits[0] == '0'):
		return c.Country + strings.TrimPrefix(digits, "0")
	}
	return "+" + digits
}

// text returns what octets of a data_coding say (§5.2.19; for the classes of
// messages TS 23.038 §4).
func (c Config) text(coding byte, b []byte, header int) (gsm.Coding, []byte) {
	switch {
	case coding >= 0x10 && coding < 0x40: // with a class: flash and so on
		coding = [4]byte{0, 4, 8, 4}[coding>>2&3]
	case coding >= 0xf0:
		coding = coding & 4
	}
	switch coding {
	case 0:
		return c.decoded(c.Coding0, b, header)
	case 1:
		return c.decoded(c.Coding1, b, header)
	case data.LATIN1Coding:
		return by(charmap.ISO8859_1, b)
	case data.CYRILLICCoding:
		return by(charmap.ISO8859_5, b)
	case data.HEBREWCoding:
		return by(charmap.ISO8859_8, b)
	case data.UCS2Coding:
		return gsm.UCS2, b
	}
	return gsm.Plain, []byte("[…]") // data for a machine, or an alphabet nobody uses
}

func (c Config) decoded(a Alphabet, b []byte, header int) (gsm.Coding, []byte) {
	switch a {
	case Packed:
		return gsm.GSM7, gsm.Unpack(b, (7-8*header%7)%7)
	case Latin1:
		return by(charmap.ISO8859_1, b)
	case ASCII, UTF8:
		return gsm.Plain, []byte(strings.ToValidUTF8(string(b), "\uFFFD"))
	}
	return gsm.GSM7, b
}

func by(e encoding.Encoding, b []byte) (gsm.Coding, []byte) {
	out, err := e.NewDecoder().Bytes(b)
	if err != nil {
		out = []byte("\uFFFD")
	}
	return gsm.Plain, out
}
