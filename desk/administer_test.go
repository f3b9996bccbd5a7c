package desk_test

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

const boss = handoff.Party("boss@example.com")

// administered is a scene with an administrator.
func administered(s *scene) {
	s.directory.Agents = append(s.directory.Agents, desk.Agent{JID: boss, Name: "Boss", Roles: []string{"admin"}},
		desk.Agent{JID: mallory, Name: "Bot", Roles: []string{"admin"}, Bot: true})
}

// edited makes the request that changes the directory in force as change does.
func (s *scene) edited(e desk.Edit, keep func() error, change func(d *desk.Directory)) *desk.Administer {
	now := s.desk.Directory()
	d := &desk.Directory{Agents: slices.Clone(now.Agents), Queues: slices.Clone(now.Queues)}
	change(d)
	if e.By == "" {
		e.By = boss
	}
	return &desk.Administer{Edit: e, Directory: d, Keep: func(context.Context) error { return keep() }}
}

func without[T any](list []T, is func(T) bool) []T { return slices.DeleteFunc(slices.Clone(list), is) }

// A changed directory is in force when it is kept, from the next request on; what
// somebody needs is not taken away, and then nothing is kept.
func TestAdminister(t *testing.T) {
	noQueue := func(name string) func(d *desk.Directory) {
		return func(d *desk.Directory) {
			d.Queues = without(d.Queues, func(q desk.Queue) bool { return q.Name == name })
			for i, a := range d.Agents {
				d.Agents[i].Queues = without(a.Queues, func(q string) bool { return q == name })
			}
		}
	}
	noAgent := func(who handoff.Party) func(d *desk.Directory) {
		return func(d *desk.Directory) {
			d.Agents = without(d.Agents, func(a desk.Agent) bool { return a.JID == who })
		}
	}
	aBot := func(who handoff.Party) func(d *desk.Directory) {
		return func(d *desk.Directory) {
			for i := range d.Agents {
				d.Agents[i].Bot = d.Agents[i].Bot || d.Agents[i].JID == who
			}
		}
	}
	agent, queue := desk.AgentEntry, desk.QueueEntry
	for name, tt := range map[string]struct {
		edit   desk.Edit
		change func(d *desk.Directory)
		before func(s *scene)
		err    error
		text   string
	}{
		"an agent less": {desk.Edit{Kind: agent, Name: string(ben), Do: desk.Remove}, noAgent(ben), nil, nil, ""},
		"an agent who holds a session": {desk.Edit{Kind: agent, Name: string(alice), Do: desk.Remove}, noAgent(alice),
			func(s *scene) { s.taken(carol, "support", alice) }, nil, ""},
		"a queue less":                    {desk.Edit{Kind: queue, Name: "attic", Do: desk.Remove}, noQueue("attic"), nil, nil, ""},
		"one of two queues of its agents": {desk.Edit{Kind: queue, Name: "night", Do: desk.Remove}, noQueue("night"), nil, nil, ""},
		"a queue that was in use": {desk.Edit{Kind: queue, Name: "attic", Do: desk.Remove}, noQueue("attic"), func(s *scene) {
			c := s.chat(carol, "attic")
			c.says("hello")
			c.hangsUp()
		}, nil, ""},

		"by an agent": {desk.Edit{Kind: agent, Name: string(ben), Do: desk.Remove, By: alice}, noAgent(ben), nil,
			handoff.ErrNotHolder, "That is for administrators."},
		"by a bot": {desk.Edit{Kind: agent, Name: string(ben), Do: desk.Remove, By: mallory}, noAgent(ben), nil,
			handoff.ErrNotHolder, "That is for administrators."},
		"by nobody of ours": {desk.Edit{Kind: agent, Name: string(ben), Do: desk.Remove, By: carol}, noAgent(ben), nil,
			handoff.ErrNotHolder, "That is for administrators."},
		"the last administrator": {desk.Edit{Kind: agent, Name: string(boss), Do: desk.Remove}, noAgent(boss), nil,
			desk.ErrInUse, "Nobody would be an administrator any more: make somebody else one first."},
		"where a caller waits": {desk.Edit{Kind: queue, Name: "attic", Do: desk.Remove}, noQueue("attic"),
			func(s *scene) { s.chat(carol, "attic").says("hello") }, desk.ErrInUse, "Sessions of attic are open (1): the queue can be removed when they have ended."},
		"where a caller came in": {desk.Edit{Kind: queue, Name: "support", Do: desk.Remove}, noQueue("support"), func(s *scene) {
			c := s.taken(carol, "support", alice)
			s.arrive(bob)
			c.hands(alice, desk.Target{Queue: "billing"})
			c.accepts(bob)
		}, desk.ErrInUse, "Sessions of Support are open (1): the queue can be removed when they have ended."},
		"where a caller went": {desk.Edit{Kind: queue, Name: "billing", Do: desk.Remove}, noQueue("billing"), func(s *scene) {
			c := s.taken(carol, "support", alice)
			s.arrive(bob)
			c.hands(alice, desk.Target{Queue: "billing"})
			c.accepts(bob)
		}, desk.ErrInUse, "Sessions of Billing are open (1): the queue can be removed when they have ended."},
		"the only queue of an agent": {desk.Edit{Kind: queue, Name: "support", Do: desk.Remove}, noQueue("support"), nil,
			desk.ErrInUse, "alice@example.com works in Support alone: give them another queue first, or remove them."},
		"a bot of who is in no session": {desk.Edit{Kind: agent, Name: string(alice), Do: desk.Alter}, aBot(alice), nil, nil, ""},
		"a bot of a holder": {desk.Edit{Kind: agent, Name: string(alice), Do: desk.Alter}, aBot(alice), func(s *scene) {
			s.taken(carol, "support", alice)
			s.taken(dave, "support", alice)
		}, desk.ErrInUse, "alice@example.com is in sessions (2): they can become a bot when those have ended, or are with others."},
		"a bot of a guest": {desk.Edit{Kind: agent, Name: string(bob), Do: desk.Alter}, aBot(bob), func(s *scene) {
			s.arrive(bob)
			s.taken(carol, "support", alice).with(handoff.Join, alice, bob)
		}, desk.ErrInUse, "bob@example.com is in sessions (1): they can become a bot when those have ended, or are with others."},
		"a bot of a holder who had been removed": {desk.Edit{Kind: agent, Name: string(alice), Do: desk.Add}, func(d *desk.Directory) {
			d.Agents = append(d.Agents, desk.Agent{JID: alice, Bot: true})
		}, func(s *scene) {
			s.taken(carol, "support", alice)
			s.dismiss(alice)
		}, desk.ErrInUse, "alice@example.com is in sessions (1): they can become a bot when those have ended, or are with others."},
		"a bot that holds": {desk.Edit{Kind: agent, Name: string(robo), Do: desk.Alter}, func(d *desk.Directory) {
			for i := range d.Agents {
				d.Agents[i].Capacity++
			}
		}, func(s *scene) {
			s.arrive(robo)
			s.chat(carol, "front").says("hello")
		}, nil, ""},
		"one that is there": {desk.Edit{Kind: agent, Name: string(ben), Do: desk.Add}, noAgent(carol), nil,
			desk.ErrInUse, "ben@example.com is an agent already: change them instead."},
		"a queue that is there": {desk.Edit{Kind: queue, Name: "night", Do: desk.Add}, noAgent(carol), nil,
			desk.ErrInUse, `There is a queue "night" already: change it instead.`},
		"one that is not there": {desk.Edit{Kind: agent, Name: string(carol), Do: desk.Alter}, noAgent(carol), nil,
			desk.ErrHidden, `There is no agent "carol@example.net" here.`},
		"a queue that is not there": {desk.Edit{Kind: queue, Name: "cellar", Do: desk.Remove}, noQueue("cellar"), nil,
			desk.ErrHidden, `There is no queue "cellar" here.`},
	} {
		t.Run(name, func(t *testing.T) {
			story(t, func(t *testing.T, s *scene) {
				s.arrive(alice)
				if tt.before != nil {
					tt.before(s)
				}
				kept := 0
				was := s.desk.Directory()
				req := s.edited(tt.edit, func() error { kept++; return nil }, tt.change)
				if tt.err != nil {
					require.EqualError(t, s.refused(tt.err, req), tt.text)
					require.Zero(t, kept)
					require.Same(t, was, s.desk.Directory())
					return
				}
				s.must(req)
				require.Equal(t, 1, kept)
				require.Same(t, req.Directory, s.desk.Directory())
			}, administered)
		})
	}
}

// What cannot be kept is not in force.
func TestAdministerNotKept(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		was := s.desk.Directory()
		s.refused(desk.ErrStore, s.edited(desk.Edit{Kind: desk.QueueEntry, Name: "attic", Do: desk.Remove},
			func() error { return errBroken }, func(d *desk.Directory) { d.Queues = d.Queues[:4] }))
		require.Same(t, was, s.desk.Directory())
	}, administered)
}

// Requests of one batch see what came before them: nobody comes into a queue that
// is being removed, and none is removed where somebody just came in.
func TestAdministerInABatch(t *testing.T) {
	remove := func(s *scene) desk.Request {
		return s.edited(desk.Edit{Kind: desk.QueueEntry, Name: "night", Do: desk.Remove}, func() error { return nil }, func(d *desk.Directory) {
			d.Queues = without(d.Queues, func(q desk.Queue) bool { return q.Name == "night" })
			for i, a := range d.Agents {
				d.Agents[i].Queues = without(a.Queues, func(q string) bool { return q == "night" })
			}
		})
	}
	connect := desk.Connect{Caller: desk.Caller{Entry: "night", Party: carol}}
	t.Run("before", func(t *testing.T) {
		story(t, func(t *testing.T, s *scene) {
			_, errs := s.submit(connect, remove(s))
			require.NoError(t, errs[0])
			require.ErrorIs(t, errs[1], desk.ErrInUse)
		}, administered)
	})
	t.Run("behind", func(t *testing.T) {
		story(t, func(t *testing.T, s *scene) {
			_, errs := s.submit(remove(s), connect)
			require.NoError(t, errs[0])
			require.ErrorIs(t, errs[1], desk.ErrHidden)
		}, administered)
	})
}

// Somebody leaves, and the queue is removed right behind it.
func TestAdministerBehindTheLast(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.chat(carol, "night")
		c.says("hello")
		remove := s.edited(desk.Edit{Kind: desk.QueueEntry, Name: "night", Do: desk.Remove}, func() error { return nil }, func(d *desk.Directory) {
			d.Queues = without(d.Queues, func(q desk.Queue) bool { return q.Name == "night" })
			for i, a := range d.Agents {
				d.Agents[i].Queues = without(a.Queues, func(q string) bool { return q == "night" })
			}
		})
		_, errs := s.submit(c.hangingUp(), remove)
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
	}, administered)
}

// A batch that is run again, for somebody else's sake, does not change it twice.
func TestAdministerOnce(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		kept, failed := 0, false
		s.store.asks(func(b *desk.Batch) error {
			if failed || len(b.Conversations) != 1 || b.Conversations[0].Entry != "night" {
				return nil
			}
			failed = true
			return desk.ErrStale
		})
		add := s.edited(desk.Edit{Kind: desk.AgentEntry, Name: string(dave), Do: desk.Add}, func() error { kept++; return nil }, func(d *desk.Directory) {
			d.Agents = append(d.Agents, desk.Agent{JID: dave})
		})
		_, errs := s.submit(desk.Connect{Caller: desk.Caller{Entry: "night", Party: carol}}, add)
		require.True(t, failed)
		require.NoError(t, errs[0])
		require.NoError(t, errs[1])
		require.Equal(t, 1, kept)
	}, administered)
}

// Whoever is added gets what waits, without anybody else having to do anything.
func TestAdministerOffersWhatWaits(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		s.arrive(alice)
		c := s.chat(carol, "attic")
		c.says("hello")
		require.False(t, c.now().Offer.Open())
		s.must(s.edited(desk.Edit{Kind: desk.AgentEntry, Name: string(alice), Do: desk.Alter}, func() error { return nil }, func(d *desk.Directory) {
			d.Agents[0].Queues = []string{"support", "attic"}
		}))
		require.True(t, c.now().Offer.Rings(alice))
	}, administered)
}
