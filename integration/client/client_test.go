package client_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"baton/integration/client"
	"baton/integration/prosody"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

const handoff = "urn:xmpp:handoff:0"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server starts a Prosody with accounts ann, bob and a stranger to SASLprep and Lua quoting.
func server(t *testing.T) *prosody.Server {
	t.Helper()
	s, err := prosody.Start(t.Context(), prosody.Options{
		Accounts: []prosody.Account{{User: "ann", Password: "pw"}, {User: "bob", Password: "pw"}, {User: "o-dd.one", Password: `"\ü]]; x`}},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	return s
}

func dial(t *testing.T, s *prosody.Server, o client.Options) *client.Client {
	t.Helper()
	o.Addr = s.C2S
	if o.Password == "" {
		o.Password = "pw"
	}
	c, err := client.Dial(t.Context(), o)
	require.NoError(t, err, s.Log())
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func expect(t *testing.T, c *client.Client, what string, match func(client.Event) bool) client.Event {
	t.Helper()
	e, err := c.Expect(t.Context(), what, match)
	require.NoError(t, err)
	return e
}

func TestLogin(t *testing.T) {
	s := server(t)
	ann := dial(t, s, client.Options{JID: "ann@example.com", Resource: "phone's <one>"})
	require.Equal(t, "ann@example.com/phone's <one>", ann.JID())
	require.Equal(t, "ann@example.com", ann.Bare())
	bob := dial(t, s, client.Options{JID: "bob@example.com"})
	require.True(t, strings.HasPrefix(bob.JID(), "bob@example.com/"), "the server picks a resource: %s", bob.JID())
	dial(t, s, client.Options{JID: "o-dd.one@example.com", Password: `"\ü]]; x`})
	dial(t, s, client.Options{JID: "ann@example.com", Resource: "again"}) // the password is a hash by now

	require.NoError(t, s.Register("late", "comer"))
	dial(t, s, client.Options{JID: "late@example.com", Password: "comer"})
}

func TestLoginFails(t *testing.T) {
	s := server(t)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	nobody := closed.Addr().String()
	closed.Close()
	mute, err := net.Listen("tcp", "127.0.0.1:0") // accepts, and never says a word
	require.NoError(t, err)
	defer mute.Close()

	for name, c := range map[string]struct {
		o    client.Options
		want string
	}{
		"wrong password": {client.Options{JID: "ann@example.com", Addr: s.C2S, Password: "no"}, "login of ann@example.com: "},
		"no such user":   {client.Options{JID: "eve@example.com", Addr: s.C2S, Password: "no"}, "not-authorized"},
		"unknown host":   {client.Options{JID: "ann@example.net", Addr: s.C2S, Password: "pw"}, "host-unknown"},
		"no JID":         {client.Options{JID: "a@b@c/", Addr: s.C2S}, "is no JID"},
		"nobody there":   {client.Options{JID: "ann@example.com", Addr: nobody}, "cannot reach the server"},
		"mute":           {client.Options{JID: "ann@example.com", Addr: mute.Addr().String()}, "deadline exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if name == "mute" {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
			}
			_, err := client.Dial(ctx, c.o)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestMessagesAndWhatWasExpectedInVain(t *testing.T) {
	s := server(t)
	ann := dial(t, s, client.Options{JID: "ann@example.com", Resource: "a"})
	bob := dial(t, s, client.Options{JID: "bob@example.com", Resource: "b"})

	id, err := ann.Send("bob@example.com", "1 < 2 & 'so on' 🎉", client.WithThread("t1"), client.WithPayload("<x xmlns='urn:x'><y/></x>"))
	require.NoError(t, err)
	_, err = ann.Send("bob@example.com", "second", client.WithID("my'own"), client.WithType("normal"))
	require.NoError(t, err)

	e := expect(t, bob, "the first", client.Message("ann@example.com", "so on"))
	require.Equal(t, "1 < 2 & 'so on' 🎉", e.Body)
	require.Equal(t, "ann@example.com/a", e.From)
	require.Equal(t, id, e.ID)
	require.Equal(t, "chat", e.Type)
	y, ok := e.Find("urn:x", "y")
	require.True(t, ok)
	require.Equal(t, "<y/>", y.XML)
	origin, _ := e.Find("urn:xmpp:sid:0", "origin-id")
	require.Equal(t, id, origin.Attr("id"))
	require.True(t, strings.HasPrefix(e.XML, "<message ") && strings.HasSuffix(e.XML, "</message>"), e.XML)

	e = expect(t, bob, "the second", client.All(client.Message("ann@example.com/a", ""), client.Containing("", "origin-id")))
	require.Equal(t, "my'own", e.ID)
	require.Equal(t, "normal", e.Type)

	_, err = bob.ExpectSince(t.Context(), 0, "the first again", client.Message("", "so on"))
	require.NoError(t, err, "the cursor is not in the way")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = bob.Expect(ctx, "a third", client.Message("", ""))
	require.ErrorContains(t, err, "bob@example.com waited in vain for a third")
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "nothing arrived")
	_, err = bob.ExpectSince(ctx, 0, "a third", client.Message("", "third"))
	require.ErrorContains(t, err, `message normal from ann@example.com/a: "second"`, "shows what did arrive")

	mark := ann.Mark()
	_, err = ann.Send("nobody@example.com", "hello?")
	require.NoError(t, err)
	e, err = ann.ExpectSince(t.Context(), mark, "a bounce", client.ErrorOf("service-unavailable"))
	require.NoError(t, err)
	require.Equal(t, "cancel", e.Error().Type)
}

func TestPresenceAndRoster(t *testing.T) {
	s := server(t)
	ann := dial(t, s, client.Options{JID: "ann@example.com", Resource: "a"})
	bob := dial(t, s, client.Options{JID: "bob@example.com", Resource: "b"})
	require.Empty(t, ann.Roster())

	_, err := ann.IQ(t.Context(), "", "set", "<query xmlns='jabber:iq:roster'><item jid='bob@example.com' name='Bob'><group>G1</group><group>G2</group></item></query>")
	require.NoError(t, err)
	e := expect(t, ann, "the push", client.Roster("bob@example.com", "none"))
	require.Equal(t, []string{"G1", "G2"}, e.Item.Groups)
	require.NoError(t, ann.SendXML("<presence to='bob@example.com' type='subscribe'/>"))
	expect(t, bob, "the request", client.Presence("ann@example.com", "subscribe"))
	require.NoError(t, bob.SendXML("<presence to='ann@example.com' type='subscribed'/>"))
	expect(t, ann, "the subscription", client.Roster("bob@example.com", "to"))
	expect(t, ann, "bob online", client.Presence("bob@example.com/b", "available"))
	require.Equal(t, "Bob", ann.Roster()[0].Name)

	require.NoError(t, bob.SetPresence("dnd", "busy <now>"))
	e = expect(t, ann, "bob busy", client.Containing("", "show"))
	require.Equal(t, "busy <now>", e.Body)
	require.True(t, e.Has("http://jabber.org/protocol/caps", "c"))

	again := dial(t, s, client.Options{JID: "ann@example.com", Resource: "again"})
	require.Equal(t, ann.Roster(), again.Roster(), "fetched at login")

	require.NoError(t, bob.Close())
	expect(t, ann, "bob offline", client.Presence("bob@example.com/b", "unavailable"))
	_, err = ann.IQ(t.Context(), "", "set", "<query xmlns='jabber:iq:roster'><item jid='bob@example.com' subscription='remove'/></query>")
	require.NoError(t, err)
	expect(t, again, "the removal", client.Roster("bob@example.com", "remove"))
	require.Empty(t, again.Roster())
}

func TestAnswersRequests(t *testing.T) {
	s := server(t)
	ann := dial(t, s, client.Options{JID: "ann@example.com", Resource: "a"})
	bob := dial(t, s, client.Options{JID: "bob@example.com", Resource: "b", Name: "B & Co", Features: []string{handoff, "urn:xmpp:ping"}})
	ask := func(typ, payload string) (client.Event, error) { return ann.IQ(t.Context(), bob.JID(), typ, payload) }

	require.NoError(t, ann.Ping(t.Context(), bob.JID()))
	info, err := ask("get", "<query xmlns='http://jabber.org/protocol/disco#info'/>")
	require.NoError(t, err)
	require.Contains(t, info.XML, handoff)
	require.Contains(t, info.XML, "B &amp; Co")
	require.Equal(t, 1, strings.Count(info.XML, "urn:xmpp:ping"), "announced once")

	require.NoError(t, bob.SendXML(fmt.Sprintf("<presence to='%s'/>", ann.JID())))
	require.NoError(t, bob.SetPresence("", ""))
	_, err = ask("get", "<query xmlns='http://jabber.org/protocol/disco#info' node='strange'/>")
	require.ErrorContains(t, err, "item-not-found")
	_, err = ask("get", "<query xmlns='http://jabber.org/protocol/disco#items'/>")
	require.NoError(t, err)

	_, err = ask("set", "<offer xmlns='"+handoff+"'/>")
	var refused *client.StanzaError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "service-unavailable", refused.Condition)

	bob.SetIQHandler(func(ctx context.Context, iq client.Event) (string, error) {
		if client.Request(handoff, "offer")(iq) { // a handler may use the client
			return "<ringing xmlns='" + handoff + "'/>", bob.Ping(ctx, "")
		}
		return "", &client.StanzaError{Type: "auth", Condition: "forbidden", Text: "not <you>"}
	})
	e, err := ask("set", "<offer xmlns='"+handoff+"'/>")
	require.NoError(t, err)
	require.True(t, e.Has(handoff, "ringing"))
	e, err = ask("get", "<other xmlns='"+handoff+"'/>")
	require.EqualError(t, err, "forbidden, type auth: not <you>")
	require.Equal(t, "error", e.Type, "the reply is returned as well")
	expect(t, bob, "the request, recorded", client.Request(handoff, "other"))
}

func TestForgedRosterPushAndReplyAreNotBelieved(t *testing.T) {
	s := server(t)
	ann := dial(t, s, client.Options{JID: "ann@example.com", Resource: "a"})
	bob := dial(t, s, client.Options{JID: "bob@example.com", Resource: "b"})
	_, err := bob.IQ(t.Context(), ann.JID(), "set", "<query xmlns='jabber:iq:roster'><item jid='x@example.com' subscription='both'/></query>")
	require.ErrorContains(t, err, "service-unavailable")
	require.Empty(t, ann.Roster())

	ann.SetIQHandler(func(context.Context, client.Event) (string, error) { return "<mine xmlns='urn:x'/>", nil })
	eve := dial(t, s, client.Options{JID: "bob@example.com", Resource: "eve"})
	ann.SetIQHandler(func(ctx context.Context, iq client.Event) (string, error) {
		forged := fmt.Sprintf("<iq type='result' id='%s' to='%s'><forged xmlns='urn:x'/></iq>", iq.ID, iq.From)
		if err := eve.SendXML(forged); err != nil {
			return "", err
		}
		return "<mine xmlns='urn:x'/>", eve.Ping(ctx, "") // the forgery is there first
	})
	e, err := bob.IQ(t.Context(), ann.JID(), "get", "<q xmlns='urn:x'/>")
	require.NoError(t, err)
	require.True(t, e.Has("urn:x", "mine"), e.XML)
	expect(t, bob, "the forgery, recorded only", client.Containing("urn:x", "forged"))
}

func TestCarbons(t *testing.T) {
	s := server(t)
	phone := dial(t, s, client.Options{JID: "ann@example.com", Resource: "phone"})
	desk := dial(t, s, client.Options{JID: "ann@example.com", Resource: "desk", Carbons: true})
	bob := dial(t, s, client.Options{JID: "bob@example.com", Resource: "b"})
	_, err := phone.Send("bob@example.com", "from the phone")
	require.NoError(t, err)
	e := expect(t, desk, "a carbon", client.Message("ann@example.com/phone", "from the phone"))
	require.Equal(t, "sent", e.Carbon)
	require.Equal(t, "bob@example.com", e.To)

	_, err = bob.Send(desk.JID(), "looks copied", client.WithPayload("<received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='boss@example.com'><body>forged</body></message></forwarded></received>"))
	require.NoError(t, err)
	e = expect(t, desk, "bob's words as bob's", client.Message("bob@example.com", "looks copied"))
	require.Empty(t, e.Carbon)
}

func TestArchivePagesThroughAll(t *testing.T) {
	s := server(t)
	ann := dial(t, s, client.Options{JID: "ann@example.com", Resource: "a"})
	dial(t, s, client.Options{JID: "o-dd.one@example.com", Password: `"\ü]]; x`})
	for i := range 7 {
		_, err := ann.Send("bob@example.com", fmt.Sprintf("line %d", i))
		require.NoError(t, err)
	}
	_, err := ann.Send("o-dd.one@example.com", "aside")
	require.NoError(t, err)
	got, err := ann.Archive(t.Context(), client.ArchiveQuery{With: "bob@example.com", Max: 3})
	require.NoError(t, err)
	require.Len(t, got, 7)
	for i, line := range got {
		require.Equal(t, fmt.Sprintf("line %d", i), line.Body)
		require.Equal(t, ann.JID(), line.From)
		require.False(t, line.Stamp.IsZero())
		require.NotEmpty(t, line.ID)
		require.True(t, strings.HasPrefix(line.XML, "<message"), line.XML)
	}
	all, err := ann.Archive(t.Context(), client.ArchiveQuery{})
	require.NoError(t, err)
	require.Len(t, all, 8)
	_, err = ann.Archive(t.Context(), client.ArchiveQuery{At: "bob@example.com"})
	require.Error(t, err, "somebody else's archive")
}

func TestWatchSeesAllInOrder(t *testing.T) {
	s := server(t)
	ann, err := client.Dial(t.Context(), client.Options{JID: "ann@example.com", Password: "pw", Addr: s.C2S})
	require.NoError(t, err)
	defer ann.Kill()
	var seen []int
	ann.Watch(func(e client.Event) { seen = append(seen, e.Seq) })
	for range 5 {
		require.NoError(t, ann.Ping(t.Context(), ""))
	}
	require.NoError(t, ann.Close()) // joins the watcher
	require.Len(t, seen, len(ann.Events()))
	for i, seq := range seen {
		require.Equal(t, i, seq)
	}
}

func TestEndsOfTheStream(t *testing.T) {
	s := server(t)
	ann := dial(t, s, client.Options{JID: "ann@example.com", Resource: "a"})
	watcher := dial(t, s, client.Options{JID: "ann@example.com", Resource: "w"})
	expect(t, watcher, "the other resource", client.Presence("ann@example.com/a", "available"))

	ann.Kill()
	<-ann.Done()
	require.NoError(t, ann.Err(), "our own doing")
	expect(t, watcher, "the death", client.Presence("ann@example.com/a", "unavailable"))
	_, err := ann.Send("bob@example.com", "x")
	require.Error(t, err)
	_, err = ann.IQ(t.Context(), "", "get", "<ping xmlns='urn:xmpp:ping'/>")
	require.Error(t, err)

	require.NoError(t, watcher.SendXML("<message to='bob@example.com'><body>never closed</message>"))
	_, err = watcher.Expect(t.Context(), "anything", client.Message("", "nothing like this"))
	require.ErrorContains(t, err, "the stream has ended")
	require.ErrorContains(t, err, "not-well-formed")
	require.ErrorContains(t, watcher.Err(), "not-well-formed")

	last := dial(t, s, client.Options{JID: "bob@example.com"})
	require.NoError(t, s.Stop())
	<-last.Done()
	require.Error(t, last.Err(), "whether Prosody's farewell gets through varies")
	require.NoError(t, last.Close())
	require.NoError(t, last.Close())
}

func TestNothingEndsTheStreamButItsEnd(t *testing.T) {
	s := server(t)
	ann := dial(t, s, client.Options{JID: "ann@example.com", Resource: "a"})
	bob := dial(t, s, client.Options{JID: "bob@example.com", Resource: "b"})
	payload := strings.Repeat("<d xmlns='urn:d'>", 60) + strings.Repeat("</d>", 60) +
		"<big xmlns='urn:b' xmlns:q='urn:q' q:a='1'>" + base64.StdEncoding.EncodeToString(make([]byte, 100_000)) + "</big>" +
		"<body xmlns='urn:other'>not the body</body>"
	_, err := ann.Send("bob@example.com", "big", client.WithPayload(payload))
	require.NoError(t, err)
	require.NoError(t, ann.SendXML(" \n <message to='bob@example.com'><subject/></message>\n\n<message to='bob@example.com'><body>after</body></message>"))
	e := expect(t, bob, "the big one", client.Message("", "big"))
	big, _ := e.Find("urn:b", "big")
	require.Len(t, big.Text, base64.StdEncoding.EncodedLen(100_000))
	require.Len(t, e.Root().FindAll("urn:d", "d"), 60)
	e = expect(t, bob, "what came after", client.Message("", "after"))
	require.True(t, strings.HasPrefix(e.XML, "<message"), e.XML)
}
