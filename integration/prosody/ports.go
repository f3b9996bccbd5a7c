package prosody

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

type ports struct{ C2S, Component, HTTP int }

// Ports are drawn from below Linux's ephemeral range (32768 and up): there, an outgoing connection could take a
// port while the server restarts, even a client's own that redials it (a TCP self-connect).
const firstPort, lastPort = 20000, 32000

func freePorts() (ports, error) {
	var found []int
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		l, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue
		}
		defer l.Close() // kept open until all three are found, so that they differ
		if found = append(found, port); len(found) == 3 {
			return ports{C2S: found[0], Component: found[1], HTTP: found[2]}, nil
		}
	}
	return ports{}, fmt.Errorf("no free port on 127.0.0.1 between %d and %d", firstPort, lastPort)
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

var errPortTaken = errors.New("a port is taken")
