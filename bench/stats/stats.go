// Package stats lets a benchmark ask a Go program, while it runs, what it has
// allocated and what it keeps. The program needs one line in its main; Baton has
// it in builds with the tag profile only.
package stats

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"runtime"
)

// Socket is the environment variable that names the Unix socket to answer at.
const Socket = "BATON_STATS"

// Figures are what a program tells.
type Figures struct {
	Mallocs uint64 // objects allocated so far
	Heap    uint64 // bytes in use after a collection
}

// Serve answers everyone who connects to the socket that the environment names,
// after a collection of garbage. Without that variable it does nothing.
func Serve() error {
	path := os.Getenv(Socket)
	if path == "" {
		return nil
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("stats: %w", err)
	}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			json.NewEncoder(conn).Encode(Figures{Mallocs: m.Mallocs, Heap: m.HeapAlloc})
			conn.Close()
		}
	}()
	return nil
}

// Ask asks the program behind the socket.
func Ask(path string) (Figures, error) {
	conn, err := net.Dial("unix", path)
	if err != nil {
		return Figures{}, fmt.Errorf("stats: %w", err)
	}
	defer conn.Close()
	var f Figures
	if err := json.NewDecoder(conn).Decode(&f); err != nil {
		return Figures{}, fmt.Errorf("stats: %w", err)
	}
	return f, nil
}
