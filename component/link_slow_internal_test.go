package component

import (
	"bytes"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A server that reads slowly, and goes on, is not dead, however much waits for it.
// One that reads nothing for as long as a part may take is, from the start or later.
func TestLinkToASlowReader(t *testing.T) {
	const waits = 10 * maxWrite // at 1 kB a second
	for name, tt := range map[string]struct {
		reads int // bytes; then no more
		takes time.Duration
		err   error
	}{
		"slow and steady": {reads: waits, takes: waits * time.Millisecond},
		"never":           {reads: 0, takes: writeTimeout, err: os.ErrDeadlineExceeded},
		"no more":         {reads: 3*maxWrite + 1, takes: 3*maxWrite*time.Millisecond + writeTimeout, err: os.ErrDeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ours, theirs := net.Pipe()
				l := &link{conn: ours, gone: make(chan struct{})}
				l.wrote = sync.NewCond(&l.mu)
				go l.writer()
				began := time.Now()
				require.True(t, l.write(bytes.Repeat([]byte("x"), waits)))
				for range tt.reads {
					time.Sleep(time.Millisecond)
					_, err := io.ReadFull(theirs, make([]byte, 1))
					require.NoError(t, err)
				}
				synctest.Wait()
				if tt.err != nil {
					<-l.gone
				}
				require.ErrorIs(t, l.cause(), tt.err)
				require.Equal(t, tt.takes, time.Since(began))
				require.Equal(t, tt.err == nil, l.write([]byte("more")), "it takes more")
				l.fail(errLost)
			})
		})
	}
}
