package store

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// BenchmarkCommit journals messages of 0.67 kB in up to 64 conversations: for
// each a line and its outbox item, for each conversation its new state, and the
// confirmations of the commit before. cpu-ns/msg is the processor time of it, to
// compare by: the rest is waiting for the disk and for others on the machine.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{1, 8, 32, 128} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := mustOpen(b, tempSource(b))
			convs := make([]*desk.Conversation, 64)
			for i := range convs {
				convs[i] = waiting(int64(i + 1))
			}
			require.NoError(b, s.Commit(context.Background(), &desk.Batch{Conversations: convs}))
			payload := []byte("<body>" + strings.Repeat("hello ", 110) + "</body>")
			var done []int64
			next := 0
			b.ReportAllocs()
			began := cpuTime(b)
			for b.Loop() {
				batch := &desk.Batch{Done: done}
				for i := range n {
					c := convs[(next+i)%len(convs)]
					if i < len(convs) {
						batch.Conversations = append(batch.Conversations, c)
					}
					said(batch, c, 1)
					l := &batch.Lines[len(batch.Lines)-1]
					l.Payload = payload
				}
				next += n
				if err := s.Commit(context.Background(), batch); err != nil {
					b.Fatal(err)
				}
				done = done[:0]
				for _, it := range batch.Items {
					done = append(done, it.ID)
				}
			}
			b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N*n), "cpu-ns/msg")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/msg")
		})
	}
}

// cpuTime returns what the process used so far, in nanoseconds.
func cpuTime(b *testing.B) int64 {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return u.Utime.Nano() + u.Stime.Nano()
}

// BenchmarkRestore loads a desk with open sessions and a full outbox.
func BenchmarkRestore(b *testing.B) {
	s := mustOpen(b, tempSource(b))
	batch := &desk.Batch{}
	for i := range 1000 {
		c := waiting(int64(i + 1))
		batch.Conversations = append(batch.Conversations, c)
		said(batch, c, 1)
	}
	require.NoError(b, s.Commit(context.Background(), batch))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Restore(context.Background(), domain, nil); err != nil {
			b.Fatal(err)
		}
	}
}
