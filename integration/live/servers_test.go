package live

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/server"
)

// spare are servers that a test has used and another may: starting one costs
// ejabberd two seconds of a processor.
var spare pool

// pool holds running servers without accounts.
type pool struct {
	mu   sync.Mutex
	idle []clearable
}

// clearable is a server that can be made as if it were just started.
type clearable interface {
	server.Server
	Clear(ctx context.Context) error
}

func (p *pool) take(name string) clearable {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, s := range p.idle {
		if s.Name() == name {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			return s
		}
	}
	return nil
}

func (p *pool) put(s clearable) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, s)
}

// stop ends them all.
func (p *pool) stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, s := range p.idle {
		errs = append(errs, s.Stop())
	}
	return errors.Join(errs...)
}

var everybody = []string{"ann", "alice", "bob", "bert"}

// lendServer gives a server with everybody's accounts until the test is over:
// one that another test is done with, if its make can be cleared, else a new one.
func lendServer(t *testing.T, on string) server.Server {
	t.Helper()
	var s server.Server
	used := spare.take(on)
	if used != nil {
		s = used
	} else {
		s = newServer(t, on, server.Options{})
	}
	t.Cleanup(func() {
		showLog(t, s)
		if used, ok := s.(clearable); ok && !t.Failed() && s.Pid() != 0 && used.Clear(context.Background()) == nil {
			spare.put(used)
			return
		}
		require.NoError(t, s.Stop())
	})
	if used != nil {
		for _, user := range everybody {
			require.NoError(t, s.Register(user, "pw"))
		}
	}
	return s
}

// startServer starts a server with everybody's accounts for this test alone.
func startServer(t *testing.T, on string, o server.Options) server.Server {
	t.Helper()
	s := newServer(t, on, o)
	t.Cleanup(func() {
		showLog(t, s)
		require.NoError(t, s.Stop())
	})
	return s
}

func newServer(t *testing.T, on string, o server.Options) server.Server {
	t.Helper()
	o.Domain, o.Component, o.Secret = domain, service, cmp.Or(o.Secret, secret)
	for _, user := range everybody {
		o.Accounts = append(o.Accounts, server.Account{User: user, Password: "pw"})
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s, err := server.Start(ctx, on, o)
	require.NoError(t, err)
	return s
}

func showLog(t *testing.T, s server.Server) {
	if t.Failed() {
		t.Log(s.Log())
	}
}
