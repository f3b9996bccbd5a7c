//go:build clients

package web

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

// A visitor, an agent, a transfer in mid-sentence, the end, a rating.
func TestVisitor(t *testing.T) {
	w := newWorld(t)
	w.serve()
	alice, bob := w.agent("alice"), w.agent("bob")
	v := w.visitor()
	v.Screen(390, 760, "light")
	v.Open(w.url("/chat?queue=support"))
	v.begin("Carol Jones", "I was charged twice")
	conv := w.takes(alice)
	v.Shows("Hello, one moment please.")
	v.Run(chromedp.SendKeys("#text", "are you"))
	w.expect(alice, "typing", client.All(client.From(conv), client.Containing("http://jabber.org/protocol/chatstates", "composing")))
	v.says(" there?")
	w.expect(alice, "the line", client.Message(conv, "are you there?"))
	w.send(alice, conv, "Let me look into that.", client.WithPayload("<markable xmlns='urn:xmpp:chat-markers:0'/>"))
	v.Shows("Let me look into that.")
	v.Shows("You are talking with Alice.")
	w.expect(alice, "read", client.All(client.From(conv), client.Containing("urn:xmpp:chat-markers:0", "displayed")))
	require.NoError(t, alice.SendXML("<message type='chat' to='"+conv+"'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>"))
	v.Shows("Alice is typing…")

	w.send(alice, conv, "!transfer billing wants a refund")
	w.expect(bob, "the offer", client.Message(desk, "Take it?"))
	v.says("it was on")
	w.expect(alice, "the line", client.Message(conv, "it was on"))
	w.send(bob, desk, "y")
	w.expect(bob, "the dialog", client.Message(conv, "charged twice"))
	v.says("the 3rd of May")
	w.expect(bob, "the line", client.Message(conv, "the 3rd of May"))
	w.send(bob, conv, "I see it. The money is on its way back to you.")
	v.Shows("The money is on its way back to you.")
	require.Equal(t, []string{"You: I was charged twice", "Support: Hello, one moment please.", "You: are you there?",
		"Alice: Let me look into that.", "You: it was on", "You are now talking with our Billing team.", "You: the 3rd of May",
		"Bob: I see it. The money is on its way back to you."}, v.transcript())
	v.Shoot("phone-light")
	v.Screen(390, 760, "dark")
	v.Shoot("phone-dark")
	v.Screen(1100, 700, "light")
	v.Shoot("desktop-light")

	w.send(bob, conv, "!done")
	v.Shows("This chat has ended.")
	v.Run(chromedp.WaitVisible("#after"))
	v.Waits(`log.scrollHeight - log.scrollTop - log.clientHeight < 2`) // the newest is in sight
	v.Shoot("ended")
	v.Run(chromedp.Click("#after input[value='4']"), chromedp.Click("#after button"))
	v.Shows("Thank you!")
	v.Silent()
}
