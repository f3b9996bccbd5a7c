//go:build clients && linux

package clients

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

// TestCaller: who calls has one chat, with the queue's address, whoever answers.
func TestCaller(t *testing.T) {
	withEach(t, func(t *testing.T, login software) {
		w := newWorld(t)
		alice, bob := w.agent("alice"), w.agent("bob")
		carol := login(w, "carol.jones")

		carol.message(support, "I was charged twice.")
		carol.sees("I was charged twice.", "Hello, one moment please.")
		chat := w.takes(alice, "I was charged twice.").From
		w.say(alice, chat, "Let me look.")
		carol.sees("I was charged twice.", "Let me look.")
		carol.say("It is order 4711.")
		w.gets(alice, chat, "It is order 4711.")

		w.transfers(alice, chat)
		chat = w.takes(bob, "wants a refund").From
		carol.sees("You are now talking with our Billing team.")
		carol.say("Who is there?")
		w.gets(bob, chat, "Who is there?")
		w.say(bob, chat, "Bob. It is on its way back.")
		carol.sees("I was charged twice.", "Let me look.", "It is order 4711.", "Who is there?", "Bob. It is on its way back.")
	})
}

// TestHolder: an agent takes a call, talks, hands it on, and is out of it.
func TestHolder(t *testing.T) {
	withEach(t, func(t *testing.T, login software) {
		w := newWorld(t)
		carol, bob := w.dial("carol.jones"), w.agent("bob")
		alice := login(w, "alice")

		w.say(carol, support, "I was charged twice.")
		alice.finds(theDesk)
		alice.sees("*Carol Jones* for Support · #1", "> ", "Carol: I was charged twice.", "Take it? Reply y or n (60 s).")
		alice.say("y")
		alice.sees("You took #1 (Carol Jones).")

		alice.finds(carolIs)
		alice.sees("*New session* (Support) · #1", "Customer: Carol Jones", "Carol: I was charged twice.")
		alice.say("Let me look.")
		w.gets(carol, support, "Let me look.")
		w.say(carol, support, "It is order 4711.")
		alice.sees("It is order 4711.")

		alice.say("!transfer billing wants a refund")
		alice.sees("Offered to Billing; you keep this chat until it is accepted. !cancel takes it back.")
		alice.say("Billing will help you.")
		w.gets(carol, support, "Billing will help you.")
		chat := w.takes(bob, "wants a refund").From
		alice.sees("Transferred: Bob took over. Closed for you.")
		alice.leaves(carolIs)

		alice.say("One more thing!")
		alice.sees("You handed this session on. Your message was not delivered.")
		w.say(bob, chat, "Bob here.") // whatever came of Alice's line came before
		w.gets(carol, support, "Bob here.")
		for _, c := range []*client.Client{carol, bob} {
			for _, e := range c.Events() {
				require.NotContains(t, e.XML, "One more thing!", "%s got what Alice wrote too late", c.Bare())
			}
		}
	})
}

// TestTarget: an agent is offered a call that a colleague holds, gets all that was said with it, and ends it.
func TestTarget(t *testing.T) {
	withEach(t, func(t *testing.T, login software) {
		w := newWorld(t)
		carol, alice := w.dial("carol.jones"), w.agent("alice")
		bob := login(w, "bob")
		w.say(carol, support, "I was charged twice.")
		chat := w.takes(alice).From
		w.say(alice, chat, "Let me look.")
		w.gets(carol, support, "Let me look.")
		w.transfers(alice, chat)

		bob.finds(theDesk)
		bob.sees("*Carol Jones* from Alice for Billing · #1", "Note: wants a refund", "Carol: I was charged twice.", "Take it? Reply y or n (60 s).")
		bob.say("y")
		bob.sees("You took #1 (Carol Jones).")
		w.expect(alice, "the outcome", client.Message(bare(chat), "Transferred: Bob took over."))

		bob.finds(carolIs)
		bob.sees("*Handed over by Alice* (Support → Billing) · #1", "Customer: Carol Jones", "Note: wants a refund",
			"Carol: I was charged twice.", "Alice: Let me look.")
		bob.say("It is on its way back.")
		w.gets(carol, support, "It is on its way back.")
		w.say(carol, support, "Thank you!")
		bob.sees("Thank you!")
		bob.say("!done")
		bob.sees("The session with Carol Jones is closed.")
		bob.leaves(carolIs)
	})
}

// TestDecline: an agent who says n to an offer keeps nothing of it, and the colleague who made it learns of it.
func TestDecline(t *testing.T) {
	withEach(t, func(t *testing.T, login software) {
		w := newWorld(t)
		carol, alice := w.dial("carol.jones"), w.agent("alice")
		bob := login(w, "bob")
		w.say(carol, support, "I was charged twice.")
		chat := w.takes(alice).From
		w.transfers(alice, chat)

		bob.finds(theDesk)
		bob.sees("Take it? Reply y or n (60 s).")
		bob.say("n")
		bob.sees("You declined #1 (Carol Jones).")
		e := w.expect(alice, "the outcome", client.Message(bare(chat), "You keep this chat."))
		require.Contains(t, e.Body, "declined")
	})
}

// TestAdHoc: what can be said can be done in the client's menu of ad-hoc commands, in forms.
func TestAdHoc(t *testing.T) {
	withEach(t, func(t *testing.T, login software) {
		w := newWorld(t)
		carol, bob := w.dial("carol.jones"), w.agent("bob")
		alice := login(w, "alice")
		w.say(carol, support, "I was charged twice.")
		alice.finds(theDesk)
		alice.sees("Take it?")
		alice.say("y")
		alice.finds(carolIs)

		alice.lists("transfer", "note", "done")
		alice.notes("was promised a call", "Noted with #1, for agents only.")
		alice.opens(carolIs)
		alice.lists("transfer")
		alice.transfers("billing", "Billing", "wants a refund", "Offered to Billing; you keep this chat until it is accepted.")
		alice.opens(carolIs)
		w.takes(bob, "Note: wants a refund", "Carol: I was charged twice.", "Alice, note: was promised a call")
		alice.sees("Transferred: Bob took over. Closed for you.")
	})
}

// TestInPlace: Converse.js corrects the question in its place, and puts who comes into a group of the queue.
func TestInPlace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	carol, alice := w.dial("carol.jones"), converse(w, "alice").(inConverse)
	w.say(carol, support, "I was charged twice.")
	alice.finds(theDesk)
	alice.sees("Take it?")
	alice.say("y")
	alice.sees("You took #1 (Carol Jones).")
	alice.waits("not to ask any more", `!document.body.innerText.includes("Take it?")`)
	alice.waits("to have Carol in a group", `document.querySelector("[data-group='Handoff: Support' i] .contact-name")?.innerText === "`+carolIs+`"`)
}
