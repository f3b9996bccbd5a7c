package admin

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/config"
	"baton/desk"
	"baton/handoff"
)

// The address of a conversation is no name for a queue, however conversations were
// called when it began.
func TestQueueTakesNoConversation(t *testing.T) {
	w := newWorld(t)
	for i, local := range []string{"carol.fn24nsse", "old-style-7"} {
		require.NoError(t, w.store.Commit(t.Context(), &desk.Batch{Conversations: []*desk.Conversation{{Domain: domain, Local: local,
			Number: int64(i + 1), Entry: "support", Queue: "support", Name: "Carol",
			Conversation: handoff.Conversation{Caller: handoff.Party(local + "@example.net"), Phase: handoff.Idle}}}}))
		w.restart() // the desk must not need to remember it
		for _, name := range []string{local, " " + local} {
			_, err := w.change(desk.QueueEntry, desk.Add, "", map[string][]string{"name": {name}})
			var r *desk.Refusal
			require.ErrorAs(t, err, &r)
			require.ErrorIs(t, err, desk.ErrInUse)
			require.Equal(t, `"`+local+`" is the address of a conversation: write another name.`, r.Text)
		}
	}
	_, err := w.change(desk.QueueEntry, desk.Add, "", map[string][]string{"name": {"dave.fn24nsse"}})
	require.ErrorContains(t, err, `queue dave.fn24nsse: name: found "dave.fn24nsse", which could be the address of a conversation (session.address is "{name}.{id}")`)
	require.Equal(t, "alice@example.com file, sue@example.com file, support file, billing file", w.origins())
	w.must(desk.QueueEntry, desk.Add, "", map[string][]string{"name": {"old-style-8"}})
	w.must(desk.AgentEntry, desk.Add, "", map[string][]string{"jid": {"old-style-7@example.com"}})
}

// The configuration knows the addresses that the desk makes.
func TestAddressesAreKnown(t *testing.T) {
	for _, s := range []config.Session{config.Default().Session, {Address: "{id}"}, {Address: "x_{id}-{name}"}} {
		for range 200 {
			local := s.Localpart("carol-jones", desk.RandomID())
			require.True(t, s.Makes(local), local)
		}
		require.False(t, s.Makes("support"))
	}
}

// A queue that was made when such names could be is left out, and its name is the
// conversations' again; so it is when the file has addresses become like its name.
func TestQueueLikeAConversationIsLeftOut(t *testing.T) {
	w := newWorld(t)
	w.must(desk.QueueEntry, desk.Add, "", map[string][]string{"name": {"carol-fn24nsse"}})
	w.file.Session.Address = "{name}-{id}"
	w.office.Rebase(w.file, desk.Policy{IDFormat: w.file.Session.Address})
	_, ok := w.desk.Directory().Queue("carol-fn24nsse")
	require.False(t, ok)
	require.Equal(t, "alice@example.com file, sue@example.com file, support file, billing file, carol-fn24nsse added left out", w.origins())
	require.Contains(t, w.log.String(), "could be the address of a conversation")
	w.restart()
	_, ok = w.desk.Directory().Queue("carol-fn24nsse")
	require.False(t, ok)
}

// What is filled into a form has a longest length, and an answer is short whatever
// was filled in. A skill that is there twice counts once.
func TestFormsHaveBounds(t *testing.T) {
	w := newWorld(t)
	long := strings.Repeat("x", int(config.Default().Limits.Body)+1)
	for name, settings := range map[string]map[string][]string{
		"title: found":    {"title": {long}},
		"greeting: found": {"greeting": {long}},
		"away: found":     {"away": {long}},
		"overflow: found": {"overflow": {long}},
	} {
		_, err := w.change(desk.QueueEntry, desk.Alter, "support", settings)
		require.ErrorIs(t, err, desk.ErrUnfit)
		require.ErrorContains(t, err, "queue support: "+name)
		require.Less(t, len(err.Error()), 300, name)
	}
	for _, settings := range []map[string][]string{{"name": {long}}, {"skills": {long}}, {"skills": {strings.Repeat("fr,", 101)}}, {"name": {"ecila\u202e"}}} {
		_, err := w.change(desk.AgentEntry, desk.Alter, "alice@example.com", settings)
		require.ErrorIs(t, err, desk.ErrUnfit)
		require.Less(t, len(err.Error()), 300)
	}
	_, err := w.change(desk.QueueEntry, desk.Add, "", map[string][]string{"name": {long}})
	require.ErrorIs(t, err, desk.ErrUnfit)
	require.Less(t, len(err.Error()), 400)

	e := w.must(desk.AgentEntry, desk.Alter, "alice@example.com", map[string][]string{"skills": {"fr, FR, en, fr"}})
	require.Equal(t, []string{"fr", "en"}, e.Settings["skills"])
	a, _ := w.desk.Directory().Agent("alice@example.com")
	require.Equal(t, []string{"fr", "en"}, a.Skills)
}
