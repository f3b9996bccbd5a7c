package live

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

// An agent with two clients is one agent: both see everything once, either may
// speak.
func TestAgentWithTwoResources(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, nil)
		carbons := func(o *client.Options) { o.Carbons = true }
		desktop, phone := w.agent("alice", "desktop", carbons), w.agent("alice", "phone", carbons)
		ann := w.dial("ann", "c", nil)

		w.say(ann, support, "hello")
		w.expect(desktop, "the offer", client.Message(desk, "Take it?"))
		w.expect(phone, "the offer", client.Message(desk, "Take it?"))
		w.say(phone, desk, "y")
		conv := bare(w.expect(desktop, "the session", client.Message("", "New session")).From)
		w.expect(phone, "the session", client.Message(conv, "New session"))
		w.say(desktop, conv, "from the desk")
		w.expect(ann, "the desktop", client.Message(support, "from the desk"))
		w.say(phone, conv, "from the phone")
		w.expect(ann, "the phone", client.Message(support, "from the phone"))

		t.Log("one goes, the other goes on")
		require.NoError(t, phone.Close())
		w.stillHeld(ann, desktop, conv)
		w.settled(desktop, ann)
		want := append([]string{}, read(phone, conv)...)
		require.Equal(t, want, read(desktop, conv)[:len(want)], "both saw the same")
		require.Equal(t, read(phone, desk), read(desktop, desk))
		require.Len(t, all(desktop, client.Roster(conv, "both")), 1)
		require.Len(t, all(phone, client.Roster(conv, "both")), 1)
		w.archived(conv, desktop, "New session", "from the desk", "from the phone", "still there?", "yes: still")
	})
}

// An agent one of whose clients speaks the protocol is asked natively, there
// alone.
func TestOfferPrefersTheNativeClient(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, nil)
		stock, able := w.agent("alice", "stock", nil), w.agent("alice", "able", nativeAndAnswering)
		ann := w.dial("ann", "c", nil)
		w.say(ann, support, "hello")
		w.expect(able, "the offer", client.Request(ns, "offer"))
		w.settled(stock, able, ann)
		require.Empty(t, messages(stock, desk))
		require.Empty(t, messages(able, desk))
		require.Empty(t, all(stock, client.Request(ns, "offer")))
	})
}

// A caller is who they are at any of their clients: the same conversation, the
// same session.
func TestCallerOnAnotherResource(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, nil)
		alice := w.agent("alice", "a", nil)
		phone := w.dial("ann", "phone", nil)
		conv := bare(w.open(phone, alice, "from the train").From)
		laptop := w.dial("ann", "laptop", nil)
		w.say(laptop, support, "from home")
		w.expect(alice, "the laptop", client.Message(conv, "from home"))
		require.NoError(t, phone.Close())
		w.say(alice, conv, "welcome home")
		w.expect(laptop, "the reply", client.Message(support, "welcome home"))
		w.settled(alice, laptop)
		require.Equal(t, 1, w.count("SELECT count(*) FROM conversations"))
		require.Equal(t, 1, w.count("SELECT session FROM conversations"))
		require.Len(t, all(alice, client.Roster(conv, "both")), 1)
		require.Equal(t, []string{"welcome home"}, messages(laptop, support))
	})
}
