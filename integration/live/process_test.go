package live

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long anything may take before a test calls it broken. What
// only a server confirmed stays in the outbox for 30 s.
const patience = 60 * time.Second

// process is a running program and what it has printed so far.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended and all it printed is here

	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{} // closed and replaced when text grows
}

// launch starts a program. It is ended when the test is over, by force if the
// test did not end it, and its output is shown if the test failed.
func launch(t *testing.T, name string, args ...string) *process {
	t.Helper()
	return launchAs(t, nil, name, args...)
}

// launchAs is launch as another user; nil is the same.
func launchAs(t *testing.T, as *user, name string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(name, args...), done: make(chan struct{}), changed: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p, p // the same one: exec then writes from one goroutine
	p.cmd.SysProcAttr = attributes(as)
	p.cmd.Env = environment()
	started := make(chan error)
	go func() {
		// The parent-death signal is sent when the thread that forked ends.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended is in ProcessState
			close(p.done)
		}
	}()
	require.NoError(t, <-started)
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s (process %d) printed:\n%s", name, p.cmd.Process.Pid, p.output())
		}
	})
	return p
}

// environment is ours without what would configure the program.
func environment() []string {
	var env []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "BATON_") {
			env = append(env, e)
		}
	}
	return env
}

// Write takes what the process prints.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Write(b)
	close(p.changed)
	p.changed = make(chan struct{})
	return len(b), nil
}

// output is what the process printed.
func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// here is the end of what was printed so far, for saysSince.
func (p *process) here() int { return len(p.output()) }

// says waits until the process has printed text, and returns its line.
func (p *process) says(t *testing.T, text string) string {
	t.Helper()
	return p.saysSince(t, 0, text)
}

// saysSince is says for what was printed after from.
func (p *process) saysSince(t *testing.T, from int, text string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		p.mu.Lock()
		all, changed := p.text.String(), p.changed
		p.mu.Unlock()
		if i := strings.Index(all[from:], text); i >= 0 {
			at := from + i
			end := strings.IndexByte(all[at:], '\n')
			if end >= 0 { // whole lines only
				return all[strings.LastIndexByte(all[:at], '\n')+1 : at+end]
			}
		}
		select {
		case <-changed:
		case <-p.done:
			if out := p.output(); !strings.Contains(out[from:], text) {
				require.Failf(t, "the program ended", "without saying %q; it said:\n%s", text, out)
			}
		case <-ctx.Done():
			require.Failf(t, "the program is silent", "waited in vain for %q; it said:\n%s", text, p.output())
		}
	}
}

// term sends SIGTERM.
func (p *process) term(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
}

// kill ends the process as a crash would, and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.done
}

// exits waits for the process to end by itself, within most, and returns its
// exit status.
func (p *process) exits(t *testing.T, most time.Duration) int {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(most):
		require.Failf(t, "still running", "after %v; it said:\n%s", most, p.output())
	}
	return p.cmd.ProcessState.ExitCode()
}

// orderly checks that nothing a person must not see was printed.
func (p *process) orderly(t *testing.T) {
	t.Helper()
	out := p.output()
	for _, bad := range []string{"panic", "goroutine ", "DATA RACE", ".go:", "0x", "%!", "secret-of-the-test"} {
		if i := strings.Index(out, bad); i >= 0 {
			require.Failf(t, "bad output", "%q is in what the program printed: …%s", bad, out[max(0, i-200):min(len(out), i+2000)])
		}
	}
}

// String names the process in failures.
func (p *process) String() string { return fmt.Sprintf("process %d", p.cmd.Process.Pid) }
