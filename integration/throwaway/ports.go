package throwaway

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports are what a server listens on, all on 127.0.0.1.
type Ports struct{ C2S, Component, HTTP int }

// Ports are drawn from below Linux's ephemeral range (32768 and up): there, an outgoing connection could take a
// port while the server restarts, even a client's own that redials it (a TCP self-connect).
const firstPort, lastPort = 20000, 32000

// freePorts finds three and claims them: while their server is down, between Kill and Restart, no other test's
// server gets them.
func freePorts() (Ports, claims, error) {
	var found []int
	var mine claims
	for range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort)
		one, err := claim(port)
		if err != nil {
			continue
		}
		mine = append(mine, one)
		l, err := net.Listen("tcp", loopback(port))
		if err != nil {
			continue
		}
		l.Close()
		if found = append(found, port); len(found) == 3 {
			return Ports{C2S: found[0], Component: found[1], HTTP: found[2]}, mine, nil
		}
	}
	mine.release()
	return Ports{}, nil, fmt.Errorf("no free port on 127.0.0.1 between %d and %d", firstPort, lastPort)
}

// claims are ports that this process claims before others of its kind.
type claims []io.Closer

func (c claims) release() {
	for _, one := range c {
		one.Close()
	}
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// ErrPortTaken: somebody else listens on a port that the server should.
var ErrPortTaken = errors.New("a port is taken")
