package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

// filled makes a database with open conversations and lines in one of them.
func filled(tb testing.TB, convs, lines int) *SQLite {
	tb.Helper()
	s := mustOpen(tb, Source{filepath.Join(tb.TempDir(), "grown.db")})
	var c *desk.Conversation
	for i := 0; i < convs; {
		b := &desk.Batch{}
		for range min(1000, convs-i) {
			i++
			c = waiting(int64(i))
			c.Phase, c.Holder, c.Epoch = handoff.Active, handoff.Party(fmt.Sprintf("agent%d@example.com", i%1000)), 1
			c.Reach = string(c.Caller) + "/Conversations.k3Vq"
			c.Last = handoff.Closed{ID: fmt.Sprintf("x-%08d", i), State: handoff.Accepted, By: c.Holder, Epoch: 1}
			c.Route = desk.Routing{Heard: at(i), Last: c.Holder}
			b.Conversations = append(b.Conversations, c)
		}
		mustCommit(tb, s, b)
	}
	for i := 0; i < lines; {
		b := &desk.Batch{Conversations: []*desk.Conversation{c}}
		n := min(1000, lines-i)
		said(b, c, n)
		b.Items = nil
		mustCommit(tb, s, b)
		i += n
	}
	return s
}

// BenchmarkOpen loads open conversations: µs/conv is the time, select-ratio that
// to a bare SELECT of the same rows, B/conv the memory a desk keeps of each.
func BenchmarkOpen(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := filled(b, n, 0)
			var took, bare time.Duration
			var kept uint64
			for b.Loop() {
				began := time.Now()
				rows, err := s.reading.QueryContext(b.Context(), "SELECT * FROM conversations WHERE phase <> 0")
				require.NoError(b, err)
				for rows.Next() {
				}
				require.NoError(b, errors.Join(rows.Err(), rows.Close()))
				bare += time.Since(began)
				d := desk.New(desk.Config{Domain: domain, Store: s, Directory: &desk.Directory{},
					Policy: desk.Policy{Idle: 4 * time.Hour}})
				before := heap()
				began = time.Now()
				require.NoError(b, d.Restore(b.Context()))
				took += time.Since(began)
				kept += heap() - before
				runtime.KeepAlive(d)
			}
			b.ReportMetric(float64(took.Microseconds())/float64(b.N*n), "µs/conv")
			b.ReportMetric(float64(took)/float64(bare), "select-ratio")
			b.ReportMetric(float64(kept)/float64(b.N*n), "B/conv")
		})
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkPage reads the newest 50 lines of a conversation that has many.
func BenchmarkPage(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := filled(b, 1, n)
			q := desk.ArchiveQuery{Domain: domain, Local: waiting(1).Local, Limit: 50, Bytes: 1 << 20, Backward: true,
				View: desk.View{Private: true, Spans: []desk.Span{{First: 1, Through: uint64(n)}}}}
			for b.Loop() {
				lines, _, err := s.ArchivePage(b.Context(), q)
				require.NoError(b, err)
				require.Len(b, lines, 50)
			}
		})
	}
}
