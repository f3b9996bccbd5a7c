package live

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

// The main story, by chat words alone: nobody's client knows of the protocol.
// What everybody reads is compared as a whole, so that a line too many, a line
// missing and a line out of place are all seen.
func TestStoryByWords(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, nil)
		alice, bob, ann := w.agent("alice", "gajim", nil), w.agent("bob", "dino", nil), w.dial("ann", "phone", nil)

		conv := bare(w.open(ann, alice, "Hi, I was charged twice").From)
		w.say(alice, conv, "let me check")
		w.expect(ann, "the reply", client.Message(support, "let me check"))
		require.Equal(t, []string{conv, desk}, contacts(w, alice))
		require.Equal(t, []string{desk}, contacts(w, bob))

		w.say(alice, conv, "!transfer billing wants a refund")
		w.expect(bob, "the offer", client.Message(desk, "Take it?"))
		w.say(ann, support, "are you still there?")
		w.expect(alice, "the caller, while the offer rings", client.Message(conv, "are you still there?"))
		w.say(bob, desk, "y")
		w.expect(bob, "the handover message", client.Message(conv, "Handed over by Alice"))
		w.expect(alice, "the outcome", client.Message(conv, "Bob took over"))
		w.say(ann, support, "hello?")
		w.expect(bob, "the caller", client.Message(conv, "hello?"))
		w.say(bob, conv, "Bob here, I do the refund")
		w.expect(ann, "the new agent", client.Message(support, "Bob here"))
		w.say(alice, conv, "one more thing")
		w.expect(alice, "an error", client.ErrorOf("not-allowed"))
		w.expect(alice, "the same in words", client.Message(conv, "not delivered"))
		w.settled(alice, bob, ann)
		require.Equal(t, []string{desk}, contacts(w, alice))
		require.Equal(t, []string{conv, desk}, contacts(w, bob))
		w.say(bob, conv, "!done")
		w.expect(ann, "the end", client.Message(support, "ended"))
		w.expect(bob, "the end", client.Message(conv, "closed"))
		w.settled(alice, bob, ann)

		sawTheStory(t, conv, ann, alice, bob)
		require.Equal(t, []string{desk}, contacts(w, bob))
		require.Len(t, all(alice, client.Roster(conv, "remove")), 1)
		require.Len(t, all(alice, client.Presence(conv, "unavailable")), 1)
	})
}

// sawTheStory compares what everybody read with what they should have.
func sawTheStory(t *testing.T, conv string, ann, alice, bob *client.Client) {
	t.Helper()
	require.Equal(t, []string{
		"Hello, one moment please.",
		"let me check",
		"You are now talking with our Billing team.",
		"Bob here, I do the refund",
		"This chat has ended. Write again any time.",
	}, read(ann, support))
	require.Equal(t, []string{
		"⚙ *Ann* for Support · #1\n> hh:mm Ann: Hi, I was charged twice\nTake it? Reply y or n (60 s).",
		"⚙ You took #1 (Ann).",
	}, read(alice, desk))
	require.Equal(t, []string{
		"⚙ *New session* (Support) · #1\nCustomer: Ann\n> hh:mm Ann: Hi, I was charged twice",
		"⚙ Offered to Billing; you keep this chat until it is accepted. !cancel takes it back.",
		"are you still there?",
		"⚙ Transferred: Bob took over. Closed for you. !reclaim asks for it back.",
		"⚙ You handed this session on. Your message was not delivered.",
	}, read(alice, conv))
	require.Equal(t, []string{
		"⚙ *Ann* from Alice for Billing · #1\nNote: wants a refund\n> hh:mm Ann: Hi, I was charged twice\n" +
			"> hh:mm Alice: let me check\nTake it? Reply y or n (60 s).",
		"⚙ You took #1 (Ann).",
	}, read(bob, desk))
	require.Equal(t, []string{
		"⚙ *Handed over by Alice* (Support → Billing) · #1\nCustomer: Ann\nNote: wants a refund\n" +
			"> hh:mm Ann: Hi, I was charged twice\n> hh:mm Alice: let me check\n> hh:mm Ann: are you still there?",
		"hello?",
		"⚙ The session with Ann is closed.",
	}, read(bob, conv))
}

var (
	clock   = regexp.MustCompile(`\b\d\d:\d\d\b`)
	seconds = regexp.MustCompile(`\(\d+ s\)`)
)

// read is messages without what depends on the time.
func read(c *client.Client, from string) []string {
	texts := messages(c, from)
	for i, text := range texts {
		texts[i] = seconds.ReplaceAllString(clock.ReplaceAllString(text, "hh:mm"), "(60 s)")
	}
	return texts
}

// contacts fetches the roster and returns the addresses in it, sorted.
func contacts(w *world, c *client.Client) []string {
	w.t.Helper()
	var out []string
	for _, item := range roster(w, c) {
		out = append(out, item.Attr("jid"))
	}
	return out
}
