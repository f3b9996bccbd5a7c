package component_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
)

const robo = "robo@example.com"

// talking is a session that Robo holds: Carol said "hello", and what was owed
// has arrived. It returns its address.
func (w *troubled) talking() string {
	w.t.Helper()
	w.online = append(w.online, robo+"/r")
	w.start()
	w.pass(10 * time.Second)
	require.True(w.t, w.up(), w.log.String())
	require.True(w.t, w.says("carol@example.net/phone", "front", "hello"))
	w.pass(5 * time.Second)
	c, err := w.desk.OpenOf("front", "carol@example.net")
	require.NoError(w.t, err)
	require.EqualValues(w.t, robo, c.Holder)
	require.Zero(w.t, w.desk.Outbox().Pending())
	return c.Local
}

// An agent whose client answers nothing for half a minute, but gets what is
// sent: nothing is lost, nothing comes twice, and the order is kept, whether the
// agent's server answers meanwhile or not.
func TestFaultDeafAgent(t *testing.T) {
	for name, serverToo := range map[string]bool{"the client": false, "the client and its server": true} {
		t.Run(name, func(t *testing.T) {
			trouble(t, func(t *testing.T, w *troubled) {
				w.talking()
				w.with(func() { w.deaf[robo+"/r"], w.deaf["example.com"] = true, serverToo })
				for i, text := range numbered("m", 100) {
					require.True(t, w.says("carol@example.net/phone", "front", text))
					if i == 90 {
						w.pass(21 * time.Second)
					}
					w.pass(100 * time.Millisecond)
				}
				require.NotZero(t, w.desk.Outbox().Pending(), "nobody has confirmed it")
				w.with(func() { clear(w.deaf) })
				w.pass(90 * time.Second)
				require.Equal(t, numbered("m", 100), w.sees(robo, "m"))
				require.Zero(t, w.copies())
				require.Zero(t, w.desk.Outbox().Pending())
				require.Len(t, w.dials, 1, "the link has stood")
			})
		})
	}
}

// A server that stops reading is given up in time, and what it had not read is
// sent again: nothing is lost or seen twice, and the order is kept.
func TestFaultServerStopsReading(t *testing.T) {
	trouble(t, func(t *testing.T, w *troubled) {
		w.talking()
		stopped := time.Now()
		w.with(func() { w.stuck = make(chan struct{}) })
		for _, text := range numbered("m", 50) {
			require.True(t, w.says("carol@example.net/phone", "front", text))
		}
		w.settle()
		require.True(t, w.up())
		for w.up() {
			w.pass(time.Second)
		}
		require.LessOrEqual(t, time.Since(stopped), 31*time.Second)
		close(w.stuck)
		w.pass(time.Minute)
		require.True(t, w.up())
		require.LessOrEqual(t, w.dials[1].Sub(stopped), 45*time.Second)
		require.Equal(t, numbered("m", 50), w.sees(robo, "m"))
		require.Zero(t, w.desk.Outbox().Pending())
	})
}

// A server that reads one byte at a time gets everything over a link that
// stands: that it is slow is no reason to break it, as long as it goes on.
func TestFaultSlowServer(t *testing.T) {
	trouble(t, func(t *testing.T, w *troubled) {
		w.talking()
		w.with(func() { w.slow = time.Millisecond }) // 1 kB a second
		for _, text := range numbered("m", 500) {
			require.True(t, w.says("carol@example.net/phone", "front", text))
			w.pass(100 * time.Millisecond)
		}
		w.pass(20 * time.Minute)
		require.Equal(t, numbered("m", 500), w.sees(robo, "m"))
		require.Zero(t, w.desk.Outbox().Pending())
		require.Len(t, w.dials, 1, w.log.String())
		require.Zero(t, w.copies())
	})
}

// After an outage much more waits than the server can be given at once, and it
// takes a moment before it goes on: it gets it all over the next link.
func TestFaultMuchWaits(t *testing.T) {
	const callers, lines, size = 50, 40, 12 << 10
	trouble(t, func(t *testing.T, w *troubled) {
		w.talking()
		for _, who := range numbered("c", callers) {
			require.True(t, w.says(who+"@example.net/x", "front", "hello"))
		}
		w.pass(5 * time.Second)
		require.Zero(t, w.desk.Outbox().Pending())
		w.plan = func(int, net.Conn) net.Conn { return nil }
		w.conn.Close()
		w.pass(time.Second)
		for _, text := range numbered("m", lines) {
			for _, who := range numbered("c", callers) {
				body := text + strings.Repeat(".", size)
				_, err := w.desk.Do(t.Context(), desk.CallerSays{
					Caller: desk.Caller{Entry: "front", Party: handoff.Party(who + "@example.net"), Name: who, Reach: who + "@example.net/x"},
					Text:   desk.Text{Body: body, OriginID: text, Payload: []byte("<body>" + body + "</body>")}})
				require.NoError(t, err)
			}
		}
		before := len(w.dials)
		w.with(func() {
			w.plan = func(_ int, conn net.Conn) net.Conn {
				return &moment{Conn: conn, after: 400}
			}
		})
		w.pass(2 * time.Minute)
		require.Zero(t, w.desk.Outbox().Pending())
		require.Len(t, w.sees(robo, "m"), callers*lines)
		require.LessOrEqual(t, len(w.dials), before+2, "the link stands")
	})
}

// moment is a connection whose server reads nothing for five seconds, after so
// many bytes.
type moment struct {
	net.Conn
	after int
}

func (m *moment) Read(p []byte) (int, error) {
	if m.after <= 0 {
		return m.Conn.Read(p)
	}
	n, err := m.Conn.Read(p)
	if m.after -= n; m.after <= 0 {
		time.Sleep(5 * time.Second)
	}
	return n, err
}
