package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// What administrators changed is kept: the last change of each name, in the order
// made, for each domain, and across restarts.
func TestDirectoryIsKept(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	change := func(domain string, kind desk.EntryKind, name, settings string, second int) desk.Change {
		return desk.Change{Domain: domain, Kind: kind, Name: name, Settings: settings, By: "sue@example.com", At: at(second)}
	}
	bob := change(domain, desk.AgentEntry, "bob@example.com", `{"jid":"bob@example.com"}`, 1)
	queue := change(domain, desk.QueueEntry, "bob@example.com", `{"name":"x"}`, 2) // no agent's, whatever it is called
	gone := change(domain, desk.AgentEntry, "alice@example.com", "", 3)
	other := change("other.example", desk.AgentEntry, "bob@example.com", "", 4)
	for _, c := range []desk.Change{gone, other, bob, queue} {
		require.NoError(t, s.KeepChange(t.Context(), c))
	}
	kept := func(s *SQLite, domain string) []desk.Change {
		t.Helper()
		got, err := s.Changes(t.Context(), domain)
		require.NoError(t, err)
		return got
	}
	require.Equal(t, []desk.Change{bob, queue, gone}, kept(s, domain))
	require.Equal(t, []desk.Change{other}, kept(s, "other.example"))

	bob.Settings, bob.By, bob.At = `{"jid":"bob@example.com","capacity":"2"}`, "tom@example.com", at(5)
	require.NoError(t, s.KeepChange(t.Context(), bob))
	require.NoError(t, s.ResetChange(t.Context(), queue))
	require.NoError(t, s.ResetChange(t.Context(), queue), "nothing is kept of it")
	require.Equal(t, []desk.Change{gone, bob}, kept(s, domain))
	beside, err := ReadChanges(t.Context(), src, domain)
	require.NoError(t, err)
	require.Equal(t, []desk.Change{gone, bob}, beside)
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.KeepChange(t.Context(), bob), ErrClosed)

	from, err := Inspect(t.Context(), src)
	require.NoError(t, err)
	outside, err := from.Changes(t.Context(), domain)
	require.NoError(t, err)
	require.Equal(t, []desk.Change{gone, bob}, outside)
	require.NoError(t, from.Close())

	again := mustOpen(t, src)
	require.Equal(t, []desk.Change{gone, bob}, kept(again, domain))
	require.Error(t, again.KeepChange(t.Context(), change(domain, "team", "x", "", 6)))
	require.Error(t, again.KeepChange(t.Context(), change(domain, desk.AgentEntry, "", "", 6)))
	require.Equal(t, []desk.Change{gone, bob}, kept(again, domain))
}
