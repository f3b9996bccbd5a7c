package store

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"baton/desk"
	"baton/handoff"
)

func routing() *rapid.Generator[desk.Routing] {
	return rapid.Custom(func(t *rapid.T) desk.Routing {
		return desk.Routing{Since: moment().Draw(t, "since"), Skill: word().Draw(t, "skill"), Heard: moment().Draw(t, "heard"),
			Last: maybe().Draw(t, "last"), Place: rapid.IntRange(0, 9).Draw(t, "place"),
			PlacedAt: moment().Draw(t, "placed"), Closed: moment().Draw(t, "closed")}
	})
}

// What is remembered for routing comes back as it was, of new conversations and of
// changed ones.
func TestRoutingIsKept(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	n := int64(0)
	rapid.Check(t, func(t *rapid.T) {
		n++
		c := waiting(n)
		for range 2 {
			c.Route = routing().Draw(t, "route")
			c.Seq, c.First = c.Seq+1, 1
			mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{c}})
			got, err := s.ByLocal(context.Background(), domain, c.Local)
			require.NoError(t, err)
			require.Equal(t, *c, got)
		}
	})
}

func TestPausesAreKept(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	pause := func(domain string, who handoff.Party, since time.Time) desk.Paused {
		return desk.Paused{Domain: domain, Agent: who, Since: since}
	}
	const alice, bob = "alice@example.com", "bob@example.com"
	mustCommit(t, s, &desk.Batch{Pauses: []desk.Paused{pause(domain, alice, at(1)), pause(domain, bob, at(2)), pause("other.example", bob, at(3))}})
	mustCommit(t, s, &desk.Batch{Pauses: []desk.Paused{pause(domain, alice, time.Time{}), pause(domain, alice, time.Time{}),
		pause(domain, bob, at(4)), pause("nobody.example", bob, time.Time{})}})
	require.NoError(t, s.Close())
	s = mustOpen(t, src)
	require.Equal(t, []desk.Paused{pause(domain, bob, at(4))}, restore(t, s, domain).Paused)
	require.Equal(t, []desk.Paused{pause("other.example", bob, at(3))}, restore(t, s, "other.example").Paused)
}

// Of a caller's conversations at a queue all but one are forgotten.
func TestForgotten(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	old := waiting(1)
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{old}})
	next := waiting(2)
	next.Caller = old.Caller
	requireRefused(t, s, &desk.Batch{Conversations: []*desk.Conversation{next}}, desk.ErrStale)
	both := &desk.Batch{Conversations: []*desk.Conversation{next}, Forgotten: []*desk.Conversation{old}}
	requireRefused(t, s, both, desk.ErrStale) // its session is open

	old.Phase = handoff.Idle
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{old}})
	outdated := *old
	outdated.Version--
	requireRefused(t, s, &desk.Batch{Conversations: []*desk.Conversation{next}, Forgotten: []*desk.Conversation{&outdated}}, desk.ErrStale)
	mustCommit(t, s, both)
	got, err := s.ByCaller(t.Context(), domain, old.Entry, old.Caller)
	require.NoError(t, err)
	require.Equal(t, next.Local, got.Local)
	former, err := s.ByLocal(t.Context(), domain, old.Local)
	require.NoError(t, err)
	require.Equal(t, old.Caller, former.Caller)
	requireRefused(t, s, &desk.Batch{Forgotten: []*desk.Conversation{&former}}, desk.ErrStale)
}

// What outboxes hold of a notice must stay readable.
func TestNoticesStayReadable(t *testing.T) {
	const text = `{"To":"carol@example.net","Session":3,"Says":[{"Name":"caller_place","Args":{"Place":"2"}},{"Words":"Later."}],"Waiting":true}`
	n := handoff.Notice{To: "carol@example.net", Session: 3, Waiting: true, Says: []handoff.Phrase{
		{Name: "caller_place", Args: map[string]string{"Place": "2"}}, {Words: "Later."}}}
	got, err := desk.EncodeEffect(n)
	require.NoError(t, err)
	require.Equal(t, text, string(got))
	back, err := desk.DecodeEffect(desk.KindNotice, got)
	require.NoError(t, err)
	require.Equal(t, n, back)
}
