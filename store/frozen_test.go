package store

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// frozen is what testdata/v1.sql holds, a database as schema 1 was released.
// Neither is ever changed: every later version must read that database as this.
func frozen() *desk.Batch {
	const carol, alice, bob = "carol@example.net", "alice@example.com", "bob@example.com"
	info := []desk.Field{{Var: "order", Label: "Order", Value: "4711"}, {Var: "plan", Value: "<gold>"}}
	held := &desk.Conversation{
		Conversation: handoff.Conversation{
			Caller: carol, Holder: alice, Phase: handoff.Active, Session: 3, Epoch: 4, Seq: 2, First: 2, Hops: 1,
			Offer: handoff.Offer{ID: "x-2", By: alice, Ringing: []handoff.Party{bob, "dave@example.com"},
				Next: []handoff.Party{"erin@example.com"}, Passed: []handoff.Party{"frank@example.com"},
				Timeout: time.Minute, Expires: at(60)},
			Last: handoff.Closed{ID: "x-1", State: handoff.Accepted, By: alice, Epoch: 4},
		},
		Key: 1, Version: 1, Domain: domain, Local: "carol-jones.k3v9tq2m", Number: 42, Entry: "support",
		Queue: "billing", Name: "Carol Jönes", Lang: "en-GB", Reach: "carol@example.net/phone", Info: info,
	}
	idle := &desk.Conversation{
		Conversation: handoff.Conversation{Caller: "+491701234567", Phase: handoff.Idle, Session: 1, First: 1},
		Key:          2, Version: 1, Domain: domain, Local: "x.aaaaaaaa", Number: 43, Entry: "support", Queue: "support",
	}
	open := &desk.Conversation{
		Conversation: handoff.Conversation{Caller: carol, Phase: handoff.Waiting, Session: 1, First: 1},
		Key:          3, Version: 1, Domain: domain, Local: "carol.bbbbbbbb", Number: 44, Entry: "billing", Queue: "billing",
	}
	first := desk.Line{Conversation: held.Local, Session: 2, Seq: 1, Epoch: 0, At: at(1), By: carol,
		Role: desk.RoleCaller, Name: "Carol", StanzaID: "ab02a", OriginID: "o-1", Body: "charged twice",
		Payload: []byte("<body>charged twice</body><active xmlns='http://jabber.org/protocol/chatstates'/>")}
	second := desk.Line{Conversation: held.Local, Session: 3, Seq: 2, Epoch: 4, At: at(2), By: alice,
		Role: desk.RoleAgent, Name: "Alice", To: carol, StanzaID: "s-2", Body: "let me check"}
	it := func(kind desk.Kind, to handoff.Party, tries int, e handoff.Effect) *desk.Item {
		return &desk.Item{Domain: domain, Conversation: held.Local, Kind: kind, To: to, Effect: e, At: at(3), Tries: tries}
	}
	ended := func(id string, to handoff.Party, role handoff.Role, state handoff.State, by handoff.Party) desk.Outcome {
		return desk.Outcome{Transfer: id, Domain: domain, Conversation: held.Local, At: at(4),
			Outcome: handoff.Outcome{Transfer: id, To: to, Role: role, State: state, By: by, Epoch: 4, Reason: "because"}}
	}
	b := &desk.Batch{
		Conversations: []*desk.Conversation{held, idle, open},
		Lines:         []desk.Line{first, second},
		Epochs: []desk.Epoch{{Conversation: held.Local, Epoch: 4, Session: 3, Holder: alice, Transfer: "x-1",
			First: 2, Through: 1, At: at(2)}},
		Transfers: []desk.Transfer{
			{ID: "x-1", Domain: domain, Conversation: held.Local, Session: 3, Target: desk.Target{Queue: "support", Skill: "fr"},
				Mode: "warm", Through: 1, At: at(1), Deadline: at(60)},
			{ID: "x-2", Domain: domain, Conversation: held.Local, Session: 3, By: alice, ByName: "Alice",
				Target: desk.Target{Agent: bob}, Mode: "warm", Reason: "wants a refund", ReasonLang: "en",
				Share: desk.Share{None: true, Last: 20}, Info: info, Through: 2, At: at(2), Deadline: at(120)},
		},
		Outcomes: []desk.Outcome{
			ended("x-1", alice, handoff.AsTarget, handoff.Accepted, alice),
			ended("x-2", "frank@example.com", handoff.AsTarget, handoff.Expired, ""),
			ended("x-2", alice, handoff.AsHolder, handoff.Failed, ""),
		},
		Items: []*desk.Item{it(desk.KindLine, carol, 2,
			handoff.Line{Seq: second.Seq, Epoch: second.Epoch, By: second.By, To: second.To})},
	}
	b.Items[0].Line = &second
	for i, e := range effects() {
		if e.kind == desk.KindSurrender { // younger than that database
			continue
		}
		b.Items = append(b.Items, it(e.kind, bob, i, e.effect))
	}
	for i := range b.Items {
		b.Items[i].ID = int64(i + 1)
	}
	return b
}

// TestFrozen opens the oldest database there is, brings it up to date and reads
// all of it back.
func TestFrozen(t *testing.T) {
	text, err := os.ReadFile("testdata/v1.sql")
	require.NoError(t, err)
	src := tempSource(t)
	write(t, src.Path, "", 0o600)
	script(t, src.Path, string(text))

	from, to, err := Migrate(t.Context(), src, Options{})
	require.NoError(t, err)
	require.Equal(t, []int{1, SchemaVersion}, []int{from, to})

	s := mustOpen(t, src)
	want := frozen()
	requireStored(t, s, domain, want)
	require.Equal(t, Stats{Open: 2, Outbox: len(want.Items), Dead: 1}, mustStats(t, s))
	require.Equal(t, int64(45), restore(t, s, domain).NextNumber)

	c := want.Conversations[0]
	next := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(next, c, 1)
	mustCommit(t, s, next)
	require.Greater(t, next.Items[0].ID, int64(len(want.Items)+1), "an id of the old database is used again")
}
