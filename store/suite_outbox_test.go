package store

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"baton/desk"
	"baton/handoff"
)

func testOutbox(t *testing.T, s engine, again reopen) {
	ctx := t.Context()
	c := waiting(1)
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, 3)
	mustCommit(t, s, b)
	ids := func(s engine) (ids []int64) {
		for _, it := range restore(t, s, domain).Items {
			ids = append(ids, it.ID)
		}
		return ids
	}
	a := []int64{b.Items[0].ID, b.Items[1].ID, b.Items[2].ID}
	require.IsIncreasing(t, a)
	require.Equal(t, a, ids(s))

	// Confirmed ones go, and what they were is never used again.
	mustCommit(t, s, &desk.Batch{Done: []int64{a[0], a[2], 4711}})
	require.Equal(t, a[1:2], ids(s))
	s = again(t)
	b = &desk.Batch{Conversations: []*desk.Conversation{c}, Done: []int64{a[2]}}
	said(b, c, 1)
	mustCommit(t, s, b)
	require.Greater(t, b.Items[0].ID, a[2])
	require.Equal(t, []int64{a[1], b.Items[0].ID}, ids(s))

	require.NoError(t, s.Retry(ctx, a[1], 4))
	require.Equal(t, 4, restore(t, s, domain).Items[0].Tries)
	require.NoError(t, s.Retry(ctx, a[0], 4), "gone already")

	poison := restore(t, s, domain).Items[0]
	requirePending(t, s, poison.ID, true)
	require.NoError(t, s.Commit(ctx, &desk.Batch{Buried: []desk.Dead{{Item: poison, Reason: "too big", At: at(9)}}}))
	requirePending(t, s, poison.ID, false)
	require.Equal(t, []int64{b.Items[0].ID}, ids(s))
	require.Equal(t, Stats{Open: 1, Outbox: 1, Dead: 1}, mustStats(t, s))
}

func testBuryTwice(t *testing.T, s engine, _ reopen) {
	c := waiting(1)
	b := ledger(c)
	mustCommit(t, s, b)
	d := desk.Dead{Item: *b.Items[0], Reason: "too big", At: at(9)}
	require.NoError(t, s.Commit(t.Context(), &desk.Batch{Buried: []desk.Dead{d}}))
	require.NoError(t, s.Commit(t.Context(), &desk.Batch{Buried: []desk.Dead{d}}))
	require.Equal(t, Stats{Open: 1, Dead: 1}, mustStats(t, s))
}

func testLines(t *testing.T, s engine, _ reopen) {
	c := waiting(1)
	b := &desk.Batch{Conversations: []*desk.Conversation{c}}
	said(b, c, 20)
	mustCommit(t, s, b)
	rapid.Check(t, func(rt *rapid.T) {
		bound := rapid.OneOf(rapid.Uint64Range(0, 22), rapid.Just(^uint64(0)))
		first, through := bound.Draw(rt, "first"), bound.Draw(rt, "through")
		limit := rapid.IntRange(0, 22).Draw(rt, "limit")
		var want []desk.Line
		for _, l := range b.Lines {
			if l.Seq >= first && l.Seq <= through {
				want = append(want, l)
			}
		}
		if limit > 0 && len(want) > limit {
			want = want[len(want)-limit:]
		}
		got, err := s.Lines(context.Background(), domain, c.Local, first, through, limit)
		require.NoError(rt, err)
		require.Equal(rt, want, got)
	})
	got, err := s.Lines(t.Context(), domain, "nobody", 0, 100, 0)
	require.NoError(t, err)
	require.Empty(t, got)
}

func testOneLine(t *testing.T, s engine, _ reopen) {
	ctx := t.Context()
	c, other := waiting(1), waiting(2)
	b := &desk.Batch{Conversations: []*desk.Conversation{c, other}}
	said(b, c, 3)
	said(b, other, 1)
	b.Lines[2].StanzaID = b.Lines[0].StanzaID // ids of stanzas may repeat
	c.Seq++
	b.Lines = append(b.Lines, desk.Line{Conversation: c.Local, Session: 1, Seq: 4, By: c.Caller})
	mustCommit(t, s, b)

	for name, test := range map[string]struct {
		get  func() (desk.Line, error)
		want int // index in b.Lines, -1 for none
	}{
		"by seq":             {func() (desk.Line, error) { return s.LineBySeq(ctx, domain, c.Local, 2) }, 1},
		"by seq, none":       {func() (desk.Line, error) { return s.LineBySeq(ctx, domain, c.Local, 5) }, -1},
		"by seq, huge":       {func() (desk.Line, error) { return s.LineBySeq(ctx, domain, c.Local, ^uint64(0)) }, -1},
		"by stanza, newest":  {func() (desk.Line, error) { return s.LineByStanza(ctx, domain, c.Local, c.Caller, "s1", 0) }, 2},
		"by stanza, author":  {func() (desk.Line, error) { return s.LineByStanza(ctx, domain, c.Local, "x", "s1", 0) }, -1},
		"by stanza, empty":   {func() (desk.Line, error) { return s.LineByStanza(ctx, domain, c.Local, c.Caller, "", 0) }, -1},
		"by origin":          {func() (desk.Line, error) { return s.LineByOrigin(ctx, domain, c.Local, c.Caller, "o2") }, 1},
		"by origin, author":  {func() (desk.Line, error) { return s.LineByOrigin(ctx, domain, c.Local, other.Caller, "o2") }, -1},
		"by origin, another": {func() (desk.Line, error) { return s.LineByOrigin(ctx, domain, other.Local, other.Caller, "o1") }, 3},
		"by origin, empty":   {func() (desk.Line, error) { return s.LineByOrigin(ctx, domain, c.Local, c.Caller, "") }, -1},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := test.get()
			if test.want < 0 {
				require.ErrorIs(t, err, desk.ErrNotFound)
				return
			}
			require.NoError(t, err)
			require.Equal(t, b.Lines[test.want], got)
		})
	}
}

func testHeld(t *testing.T, s engine, _ reopen) {
	c := waiting(1)
	b := ledger(c)
	b.Epochs = append(b.Epochs, desk.Epoch{Conversation: c.Local, Epoch: 5, Session: 2, Holder: "bob@example.com"})
	mustCommit(t, s, b)
	for who, want := range map[handoff.Party][2]uint64{"alice@example.com": {1, 1}, "bob@example.com": {2, 5}, "eve@example.com": {}, "": {}} {
		session, epoch, err := s.Held(t.Context(), domain, c.Local, who)
		require.NoError(t, err)
		require.Equal(t, want, [2]uint64{session, epoch}, who)
	}
	session, epoch, err := s.Held(t.Context(), domain, "nobody", "bob@example.com")
	require.NoError(t, err)
	require.Zero(t, session+epoch)
}

func testManyLines(t *testing.T, s engine, again reopen) {
	b := &desk.Batch{}
	for n := range 10 {
		c := waiting(int64(n + 1))
		b.Conversations = append(b.Conversations, c)
	}
	for i := range 200 {
		said(b, b.Conversations[i%10], 1)
	}
	mustCommit(t, s, b)
	requireStored(t, again(t), domain, b)
}

func testConcurrent(t *testing.T, s engine, _ reopen) {
	c := waiting(1)
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{c}})
	local := c.Local
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				snap, err := restored(context.Background(), s, domain)
				if err != nil || len(snap.Open) != 1 || len(snap.Items) != int(snap.Open[0].Seq) {
					t.Errorf("not one moment's state: %v, %d items, %+v", err, len(snap.Items), snap.Open)
					return
				}
				ls, err := s.Lines(context.Background(), domain, local, 1, 1000, 0)
				if err != nil || len(ls)%2 != 0 {
					t.Errorf("half a commit: %d lines, %v", len(ls), err)
					return
				}
			}
		})
	}
	for i := range 40 {
		b := &desk.Batch{Conversations: []*desk.Conversation{c}}
		said(b, c, 2)
		c.Hops = i / 8 // now and then something else happens too
		mustCommit(t, s, b)
	}
	close(done)
	wg.Wait()
}

func testDomains(t *testing.T, s engine, _ reopen) {
	here, there := waiting(5), waiting(5)
	there.Domain = "other.example"
	mustCommit(t, s, ledger(here))
	b := &desk.Batch{Conversations: []*desk.Conversation{there}}
	said(b, there, 1)
	mustCommit(t, s, b)
	require.NotEqual(t, here.Key, there.Key)
	for _, c := range []*desk.Conversation{here, there} {
		snap := restore(t, s, c.Domain)
		require.Equal(t, []desk.Conversation{*c}, snap.Open)
		require.Len(t, snap.Items, 1)
		require.Equal(t, c.Domain, snap.Items[0].Domain)
		require.Equal(t, int64(6), snap.NextNumber)
	}
	_, err := s.TransferByID(t.Context(), "other.example", "x-1")
	require.ErrorIs(t, err, desk.ErrNotFound)
	held, _, err := s.Held(t.Context(), "other.example", there.Local, "alice@example.com")
	require.NoError(t, err)
	require.Zero(t, held)
	require.Equal(t, Stats{Open: 2, Outbox: 2}, mustStats(t, s))
}

func requirePending(t *testing.T, s engine, id int64, want bool) {
	t.Helper()
	got, err := s.Pending(t.Context(), id)
	require.NoError(t, err)
	require.Equal(t, want, got, "pending")
}
