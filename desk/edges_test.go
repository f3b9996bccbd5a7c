package desk_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
	"baton/store"
)

func TestAddresses(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		for _, tc := range []struct{ name, want string }{
			{"Carol Jones", "carol-jones"},
			{"  Zoë  D'Árcy ", "zoe-d-arcy"},
			{"Кэрол", "caller"},
			{"", "caller"},
			{"--", "caller"},
			{"{id}/@evil.example\n", "id-evil-example"},
			{"a name that is far too long for an address", "a-name-that-is-far-too-l"},
			{"four and twenty letters -", "four-and-twenty-letters"},
		} {
			who := desk.Caller{Entry: "support", Party: handoff.Party("x" + tc.name), Name: tc.name}
			res := s.must(desk.CallerSays{Caller: who, Text: desk.Text{Body: "hello"}})
			require.Regexp(t, `^[a-z0-9-]+\.id[0-9]{6}$`, res.Conversation.Local)
			require.Equal(t, tc.want, res.Conversation.Local[:len(res.Conversation.Local)-len(".id000000")])
		}
	})
}

// An address that is taken is not given out again.
func TestAddressTaken(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c, d := s.chat(carol, "support"), s.chat(carol, "billing")
		c.says("hello")
		s.ids = 0 // the same randomness again
		require.Equal(t, "carol.id000002", d.says("hello").Conversation.Local)
		c.hangsUp()
		s.ids = 0
		require.Equal(t, "carol.id000003", s.chat(carol, "night").says("hello").Conversation.Local)
		s.ids = 3
		twin := desk.Caller{Entry: "front", Party: "carol@example.org", Name: "carol"}
		other := desk.Caller{Entry: "front", Party: "carol@example.com", Name: "carol"}
		s.ids = 3
		res, errs := s.submit(desk.Connect{Caller: twin}, desk.Connect{Caller: other})
		require.Equal(t, []error{nil, nil}, errs)
		require.NotEqual(t, res[0].Conversation.Local, res[1].Conversation.Local)
	})
}

// With nothing but what is a must.
func TestDefaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file, err := store.Open(t.Context(), store.Source{Path: filepath.Join(t.TempDir(), "desk.db")}, store.Options{})
		require.NoError(t, err)
		dir := &desk.Directory{Queues: queues()}
		d := desk.New(desk.Config{Domain: domain, Store: file, Directory: dir})
		require.NoError(t, d.Restore(t.Context()))
		require.Equal(t, domain, d.Domain())
		ctx, cancel := context.WithCancel(t.Context())
		over := make(chan error, 1)
		go func() { over <- d.Run(ctx) }()
		says := desk.CallerSays{Caller: desk.Caller{Entry: "support", Party: carol, Name: "Carol"}, Text: desk.Text{Body: "hello"}}
		res, err := d.Do(ctx, says)
		require.NoError(t, err)
		require.Regexp(t, `^carol\.[a-z2-7]{8}$`, res.Conversation.Local)
		got, err := d.Conversation(ctx, res.Conversation.Local)
		require.NoError(t, err)
		require.Equal(t, res.Conversation.Conversation, got.Conversation)
		_, err = d.Conversation(ctx, "nobody.00000000")
		require.ErrorIs(t, err, desk.ErrNotFound)

		// A closed store is said to be one.
		require.NoError(t, file.Close())
		_, err = d.Do(ctx, says)
		require.ErrorIs(t, err, desk.ErrStore)
		cancel()
		require.NoError(t, <-over)
		_, err = d.Do(t.Context(), says)
		require.ErrorIs(t, err, desk.ErrStopped)
		require.Error(t, desk.New(desk.Config{Domain: domain, Store: file, Directory: dir}).Restore(t.Context()))
	})
}

// What cannot be looked up is not said to be hidden: the sender is to try again.
func TestStoreThatCannotRead(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		id := c.hands(alice, desk.Target{Agent: bob}).ID
		former, again := c.replying(adam, "hello"), c.accepting(bob, id)
		gone := desk.Signal{Local: "nobody.00000000", By: alice}
		late := c.accepting(adam, "x-over")
		known := desk.CallerSays{Caller: c.caller(), Text: marked("hello", "o1")}
		s.store.blind(errBroken)
		for _, req := range []desk.Request{former, again, gone, late, known, s.chat(dave, "support").saying("hello")} {
			_, err := s.do(req)
			require.ErrorIs(t, err, desk.ErrStore, "%T", req)
			require.NotErrorIs(t, err, desk.ErrHidden)
		}
		s.store.blind(nil)
		c.accepts(bob)
	})
}

// Requests that come while the desk closes are taken in and answered, or not
// taken in.
func TestSubmitRacesStop(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		req := desk.Find{By: alice}
		var took, answered atomic.Int64
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for {
					err := s.desk.Submit(context.Background(), req, func(_ desk.Result, err error) {
						answered.Add(1)
						if err != nil && !errors.Is(err, desk.ErrStopped) {
							t.Error(err)
						}
					})
					if err != nil {
						return
					}
					took.Add(1)
				}
			})
		}
		for range 20 {
			_, err := s.desk.Do(context.Background(), req)
			require.NoError(t, err)
		}
		s.stop()
		wg.Wait()
		require.Equal(t, took.Load(), answered.Load())
	})
}

// Whom another configuration puts into a queue is asked for what waits there.
func TestConfigureAsksTheNewcomer(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.chat(carol, "support")
		c.says("anybody?")
		s.arrive(ben) // who works elsewhere
		require.False(t, c.now().Offer.Open())
		all := agents()
		for i := range all {
			if all[i].JID == ben {
				all[i].Queues = append(all[i].Queues, "support")
			}
		}
		s.desk.Configure(&desk.Directory{Agents: all, Queues: queues()}, s.desk.Policy())
		s.settle()
		require.Equal(t, []handoff.Party{ben}, c.now().Offer.Ringing)
	})
}

// Another configuration counts from the next request on; what is open stays.
func TestConfigure(t *testing.T) {
	story(t, func(t *testing.T, s *scene) {
		c := s.taken(carol, "support", alice)
		s.arrive(bob)
		id := c.hands(alice, desk.Target{Agent: bob}).ID
		dir := &desk.Directory{Agents: agents()[1:], Queues: queues()[:2]} // without Alice, and fewer queues
		s.desk.Configure(dir, desk.Policy{OfferTimeout: 2 * patient, MaxHops: 8})
		c.replies(alice, "still me")
		s.sees(carol, "2 alice: still me")
		s.must(c.accepting(bob, id))
		s.refused(desk.ErrHidden, c.replying(alice, "no agent any more"))
		s.refused(desk.ErrHidden, c.handing(bob, desk.Target{Queue: "night"}))
		s.arrive(ben)
		tr := c.hands(bob, desk.Target{Agent: ben})
		require.Equal(t, 2*patient, tr.Deadline.Sub(tr.At))
		require.Equal(t, "Ben", s.desk.Directory().NameOf(ben))
		require.Equal(t, string(alice), s.desk.Directory().NameOf(alice))
	})
}
