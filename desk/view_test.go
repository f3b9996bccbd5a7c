package desk_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

const sue = handoff.Party("sue@example.com") // a supervisor

func overseen(s *scene) {
	s.directory.Agents = append(s.directory.Agents, desk.Agent{JID: sue, Name: "Sue", Roles: []string{"supervisor"}})
}

// reads returns the numbers of the lines that who reads in the archive.
func (c *chat) reads(who handoff.Party) (map[uint64]bool, error) {
	c.t.Helper()
	res, err := c.do(desk.Look{Local: c.local(), By: who})
	require.NoError(c.t, err)
	view, err := c.desk.View(context.Background(), c.file, res.Conversation, res.Standing, who)
	if err != nil {
		return nil, err
	}
	lines, more, err := c.file.ArchivePage(context.Background(), desk.ArchiveQuery{Domain: domain, Local: c.local(), View: view,
		Limit: math.MaxInt32, Bytes: math.MaxInt})
	require.NoError(c.t, err)
	require.False(c.t, more)
	got := map[uint64]bool{}
	for _, l := range lines {
		got[l.Seq] = true
	}
	return got, nil
}

// shown returns what an agent was shown of the open session by now, and how much
// of it since they last came in.
func (c *chat) shown(who handoff.Party) (ever, since map[uint64]bool) {
	c.t.Helper()
	conv, lines := c.now(), c.lines()
	ever, since = map[uint64]bool{}, map[uint64]bool{}
	add := func(seq uint64) { ever[seq], since[seq] = true, true }
	dialog := func(id string, first, through uint64) {
		t, err := c.file.TransferByID(context.Background(), domain, id)
		require.NoError(c.t, err)
		for left := t.Share.Last; through >= first && !t.Share.None; through-- {
			if lines[through-1].Private {
				continue
			}
			add(through)
			if left--; left == 0 {
				return
			}
		}
	}
	came := uint64(0)
	for _, it := range c.courier.to(who) {
		switch e := it.Effect.(type) {
		case handoff.Replay:
			if it.Conversation == conv.Local {
				since, came = map[uint64]bool{}, e.Through
				dialog(e.Transfer, e.First, e.Through)
			}
		case handoff.Line:
			if it.Conversation == conv.Local {
				add(e.Seq)
			}
		case handoff.Ring:
			if it.Conversation == conv.Local && conv.Offer.ID == e.Transfer && conv.Offer.Rings(who) && who != conv.Holder {
				t, err := c.file.TransferByID(context.Background(), domain, e.Transfer)
				require.NoError(c.t, err)
				dialog(e.Transfer, conv.First, t.Through)
			}
		}
	}
	for _, l := range lines {
		if l.By == who {
			ever[l.Seq] = true
			if l.Seq > came {
				since[l.Seq] = true
			}
		}
	}
	return ever, since
}

// Whatever happens to a session, nobody reads more of it in the archive than
// they were shown, and whoever takes part reads all that they were shown since
// they came in. Who let go of it reads nothing, or what was theirs.
func TestViewsFollowTheSession(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice, adam, bob, ben)
		for seed := range uint64(12) {
			s.plays(rand.New(rand.NewPCG(seed, 1)), s.chat(handoff.Party("caller"+string('a'+rune(seed))+"@example.net"), "support"))
		}
	}, overseen, func(s *scene) {
		for i := range s.directory.Agents {
			s.directory.Agents[i].Capacity = 0
		}
	})
}

func (s *scene) plays(r *rand.Rand, c *chat) {
	agents := []handoff.Party{alice, adam, bob, ben}
	c.says("hello")
	for range 40 {
		s.pass(time.Millisecond)
		who, other := agents[r.IntN(4)], agents[r.IntN(4)]
		req := desk.Request(c.saying("and"))
		switch r.IntN(10) {
		case 0, 1, 2:
			req = c.replying(who, "so")
		case 3, 4:
			h := c.handing(c.now().Holder, desk.Target{Agent: other})
			h.Mode = handoff.Mode(r.IntN(4))
			h.Share = &[]desk.Share{{}, {None: true}, {Last: 1 + r.IntN(3)}}[r.IntN(3)]
			req = h
		case 5, 6, 7:
			if o := c.now().Offer; len(o.Ringing) > 0 {
				req = c.accepting(o.Ringing[0], o.ID)
			}
		case 8:
			req = []desk.Request{desk.Part{Local: c.local(), By: who}, desk.Return{Local: c.local(), By: who},
				c.cancelling(who), c.handing(who, desk.Target{Agent: who})}[r.IntN(4)]
		case 9:
			if r.IntN(4) == 0 {
				req = c.hangingUp()
			}
		}
		_, _ = s.do(req) // refused or not
		for _, p := range agents {
			c.checkView(p)
		}
		all, err := c.reads(sue)
		require.NoError(s.t, err)
		require.Len(s.t, all, len(c.lines()), "a supervisor reads everything")
		_, err = c.reads(c.who)
		require.ErrorIs(s.t, err, desk.ErrHidden, "the caller reads nothing")
	}
	if c.now().Phase != handoff.Idle {
		c.hangsUp()
	}
}

func (c *chat) checkView(who handoff.Party) {
	c.t.Helper()
	conv := c.now()
	standing := c.must(desk.Look{Local: c.local(), By: who}).Standing
	got, err := c.reads(who)
	switch standing {
	case desk.Stranger:
		require.ErrorIs(c.t, err, desk.ErrHidden)
		return
	case desk.Former:
		require.ErrorIs(c.t, err, handoff.ErrNotHolder)
		policy := c.desk.Policy()
		own := policy
		own.FormerReadsOwn = true
		c.desk.Configure(c.desk.Directory(), own)
		got, err = c.reads(who)
		c.desk.Configure(c.desk.Directory(), policy)
		require.NoError(c.t, err)
		for _, l := range c.lines() {
			require.True(c.t, !got[l.Seq] || l.By == who || l.To == who, "%s reads line %d, to %q", who, l.Seq, l.To)
		}
		return
	}
	require.NoError(c.t, err)
	ever, since := c.shown(who)
	for seq := range got {
		require.True(c.t, seq < conv.First || ever[seq], "%s, standing %d, reads line %d of %d and was never shown it", who, standing, seq, conv.Seq)
	}
	if standing >= desk.Guest {
		for seq := range since {
			require.True(c.t, got[seq], "%s, standing %d, was shown line %d of %d and does not find it", who, standing, seq, conv.Seq)
		}
	}
	for _, l := range c.lines() {
		require.False(c.t, got[l.Seq] && l.Private && l.By != who && l.To != who, "%s reads line %d, said in private", who, l.Seq)
	}
}

// A supervisor may know of a conversation, and take no part in it; of one that
// they are the caller of they know as little as any caller.
func TestOverseer(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		require.Equal(t, desk.Overseer, s.must(desk.Look{Local: c.local(), By: sue}).Standing)
		s.refused(handoff.ErrNotHolder, c.replying(sue, "hello"))
		s.refused(handoff.ErrNotHolder, c.ending(sue))
		s.refused(handoff.ErrNotHolder, c.handing(sue, desk.Target{Agent: alice}))
		s.refused(handoff.ErrNotHolder, c.handing(sue, desk.Target{Agent: sue}))
		s.refused(handoff.ErrOver, c.accepting(sue, ""))

		own := s.taken(sue, "support", alice)
		require.Equal(t, desk.Stranger, s.must(desk.Look{Local: own.local(), By: sue}).Standing)
		_, err := own.reads(sue)
		require.ErrorIs(t, err, desk.ErrHidden)
	}, overseen)
}
