package desk_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// crowd is a store that has many open conversations and keeps nothing.
type crowd struct {
	desk.Store
	active, waiting int
	keys, items     int64
}

var firstNames, lastNames = []string{"Carol", "Maximilian", "Zoe", "Priya"}, []string{"Jones", "Mustermann", "Li", "Natarajan"}

// crowdAgent returns an agent of the crowd's. They are many: nobody holds thousands.
func crowdAgent(n int) handoff.Party {
	return handoff.Party(fmt.Sprintf("agent%d@example.com", n%1000))
}

// crowdCaller returns who talks in a conversation of the crowd's, as a server names
// them.
func crowdCaller(n int) desk.Caller {
	first, last := firstNames[n%4], lastNames[n/4%4]
	who := fmt.Sprintf("%s.%s%d@example.net", first, last, n)
	return desk.Caller{Entry: "support", Party: handoff.Party(who), Name: first + " " + last, Lang: "en",
		Reach: who + "/Conversations.k3Vq"}
}

func (s *crowd) Restore(_ context.Context, _ string, open func(*desk.Conversation)) (desk.Snapshot, error) {
	began := time.Now().Truncate(time.Microsecond)
	for n := range s.active + s.waiting {
		who := crowdCaller(n)
		c := &desk.Conversation{Key: int64(n + 1), Version: 15, Domain: domain, Number: int64(n + 1),
			Local: fmt.Sprintf("%s-%s.%08x", firstNames[n%4], lastNames[n/4%4], n), Entry: "support", Queue: "support",
			Name: who.Name, Lang: who.Lang, Reach: who.Reach}
		c.Caller, c.Session, c.First, c.Seq = who.Party, 1, 1, 12
		c.Route.Heard = began.Add(-time.Duration(n) * time.Millisecond)
		if n < s.active {
			c.Phase, c.Holder, c.Epoch = handoff.Active, crowdAgent(n), 1
			c.Last = handoff.Closed{ID: fmt.Sprintf("x-%08x", n), State: handoff.Accepted, By: c.Holder, Epoch: 1}
			c.Route.Last = c.Holder
		} else {
			c.Phase, c.Queue = handoff.Waiting, "night"
			c.Route.Since = began.Add(-time.Duration(n) * time.Millisecond)
		}
		open(c)
	}
	s.keys = int64(s.active + s.waiting)
	return desk.Snapshot{NextNumber: s.keys + 1}, nil
}

func (s *crowd) Commit(_ context.Context, b *desk.Batch) error {
	for _, c := range b.Conversations {
		if c.Key == 0 {
			s.keys++
			c.Key = s.keys
		}
		c.Version++
	}
	for _, it := range b.Items {
		s.items++
		it.ID = s.items
	}
	return nil
}

func (s *crowd) ByCaller(context.Context, string, string, handoff.Party) (desk.Conversation, error) {
	return desk.Conversation{}, desk.ErrNotFound
}

func (s *crowd) ByLocal(context.Context, string, string) (desk.Conversation, error) {
	return desk.Conversation{}, desk.ErrNotFound
}

// crowdDesk returns a desk with so many open conversations.
func crowdDesk(tb testing.TB, s *crowd) *desk.Desk {
	dir := &desk.Directory{Queues: []desk.Queue{{Name: "support"}, {Name: "night", TellPosition: true}}}
	for n := range 1000 {
		dir.Agents = append(dir.Agents, desk.Agent{JID: crowdAgent(n), Name: "Agent", Queues: []string{"support"}, Capacity: 8})
	}
	dir.Agents = append(dir.Agents, desk.Agent{JID: alice, Name: "Alice", Queues: []string{"night"}, Capacity: 1})
	d := desk.New(desk.Config{Domain: domain, Store: s, Directory: dir,
		Policy: desk.Policy{OfferTimeout: patient, Idle: 4 * time.Hour}})
	require.NoError(tb, d.Restore(tb.Context()))
	return d
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// bytesEach returns what a desk takes for each of so many open conversations, more
// than one that has none.
func bytesEach(tb testing.TB, many int) float64 {
	before := heap()
	empty := crowdDesk(tb, &crowd{})
	none := heap() - before
	before = heap()
	d := crowdDesk(tb, &crowd{active: many})
	all := heap() - before
	runtime.KeepAlive(empty)
	runtime.KeepAlive(d)
	return (float64(all) - float64(none)) / float64(many)
}

// mostBytes is how much an open conversation may take: 256 are aimed at.
const mostBytes = 256

// TestBytes says what a desk keeps of each open conversation.
func TestBytes(t *testing.T) {
	const many = 100_000
	each := bytesEach(t, many)
	t.Logf("%.0f bytes for each of %d open conversations", each, many)
	require.Less(t, each, float64(mostBytes))
}

// BenchmarkBytes is TestBytes at other sizes.
func BenchmarkBytes(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			each := 0.0
			for b.Loop() {
				each += bytesEach(b, n)
			}
			b.ReportMetric(each/float64(b.N), "B/conv")
		})
	}
}

// arrive is a channel on which everything arrives at once.
type arrive struct{}

func (arrive) Perform(_ context.Context, _ desk.Item, done func(error)) time.Duration {
	done(nil)
	return 0
}

// run starts a desk and returns what has requests carried out, 64 at a time.
func run(b *testing.B, d *desk.Desk) func(n int, req func(i int) desk.Request) {
	ctx, cancel := context.WithCancel(context.Background())
	over := make(chan struct{})
	go func() { defer close(over); _ = d.Run(ctx) }()
	d.Outbox().Up(desk.XMPP, arrive{})
	b.Cleanup(func() { cancel(); <-over })
	return func(n int, req func(int) desk.Request) {
		var wait sync.WaitGroup
		for i := range n {
			wait.Add(1)
			require.NoError(b, d.Submit(ctx, req(i), func(_ desk.Result, err error) {
				if err != nil {
					b.Error(err)
				}
				wait.Done()
			}))
			if i%64 == 63 {
				wait.Wait()
			}
		}
		wait.Wait()
	}
}

// BenchmarkSay is the desk's part of a message, without the store's: in 64 of so
// many open conversations, or in more than are kept unpacked.
func BenchmarkSay(b *testing.B) {
	for _, open := range []int{1_000, 100_000, 1_000_000} {
		for _, spoken := range []int{64, 20_000} {
			if spoken > open {
				continue
			}
			b.Run(fmt.Sprintf("open=%d/spoken=%d", open, spoken), func(b *testing.B) {
				do := run(b, crowdDesk(b, &crowd{active: open}))
				payload := []byte("<body>hello</body>")
				callers := make([]desk.Caller, spoken)
				for i := range callers {
					callers[i] = crowdCaller(i * (open / spoken))
				}
				next := 0
				b.ReportAllocs()
				runtime.GC()
				for b.Loop() {
					do(640, func(int) desk.Request {
						next++
						return desk.CallerSays{Caller: callers[next%spoken], Text: desk.Text{Body: "hello", Payload: payload}}
					})
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*640), "ns/msg")
			})
		}
	}
}

// BenchmarkWait is what a message costs of somebody who waits in a long queue, what a
// session's beginning, and what it costs that an agent comes who is free.
func BenchmarkWait(b *testing.B) {
	for _, waiting := range []int{100, 9_000} {
		begun := func(b *testing.B) func(int, func(int) desk.Request) {
			return run(b, crowdDesk(b, &crowd{active: 1000, waiting: waiting}))
		}
		b.Run(fmt.Sprintf("waiting=%d/line", waiting), func(b *testing.B) {
			do := begun(b)
			for b.Loop() {
				do(1, func(int) desk.Request {
					return desk.CallerSays{Caller: crowdCaller(1000 + waiting/2), Text: desk.Text{Body: "hello"}}
				})
			}
		})
		b.Run(fmt.Sprintf("waiting=%d/opened", waiting), func(b *testing.B) {
			do := begun(b)
			n := 1_000_000
			for b.Loop() {
				n++
				caller := crowdCaller(n)
				do(1, func(int) desk.Request { return desk.Connect{Caller: caller} })
				do(1, func(int) desk.Request { return desk.Disconnect{Entry: "support", By: caller.Party, Reason: "done"} })
			}
		})
		b.Run(fmt.Sprintf("waiting=%d/freed", waiting), func(b *testing.B) {
			do := begun(b)
			for b.Loop() {
				for _, on := range []bool{true, false} {
					do(1, func(int) desk.Request {
						return desk.Presence{Agent: crowdAgent(0), Available: on, Online: on}
					})
				}
			}
		})
	}
}
