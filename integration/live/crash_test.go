package live

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

// The program is killed in the middle of traffic. What it had journalled arrives
// after the restart, in order, and what arrives twice has the same ids; what it
// had not, the caller is told of or it was in the short window that XEP-0114
// leaves open. The offer that was open is still open, with its deadline.
func TestKilledInTheMiddle(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, auto)
		line := newTap(t, w.server.Addr().C2S)
		alice := w.agent("alice", "a", func(o *client.Options) { o.Addr = line.addr })
		bob, ann := w.agent("bob", "b", nil), w.dial("ann", "c", nil)
		conv := w.held(ann, alice)
		w.say(alice, conv, "!transfer bob@example.com before the crash")
		asked := w.expect(bob, "the offer", client.Message(desk, "Take it?"))
		w.settled(alice, bob, ann)
		offered := w.text("SELECT offer FROM conversations")
		require.NotEmpty(t, offered)

		line.hold() // alice gets messages, but nobody learns that she did
		sent := map[string]string{}
		for _, text := range numbers("caller", 1, volume) {
			sent[w.say(ann, support, text)] = text
			if len(sent) == volume/2 { // the rest is on its way when it happens
				w.expect(alice, "a window full", client.Message(conv, "caller 050"))
			}
		}
		w.baton.Kill()
		atDeath := callerSaid(w.journal())
		w.restart()
		require.Equal(t, offered, w.text("SELECT offer FROM conversations"), "the offer and its deadline")
		line.release()
		w.expect(alice, "the last one journalled", client.Message(conv, atDeath[len(atDeath)-1]))
		w.say(bob, desk, "y") // the number is not needed: the offer is still the only one
		w.expect(bob, "the handover message", client.Message(conv, "Handed over by Alice"))
		w.stillHeld(ann, bob, conv)
		w.settled(alice, bob, ann)
		require.Equal(t, []string{"accepted"}, outcomes(alice, asked.ID))
		require.Equal(t, []string{"accepted"}, outcomes(bob, asked.ID))

		kept := callerSaid(w.journal())
		require.Equal(t, atDeath, kept[:len(atDeath)], "nothing journalled is lost")
		require.Len(t, distinct(kept), len(kept), "nothing is journalled twice")
		toAlice := all(alice, client.Message(conv, "caller "))
		toBob := grep(liveMessages(bob, conv), "caller")
		require.Equal(t, kept, append(firstCopies(t, toAlice), toBob...))
		require.GreaterOrEqual(t, len(toAlice), len(kept)-len(toBob)+50, "what was not confirmed is sent again")
		returned := all(ann, client.ErrorOf(""))
		for _, e := range returned {
			text, ok := sent[e.ID]
			require.True(t, ok, "an error for what was not sent: %s", e)
			require.NotContains(t, kept, text, "ann is told that it was not delivered, but it was")
		}
		lost := len(sent) - len(kept) - len(returned)
		require.GreaterOrEqual(t, lost, 0)
		t.Logf("%d said: %d journalled, %d came back, %d in the window that XEP-0114 leaves open",
			len(sent), len(kept), len(returned), lost)
	})
}

// callerSaid returns the caller's numbered texts in a journal.
func callerSaid(journal []line) []string {
	var texts []string
	for _, l := range journal {
		texts = append(texts, l.body)
	}
	return grep(texts, "caller")
}

// firstCopies returns the texts as a client that knows retransmissions by their
// id shows them. One id is one text and one origin-id, whichever copy it is.
func firstCopies(t *testing.T, events []client.Event) []string {
	t.Helper()
	texts, ids := map[string]string{}, map[string]string{}
	var out []string
	for _, e := range events {
		origin, ok := e.Root().Child("urn:xmpp:sid:0", "origin-id")
		require.True(t, ok, e.XML)
		require.Equal(t, e.ID, origin.Attr("id"))
		if text, again := texts[e.ID]; again {
			require.Equal(t, text, e.Body, "one id, two texts")
			continue
		}
		other, known := ids[e.Body]
		require.False(t, known, "%q came as %s and as %s", e.Body, other, e.ID)
		texts[e.ID], ids[e.Body] = e.Body, e.ID
		out = append(out, e.Body)
	}
	return out
}

func distinct(texts []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, text := range texts {
		if !seen[text] {
			out = append(out, text)
		}
		seen[text] = true
	}
	return out
}

// An offer whose time is up while the program is down is closed once, after the
// restart.
func TestOfferExpiresWhileDown(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, func(s settings) settings { return auto(s).with("offer.timeout", "1s") })
		alice, bob, ann := w.agent("alice", "a", nil), w.agent("bob", "b", nativeAndAnswering), w.dial("ann", "c", nil)
		conv := w.held(ann, alice)
		w.say(alice, conv, "!transfer bob@example.com")
		offer := w.expect(bob, "the offer", client.Request(ns, "offer"))
		w.baton.Kill()
		payload, _ := offer.Payload()
		until(t, payload.Attr("expires"))
		w.restart()
		w.known(bob)
		id := payload.Attr("id")
		w.expect(alice, "the outcome", client.Message(conv, "No answer from Bob"))
		w.refused(bob, conv, fmt.Sprintf(`<accept xmlns='urn:xmpp:handoff:0' id='%s'/>`, id), "gone")
		w.stillHeld(ann, alice, conv)
		w.settled(alice, bob, ann)
		require.Equal(t, []string{"expired"}, outcomes(alice, id))
		require.Equal(t, []string{"expired"}, outcomes(bob, id))
	})
}
