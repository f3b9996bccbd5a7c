package store

import (
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// In a conversation too long for its origin-ids to be remembered, one that was looked
// up in vain is found once it has been committed, and is refused the second time.
func TestOriginsOfALongConversation(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	c := waiting(1)
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, mostOrigins+1)
	mustCommit(t, s, b)
	at := address{c.Domain, c.Local}
	for range 3 {
		b = &desk.Batch{Conversations: []*desk.Conversation{c}}
		said(b, c, 1)
		of := b.Lines[0]
		_, err := s.LineByOrigin(t.Context(), domain, c.Local, of.By, of.OriginID)
		require.ErrorIs(t, err, desk.ErrNotFound)
		require.Nil(t, s.origins.known[at])
		require.Contains(t, s.origins.absent, origin{at, of.By, of.OriginID})
		mustCommit(t, s, b)
		require.Empty(t, s.origins.absent)
		got, err := s.LineByOrigin(t.Context(), domain, c.Local, of.By, of.OriginID)
		require.NoError(t, err)
		require.Equal(t, c.Seq, got.Seq)
		again := *c
		twice := &desk.Batch{Conversations: []*desk.Conversation{&again}}
		said(twice, &again, 1)
		twice.Lines[0].OriginID = of.OriginID
		require.ErrorIs(t, s.Commit(t.Context(), twice), desk.ErrConflict)
	}
	// What was looked up before a commit says nothing of what there is behind it.
	s.origins.lacked(origin{at, c.Caller, "late"}, s.origins.commits-1)
	require.Empty(t, s.origins.absent)
}
