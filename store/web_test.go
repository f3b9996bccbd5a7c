package store

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// visited fills a store with a web caller: a conversation with two lines, one of
// which is in the mailbox.
func visited(t *testing.T, s *SQLite) *desk.Conversation {
	t.Helper()
	c := waiting(1)
	c.Caller = "web-abc@" + domain
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, 2)
	for i := range b.Lines {
		b.Lines[i].By, b.Lines[i].Role = c.Caller, desk.RoleCaller
	}
	mustCommit(t, s, b)
	require.NoError(t, s.PostWeb(t.Context(), domain, []desk.WebEvent{
		{Local: c.Local, Item: "opened:1", Kind: "notice", At: at(1), Data: []byte(`{"text":"welcome"}`)},
		{Local: c.Local, Item: "line:1", Kind: "line", At: at(2), Data: []byte(`{"text":"first"}`)},
		{Local: c.Local, Item: "line:1", Kind: "line", At: at(3), Data: []byte(`{"text":"again"}`)},
		{Local: "nobody.00000000", Item: "line:1", Kind: "line", At: at(3), Data: []byte(`{}`)},
	}))
	return c
}

func openWeb(t *testing.T) *SQLite {
	t.Helper()
	s, err := Open(t.Context(), Source{Path: filepath.Join(t.TempDir(), "web.db")}, Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func TestMailbox(t *testing.T) {
	s := openWeb(t)
	c := visited(t, s)
	all, err := s.WebEvents(t.Context(), domain, c.Local, 0, 10)
	require.NoError(t, err)
	require.Equal(t, []desk.WebEvent{
		{Local: c.Local, ID: 1, Item: "opened:1", Kind: "notice", At: at(1), Data: []byte(`{"text":"welcome"}`)},
		{Local: c.Local, ID: 2, Item: "line:1", Kind: "line", At: at(2), Data: []byte(`{"text":"first"}`)},
	}, all)
	behind, err := s.WebEvents(t.Context(), domain, c.Local, 1, 10)
	require.NoError(t, err)
	require.Equal(t, all[1:], behind)
	first, err := s.WebEvents(t.Context(), domain, c.Local, 0, 1)
	require.NoError(t, err)
	require.Equal(t, all[:1], first)

	left, err := s.UnpostedWeb(t.Context(), domain)
	require.NoError(t, err)
	require.Len(t, left, 1)
	require.Equal(t, uint64(2), left[0].Seq)
	left, err = s.UnpostedWeb(t.Context(), "other.example.com")
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestWebSessions(t *testing.T) {
	s := openWeb(t)
	key := func(c string) []byte { return bytes.Repeat([]byte(c), 32) }
	one := desk.WebSession{Token: key("t"), Start: key("s"), Domain: domain, Entry: "support", Party: "web-abc@" + domain,
		Name: "Carol", Lang: "de", Began: at(10), Used: at(10)}
	got, err := s.OpenWebSession(t.Context(), one, at(0))
	require.NoError(t, err)
	require.Equal(t, one, got)

	repeated := one
	repeated.Token, repeated.Party = key("u"), "web-xyz@"+domain
	got, err = s.OpenWebSession(t.Context(), repeated, at(5))
	require.NoError(t, err)
	require.Equal(t, one.Party, got.Party, "the same session")
	_, err = s.WebSession(t.Context(), key("t"), at(11), at(0))
	require.ErrorIs(t, err, desk.ErrNotFound, "with another secret")
	_, err = s.OpenWebSession(t.Context(), repeated, at(11))
	require.ErrorIs(t, err, desk.ErrConflict, "too late for a repetition")
	repeated.Verified = true
	_, err = s.OpenWebSession(t.Context(), repeated, at(5))
	require.ErrorIs(t, err, desk.ErrConflict, "nobody is vouched for by repeating")

	later := at(10).Add(time.Hour)
	got, err = s.WebSession(t.Context(), key("u"), later, at(10))
	require.NoError(t, err)
	require.Equal(t, later, got.Used)
	got, err = s.WebSession(t.Context(), key("u"), later.Add(time.Minute), later)
	require.NoError(t, err)
	require.Equal(t, later, got.Used, "not written each time")
	_, err = s.WebSession(t.Context(), key("u"), later, later.Add(time.Second))
	require.ErrorIs(t, err, desk.ErrNotFound, "expired")
}

// An erased visitor leaves nothing of what the page kept.
func TestEraseWeb(t *testing.T) {
	src := Source{Path: filepath.Join(t.TempDir(), "web.db")}
	s, err := Open(t.Context(), src, Options{})
	require.NoError(t, err)
	c := visited(t, s)
	require.NoError(t, s.AddWebFile(t.Context(), desk.WebFile{Key: "k", Party: c.Caller, Name: "bill.png", Type: "image/png", Size: 7, At: at(1)}))
	require.NoError(t, s.RateWeb(t.Context(), domain, c.Local, desk.WebRating{Session: 1, Stars: 3, Email: "carol@example.net", At: at(1)}))
	require.NoError(t, s.RateWeb(t.Context(), domain, c.Local, desk.WebRating{Session: 1, Stars: 5, At: at(2)}))
	_, err = s.OpenWebSession(t.Context(), desk.WebSession{Token: make([]byte, 32), Start: make([]byte, 32), Domain: domain, Entry: "support",
		Party: c.Caller, Began: at(1), Used: at(1)}, at(0))
	require.NoError(t, err)
	count := func() (n int) {
		for _, table := range []string{"web_events", "web_sessions", "web_files", "web_ratings"} {
			var rows int
			require.NoError(t, s.conn.QueryRowContext(context.Background(), "SELECT count(*) FROM "+table).Scan(&rows))
			n += rows
		}
		return n
	}
	require.Equal(t, 5, count())
	require.NoError(t, s.Close())
	_, err = Erase(t.Context(), src, c.Caller, EraseOptions{Force: true})
	require.NoError(t, err)
	s, err = Open(t.Context(), src, Options{})
	require.NoError(t, err)
	require.Zero(t, count())
	require.NoError(t, s.Close())
}

// The texts of deleted lines go from the mailbox too, their numbers do not; files
// of that time go as well.
func TestPruneWeb(t *testing.T) {
	s := openWeb(t)
	c := visited(t, s)
	ended := *c
	ended.Conversation.Phase = 0
	b := &desk.Batch{Conversations: []*desk.Conversation{&ended}}
	snap, err := s.Restore(t.Context(), domain, nil)
	require.NoError(t, err)
	for _, it := range snap.Items { // all has arrived
		b.Done = append(b.Done, it.ID)
	}
	mustCommit(t, s, b)
	for key, when := range map[string]time.Time{"old": at(0), "new": at(0).Add(1000 * time.Hour)} {
		require.NoError(t, s.AddWebFile(t.Context(), desk.WebFile{Key: key, Party: c.Caller, Name: "a.png", Type: "image/png", At: when}))
	}
	n, err := s.Prune(t.Context(), Retention{Lines: time.Hour, Memory: 10_000 * time.Hour}, at(0).Add(500*time.Hour))
	require.NoError(t, err)
	require.Equal(t, 2, n.Lines)
	events, err := s.WebEvents(t.Context(), domain, c.Local, 0, 10)
	require.NoError(t, err)
	require.Len(t, events, 2)
	require.Equal(t, []any{uint64(2), "{}"}, []any{events[1].ID, string(events[1].Data)})
	keys, _, err := s.WebFiles(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"new"}, keys)
}
