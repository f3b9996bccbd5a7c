package component_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// Two hundred connections that break at any byte, in either direction, while
// people talk: each line is seen once, in order, nothing is left behind, and
// the pauses are kept.
func TestFaultReconnectStorm(t *testing.T) {
	const storms, lines = 200, 600
	trouble(t, func(t *testing.T, w *troubled) {
		local := w.talking()
		r, cuts := rand.New(rand.NewPCG(4, 2)), rand.New(rand.NewPCG(2, 4))
		count := func() (n int) { w.with(func() { n = len(w.dials) }); return n }
		hangUp := func() { w.with(func() { w.conn.Close() }) }
		w.with(func() {
			w.plan = func(_ int, conn net.Conn) net.Conn {
				return &ration{Conn: conn, read: 300 + cuts.IntN(6000), write: 400 + cuts.IntN(4000)}
			}
		})
		hangUp()
		ins, outs := numbered("m", lines), numbered("r", lines)
		var goroutines int
		logged := len(w.log.String())
		for storm, began := 0, count(); storm < storms; storm = count() - began {
			w.pass(time.Duration(r.IntN(2000)) * time.Millisecond)
			// Who is cut off in the middle says it again, with the same id.
			if len(ins) > 0 && w.says("carol@example.net/phone", "front", ins[0]) {
				ins = ins[1:]
			}
			if len(outs) > 0 && w.says(robo+"/r", local, outs[0]) {
				outs = outs[1:]
			}
			if storm == 20 && goroutines == 0 {
				goroutines = runtime.NumGoroutine()
			}
		}
		w.with(func() { w.plan = nil })
		w.pass(time.Minute)
		hangUp() // the last one with a ration
		w.pass(2 * time.Minute)
		require.True(t, w.up())
		for _, m := range ins {
			require.True(t, w.says("carol@example.net/phone", "front", m))
		}
		for _, m := range outs {
			require.True(t, w.says(robo+"/r", local, m))
		}
		w.pass(time.Minute)
		require.Equal(t, numbered("m", lines), w.sees(robo, "m"))
		require.Equal(t, numbered("r", lines), w.sees("carol@example.net", "r"))
		require.Zero(t, w.desk.Outbox().Pending())
		require.LessOrEqual(t, runtime.NumGoroutine(), goroutines+10)
		for i := 1; i < len(w.dials); i++ {
			require.GreaterOrEqual(t, w.dials[i].Sub(w.dials[i-1]), 250*time.Millisecond, "a busy loop")
		}
		require.LessOrEqual(t, strings.Count(w.log.String()[logged:], "\n"), 10*storms)
	})
}

// After a reconnect the desk knows who came and who went meanwhile, also where
// the server says nothing by itself.
func TestFaultPresenceAnew(t *testing.T) {
	for _, silent := range []bool{false, true} {
		t.Run(fmt.Sprintf("silent server %v", silent), func(t *testing.T) {
			trouble(t, func(t *testing.T, w *troubled) {
				w.silent = silent
				w.online = []string{"alice@example.com/a"}
				w.start()
				w.pass(10 * time.Second)
				w.with(func() { w.online = []string{"bob@example.com/b"} })
				w.conn.Close()
				w.pass(20 * time.Second)
				require.True(t, w.says("dave@example.net/x", "support", "hello"))
				w.pass(5 * time.Second)
				c, err := w.desk.OpenOf("support", "dave@example.net")
				require.NoError(t, err)
				require.True(t, c.Offer.Rings("bob@example.com"), "he came")
				require.False(t, c.Offer.Rings("alice@example.com"), "she left")
				require.Empty(t, w.sees("alice@example.com", ""))
				_, err = w.desk.Do(t.Context(), desk.Decline{Answer: desk.Answer{By: "bob@example.com"}})
				require.NoError(t, err)
				w.pass(5 * time.Second)
				require.Empty(t, w.sees("alice@example.com", ""))
			})
		})
	}
}
