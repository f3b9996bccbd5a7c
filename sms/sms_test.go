package sms_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/linxGnu/gosmpp/data"
	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/integration/sms/smsc"
	"baton/sms"
	"baton/sms/smpp"
)

// emoji is a text of 400 characters that takes several segments.
var emoji = string([]rune(strings.Repeat("Grüße, 你好 😀! ", 40))[:400])

func TestDialog(t *testing.T) {
	w := newWorld(t, smsc.Options{SystemID: "baton", Password: "secret", Receipts: smsc.Late})
	w.smsc.Write(phone, ours, "Hello, I was charged twice {€5}")
	conv := w.session(alice)
	require.Equal(t, "sms:"+ours, conv.Reach)
	require.Equal(t, caller, conv.Caller)
	require.Equal(t, phone, conv.Name)
	w.until(func() bool { return w.smsc.Counts().Waiting == 0 }, "it is acknowledged")
	require.Equal(t, []string{"Hello, I was charged twice {€5}"}, w.heard(caller))

	w.smsc.Write(phone, ours, emoji)
	w.until(func() bool { return len(w.heard(caller)) == 2 }, "the long one")
	require.Equal(t, emoji, w.heard(caller)[1])

	seq := w.says(alice, emoji)
	w.until(func() bool { return len(w.shows()) == 1 }, "the long answer")
	require.Equal(t, emoji, w.shows()[0])
	w.until(func() bool { return w.arrived()[seq] == 1 }, "its receipt")
	w.until(func() bool { return len(w.segments()) == 1 }, "how many segments it took")
	require.Equal(t, []int{7}, w.segments())
	require.Equal(t, smsc.Shown{From: ours, Text: "Welcome to Example.", Segments: 1}, w.smsc.Shown(phone)[0])

	// A transfer in mid-dialog: the phone notices nothing.
	w.moves(conv)
	w.smsc.Write(phone, ours, "and now?")
	w.until(func() bool { return len(w.heard(caller)) == 3 }, "the line after the transfer")
	w.says(bob, "Here is Bob.")
	w.until(func() bool { return len(w.shows()) == 2 }, "the new agent's answer")
	require.Equal(t, []string{emoji, "Here is Bob."}, w.shows())
	_, err := w.desk.Do(t.Context(), desk.Disconnect{Local: conv.Local, By: bob})
	require.NoError(t, err)
	w.until(func() bool { return w.desk.Outbox().Pending() == 0 }, "all is done")
	require.Equal(t, []string{emoji, "Here is Bob."}, w.shows(), "the end is not told")
}

func TestTransferIsToldWhereWanted(t *testing.T) {
	w := newWorld(t, smsc.Options{}, func(w *world) { w.cfg = func(c *sms.Config) { c.TellTransfer = true } })
	w.smsc.Write(phone, german, "Hallo")
	conv := w.session(alice)
	w.moves(conv)
	w.until(func() bool { return len(w.shows()) == 1 }, "the notice")
	require.Equal(t, smsc.Shown{From: german, Text: "Sie sprechen jetzt mit unserem Team Billing.", Segments: 1}, w.smsc.Shown(phone)[1])
}

// However receipts come, the agent sees one for each message.
func TestReceipts(t *testing.T) {
	hex := func(n int) string { return fmt.Sprintf("%08X", n+4000) }
	dec := func(n int) string { return fmt.Sprint(n + 4000) }
	for name, c := range map[string]struct {
		o   smsc.Options
		ids smpp.IDs
	}{
		"late":                             {smsc.Options{Receipts: smsc.Late}, ""},
		"early":                            {smsc.Options{Receipts: smsc.Early}, ""},
		"twice":                            {smsc.Options{Receipts: smsc.Twice}, ""},
		"hexadecimal, reported in decimal": {smsc.Options{Receipts: smsc.Late, AnswerID: hex, ReceiptID: dec}, smpp.Decimal},
		"decimal, reported in hexadecimal": {smsc.Options{Receipts: smsc.Early, AnswerID: dec, ReceiptID: hex}, smpp.Hex},
		"hexadecimal, other case and zeros": {smsc.Options{Receipts: smsc.Late, AnswerID: hex,
			ReceiptID: func(n int) string { return fmt.Sprintf("%x", n+4000) }}, smpp.SameIDs},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.o, func(w *world) { w.bind = func(b *smpp.Config) { b.ReceiptIDs = c.ids } })
			w.smsc.Write(phone, ours, "Hello")
			w.session(alice)
			// One that nobody waits for, and ones that say nothing.
			w.smsc.Deliver(smsc.Receipt("99999999", "DELIVRD", "000", smsc.Number(phone), smsc.Number(ours)),
				smsc.Receipt("1", "ACCEPTD", "000", smsc.Number(phone), smsc.Number(ours)))
			want := map[uint64]int{}
			for i := range 5 {
				want[w.says(alice, fmt.Sprint(i, strings.Repeat(" and so on", 40)))] = 1
			}
			w.until(func() bool { return len(w.arrived()) == 5 && w.smsc.Counts() == smsc.Counts{Accepted: 16} }, "the receipts")
			id := func(n int) string { return fmt.Sprint(n) }
			if c.o.ReceiptID != nil {
				id = c.o.ReceiptID
			}
			for n := range 16 { // the centre repeats itself
				w.smsc.Deliver(smsc.Receipt(id(n+1), "DELIVRD", "000", smsc.Number(phone), smsc.Number(ours)))
			}
			w.until(func() bool { return w.smsc.Counts().Waiting == 0 }, "they are acknowledged")
			require.Equal(t, want, w.arrived())
			require.Empty(t, w.told())
		})
	}
}

func TestWhatDoesNotArriveIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		breaks func(w *world)
		text   string
		reason string
		shown  int
	}{
		"the phone is off":        {func(w *world) { w.smsc.Fail(phone) }, "Hi", "the phone cannot be reached, error 027", 1},
		"there is no such one":    {func(w *world) { w.smsc.Refuse(phone, data.ESME_RINVDSTADR) }, "Hi", "there is no such number", 0},
		"refused again and again": {func(w *world) { w.smsc.Refuse(phone, data.ESME_RSUBMITFAIL) }, "Hi", "submit_sm", 0},
		"too long":                {func(*world) {}, strings.Repeat("x", 1531), "it would take 11 text messages, 10 at most", 0},
		"opted out": {func(w *world) {
			_, err := w.store.StopSMS(w.t.Context(), ours, phone, true, w.skewed())
			require.NoError(w.t, err)
		}, "Hi", "opted out", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, smsc.Options{Receipts: smsc.Twice})
			w.smsc.Write(phone, ours, "Hello")
			w.session(alice)
			w.until(func() bool { return len(w.smsc.Shown(phone)) == 1 && w.smsc.Counts().Waiting == 0 }, "the greeting")
			c.breaks(w)
			seq := w.says(alice, c.text)
			w.until(func() bool { return len(w.told()) == 1 && w.smsc.Counts().Waiting == 0 }, "alice is told")
			e := w.told()[0]
			require.Equal(t, alice, e.To)
			require.Equal(t, seq, e.Seq)
			require.Contains(t, e.Reason, c.reason)
			require.Empty(t, w.arrived())
			require.Len(t, w.shows(), c.shown)
		})
	}
}

func TestThrottled(t *testing.T) {
	w := newWorld(t, smsc.Options{})
	w.smsc.Write(phone, ours, "Hello")
	w.session(alice)
	w.until(func() bool { return len(w.smsc.Shown(phone)) == 1 }, "the greeting")
	w.smsc.Throttle(5)
	var want []string
	for i := range 8 {
		want = append(want, fmt.Sprintf("%d %s", i, strings.Repeat("ж", 100)))
		w.says(alice, want[i])
	}
	w.until(func() bool { return len(w.shows()) == len(want) }, "all of them")
	require.Equal(t, want, w.shows(), "in order, each once")
	require.Equal(t, 1+2*len(want), w.smsc.Counts().Accepted, "no segment that was accepted is sent again")
	require.Empty(t, w.told())
}

func TestStopStartHelp(t *testing.T) {
	w := newWorld(t, smsc.Options{})
	says := func(to, text string, shows int) string {
		t.Helper()
		w.smsc.Write(phone, to, text)
		w.until(func() bool { return len(w.shows()) == shows && w.smsc.Counts().Waiting == 0 }, "the answer to %s", text)
		if shows == 0 {
			return ""
		}
		return w.shows()[shows-1]
	}
	says(ours, "Please stop charging me", 0)
	w.session(alice)
	require.Contains(t, says(ours, "help", 1), "Reply STOP")
	require.Equal(t, []string{"Please stop charging me", "help"}, w.heard(caller), "who asks for help is heard, too")

	require.Contains(t, says(ours, " Stop. ", 2), "no more messages")
	_, err := w.desk.OpenOf("support", caller)
	require.ErrorIs(t, err, desk.ErrNotFound, "the session is over")
	require.Equal(t, []string{"Please stop charging me", "help", " Stop. "}, w.heard(caller))
	says(ours, "STOP", 2)
	says(ours, "HELP", 2)
	w.session(alice)
	w.until(func() bool { return len(w.heard(caller)) == 4 }, "what they write is heard, but for STOP without a session")

	require.Contains(t, says(ours, "START", 3), "again")
	w.says(alice, "Welcome back")
	w.until(func() bool { return len(w.shows()) == 4 }, "the answer")
	says(ours, "Start", 4)
	w.until(func() bool { return len(w.heard(caller)) == 5 }, "without a STOP before it START is a word like any other")

	require.Contains(t, says(german, "Stopp", 5), "keine Nachrichten mehr")
	require.Contains(t, says(german, "start", 6), "wieder Nachrichten erhalten")
	stopped, err := w.store.StoppedSMS(t.Context(), ours, phone)
	require.NoError(t, err)
	require.False(t, stopped, "one number's STOP is not another's")
}

func TestStopSurvivesARestart(t *testing.T) {
	w := newWorld(t, smsc.Options{})
	w.smsc.Write(phone, ours, "STOP")
	w.until(func() bool { return len(w.shows()) == 1 }, "the answer")
	w.stop()
	w.start()
	w.smsc.Write(phone, ours, "me again")
	w.session(alice)
	w.says(alice, "Hello?")
	w.until(func() bool { return len(w.told()) == 1 && w.desk.Outbox().Pending() == 0 }, "it is not sent")
	require.Len(t, w.shows(), 1)
	st, err := w.store.Stats(t.Context())
	require.NoError(t, err)
	require.Equal(t, 1, st.Dead, "that the greeting is not sent is nobody's business")
}

func TestForeignAndUnknown(t *testing.T) {
	w := newWorld(t, smsc.Options{})
	w.smsc.Write(phone, "+19990000000", "wrong number")
	w.until(func() bool { return w.smsc.Counts().Rejected == 1 }, "it is rejected")
	w.smsc.Write(phone, ours, "right number")
	w.session(alice)
	require.Equal(t, []string{"right number"}, w.heard(caller))
}
