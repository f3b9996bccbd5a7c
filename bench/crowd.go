package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"baton/component/wire"
	"baton/integration/server"
)

// crowd is everybody at a real server: the callers and the agent.
type crowd struct {
	agent   *client
	callers []*client
	back    chan int      // messages that were relayed, by number
	other   chan string   // who sent the agent other texts
	lost    chan struct{} // the agent's stream has ended
	err     error
	next    int
}

const password = "bench"

// accounts are those that a crowd logs in to.
func accounts() []server.Account {
	all := []server.Account{{User: user(agent), Password: password}, {User: user(second), Password: password}}
	for i := range callers {
		all = append(all, server.Account{User: user(caller(i)), Password: password})
	}
	return all
}

func user(address string) string { return strings.TrimSuffix(address, "@"+host) }

// gather logs everybody in.
func gather(at server.Addresses) (*crowd, error) {
	c := &crowd{back: make(chan int, 1<<16), other: make(chan string, 1<<12), lost: make(chan struct{})}
	var err error
	if c.agent, err = logIn(at.C2S, at.Domain, user(agent), password); err != nil {
		return c, err
	}
	go func() { c.err = c.agent.read(c.hear); close(c.lost) }()
	for i := range callers {
		one, err := logIn(at.C2S, at.Domain, user(caller(i)), password)
		if err != nil {
			return c, err
		}
		go one.read(func(wire.Stanza, []byte) {})
		c.callers = append(c.callers, one)
	}
	return c, nil
}

func (c *crowd) hear(st wire.Stanza, text []byte) {
	if n, ok := numberOf(text); ok {
		c.back <- n
		return
	}
	if from := bare(string(st.From)); string(st.Type) != "error" && from != "desk@"+domain {
		select {
		case c.other <- from:
		default:
		}
	}
}

func (c *crowd) send() {
	c.callers[c.next%callers].write(message(c.next, ""))
	c.next++
}

func (c *crowd) flush() error {
	for _, one := range c.callers {
		if err := one.flush(); err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) count() int             { return c.next }
func (c *crowd) relayed() <-chan int    { return c.back }
func (c *crowd) ended() <-chan struct{} { return c.lost }
func (c *crowd) why() error             { return c.err }

func (c *crowd) close() {
	if c.agent != nil {
		c.agent.conn.Close()
	}
	for _, one := range c.callers {
		one.conn.Close()
	}
}

// connect has the callers write, until something of so many contacts has come to
// the agent: then the component has logged in and, where it keeps sessions, each
// caller has one.
func (c *crowd) connect(ctx context.Context, contacts int) error {
	again := time.NewTicker(500 * time.Millisecond)
	defer again.Stop()
	late := time.After(patience)
	seen := map[string]bool{}
	for round := 0; len(seen) < contacts; {
		select {
		case from := <-c.other:
			seen[from] = true
			continue
		case <-late:
			return fmt.Errorf("only %d of %d contacts wrote to the agent", len(seen), contacts)
		case <-c.lost:
			return fmt.Errorf("the agent's stream has ended: %w", c.err)
		case <-ctx.Done():
			return ctx.Err()
		case <-again.C:
		}
		round++
		for _, to := range []string{"desk@" + domain, domain} {
			c.agent.write(fmt.Appendf(nil, "<presence to='%s'/>", to))
		}
		if err := c.agent.flush(); err != nil {
			return err
		}
		if round%4 == 0 && round > 4 { // they have been written to; it only takes time
			continue
		}
		for i, one := range c.callers {
			one.write(fmt.Appendf(nil, "<message to='support@%s' type='chat' id='first%d-%d'><body>Good morning</body></message>", domain, i, round))
		}
		if err := c.flush(); err != nil {
			return err
		}
	}
	return nil
}
