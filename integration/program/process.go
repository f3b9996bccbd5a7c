package program

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/throwaway"
)

// Process is a running program and what it has printed so far.
type Process struct {
	cmd      *exec.Cmd
	patience time.Duration
	done     <-chan struct{} // closed when it has ended and all it printed is here

	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{} // closed and replaced when text grows
}

// Options say how a program is started.
type Options struct {
	Args     []string
	Env      []string           // beside ours, of which what would configure the program is left out
	As       syscall.Credential // of another user; 0: ours
	Patience time.Duration      // how long anything may take before a test calls it broken; 0: a minute
	Quiet    bool               // a failed test does not show its output
}

// Launch starts a program. It dies with the test process, however that dies, and is
// killed when the test is over, if it has not ended. Its output is shown if the test
// failed.
func Launch(t testing.TB, name string, o Options) *Process {
	t.Helper()
	p := &Process{cmd: exec.Command(name, o.Args...), patience: o.Patience, changed: make(chan struct{})}
	if p.patience == 0 {
		p.patience = time.Minute
	}
	p.cmd.Stdout, p.cmd.Stderr = p, p // the same one: exec then writes from one goroutine
	p.cmd.SysProcAttr = attributes(o.As)
	p.cmd.Env = append(environment(), o.Env...)
	var err error
	p.done, err = throwaway.Start(p.cmd)
	require.NoError(t, err)
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() && !o.Quiet {
			t.Logf("%s (%v) printed:\n%s", name, p, p.Output())
		}
	})
	return p
}

// Serve starts the program with a file of configuration and waits until it is
// connected.
func Serve(t testing.TB, name, file string, o Options) *Process {
	t.Helper()
	o.Args = append([]string{"serve", "--config", file}, o.Args...)
	p := Launch(t, name, o)
	p.Says(t, "msg=connected")
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
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Write(b)
	close(p.changed)
	p.changed = make(chan struct{})
	return len(b), nil
}

// Output is what the process has printed.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// Here is the end of what has been printed so far, for [Process.SaysSince].
func (p *Process) Here() int { return len(p.Output()) }

// Says waits until the process has printed text, and returns its line.
func (p *Process) Says(t testing.TB, text string) string {
	t.Helper()
	return p.SaysSince(t, 0, text)
}

// SaysSince is Says for what was printed after from.
func (p *Process) SaysSince(t testing.TB, from int, text string) string {
	t.Helper()
	late := time.After(p.patience)
	for {
		p.mu.Lock()
		all, changed := p.text.String(), p.changed
		p.mu.Unlock()
		if line, ok := lineWith(all, from, text); ok {
			return line
		}
		select {
		case <-changed:
		case <-p.done:
			if line, ok := lineWith(p.Output()+"\n", from, text); ok {
				return line
			}
			require.Failf(t, "the program ended", "without saying %q; it said:\n%s", text, p.Output())
		case <-late:
			require.Failf(t, "the program is silent", "waited in vain for %q; it said:\n%s", text, p.Output())
		}
	}
}

// lineWith returns the whole line that the first text after from is in.
func lineWith(all string, from int, text string) (string, bool) {
	i := strings.Index(all[from:], text)
	if i < 0 {
		return "", false
	}
	at := from + i
	end := strings.IndexByte(all[at:], '\n')
	if end < 0 {
		return "", false
	}
	return all[strings.LastIndexByte(all[:at], '\n')+1 : at+end], true
}

// Signal sends one, unless the process has ended.
func (p *Process) Signal(t testing.TB, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); !errors.Is(err, os.ErrProcessDone) {
		require.NoError(t, err)
	}
}

// Term asks the process to end in order, by SIGTERM.
func (p *Process) Term(t testing.TB) {
	t.Helper()
	p.Signal(t, syscall.SIGTERM)
}

// Stop ends the process in order.
func (p *Process) Stop(t testing.TB) {
	t.Helper()
	p.Term(t)
	require.Zero(t, p.Exits(t), p.Output())
}

// Kill ends the process as a crash would, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.done
}

// Exits waits for the process to end by itself and returns its exit status.
func (p *Process) Exits(t testing.TB) int {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(p.patience):
		require.Failf(t, "still running", "after %v; it said:\n%s", p.patience, p.Output())
	}
	return p.Status()
}

// Status is the exit status of a process that has ended, -1 of one that a signal
// ended.
func (p *Process) Status() int { return p.cmd.ProcessState.ExitCode() }

// Done is closed when the process has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Ended reports whether the process has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Killed reports, of one that has ended, whether it did as by kill -9.
func (p *Process) Killed() bool {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// PID is the process's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// String names the process in failures.
func (p *Process) String() string { return fmt.Sprintf("process %d", p.PID()) }
