package throwaway

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are what a server listens on, all on 127.0.0.1.
type Ports struct{ C2S, Component, HTTP int }

// Ports are drawn from below Linux's ephemeral range (32768 and up): there, an outgoing connection could take a
// port while the server restarts, even a client's own that redials it (a TCP self-connect).
const firstPort, lastPort = 20000, 32000

func freePorts() (Ports, error) {
	var found []int
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		l, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue
		}
		defer l.Close() // kept open until all three are found, so that they differ
		if found = append(found, port); len(found) == 3 {
			return Ports{C2S: found[0], Component: found[1], HTTP: found[2]}, nil
		}
	}
	return Ports{}, fmt.Errorf("no free port on 127.0.0.1 between %d and %d", firstPort, lastPort)
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// ErrPortTaken: somebody else listens on a port that the server should.
var ErrPortTaken = errors.New("a port is taken")
