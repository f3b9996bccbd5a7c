package sms

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/sms/smsc"
)

// emoji is a text of 400 characters.
var emoji = string([]rune(strings.Repeat("Grüße, 你好 😀! ", 40))[:400])

const askReceipt = "<request xmlns='urn:xmpp:receipts'/>"

// The story of the whole: a text opens a session, an agent answers from a Jabber
// client, hands it to another in the middle of the dialog; the phone notices
// nothing.
func TestPhone(t *testing.T) {
	w := newWorld(t, smsc.Options{SystemID: "baton", Password: "secret", Receipts: smsc.Twice, Recognise: true})
	w.serve()
	alice, bob := w.agent("alice"), w.agent("bob")

	w.smsc.Write(phone, ours, "I was charged twice {€5}")
	offer := w.expect(alice, "the offer", client.Message(desk, "Take it?"))
	require.Contains(t, offer.Body, phone)
	w.say(alice, desk, "y")
	e := w.expect(alice, "the handover message", client.Message("", "New session"))
	require.Contains(t, e.Body, "I was charged twice {€5}")
	contact := bare(e.From)
	require.Equal(t, smsc.Shown{From: ours, Text: "Hello, one moment please.", Segments: 1}, w.shows(1))

	w.smsc.Write(phone, ours, emoji)
	e = w.expect(alice, "the long text", client.Message(contact, "你好"))
	require.Equal(t, emoji, e.Body)

	id := w.say(alice, contact, emoji, client.WithPayload(askReceipt))
	require.Equal(t, emoji, w.shows(2).Text)
	from := alice.Mark()
	w.say(alice, contact, "short", client.WithPayload(askReceipt), client.WithID("short-1"))
	require.Equal(t, "short", w.shows(3).Text)
	_, err := alice.ExpectSince(t.Context(), from, "the receipt of the short one", receipt(contact, "short-1"))
	require.NoError(t, err)
	require.Equal(t, 1, count(alice, receipt(contact, id)), "one receipt for the long one, of 14 reports")
	require.Equal(t, 1, count(alice, client.Message(contact, "Sent as 7 text messages.")))

	w.smsc.Write(phone, ours, "⚙ forged")
	e = w.expect(alice, "what looks like a line of the service", client.Message(contact, "forged"))
	require.Equal(t, `\⚙ forged`, e.Body)

	w.say(alice, contact, "!transfer billing wants a refund")
	w.expect(bob, "the offer", client.Message(desk, "Take it?"))
	w.say(bob, desk, "y")
	e = w.expect(bob, "the handover message", client.Message("", "Handed over by Alice"))
	require.Contains(t, e.Body, "你好")
	w.smsc.Write(phone, ours, "are you there?")
	w.expect(bob, "the line after the transfer", client.Message(contact, "are you there?"))
	w.say(bob, contact, "Here is Bob.")
	require.Equal(t, smsc.Shown{From: ours, Text: "Here is Bob.", Segments: 1}, w.shows(4))

	w.smsc.Fail(phone)
	w.say(bob, contact, "the phone is off now")
	e = w.expect(bob, "that it did not arrive", client.Message(contact, "the phone cannot be reached"))
	require.Contains(t, e.Body, "⚙ ")
	w.say(bob, contact, strings.Repeat("too long ", 200))
	w.expect(bob, "that it is too long", client.Message(contact, "10 at most"))

	w.smsc.Write(phone, ours, "STOP")
	w.expect(bob, "the end", client.Message(contact, "ended"))
	w.eventually("the answer to STOP", func() bool {
		all := w.smsc.Shown(phone)
		return strings.Contains(all[len(all)-1].Text, "no more messages")
	})
	require.Zero(t, w.smsc.Counts().Rejected)
}

// The program is killed in the middle of it, again and again, and the message
// centre too.
func TestKilled(t *testing.T) {
	w := newWorld(t, smsc.Options{Receipts: smsc.Late, Recognise: true})
	w.serve()
	alice := w.agent("alice")
	w.smsc.Write(phone, ours, "Hello")
	w.expect(alice, "the offer", client.Message(desk, "Take it?"))
	w.say(alice, desk, "y")
	contact := bare(w.expect(alice, "the handover message", client.Message("", "New session")).From)
	var out []string
	for i := range 30 {
		out = append(out, fmt.Sprintf("out %02d %s", i, strings.Repeat("ж", i%2*100)))
		w.smsc.Write(phone, ours, fmt.Sprintf("in %02d %s", i, strings.Repeat("é", i%2*200)))
		w.say(alice, contact, out[i])
		switch i {
		case 8, 22:
			w.eventually("the program to have got what was said", func() bool { return len(w.smsc.Shown(phone)) > i+1 })
			w.baton.Kill()
			w.serve()
		case 15:
			w.smsc.Kill()
			require.NoError(t, w.smsc.Restart())
		}
	}
	w.eventually("all of it", func() bool { return len(w.smsc.Shown(phone)) >= 31 && w.smsc.Counts().Waiting == 0 })
	var shown []string
	for _, m := range w.smsc.Shown(phone)[1:] {
		shown = append(shown, m.Text)
	}
	require.Equal(t, out, shown)
	for i := range 30 { // a line in flight when the program dies may come twice, with one and the same id
		text := fmt.Sprintf("in %02d", i)
		w.eventually(text, func() bool { return len(ids(alice, contact, text)) == 1 })
	}
}

// receipt matches a receipt (XEP-0184) for a message.
func receipt(from, id string) func(client.Event) bool {
	return func(e client.Event) bool {
		r, ok := e.Find("urn:xmpp:receipts", "received")
		return ok && bare(e.From) == from && r.Attr("id") == id
	}
}

func count(c *client.Client, match func(client.Event) bool) (n int) {
	for _, e := range c.Events() {
		if match(e) {
			n++
		}
	}
	return n
}

// ids returns the different ids of messages from an address with that text.
func ids(c *client.Client, from, text string) map[string]bool {
	out := map[string]bool{}
	for _, e := range c.Events() {
		if client.Message(from, text)(e) && e.Carbon == "" && !strings.Contains(e.Body, "⚙") {
			out[e.ID] = true
		}
	}
	return out
}
