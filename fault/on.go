//go:build fault && unix

package fault

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// counter counts the passings of one process and those before it.
type counter struct {
	mu     sync.Mutex
	passed map[string]int
	log    *os.File // nil: none is kept
	name   string   // where to die; empty: nowhere
	at     int
}

// There is one process to die, so there is one counter.
var the = sync.OnceValue(func() *counter {
	c, err := newCounter(os.Getenv("BATON_FAULT"), os.Getenv("BATON_FAULT_LOG"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "fault:", err)
		os.Exit(2)
	}
	return c
})

func newCounter(order, log string) (*counter, error) {
	c := &counter{passed: map[string]int{}}
	if order != "" {
		name, at, _ := strings.Cut(order, ":")
		n, err := strconv.Atoi(at)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("BATON_FAULT=%s: write a point and the passing to die at, store.commit.after:3", order)
		}
		if !slices.Contains(Names(), name) {
			return nil, fmt.Errorf("BATON_FAULT=%s: there is no point %s", order, name)
		}
		c.name, c.at = name, n
	}
	if log == "" {
		return c, nil
	}
	before, err := os.ReadFile(log)
	if err != nil && !os.IsNotExist(err) {
		return nil, fmt.Errorf("BATON_FAULT_LOG: %w", err)
	}
	for name := range bytes.Lines(before) {
		c.passed[string(bytes.TrimSpace(name))]++
	}
	if c.log, err = os.OpenFile(log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("BATON_FAULT_LOG: %w", err)
	}
	return c, nil
}

// Point is a place where a crash matters; see the package's documentation.
func Point(name string) {
	if the().pass(name) {
		// Nobody can catch this, and nothing is flushed or closed.
		_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
		select {} // until it takes effect nothing behind the point may happen
	}
}

// pass counts a passing and reports whether it is the one to die at. The others
// of the process find the lock taken then, and stop too at their next point.
func (c *counter) pass(name string) bool {
	c.mu.Lock()
	c.passed[name]++
	if c.log != nil {
		fmt.Fprintln(c.log, name)
	}
	if name == c.name && c.passed[name] == c.at {
		return true // the lock stays: see above
	}
	c.mu.Unlock()
	return false
}
