package main

import (
	"encoding/xml"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
	"baton/store"
)

// serverData is a document of XEP-0227 as another server reads it.
type serverData struct {
	XMLName xml.Name `xml:"urn:xmpp:pie:0 server-data"`
	Hosts   []struct {
		JID   string `xml:"jid,attr"`
		Users []struct {
			Name    string `xml:"name,attr"`
			Results []struct {
				ID        string `xml:"id,attr"`
				Forwarded struct {
					Delay struct {
						Stamp string `xml:"stamp,attr"`
					} `xml:"urn:xmpp:delay delay"`
					Message struct {
						From string `xml:"from,attr"`
						To   string `xml:"to,attr"`
						ID   string `xml:"id,attr"`
						Type string `xml:"type,attr"`
						Body string `xml:"jabber:client body"`
					} `xml:"jabber:client message"`
				} `xml:"urn:xmpp:forward:0 forwarded"`
			} `xml:"archive>result"`
		} `xml:"urn:xmpp:pie:0 user"`
	} `xml:"urn:xmpp:pie:0 host"`
}

// An export for another XMPP server has in each agent's account what they would
// have in its archive: nothing said in private between others, everybody's lines
// with a name, in the order in which it was said.
func TestExportXEP0227(t *testing.T) {
	config, src := kept(t, handoff.Idle)
	_, err := says(t, "", "export", "--format", "xep0227", "-c", config)
	require.ErrorIs(t, err, store.ErrNothing, "nobody ever held one")
	_, err = says(t, "", "export", "--format", "csv", "-c", config)
	require.ErrorContains(t, err, "json or xep0227")
	_, err = says(t, "", "export", "--account", "bob@example.com", "-c", config)
	require.ErrorContains(t, err, "--format xep0227")

	s, err := store.Open(t.Context(), src, store.Options{})
	require.NoError(t, err)
	const alice, bob, carol = "alice@example.com", "bob@example.com", "carol@example.net"
	at := func(n int) time.Time { return time.Date(2026, 11, 23, 12, 0, n, 5000, time.UTC) }
	for i, who := range []handoff.Party{carol, "d'ave@example.net"} {
		c := &desk.Conversation{Conversation: handoff.Conversation{Caller: who, Session: 1, First: 1, Seq: 4, Epoch: 2},
			Domain: "handoff.example.com", Local: []string{"c.cccccccc", "d.dddddddd"}[i], Number: int64(70 + i), Entry: "billing", Queue: "billing"}
		line := func(seq int, by, to handoff.Party, role desk.Role, name, body, payload string) desk.Line {
			return desk.Line{Conversation: c.Local, Session: 1, Epoch: 1, Seq: uint64(seq), By: by, To: to, Role: role, Name: name,
				Body: body, Payload: []byte(payload), At: at(10*seq + i), StanzaID: "m" + string(rune('0'+seq))}
		}
		lines := []desk.Line{
			line(1, who, alice, desk.RoleCaller, "Carol", "[Bob] hi", "<body>[Bob] hi</body>"),
			line(2, alice, bob, desk.RoleAgent, "Alice", "psst", "<body>psst</body>"),
			line(3, alice, who, desk.RoleAgent, "Alice", "a<b", "<body>a&lt;b</body>"),
			line(4, bob, who, desk.RoleAgent, "Bob", "hello", "<body>hello</body><reply xmlns='urn:xmpp:reply:0' id='m3'/>"),
		}
		lines[1].Private = true
		require.NoError(t, s.Commit(t.Context(), &desk.Batch{Conversations: []*desk.Conversation{c}, Lines: lines,
			Epochs: []desk.Epoch{{Conversation: c.Local, Epoch: 1, Session: 1, Holder: alice, At: at(1)},
				{Conversation: c.Local, Epoch: 2, Session: 1, Holder: bob, First: 1, Through: 3, At: at(31)}}}))
	}
	require.NoError(t, s.Close())

	read := func(args ...string) (doc serverData) {
		out, err := says(t, "", append([]string{"export", "--format", "xep0227", "-c", config}, args...)...)
		require.NoError(t, err)
		require.NoError(t, xml.Unmarshal([]byte(out), &doc), out)
		require.Contains(t, out, "<archive xmlns='urn:xmpp:pie:0#mam'>")
		return doc
	}
	doc := read()
	require.Len(t, doc.Hosts, 1)
	require.Equal(t, "example.com", doc.Hosts[0].JID)
	require.Len(t, doc.Hosts[0].Users, 1)
	require.Equal(t, "bob", doc.Hosts[0].Users[0].Name)
	got := doc.Hosts[0].Users[0].Results
	require.Len(t, got, 8)
	require.Equal(t, "c.cccccccc-1", got[0].ID)
	require.Equal(t, "d.dddddddd-1", got[1].ID, "both conversations, by time")
	require.Equal(t, "2026-11-23T12:00:10.000005Z", got[0].Forwarded.Delay.Stamp)
	m := got[0].Forwarded.Message
	require.Equal(t, []string{"c.cccccccc@handoff.example.com/chat", bob, "chat", `\[Bob] hi`}, []string{m.From, m.To, m.Type, m.Body})
	require.Equal(t, "[Alice, to you only] psst", got[2].Forwarded.Message.Body)
	require.Equal(t, "[Alice] a<b", got[4].Forwarded.Message.Body)
	m = got[6].Forwarded.Message
	require.Equal(t, []string{bob, "c.cccccccc@handoff.example.com", "m4", "hello"}, []string{m.From, m.To, m.ID, m.Body})

	doc = read("--account", "Erin@Example.org/x", "--caller", carol)
	require.Equal(t, "example.org", doc.Hosts[0].JID)
	require.Equal(t, "erin", doc.Hosts[0].Users[0].Name)
	require.Len(t, doc.Hosts[0].Users[0].Results, 3, "nothing of what others said in private")
}
