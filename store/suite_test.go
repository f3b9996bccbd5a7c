package store

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"baton/desk"
	"baton/handoff"
)

// engine is what every database must be: the suite runs over each.
type engine interface {
	desk.Store
	Close() error
	Stats(ctx context.Context) (Stats, error)
}

// reopen closes the engine and opens the same data again.
type reopen func(t *testing.T) engine

// testEngine is the one test body of all databases. fresh returns an empty one.
func testEngine(t *testing.T, fresh func(t *testing.T) (engine, reopen)) {
	for name, test := range map[string]func(*testing.T, engine, reopen){
		"new conversation":      testNew,
		"compare and set":       testStale,
		"uniqueness":            testUnique,
		"what may be the same":  testNotUnique,
		"rules":                 testRules,
		"ended context":         testContext,
		"every field":           testRoundTrip,
		"outbox":                testOutbox,
		"late bury":             testBuryTwice,
		"newest lines":          testLines,
		"one line":              testOneLine,
		"held":                  testHeld,
		"200 lines in a commit": testManyLines,
		"readers while writing": testConcurrent,
		"domains":               testDomains,
	} {
		t.Run(name, func(t *testing.T) {
			s, again := fresh(t)
			test(t, s, again)
		})
	}
}

// mustCommit commits what the conversation and the batch hold.
func mustCommit(t require.TestingT, s engine, b *desk.Batch) {
	require.NoError(t, s.Commit(context.Background(), b))
}

// started is what a desk starts from.
type started struct {
	desk.Snapshot
	Open []desk.Conversation
}

func restored(ctx context.Context, s desk.Store, domain string) (all started, err error) {
	all.Snapshot, err = s.Restore(ctx, domain, func(c *desk.Conversation) { all.Open = append(all.Open, *c) })
	return all, err
}

func restore(t require.TestingT, s engine, domain string) started {
	all, err := restored(context.Background(), s, domain)
	require.NoError(t, err)
	return all
}

func testNew(t *testing.T, s engine, _ reopen) {
	ctx := t.Context()
	_, err := s.ByLocal(ctx, domain, "caller.00000007")
	require.ErrorIs(t, err, desk.ErrNotFound)
	require.Equal(t, int64(1), restore(t, s, domain).NextNumber)

	c := waiting(7)
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{c}})
	require.NotZero(t, c.Key)
	require.Equal(t, int64(1), c.Version)

	for _, find := range []func() (desk.Conversation, error){
		func() (desk.Conversation, error) { return s.ByLocal(ctx, domain, c.Local) },
		func() (desk.Conversation, error) { return s.ByNumber(ctx, domain, 7) },
		func() (desk.Conversation, error) { return s.ByCaller(ctx, domain, "support", c.Caller) },
	} {
		got, err := find()
		require.NoError(t, err)
		require.Equal(t, *c, got)
	}
	_, err = s.ByNumber(ctx, domain, 8)
	require.ErrorIs(t, err, desk.ErrNotFound)
	_, err = s.ByCaller(ctx, domain, "billing", c.Caller)
	require.ErrorIs(t, err, desk.ErrNotFound)
	_, err = s.TransferByID(ctx, domain, "x-none")
	require.ErrorIs(t, err, desk.ErrNotFound)

	snap := restore(t, s, domain)
	require.Equal(t, []desk.Conversation{*c}, snap.Open)
	require.Equal(t, int64(8), snap.NextNumber)

	c.Phase = handoff.Idle
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{c}})
	require.Empty(t, restore(t, s, domain).Open, "an idle conversation is not open")
}

// requireRefused commits a batch that must fail and checks that neither the
// store nor the batch's records changed.
func requireRefused(t *testing.T, s engine, b *desk.Batch, want error) {
	t.Helper()
	before, stats := restore(t, s, domain), mustStats(t, s)
	var convs []desk.Conversation
	for _, c := range b.Conversations {
		convs = append(convs, *c)
	}
	var items []desk.Item
	for _, it := range b.Items {
		items = append(items, *it)
	}
	err := s.Commit(t.Context(), b)
	require.Error(t, err)
	if want != nil {
		require.ErrorIs(t, err, want)
	}
	require.NotErrorIs(t, err, desk.ErrUnknownOutcome)
	for i, c := range b.Conversations {
		require.Equal(t, convs[i], *c)
	}
	for i, it := range b.Items {
		require.Equal(t, items[i], *it)
	}
	require.Equal(t, before, restore(t, s, domain))
	require.Equal(t, stats, mustStats(t, s))
}

func mustStats(t require.TestingT, s engine) Stats {
	st, err := s.Stats(context.Background())
	require.NoError(t, err)
	return st
}

func testStale(t *testing.T, s engine, _ reopen) {
	first := waiting(1)
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{first}})
	second := *first
	b := &desk.Batch{Conversations: []*desk.Conversation{first}}
	said(b, first, 1)
	mustCommit(t, s, b)
	require.Equal(t, int64(2), first.Version)

	other := waiting(2)
	b = &desk.Batch{Conversations: []*desk.Conversation{other, &second}}
	said(b, other, 2)
	requireRefused(t, s, b, desk.ErrStale)

	again := waiting(1)
	again.Local, again.Number = "caller.again", 3
	requireRefused(t, s, &desk.Batch{Conversations: []*desk.Conversation{again}}, desk.ErrStale)

	ahead := *first
	ahead.Version++
	requireRefused(t, s, &desk.Batch{Conversations: []*desk.Conversation{&ahead}}, desk.ErrStale)

	gone := waiting(4)
	gone.Key, gone.Version = 999, 1
	requireRefused(t, s, &desk.Batch{Conversations: []*desk.Conversation{gone}}, desk.ErrStale)
}

// ledger returns a batch with one row of everything that is unique.
func ledger(c *desk.Conversation) *desk.Batch {
	b := &desk.Batch{
		Conversations: []*desk.Conversation{c},
		Epochs:        []desk.Epoch{{Conversation: c.Local, Epoch: 1, Session: 1, Holder: "alice@example.com"}},
		Transfers:     []desk.Transfer{{ID: "x-1", Domain: domain, Conversation: c.Local, Session: 1}},
		Outcomes:      []desk.Outcome{ended(c, "x-1", "alice@example.com", handoff.AsTarget)},
	}
	said(b, c, 1)
	return b
}

func ended(c *desk.Conversation, id string, to handoff.Party, role handoff.Role) desk.Outcome {
	return desk.Outcome{
		Transfer: id, Domain: c.Domain, Conversation: c.Local, At: at(1),
		Outcome: handoff.Outcome{Transfer: id, To: to, Role: role, State: handoff.Accepted},
	}
}

func testUnique(t *testing.T, s engine, _ reopen) {
	c := waiting(1)
	all := ledger(c)
	mustCommit(t, s, all)
	same := all.Lines[0]
	for name, b := range map[string]desk.Batch{
		"seq":      {Lines: []desk.Line{{Conversation: c.Local, Session: 1, Seq: 1, By: "x"}}},
		"origin":   {Lines: []desk.Line{{Conversation: c.Local, Session: 1, Seq: 2, By: same.By, OriginID: same.OriginID}}},
		"epoch":    {Epochs: []desk.Epoch{{Conversation: c.Local, Epoch: 1, Session: 1, Holder: "bob@example.com"}}},
		"transfer": {Transfers: all.Transfers},
		"outcome":  {Outcomes: all.Outcomes},
	} {
		t.Run(name, func(t *testing.T) {
			said := *c
			said.Seq = 2
			b.Conversations = []*desk.Conversation{&said}
			b.Items = []*desk.Item{{Domain: domain, Conversation: c.Local, Kind: desk.KindOpened,
				To: c.Caller, Effect: handoff.Opened{Session: 1}}}
			requireRefused(t, s, &b, desk.ErrConflict)
		})
	}
	for name, twin := range map[string]*desk.Conversation{"local": waiting(2), "number": waiting(2), "caller": waiting(2)} {
		switch name {
		case "local":
			twin.Local = c.Local
		case "number":
			twin.Number = c.Number
		case "caller":
			twin.Caller = c.Caller
		}
		t.Run(name, func(t *testing.T) {
			requireRefused(t, s, &desk.Batch{Conversations: []*desk.Conversation{twin}}, desk.ErrStale)
		})
	}
}

func testNotUnique(t *testing.T, s engine, _ reopen) {
	c, other := waiting(1), waiting(2)
	mustCommit(t, s, ledger(c))
	c.Seq, other.Seq = 4, 1
	l := func(c *desk.Conversation, seq uint64, by handoff.Party, origin string) desk.Line {
		return desk.Line{Conversation: c.Local, Session: 1, Seq: seq, By: by, OriginID: origin}
	}
	mustCommit(t, s, &desk.Batch{
		Conversations: []*desk.Conversation{c, other},
		Lines: []desk.Line{
			l(c, 2, c.Caller, ""), l(c, 3, c.Caller, ""), // no origin twice
			l(c, 4, "alice@example.com", "o1"), // another author
			l(other, 1, c.Caller, "o1"),        // another conversation
		},
		Outcomes: []desk.Outcome{
			ended(c, "x-1", "alice@example.com", handoff.AsHolder), // another role
			ended(c, "x-1", "bob@example.com", handoff.AsTarget),   // another party
		},
		Epochs: []desk.Epoch{{Conversation: other.Local, Epoch: 1, Session: 1, Holder: "alice@example.com"}},
	})
	os, err := s.Outcomes(t.Context(), domain, "x-1")
	require.NoError(t, err)
	require.Len(t, os, 3)
}

func testRules(t *testing.T, s engine, _ reopen) {
	c := waiting(1)
	mustCommit(t, s, ledger(c))
	with := func(change func(c *desk.Conversation)) desk.Batch {
		changed := *c
		change(&changed)
		return desk.Batch{Conversations: []*desk.Conversation{&changed}}
	}
	for name, test := range map[string]struct {
		b    desk.Batch
		want error
	}{
		"held and not active":  {with(func(c *desk.Conversation) { c.Holder = "alice@example.com" }), desk.ErrConflict},
		"active and not held":  {with(func(c *desk.Conversation) { c.Phase = handoff.Active }), desk.ErrConflict},
		"no such phase":        {with(func(c *desk.Conversation) { c.Phase = 3 }), desk.ErrConflict},
		"first beyond the end": {with(func(c *desk.Conversation) { c.First = c.Seq + 2 }), desk.ErrConflict},
		"offer while idle": {with(func(c *desk.Conversation) {
			c.Phase, c.Offer = handoff.Idle, handoff.Offer{ID: "x-2"}
		}), desk.ErrConflict},
		"version without key":       {with(func(c *desk.Conversation) { c.Key = 0; c.Local = "x"; c.Number = 9 }), nil},
		"twice in the batch":        {desk.Batch{Conversations: []*desk.Conversation{c, c}}, nil},
		"line of nobody's":          {desk.Batch{Lines: []desk.Line{{Conversation: c.Local, Session: 1, Seq: 2}}}, nil},
		"line 0":                    {desk.Batch{Conversations: []*desk.Conversation{c}, Lines: []desk.Line{{Conversation: c.Local, Session: 1}}}, desk.ErrConflict},
		"epoch held by nobody":      {desk.Batch{Conversations: []*desk.Conversation{c}, Epochs: []desk.Epoch{{Conversation: c.Local, Epoch: 2, Session: 1}}}, desk.ErrConflict},
		"item of nobody's":          {desk.Batch{Items: []*desk.Item{{Domain: domain, Conversation: "x", Kind: desk.KindBind, Effect: handoff.Bind{}}}}, desk.ErrNotFound},
		"item of another house":     {desk.Batch{Items: []*desk.Item{{Domain: "other.example", Conversation: c.Local, Kind: desk.KindBind, Effect: handoff.Bind{}}}}, desk.ErrNotFound},
		"item without its line":     {desk.Batch{Items: []*desk.Item{{Domain: domain, Conversation: c.Local, Kind: desk.KindLine, Effect: handoff.Line{Seq: 77}}}}, desk.ErrConflict},
		"line item of another kind": {desk.Batch{Items: []*desk.Item{{Domain: domain, Conversation: c.Local, Kind: desk.KindLine, Effect: handoff.Bind{}}}}, nil},
		"transfer of nobody's":      {desk.Batch{Transfers: []desk.Transfer{{ID: "x-3", Domain: domain, Conversation: "x", Session: 1}}}, desk.ErrNotFound},
		"outcome without role":      {desk.Batch{Outcomes: []desk.Outcome{ended(c, "x-1", "bob@example.com", 0)}}, desk.ErrConflict},
	} {
		t.Run(name, func(t *testing.T) { requireRefused(t, s, &test.b, test.want) })
	}
}

func testContext(t *testing.T, s engine, _ reopen) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := waiting(1)
	require.ErrorIs(t, s.Commit(ctx, &desk.Batch{Conversations: []*desk.Conversation{c}}), context.Canceled)
	require.Zero(t, c.Key)
	require.Zero(t, c.Version)
	require.Empty(t, restore(t, s, domain).Open)
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{c}})
	require.NoError(t, s.Commit(t.Context(), &desk.Batch{}), "nothing to commit")
}

// testRoundTrip commits generated records and reads them back, twice: at once,
// and all of them after the data was opened again.
func testRoundTrip(t *testing.T, s engine, again reopen) {
	n := 0
	var checks []func(require.TestingT, engine)
	rapid.Check(t, func(rt *rapid.T) {
		n++
		domain := fmt.Sprintf("d%d.example.com", n)
		c := conversation(rt, domain)
		b := &desk.Batch{Conversations: []*desk.Conversation{c}}
		for i := range rapid.IntRange(0, 4).Draw(rt, "lines") {
			c.Seq = max(c.Seq, uint64(i+1))
			l := line(rt, c, uint64(i+1))
			b.Lines = append(b.Lines, l)
			b.Items = append(b.Items, item(c, l))
		}
		for i := range rapid.IntRange(0, 2).Draw(rt, "transfers") {
			tr := transfer(rt, c)
			tr.ID += fmt.Sprint(i)
			b.Transfers = append(b.Transfers, tr)
			b.Outcomes = append(b.Outcomes, outcome(rt, c, tr.ID, handoff.AsHolder), outcome(rt, c, tr.ID, handoff.AsTarget))
		}
		e := desk.Epoch{Conversation: c.Local, Epoch: number(1).Draw(rt, "epoch"), Session: 1,
			Holder: party().Draw(rt, "holder"), Transfer: word().Draw(rt, "by"), At: moment().Draw(rt, "at")}
		b.Epochs = []desk.Epoch{e}
		b.Items = append(b.Items, &desk.Item{Domain: domain, Conversation: c.Local, Kind: desk.KindRing,
			To: maybe().Draw(rt, "to"), At: moment().Draw(rt, "at"), Tries: rapid.IntRange(0, 9).Draw(rt, "tries"),
			Effect: handoff.Ring{Transfer: word().Draw(rt, "ring"), To: maybe().Draw(rt, "to"), Expires: moment().Draw(rt, "expires")}})
		mustCommit(rt, s, b)
		if rapid.Bool().Draw(rt, "changed") {
			change(rt, c)
			mustCommit(rt, s, &desk.Batch{Conversations: []*desk.Conversation{c}})
		}
		check := func(t require.TestingT, s engine) { requireStored(t, s, domain, b) }
		check(rt, s)
		checks = append(checks, check)
	})
	s = again(t)
	for _, check := range checks {
		check(t, s)
	}
}

// requireStored reads back all of a batch that is everything in its domain.
func requireStored(t require.TestingT, s engine, domain string, b *desk.Batch) {
	ctx := context.Background()
	var open []desk.Conversation
	for _, c := range b.Conversations {
		got, err := s.ByLocal(ctx, domain, c.Local)
		require.NoError(t, err)
		require.Equal(t, *c, got)
		if c.Phase != handoff.Idle {
			open = append(open, *c)
		}
		var lines []desk.Line
		for _, l := range b.Lines {
			if l.Conversation == c.Local {
				lines = append(lines, l)
			}
		}
		stored, err := s.Lines(ctx, domain, c.Local, 0, ^uint64(0), 0)
		require.NoError(t, err)
		require.Equal(t, lines, stored)
	}
	snap := restore(t, s, domain)
	require.Equal(t, open, snap.Open)
	require.Len(t, snap.Items, len(b.Items))
	for i, it := range b.Items {
		require.Equal(t, *it, snap.Items[i])
	}
	for _, want := range b.Transfers {
		got, err := s.TransferByID(ctx, domain, want.ID)
		require.NoError(t, err)
		require.Equal(t, want, got)
		var os []desk.Outcome
		for _, o := range b.Outcomes {
			if o.Transfer == want.ID {
				os = append(os, o)
			}
		}
		stored, err := s.Outcomes(ctx, domain, want.ID)
		require.NoError(t, err)
		require.Equal(t, os, stored)
	}
	for _, e := range b.Epochs {
		session, epoch, err := s.Held(ctx, domain, e.Conversation, e.Holder)
		require.NoError(t, err)
		require.GreaterOrEqual(t, session, e.Session)
		require.GreaterOrEqual(t, epoch, e.Epoch)
	}
}
