package live

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

// acknowledge answers every native request with an empty result.
func acknowledge(_ context.Context, iq client.Event) (string, error) {
	if payload, ok := iq.Payload(); ok && payload.Name.Space == ns {
		return "", nil
	}
	return "", client.ErrUnhandled
}

// nativeAndAnswering makes a client speak the protocol.
func nativeAndAnswering(o *client.Options) {
	native(o)
	o.IQ = acknowledge
}

// The main story by native stanzas alone: no chat word is said.
func TestStoryByStanzas(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, nil)
		alice, bob := w.agent("alice", "desk", nativeAndAnswering), w.agent("bob", "desk", nativeAndAnswering)
		ann := w.dial("ann", "app", nativeAndAnswering)

		id, conv, first := w.connected(ann, alice)
		transfer := w.offered(alice, bob, id, conv)
		accept := fmt.Sprintf(`<accept xmlns='urn:xmpp:handoff:0' id='%s'/>`, transfer)
		w.refused(ann, conv, accept, "item-not-found") // the caller must not even know
		moved := w.ask(bob, conv, accept)
		require.Equal(t, []string{id, "active", "2"}, attrs(moved, "id", "state", "epoch"))
		require.Equal(t, moved.XML, w.ask(bob, conv, accept).XML, "a second accept repeats the result")
		w.refused(alice, conv, accept, "conflict")

		disconnected(w, alice, conv, id, "transferred", "2")
		disconnected(w, ann, support, id, "transferred", "2")
		w.say(ann, support, "are you there?")
		inSession(t, w.expect(bob, "the caller", client.Message(conv, "are you there?")), id, "2")
		w.say(bob, conv, "Bob here")
		inSession(t, w.expect(ann, "the new agent", client.Message(support, "Bob here")), id, "2")
		disconnect := fmt.Sprintf(`<disconnect xmlns='urn:xmpp:handoff:0' session='%s' reason='done'/>`, id)
		w.refused(alice, conv, disconnect, "forbidden")
		w.settled(alice, bob, ann)

		require.Equal(t, []string{"accepted"}, outcomes(alice, first), "of the first offer")
		require.Equal(t, []string{"accepted"}, outcomes(alice, transfer))
		require.Equal(t, []string{"accepted"}, outcomes(bob, transfer))
		require.Empty(t, all(ann, client.Containing(ns, "outcome")), "a caller learns of no outcomes")
		require.Len(t, all(alice, client.Request(ns, "disconnect")), 1)
		require.Len(t, all(ann, client.Request(ns, "disconnect")), 1)
		require.Len(t, all(bob, client.Request(ns, "offer")), 1)
		w.rostersMoved(conv, alice, bob, "Ann Example · #1", "Handoff: Billing")
		w.archived(conv, bob, "Handed over by Alice", "are you there?", "Bob here")

		require.Empty(t, w.ask(bob, conv, disconnect))
		disconnected(w, ann, support, id, "done", "2")
		w.refused(bob, conv, disconnect, "gone")
		w.settled(alice, bob, ann)
		require.Equal(t, []string{desk}, contacts(w, bob))
		require.Empty(t, messages(alice, desk), "nobody is asked in words")
		require.Empty(t, messages(bob, desk), "nobody is asked in words")
	})
}

// connected has ann connect, alice accept, and both say something.
func (w *world) connected(ann, alice *client.Client) (id, conv, transfer string) {
	w.t.Helper()
	session := w.ask(ann, support, `<connect xmlns='urn:xmpp:handoff:0'><caller jid='ann@example.com' name='Ann Example' lang='en'/></connect>`)
	require.Equal(w.t, []string{"waiting", "0"}, attrs(session, "state", "epoch"))
	id = session.Attr("id")

	asked := w.expect(alice, "the offer", client.Request(ns, "offer"))
	offer, _ := asked.Payload()
	conv = bare(asked.From)
	require.Equal(w.t, []string{id, support, "support"}, attrs(offer, "session", "from", "queue"))
	require.Equal(w.t, []string{desk}, contacts(w, alice))
	accepted := w.ask(alice, conv, fmt.Sprintf(`<accept xmlns='urn:xmpp:handoff:0' id='%s'/>`, offer.Attr("id")))
	require.Equal(w.t, []string{id, "active", "1"}, attrs(accepted, "id", "state", "epoch"))

	w.say(ann, support, "Hi, I was charged twice")
	inSession(w.t, w.expect(alice, "the caller", client.Message(conv, "charged twice")), id, "1")
	w.say(alice, conv, "let me check")
	inSession(w.t, w.expect(ann, "the agent", client.Message(support, "let me check")), id, "1")
	return id, conv, offer.Attr("id")
}

// offered has alice offer the session to billing, and checks what bob is told.
func (w *world) offered(alice, bob *client.Client, id, conv string) (transfer string) {
	w.t.Helper()
	answer := w.ask(alice, conv, fmt.Sprintf(`<transfer xmlns='urn:xmpp:handoff:0' session='%s' mode='warm'>
		<target queue='billing'/><reason xml:lang='en'>wants a refund</reason>
		<x xmlns='jabber:x:data' type='submit'><field var='order' label='Order'><value>4711</value></field></x></transfer>`, id))
	require.Equal(w.t, []string{id, "offered"}, attrs(answer, "session", "state"))
	expires, err := time.Parse(time.RFC3339, answer.Attr("expires"))
	require.NoError(w.t, err)
	require.True(w.t, expires.After(time.Now()), "expires %v", expires)
	w.refused(alice, conv, `<transfer xmlns='urn:xmpp:handoff:0'><target queue='billing'/></transfer>`, "conflict")

	asked := w.expect(bob, "the offer", client.Request(ns, "offer"))
	offer, _ := asked.Payload()
	require.Equal(w.t, conv, bare(asked.From), "the conversation's address stays")
	require.Equal(w.t, []string{answer.Attr("id"), id, "alice@example.com", "billing", answer.Attr("expires")},
		attrs(offer, "id", "session", "from", "queue", "expires"))
	caller, _ := offer.Child(ns, "caller")
	require.Equal(w.t, []string{"ann@example.com", "Ann Example", "en"}, attrs(caller, "jid", "name", "lang"))
	reason, _ := offer.Child(ns, "reason")
	require.Equal(w.t, "wants a refund", reason.Text)
	require.Equal(w.t, "4711", offer.FindAll("jabber:x:data", "value")[0].Text)
	require.Equal(w.t, []string{"caller: Hi, I was charged twice", "agent: let me check"}, dialog(offer))
	return answer.Attr("id")
}

// disconnected waits for a native disconnect.
func disconnected(w *world, c *client.Client, from, session, reason, epoch string) {
	w.t.Helper()
	e := w.since(c, 0, "a disconnect: "+reason, client.All(client.Request(ns, "disconnect"), func(e client.Event) bool {
		p, _ := e.Payload()
		return p.Attr("reason") == reason
	}))
	payload, _ := e.Payload()
	require.Equal(w.t, from, bare(e.From))
	require.Equal(w.t, []string{session, epoch}, attrs(payload, "session", "epoch"))
}

// rostersMoved checks that the contact has moved from one agent's roster into
// the other's, at the server and by pushes, once.
func (w *world) rostersMoved(conv string, from, to *client.Client, name, group string) {
	w.t.Helper()
	require.Equal(w.t, []string{desk}, contacts(w, from))
	require.Equal(w.t, []string{conv, desk}, contacts(w, to))
	item := roster(w, to)[0]
	groups := item.FindAll("jabber:iq:roster", "group")
	require.Equal(w.t, []string{name, "both"}, attrs(item, "name", "subscription"))
	require.Len(w.t, groups, 1)
	require.Equal(w.t, group, groups[0].Text)
	require.Len(w.t, all(from, client.Roster(conv, "remove")), 1)
	require.Len(w.t, all(to, client.Roster(conv, "both")), 1)
	require.Len(w.t, all(from, client.Presence(conv, "unavailable")), 1)
	require.NotEmpty(w.t, all(to, client.Presence(conv, "available")))
}

// archived checks that an agent's own archive holds these texts of the
// conversation, in this order, each once, and nothing else.
func (w *world) archived(conv string, c *client.Client, texts ...string) {
	w.t.Helper()
	found, err := c.Archive(w.t.Context(), client.ArchiveQuery{With: conv})
	require.NoError(w.t, err)
	var bodies []string
	for _, m := range found {
		if m.Body != "" {
			bodies = append(bodies, m.Body)
		}
	}
	require.Len(w.t, bodies, len(texts), "%q", bodies)
	for i, text := range texts {
		require.Contains(w.t, bodies[i], text)
	}
}

// roster fetches the contacts, sorted by address.
func roster(w *world, c *client.Client) []client.Element {
	w.t.Helper()
	e, err := c.IQ(w.t.Context(), "", "get", "<query xmlns='jabber:iq:roster'/>")
	require.NoError(w.t, err)
	items := e.Root().FindAll("jabber:iq:roster", "item")
	slices.SortFunc(items, func(a, b client.Element) int { return cmp.Compare(a.Attr("jid"), b.Attr("jid")) })
	return items
}

// outcomes returns the states of a transfer that somebody was told by message.
func outcomes(c *client.Client, transfer string) []string {
	var out []string
	for _, e := range c.Events() {
		if o, ok := e.Find(ns, "outcome"); ok && e.Kind == client.KindMessage && o.Attr("transfer") == transfer {
			out = append(out, o.Attr("state"))
		}
	}
	return out
}

// dialog returns the lines that ride in an offer.
func dialog(offer client.Element) []string {
	var out []string
	for _, f := range offer.FindAll("urn:xmpp:forward:0", "forwarded") {
		author, _ := f.Find(ns, "author")
		body, _ := f.Find("", "body")
		out = append(out, author.Attr("role")+": "+body.Text)
	}
	return out
}

// inSession checks what session and epoch a relayed copy carries.
func inSession(t *testing.T, e client.Event, id, epoch string) {
	t.Helper()
	s, ok := e.Root().Child(ns, "session")
	require.True(t, ok, e.XML)
	require.Equal(t, []string{id, epoch}, attrs(s, "id", "epoch"))
}

func attrs(e client.Element, names ...string) []string {
	var out []string
	for _, name := range names {
		out = append(out, e.Attr(name))
	}
	return out
}
