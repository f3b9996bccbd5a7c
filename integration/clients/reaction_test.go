//go:build clients && linux

package clients

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/browser"
)

// TestReaction: in Converse.js a 👍 as a reaction takes what the desk offers, and is no line of a chat.
func TestReaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	carol, alice := w.dial("carol.jones"), converse(w, "alice").(inConverse)
	w.say(carol, support, "I was charged twice.")
	alice.finds(theDesk)
	alice.sees("Take it?")
	alice.reacts("Take it?", "👍")
	alice.sees("You took #1 (Carol Jones).")
	alice.waits("not to ask any more", `!document.body.innerText.includes("Take it?")`)
	alice.finds(carolIs)
	alice.sees("*New session* (Support) · #1", "Carol: I was charged twice.")
	alice.say("Let me look.")
	w.gets(carol, support, "Let me look.")
	for _, e := range carol.Events() {
		require.NotContains(t, e.XML, "👍")
	}

	alice.opens(theDesk)
	for range 2 { // it is taken back, and given again
		alice.reacts("You took #1", "👍")
	}
	alice.say("help")
	alice.sees("!accept", "You took #1 (Carol Jones).")
	require.Equal(t, 3, browser.Eval[int](alice.Tab, `document.querySelectorAll("converse-chat-message").length`),
		"what the desk asked, help, and the answer to that:\n%s", alice.Body())
}

// reacts chooses a reaction from the menu of the message in the open chat that holds these words.
func (p inConverse) reacts(words, emoji string) {
	p.T.Helper()
	p.WaitsFor(fmt.Sprintf("%s's page to have a menu at %q", p.who, words), fmt.Sprintf(`(() => {
		const message = [...document.querySelectorAll("converse-chat-message")].find(e => e.innerText.includes(%q))
		const menu = message?.querySelector(".chat-msg__actions .dropdown-toggle")
		menu?.click()
		return menu != null
	})()`, words))
	p.clicks(".chat-msg__action-reaction", "Add Reaction")
	p.clicks(".reaction-picker .reaction-item", emoji)
	p.T.Logf("%s reacted to %q with %s", p.who, words, emoji)
}
