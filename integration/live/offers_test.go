package live

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

// auto has new sessions of support given out without asking, where a test is
// about what comes after.
func auto(s settings) settings {
	return s.with("queues", []any{
		map[string]any{"name": "support", "title": "Support", "assign": "auto"},
		map[string]any{"name": "billing", "title": "Billing"},
	})
}

// held has ann begin a session that alice is given, and returns the
// conversation's address.
func (w *world) held(ann, alice *client.Client) string {
	w.t.Helper()
	w.say(ann, support, "hello")
	return bare(w.expect(alice, "the session", client.Message("", "New session")).From)
}

// stillHeld checks that the holder's line to the caller works both ways.
func (w *world) stillHeld(ann, holder *client.Client, conv string) {
	w.t.Helper()
	text := fmt.Sprintf("still there? %d", len(ann.Events()))
	w.say(ann, support, text)
	w.expect(holder, "the caller", client.Message(conv, text))
	w.say(holder, conv, "yes: "+text)
	w.expect(ann, "the holder", client.Message(support, "yes: "+text))
}

func TestOfferDeclined(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, auto)
		alice, bob, bert := w.agent("alice", "a", nil), w.agent("bob", "b", nil), w.agent("bert", "b", nativeAndAnswering)
		ann := w.dial("ann", "c", nil)
		conv := w.held(ann, alice)

		w.say(alice, conv, "!transfer bob@example.com please")
		asked := w.expect(bob, "the offer", client.Message(desk, "Take it?"))
		w.say(bob, desk, "n at lunch")
		w.expect(alice, "the outcome", client.Message(conv, "Bob declined: at lunch. You keep this chat."))
		corrected := w.expect(bob, "the correction", client.Message(desk, "You declined #1 (Ann)."))
		replaces, _ := corrected.Find("urn:xmpp:message-correct:0", "replace")
		require.Equal(t, asked.ID, replaces.Attr("id"))
		w.say(bob, desk, "y")
		w.expect(bob, "a refusal", client.Message(desk, "No offer is open for you."))

		t.Log("natively")
		w.say(alice, conv, "!transfer bert@example.com please")
		offer := w.expect(bert, "the offer", client.Request(ns, "offer"))
		payload, _ := offer.Payload()
		id := payload.Attr("id")
		require.Empty(t, w.ask(bert, conv, fmt.Sprintf(`<decline xmlns='urn:xmpp:handoff:0' id='%s'><reason>at lunch, too</reason></decline>`, id)))
		told := w.expect(alice, "the outcome", client.Message(conv, "Bert declined: at lunch, too. You keep this chat."))
		outcome, _ := told.Find(ns, "outcome")
		reason, _ := outcome.Child(ns, "reason")
		require.Equal(t, []string{id, "declined", "at lunch, too"}, append(attrs(outcome, "transfer", "state"), reason.Text))
		w.refused(bert, conv, fmt.Sprintf(`<accept xmlns='urn:xmpp:handoff:0' id='%s'/>`, id), "gone")

		w.stillHeld(ann, alice, conv)
		w.settled(alice, bob, bert, ann)
		for transfer, c := range map[string]*client.Client{asked.ID: bob, id: bert} {
			require.Equal(t, []string{"declined"}, outcomes(alice, transfer))
			require.Equal(t, []string{"declined"}, outcomes(c, transfer))
			require.Equal(t, []string{desk}, contacts(w, c))
		}
		require.Equal(t, 1, w.count("SELECT max(epoch) FROM conversations"))
	})
}

// Who lets an offer to a queue pass is not asked again; the next one is.
func TestOfferGoesToTheNext(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, auto)
		alice, bob, bert := w.agent("alice", "a", nil), w.agent("bob", "b", nil), w.agent("bert", "b", nil)
		ann := w.dial("ann", "c", nil)
		conv := w.held(ann, alice)

		w.say(alice, conv, "!transfer billing please")
		asked := w.expect(bob, "the offer", client.Message(desk, "Take it?"))
		w.say(bob, desk, "n")
		w.expect(bert, "the offer", client.Message(desk, "Take it?"))
		w.say(bert, desk, "y")
		w.expect(bert, "the handover message", client.Message(conv, "Handed over by Alice"))
		w.stillHeld(ann, bert, conv)
		w.settled(alice, bob, bert, ann)
		require.Equal(t, []string{"accepted"}, outcomes(alice, asked.ID))
		require.Equal(t, []string{"accepted"}, outcomes(bert, asked.ID))
		require.Len(t, outcomes(bob, asked.ID), 1)
		require.Len(t, all(bob, client.Message(desk, "Take it?")), 1)
	})
}

func TestOfferExpires(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, func(s settings) settings { return auto(s).with("offer.timeout", "1s") })
		alice, bob := w.agent("alice", "a", nativeAndAnswering), w.agent("bob", "b", nativeAndAnswering)
		ann := w.dial("ann", "c", nil)
		conv := w.held(ann, alice)

		transfer := w.ask(alice, conv, `<transfer xmlns='urn:xmpp:handoff:0'><target jid='bob@example.com'/></transfer>`)
		id := transfer.Attr("id")
		w.expect(bob, "the offer", client.Request(ns, "offer"))
		w.expect(alice, "the outcome", client.Message(conv, "No answer from Bob. You keep this chat."))
		w.expect(bob, "the outcome", client.Message(conv, "The offer of #1 (Ann) has expired."))
		w.refused(bob, conv, fmt.Sprintf(`<accept xmlns='urn:xmpp:handoff:0' id='%s'/>`, id), "gone")
		w.refused(bob, conv, fmt.Sprintf(`<decline xmlns='urn:xmpp:handoff:0' id='%s'/>`, id), "gone")
		w.refused(alice, conv, fmt.Sprintf(`<cancel xmlns='urn:xmpp:handoff:0' id='%s'/>`, id), "gone")
		w.stillHeld(ann, alice, conv)
		w.settled(alice, bob, ann)
		require.Equal(t, []string{"expired"}, outcomes(alice, id))
		require.Equal(t, []string{"expired"}, outcomes(bob, id))
		require.Equal(t, 1, w.count("SELECT max(epoch) FROM conversations"))
	})
}

func TestOfferCancelled(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, auto)
		alice, bob := w.agent("alice", "a", nativeAndAnswering), w.agent("bob", "b", nativeAndAnswering)
		bert := w.agent("bert", "b", nil)
		ann := w.dial("ann", "c", nil)
		conv := w.held(ann, alice)

		t.Log("natively, of a target that speaks the protocol")
		id := w.ask(alice, conv, `<transfer xmlns='urn:xmpp:handoff:0'><target jid='bob@example.com'/></transfer>`).Attr("id")
		w.expect(bob, "the offer", client.Request(ns, "offer"))
		w.refused(bob, conv, fmt.Sprintf(`<cancel xmlns='urn:xmpp:handoff:0' id='%s'/>`, id), "forbidden")
		require.Empty(t, w.ask(alice, conv, fmt.Sprintf(`<cancel xmlns='urn:xmpp:handoff:0' id='%s'/>`, id)))
		w.expect(bob, "the outcome", client.Message(conv, "Alice took the offer of #1 (Ann) back."))
		w.refused(bob, conv, fmt.Sprintf(`<accept xmlns='urn:xmpp:handoff:0' id='%s'/>`, id), "gone")

		t.Log("by word, of a target that does not")
		w.say(alice, conv, "!transfer bert@example.com")
		asked := w.expect(bert, "the offer", client.Message(desk, "Take it?"))
		w.say(alice, conv, "!cancel")
		w.expect(bert, "the correction", client.Message(desk, "Alice took the offer of #1 (Ann) back."))
		w.stillHeld(ann, alice, conv)
		w.settled(alice, bob, bert, ann)
		for _, c := range []*client.Client{alice, bob} {
			require.Equal(t, []string{"cancelled"}, outcomes(c, id))
		}
		for _, c := range []*client.Client{alice, bert} {
			require.Equal(t, []string{"cancelled"}, outcomes(c, asked.ID))
		}
	})
}
