package sms_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
	"github.com/stretchr/testify/require"

	"baton/integration/sms/smsc"
	"baton/sms/smpp"
)

// The centre is killed again and again while both sides write: nothing is lost,
// and nothing is seen twice. The centre recognises repeated submissions, as
// otherwise nobody could.
func TestCentreKilledUnderLoad(t *testing.T) {
	w := newWorld(t, smsc.Options{Receipts: smsc.Late, Recognise: true})
	w.smsc.Write(phone, ours, "first")
	w.session(alice)
	const n = 60
	var in, out []string
	for i := range n {
		in = append(in, fmt.Sprintf("in %d %s", i, strings.Repeat("é", i%3*100)))
		out = append(out, fmt.Sprintf("out %d %s", i, strings.Repeat("ж", i%3*60)))
	}
	want := map[uint64]int{}
	for i := range n {
		w.smsc.Write(phone, ours, in[i])
		want[w.says(alice, out[i])] = 1
		if i%12 == 5 { // in the middle of it
			heard := len(w.heard(caller))
			w.until(func() bool { return len(w.heard(caller)) > heard }, "something gets through")
			w.smsc.Kill()
			require.NoError(t, w.smsc.Restart())
		}
	}
	w.until(func() bool { return len(w.shows()) >= n && w.smsc.Counts().Waiting == 0 && len(w.arrived()) == n }, "all of it: %v",
		w.smsc.Counts())
	require.Equal(t, out, w.shows())
	require.Equal(t, append([]string{"first"}, in...), w.heard(caller))
	require.Equal(t, want, w.arrived(), "one receipt for each")
	require.Empty(t, w.told())
}

// The service is restarted, with the same store, while both sides write.
func TestServiceRestartedUnderLoad(t *testing.T) {
	w := newWorld(t, smsc.Options{Receipts: smsc.Late, Recognise: true})
	w.smsc.Write(phone, ours, "first")
	w.session(alice)
	var in, out []string
	for i := range 40 {
		in = append(in, fmt.Sprintf("in %d %s", i, strings.Repeat("é", i%3*100)))
		out = append(out, fmt.Sprintf("out %d %s", i, strings.Repeat("ж", i%3*60)))
		w.smsc.Write(phone, ours, in[i])
		w.says(alice, out[i])
		if i%15 == 7 {
			w.stop()
			w.start()
		}
	}
	w.until(func() bool { return len(w.shows()) >= len(out) && w.smsc.Counts().Waiting == 0 }, "all of it")
	require.Equal(t, out, w.shows())
	require.Equal(t, append([]string{"first"}, in...), w.heard(caller))
}

// What says the same twice is two messages, however fast they come; what is
// delivered again because its acknowledgement got lost is one.
func TestSameWords(t *testing.T) {
	w := newWorld(t, smsc.Options{})
	for range 3 {
		w.smsc.Write(phone, ours, "ok")
	}
	w.until(func() bool { return len(w.heard(caller)) == 3 && w.smsc.Counts().Waiting == 0 }, "three of them")
	parts := w.smsc.Parts(phone, ours, strings.Repeat("ok ", 100))
	w.smsc.Deliver(parts...)
	w.until(func() bool { return len(w.heard(caller)) == 4 && w.smsc.Counts().Waiting == 0 }, "a long one")
	w.smsc.Cut()
	w.until(func() bool { return w.smsc.Bound() == 1 }, "bound again")
	w.smsc.Deliver(parts...) // the centre did not see the acknowledgements
	for range 2 {
		w.smsc.Write(phone, ours, "ok")
	}
	w.smsc.Write(phone, ours, "last")
	w.until(func() bool { return w.smsc.Counts().Waiting == 0 }, "all is acknowledged")
	require.Equal(t, []string{"ok", "ok", "ok", strings.Repeat("ok ", 100), "last"}, w.heard(caller))
}

// Once the centre is known to have the acknowledgement, the same words are new,
// by whatever connection.
func TestSettled(t *testing.T) {
	w := newWorld(t, smsc.Options{}, func(w *world) { w.bind = func(b *smpp.Config) { b.Enquire = 20 * time.Millisecond } })
	w.smsc.Write(phone, ours, "ok")
	w.until(func() bool { return w.smsc.Counts().Waiting == 0 }, "it is acknowledged")
	w.until(func() bool { return w.prints() == 0 }, "it is settled")
	w.smsc.Cut()
	w.smsc.Write(phone, ours, "ok")
	w.until(func() bool { return len(w.heard(caller)) == 2 }, "another one")
}

func TestPartsThatDoNotCome(t *testing.T) {
	w := newWorld(t, smsc.Options{})
	parts := w.smsc.Parts(phone, ours, strings.Repeat("0123456789", 40))
	w.smsc.Deliver(parts[0], parts[2])
	w.until(func() bool { return w.smsc.Counts().Waiting == 0 }, "they are acknowledged")
	w.stop()
	w.skew.Store(int64(2 * time.Hour))
	w.start()
	w.until(func() bool { return len(w.heard(caller)) == 1 }, "what there is of it")
	require.Equal(t, strings.Repeat("0123456789", 40)[:153]+"[…]"+strings.Repeat("0123456789", 40)[306:], w.heard(caller)[0])

	parts = w.smsc.Parts(phone, ours, strings.Repeat("abcdefghij", 40))
	w.smsc.Deliver(parts[2])
	w.until(func() bool { return w.smsc.Counts().Waiting == 0 }, "it is acknowledged")
	w.stop()
	w.start()
	w.smsc.Deliver(parts[1], parts[1], parts[0])
	w.until(func() bool { return len(w.heard(caller)) == 2 }, "parts in any order, over a restart")
	require.Equal(t, strings.Repeat("abcdefghij", 40), w.heard(caller)[1])
}

// One phone cannot have many messages wait for their parts, nor long ones.
func TestPartsAreBounded(t *testing.T) {
	w := newWorld(t, smsc.Options{})
	for range 20 {
		w.smsc.Deliver(w.smsc.Parts(phone, ours, strings.Repeat("x", 400))[0])
	}
	w.until(func() bool { return w.smsc.Counts().Waiting == 0 }, "all is answered")
	require.Equal(t, 4, w.smsc.Counts().Rejected)
	theirs, all, err := w.store.WaitingSMS(t.Context(), phone)
	require.NoError(t, err)
	require.Equal(t, []int{16, 16}, []int{theirs, all})
	w.smsc.Deliver(w.smsc.Parts("+15559999999", ours, strings.Repeat("x", 65*153))...)
	w.until(func() bool { return w.smsc.Counts().Waiting == 0 }, "all is answered")
	require.Equal(t, 4+65, w.smsc.Counts().Rejected)
	w.smsc.Write(phone, ours, "a short one")
	w.until(func() bool { return len(w.heard(caller)) == 1 }, "others are not concerned")
}

// deliver makes a deliver_sm, as octets, that change may change first.
func deliver(change func(*pdu.DeliverSM)) []byte {
	d := pdu.NewDeliverSM().(*pdu.DeliverSM)
	d.SourceAddr, d.DestAddr = smsc.Number(phone), smsc.Number(ours)
	change(d)
	buf := pdu.NewBuffer(nil)
	d.Marshal(buf)
	return buf.Bytes()
}

type coded byte

func (c coded) DataCoding() byte              { return byte(c) }
func (coded) Encode(s string) ([]byte, error) { return []byte(s), nil }
func (coded) Decode(b []byte) (string, error) { return string(b), nil }

// form is a message in a form of its own, and what it says.
type form struct {
	change func(*pdu.DeliverSM)
	want   string // empty: not by itself
}

func otherForms() []form {
	say := func(coding byte, b string) func(*pdu.DeliverSM) {
		return func(d *pdu.DeliverSM) { _ = d.Message.SetMessageDataWithEncoding([]byte(b), coded(coding)) }
	}
	payload := func(coding byte, b string) func(*pdu.DeliverSM) {
		return func(d *pdu.DeliverSM) {
			_ = d.Message.SetMessageDataWithEncoding(nil, coded(coding))
			d.RegisterOptionalParam(pdu.Field{Tag: pdu.TagMessagePayload, Data: []byte(b)})
		}
	}
	sar := func(n byte, b string) func(*pdu.DeliverSM) {
		return func(d *pdu.DeliverSM) {
			say(0, b)(d)
			d.RegisterOptionalParam(pdu.Field{Tag: pdu.TagSarMsgRefNum, Data: []byte{1, 2}})
			d.RegisterOptionalParam(pdu.Field{Tag: pdu.TagSarTotalSegments, Data: []byte{2}})
			d.RegisterOptionalParam(pdu.Field{Tag: pdu.TagSarSegmentSeqnum, Data: []byte{n}})
		}
	}
	wide := func(n byte, b string) func(*pdu.DeliverSM) {
		return func(d *pdu.DeliverSM) {
			say(0, b)(d)
			d.EsmClass = data.SM_UDH_GSM
			d.Message.SetUDH(pdu.UDH{{ID: 8, Data: []byte{1, 2, 2, n}}, {ID: 4, Data: []byte{0, 1}}})
		}
	}
	long := strings.Repeat("long é ", 200)
	latin := strings.ReplaceAll(long, "é", "\xe9")
	return []form{
		{say(0, "caf\xe9"), "café"},
		{say(1, "plain"), "plain"},
		{say(3, "\xe9"), "é"},
		{say(6, "\xb6"), "Ж"},
		{say(7, "\xe0"), "א"},
		{say(8, "\x04\x16"), "Ж"},
		{say(0x18, "\x04\x16"), "Ж"},          // flash
		{say(0xf0, "caf\xe9"), "café"},        // flash
		{say(4, "\x00\x01\x02"), "[…]"},       // for a machine
		{payload(0, latin), long},             // message_payload
		{payload(8, "\xd8\x3d\xde\x00"), "😀"}, // the same
		{sar(2, "world"), ""}, {sar(1, "Hello "), "Hello world"},
		{wide(2, "WORLD"), ""}, {wide(1, "HELLO "), "HELLO WORLD"},
		{func(d *pdu.DeliverSM) {
			say(0, "national")(d)
			d.SourceAddr = pdu.NewAddressWithTonNpi(data.GSM_TON_NATIONAL, 1)
			_ = d.SourceAddr.SetAddress("5551234567")
		}, "national"},
	}
}

// What phones and centres write in other ways than ours.
func TestOtherForms(t *testing.T) {
	w := newWorld(t, smsc.Options{}, func(w *world) {
		w.bind = func(b *smpp.Config) { b.Coding0, b.Country = smpp.Latin1, "+1" }
	})
	w.until(func() bool { return w.smsc.Bound() == 1 }, "bound")
	for _, c := range otherForms() {
		before := w.heard(caller)
		w.smsc.Raw(deliver(c.change))
		if c.want != "" {
			w.until(func() bool { return len(w.heard(caller)) > len(before) }, "%q", c.want)
			require.Equal(t, append(before, c.want), w.heard(caller))
		}
	}
	w.session(alice)
	w.says(alice, "né Ω") // not to be said in that alphabet
	w.until(func() bool { return slices.Contains(w.shows(), "né Ω") }, "the answer")
}

// frame is a PDU of any body.
func frame(id uint32, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(16+len(body)))
	b = binary.BigEndian.AppendUint32(b, id)
	b = append(b, 0, 0, 0, 0, 0, 0, 0, 77)
	return append(b, body...)
}

// hostilePDUs are whole PDUs of which none may end the bind.
func hostilePDUs(good []byte) map[string][]byte {
	return map[string][]byte{
		"an unknown command": frame(0x7777, []byte("x")),
		"an unknown answer":  frame(0x80007777, nil),
		"a bind":             frame(9, nil),
		"no body":            frame(5, nil),
		"no end of a string": frame(5, []byte("abcdef")),
		"a length that lies": frame(5, append(slices.Clone(good[16:len(good)-3]), 0xff, 'x')),
		"header without end": deliver(func(d *pdu.DeliverSM) {
			d.EsmClass = 0x40
			_ = d.Message.SetMessageDataWithEncoding([]byte{0xff, 0}, coded(0))
		}),
		"header of nothing": deliver(func(d *pdu.DeliverSM) {
			d.EsmClass = 0x40
			_ = d.Message.SetMessageDataWithEncoding([]byte{0}, coded(0))
		}),
		"part 0 of 0":         deliver(func(d *pdu.DeliverSM) { d.EsmClass = 0x40; d.Message.SetUDH(pdu.UDH{pdu.NewIEConcatMessage(0, 0, 0)}) }),
		"part 9 of 2":         deliver(func(d *pdu.DeliverSM) { d.EsmClass = 0x40; d.Message.SetUDH(pdu.UDH{pdu.NewIEConcatMessage(2, 9, 0)}) }),
		"a receipt of nobody": deliver(func(d *pdu.DeliverSM) { d.EsmClass = 4 }),
		"a TLV that lies":     frame(5, append(slices.Clone(good[16:]), 0x04, 0x24, 0x80, 0xff, 1)),
		"an answer's remains": frame(0x80000004, []byte("no end")),
		"no sender":           deliver(func(d *pdu.DeliverSM) { d.SourceAddr = pdu.NewAddress() }),
		"a word as sender": deliver(func(d *pdu.DeliverSM) {
			d.SourceAddr = pdu.NewAddressWithTonNpi(5, 0)
			_ = d.SourceAddr.SetAddress("Bank")
		}),
	}
}

// Whatever a centre sends, the bind goes on, or is bound again.
func TestHostileCentre(t *testing.T) {
	w := newWorld(t, smsc.Options{})
	w.smsc.Write(phone, ours, "before")
	w.session(alice)
	good := deliver(func(d *pdu.DeliverSM) { _ = d.Message.SetMessageDataWithEncoding([]byte("hi"), data.GSM7BIT) })
	rng := rand.New(rand.NewPCG(9, 2026))
	hostile := hostilePDUs(good)
	for _, name := range slices.Sorted(maps.Keys(hostile)) {
		w.until(func() bool { return w.smsc.Bound() == 1 }, "bound before %s", name)
		w.smsc.Raw(hostile[name])
	}
	for i := range 300 { // changed at random
		b := slices.Clone(good)
		for range 1 + rng.IntN(6) {
			b[4+rng.IntN(len(b)-4)] = byte(rng.Uint32())
		}
		b[4], b[5], b[6] = byte(i%2)<<7, 0, 0 // any command, or answer
		if b[7] == 6 {                        // unbind
			b[7] = 5
		}
		w.smsc.Raw(b)
	}
	require.Equal(t, 1, w.smsc.Bound(), "no PDU ended the bind")
	for _, b := range []string{"ffffffff", "0000000f", "00000000000000050000000000000001", "474554202f20485454502f312e310d0a"} {
		w.until(func() bool { return w.smsc.Bound() == 1 }, "bound before %s", b)
		raw, err := hex.DecodeString(b)
		require.NoError(t, err)
		w.smsc.Raw(raw)
		w.until(func() bool { return w.smsc.Bound() == 0 }, "where the next PDU begins is not known after %s", b)
	}
	w.smsc.Unbind()
	w.until(func() bool { return w.smsc.Bound() == 1 }, "bound again")
	w.smsc.Write(phone, ours, "after")
	w.until(func() bool { return slices.Contains(w.heard(caller), "after") }, "it goes on")
	w.says(alice, "answer")
	w.until(func() bool { return slices.Contains(w.shows(), "answer") }, "both ways")
}

// A centre that does not answer is left; what it was given is given again.
func TestSilentCentre(t *testing.T) {
	w := newWorld(t, smsc.Options{Recognise: true}, func(w *world) {
		w.bind = func(b *smpp.Config) { b.Timeout = 300 * time.Millisecond }
	})
	w.smsc.Write(phone, ours, "Hello")
	w.session(alice)
	w.until(func() bool { return len(w.smsc.Shown(phone)) == 1 }, "the greeting")
	w.smsc.Silence(true)
	w.says(alice, "one")
	w.says(alice, "two")
	w.until(func() bool { return w.smsc.Counts().Repeated > 0 }, "it is given once more")
	w.smsc.Silence(false)
	w.until(func() bool { return len(w.shows()) == 2 && w.desk.Outbox().Pending() == 0 }, "the answers")
	require.Equal(t, []string{"one", "two"}, w.shows())
}

// The first bind is tried until it succeeds.
func TestCentreThatIsNotThereYet(t *testing.T) {
	w := newWorld(t, smsc.Options{Password: "secret"}, func(w *world) { w.late = true })
	require.False(t, w.sms.Bound())
	require.NoError(t, w.smsc.Restart())
	w.until(w.sms.Bound, "bound")
	w.smsc.Write(phone, ours, "Hello")
	w.session(alice)
}
