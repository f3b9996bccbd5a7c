package smpp

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
	"github.com/stretchr/testify/require"

	"baton/integration/sms/smsc"
	"baton/sms/gsm"
	"baton/sms/mobile"
)

func TestReceiptsInWords(t *testing.T) {
	for text, want := range map[string]mobile.Report{
		"id:0123 sub:001 dlvrd:001 submit date:2611231200 done date:2611231200 stat:DELIVRD err:000 text:Hi": {ID: "123", State: mobile.Delivered},
		"id:AbC stat:UNDELIV err:027": {ID: "abc", State: mobile.Failed, Reason: "the phone cannot be reached, error 027"},
		"id:1 stat:EXPIRED err:000":   {ID: "1", State: mobile.Failed, Reason: "the phone was not reached in time"},
		"id:1 stat:REJECTD err:8":     {ID: "1", State: mobile.Failed, Reason: "the network rejected it, error 8"},
		"ID:1 Stat:delivered":         {ID: "1", State: mobile.Delivered},
		"id:1 stat:ACCEPTD":           {ID: "1"},
		"id:1 stat:UNKNOWN":           {ID: "1"},
		"id:000 stat:ENROUTE":         {ID: "000"},
	} {
		p := pdu.NewDeliverSM().(*pdu.DeliverSM)
		p.EsmClass = data.SM_SMSC_DLV_RCPT_TYPE
		_ = p.Message.SetMessageDataWithEncoding([]byte(text), data.GSM7BIT)
		got, ok := Config{Name: "main"}.withDefaults().report(p)
		require.True(t, ok)
		want.Carrier = "main"
		require.Equal(t, want, got, text)

		p.RegisterOptionalParam(pdu.Field{Tag: pdu.TagReceiptedMessageID, Data: []byte("77\x00")})
		p.RegisterOptionalParam(pdu.Field{Tag: pdu.TagMessageStateOption, Data: []byte{data.SM_STATE_DELIVERED}})
		got, ok = Config{Name: "main"}.withDefaults().report(p)
		require.True(t, ok)
		require.Equal(t, mobile.Report{Carrier: "main", ID: "77", State: mobile.Delivered}, got, "parameters count more than words")
	}
	_, ok := Config{}.withDefaults().report(smsc.Receipt("", "DELIVRD", "000", smsc.Number(phone), smsc.Number(ours))())
	require.True(t, ok, "what stands behind id: is taken for it")
	_, ok = Config{}.withDefaults().report(smsc.Receipt(strings.Repeat("9", 100), "DELIVRD", "000", smsc.Number(phone), smsc.Number(ours))())
	require.False(t, ok)
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		ton          byte
		digits, want string
		country      string
	}{
		{1, "15551234567", "+15551234567", ""}, {0, "15551234567", "+15551234567", ""}, {0, "+15551234567", "+15551234567", ""},
		{0, "0015551234567", "+15551234567", ""}, {2, "1701234567", "+491701234567", "+49"}, {0, "01701234567", "+491701234567", "+49"},
		{1, "491701234567", "+491701234567", "+49"}, {5, "Bank", "Bank", "+49"}, {0, "", "", "+49"},
	} {
		a := pdu.NewAddressWithTonNpi(c.ton, 1)
		require.NoError(t, a.SetAddress(c.digits))
		require.Equal(t, c.want, Config{Country: c.country}.number(a))
	}
	require.Equal(t, "15551234567", address(phone).Address())
	require.Equal(t, byte(1), address(phone).Ton())
	require.Equal(t, byte(0), address("12345").Ton())
}

// In every alphabet that data_coding 0 may be, what goes out comes in again, and
// is no longer than a phone takes.
func TestAlphabets(t *testing.T) {
	for _, a := range []Alphabet{GSM, Packed, ASCII, Latin1, UTF8} {
		c := Config{Coding0: a}.withDefaults()
		for _, text := range []string{"Hello", "Grüße {€}", "Ω 😀", strings.Repeat("é[", 300), strings.Repeat("a", 7), strings.Repeat("a", 8)} {
			m := gsm.Cut(text, c.options())
			var parts []gsm.Part
			for n := range m.Parts {
				p := c.submit(mobile.Submission{From: ours, To: phone, Segment: m, N: n + 1, Ref: 1})
				buf := pdu.NewBuffer(nil)
				p.Marshal(buf)
				frame := buf.Bytes()
				frame[7] = 5 // as if the centre had delivered it: deliver_sm has the same fields
				parsed, err := parse(frame)
				require.NoError(t, err)
				in, err := c.inbound(parsed.(*pdu.DeliverSM), frame, "c")
				require.NoError(t, err)
				require.Equal(t, phone, in.To)
				in.Part.Data = []byte(strings.TrimSuffix(string(in.Part.Data), "\r"))
				parts = append(parts, in.Part)
			}
			require.Equal(t, text, gsm.Join(parts), "%s", a)
		}
	}
}

func FuzzInbound(f *testing.F) {
	for _, text := range []string{"Hello", "😀", strings.Repeat("x", 160)} {
		c := Config{}.withDefaults()
		m := gsm.Cut(text, c.options())
		buf := pdu.NewBuffer(nil)
		c.submit(mobile.Submission{From: ours, To: phone, Segment: m, N: 1}).Marshal(buf)
		frame := buf.Bytes()
		frame[7] = 5
		f.Add(frame)
	}
	buf := pdu.NewBuffer(nil)
	smsc.Receipt("1", "DELIVRD", "000", smsc.Number(phone), smsc.Number(ours))().Marshal(buf)
	f.Add(buf.Bytes())
	f.Fuzz(func(t *testing.T, frame []byte) {
		if len(frame) < 16 {
			return
		}
		parsed, err := parse(frame)
		p, ok := parsed.(*pdu.DeliverSM)
		if err != nil || !ok {
			return
		}
		for _, a := range []Alphabet{GSM, Packed, Latin1, UTF8} {
			c := Config{Coding0: a, ReceiptIDs: Decimal}.withDefaults()
			c.report(p)
			in, err := c.inbound(p, frame, "c")
			if err != nil {
				continue
			}
			require.True(t, in.Part.N >= 1 && in.Part.N <= in.Part.Total && in.Part.Total <= 255)
			require.True(t, utf8.ValidString(gsm.Join([]gsm.Part{in.Part})))
		}
	})
}
