package live

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

// The contact is in the roster of who holds the session and in nobody else's,
// on every server by what that server allows: name, group and subscription as
// the server itself tells them to a client that logs in.
func TestRosters(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, nil)
		w.baton.Says(t, map[bool]string{true: "strategy=ejabberd-api", false: "strategy=privilege"}[w.server.Facts().RosterByAPI])
		alice, bob, ann := w.agent("alice", "gajim", nil), w.agent("bob", "dino", nil), w.dial("ann", "phone", nil)
		conv := bare(w.open(ann, alice, "Hi, I was charged twice").From)
		theDesk := desk + ` "Transfer desk" both []`
		carol := conv + ` "Ann · #1" both [Handoff: Support]`
		require.Equal(t, []string{carol, theDesk}, kept(w, "alice"))
		require.Equal(t, []string{theDesk}, kept(w, "bob"))
		here := w.since(alice, 0, "the contact's presence", client.Presence(conv, ""))
		require.Equal(t, conv+"/chat", here.From)
		require.True(t, here.Has("http://jabber.org/protocol/caps", "c"))

		w.say(alice, conv, "!transfer bob")
		w.expect(bob, "the offer", client.Message(desk, "Take it?"))
		w.say(bob, desk, "y")
		w.since(bob, 0, "the contact", client.Roster(conv, "both"))
		w.since(bob, 0, "the contact's presence", client.Presence(conv, ""))
		w.since(alice, 0, "the contact gone", client.Presence(conv, "unavailable"))
		w.since(alice, 0, "the contact out", client.Roster(conv, "remove"))
		require.Equal(t, []string{theDesk}, kept(w, "alice"))
		require.Equal(t, []string{carol, theDesk}, kept(w, "bob"))

		// Both are still there for offers: a contact that went took nobody's presence along.
		w.say(bob, conv, "!transfer alice")
		w.expect(alice, "the offer", client.Message(desk, "Take it?"))
		w.say(alice, desk, "n")
		w.expect(bob, "the answer", client.Message(conv, "declined"))
	})
}

// A contact that its holder deletes by hand holds up nothing, and is there again
// after their next login.
func TestRosterDeletedByHand(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, nil)
		alice, ann := w.agent("alice", "gajim", nil), w.dial("ann", "phone", nil)
		conv := bare(w.open(ann, alice, "Hi").From)
		w.since(alice, 0, "the contact", client.Roster(conv, "both"))
		for _, contact := range []string{conv, desk} {
			w.ask(alice, "", "<query xmlns='jabber:iq:roster'><item jid='"+contact+"' subscription='remove'/></query>")
		}
		require.Empty(t, kept(w, "alice"))
		w.say(ann, support, "still there?")
		w.expect(alice, "the caller", client.Message(conv, "still there?"))
		require.NoError(t, alice.Close())

		again := w.dial("alice", "gajim", nil)
		w.since(again, 0, "the contact", client.Roster(conv, "both"))
		w.since(again, 0, "the desk", client.Roster(desk, "both"))
		w.say(ann, support, "and now?")
		w.expect(again, "the caller", client.Message(conv, "and now?"))
	})
}

// kept is somebody's roster as the server tells it to a client that just logged
// in and shows itself to nobody.
func kept(w *world, user string) []string {
	w.t.Helper()
	c := w.dial(user, "looks", func(o *client.Options) { o.Quiet = true })
	defer c.Close()
	var out []string
	for _, item := range roster(w, c) {
		var groups []string
		for _, g := range item.FindAll("jabber:iq:roster", "group") {
			groups = append(groups, g.Text)
		}
		out = append(out, fmt.Sprintf("%s %q %s %v", item.Attr("jid"), item.Attr("name"), item.Attr("subscription"), groups))
	}
	slices.Sort(out)
	return out
}

// Where rosters are not written, one click lets the desk in, and it is known from
// then on whether the agent is there; each conversation asks too.
func TestRosterBySubscription(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, func(s settings) settings { return s.with("roster.strategy", "subscribe") })
		w.baton.Says(t, "strategy=subscribe")
		alice, ann := w.dial("alice", "gajim", nil), w.dial("ann", "phone", nil)
		lets := func(contact string) {
			w.since(alice, 0, "the request", client.Presence(contact, "subscribe"))
			require.NoError(t, alice.SendXML("<presence to='"+contact+"' type='subscribed'/><presence to='"+contact+"' type='subscribe'/>"))
			w.since(alice, 0, "the contact", client.Roster(contact, "both"))
		}
		lets(desk)
		w.known(alice)
		conv := bare(w.open(ann, alice, "Hi").From)
		lets(conv)
		w.since(alice, 0, "its presence", client.Presence(conv, ""))

		// The program comes again: whoever let a contact in is not bothered.
		w.baton.Term(t)
		require.Zero(t, w.baton.Exits(t))
		before := alice.Mark()
		w.restart()
		w.since(alice, before, "the contact is back", client.Presence(conv, ""))
		w.say(ann, support, "still there?")
		w.since(alice, before, "the caller", client.Message(conv, "still there?"))
		for _, e := range alice.Since(before) {
			require.False(t, e.Kind == client.KindPresence && e.Type == "subscribe", e.String())
		}
		w.say(alice, conv, "!done")
		w.since(alice, before, "the contact gone", client.Presence(conv, "unavailable"))
		w.since(alice, before, "the end of the subscription", client.Roster(conv, "none"))
	})
}
