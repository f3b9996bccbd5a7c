package component_test

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tardy is a server's end of a connection: when it has read the component's end of
// stream, it hands something over before its own.
type tardy struct {
	net.Conn
	late string
}

func (c *tardy) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if bytes.Contains(p[:n], []byte("</stream:stream>")) {
		fmt.Fprint(c.Conn, c.late)
	}
	return n, err
}

// What is refused when the component cannot answer any more, because it has closed
// its stream, is answered over another link; for a while, where that goes on.
func TestFarewell(t *testing.T) {
	late := func(n int) string {
		return fmt.Sprintf("<message type='chat' id='late%d' from='dave@example.net/x' to='nobody@%s'><body>Hi</body></message>", n, ourDomain)
	}
	for name, tt := range map[string]struct {
		tardy   int // how many links are
		dials   int
		told    int
		refused bool // the server takes no other link
		warned  bool
	}{
		"nothing is late":       {dials: 1},
		"something is":          {tardy: 1, dials: 2, told: 1},
		"again":                 {tardy: 2, dials: 3, told: 2},
		"it does not end":       {tardy: 9, dials: 4, told: 3, warned: true},
		"the server has closed": {tardy: 1, dials: 2, refused: true, warned: true},
	} {
		t.Run(name, func(t *testing.T) {
			trouble(t, func(t *testing.T, w *troubled) {
				w.plan = func(n int, conn net.Conn) net.Conn {
					switch {
					case n > 1 && tt.refused:
						conn.Close()
						return nil
					case n <= tt.tardy:
						return &tardy{conn, late(n)}
					}
					return conn
				}
				w.start()
				w.pass(10 * time.Second)
				require.True(t, w.up(), w.log.String())
				before := w.flaws()
				w.end()
				require.Len(t, w.dials, tt.dials)
				for n := 1; n <= tt.tardy; n++ {
					want := 0
					if n <= tt.told {
						want = 1
					}
					require.Equal(t, want, w.count[fmt.Sprintf("dave@example.net/x late%d", n)], "%d", n)
				}
				require.Equal(t, tt.warned, w.flaws() > before, w.log.String())
			})
		})
	}
}
