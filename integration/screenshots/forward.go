package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// dinoServer is where Dino finds its server: a loopback address that nobody else uses, and the port Dino insists on.
const dinoServer = "127.0.52.22"

// forwarder passes connections on to a server that listens elsewhere.
type forwarder struct {
	listener net.Listener
	to       string

	mu    sync.Mutex
	conns map[net.Conn]bool
	wg    sync.WaitGroup
}

func forward(from, to string) (*forwarder, error) {
	l, err := net.Listen("tcp", from)
	if err != nil {
		return nil, fmt.Errorf("cannot serve Dino at %s, the only port it tries: %w", from, err)
	}
	f := &forwarder{listener: l, to: to, conns: map[net.Conn]bool{}}
	f.wg.Go(f.serve)
	return f, nil
}

func (f *forwarder) serve() {
	for {
		in, err := f.listener.Accept()
		if err != nil {
			return // closed
		}
		out, err := net.Dial("tcp", f.to)
		if err != nil {
			_ = in.Close()
			continue
		}
		f.keep(in, out)
		f.wg.Go(func() { f.copy(in, out) })
		f.wg.Go(func() { f.copy(out, in) })
	}
}

func (f *forwarder) keep(conns ...net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range conns {
		f.conns[c] = true
	}
}

// copy passes one direction on; its end ends both.
func (f *forwarder) copy(to, from net.Conn) {
	_, _ = io.Copy(to, from) // whoever is connected notices
	_, _ = to.Close(), from.Close()
}

func (f *forwarder) close() error {
	err := f.listener.Close()
	f.mu.Lock()
	for c := range f.conns {
		if e := c.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
			err = errors.Join(err, e)
		}
	}
	f.mu.Unlock()
	f.wg.Wait()
	return err
}
