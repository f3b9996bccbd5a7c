package torture

import (
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// process is a running program and what it printed.
type process struct {
	cmd  *exec.Cmd
	done chan struct{}

	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{} // closed and replaced when text grows
}

func launch(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(name, args...), done: make(chan struct{}), changed: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr, p.cmd.SysProcAttr = p, p, attributes()
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the parent-death signal is sent when the thread that forked ends
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait()
			close(p.done)
		}
	}()
	require.NoError(t, <-started)
	return p
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

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

// says waits until the process prints a text behind from.
func (p *process) says(t *testing.T, from int, text string) {
	t.Helper()
	late := time.After(patience)
	for {
		p.mu.Lock()
		all, changed := p.text.String(), p.changed
		p.mu.Unlock()
		if strings.Contains(all[from:], text) {
			return
		}
		select {
		case <-changed:
		case <-p.done:
			require.Failf(t, "the program ended", "without saying %q:\n%s", text, p.output())
		case <-late:
			require.Failf(t, "the program is silent", "waited in vain for %q:\n%s", text, p.output())
		}
	}
}

// kill ends the process as a crash would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// stop ends it in order.
func (p *process) stop(t *testing.T) {
	t.Helper()
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-p.done:
	case <-time.After(patience):
		require.Failf(t, "it does not stop", "%s", p.output())
	}
	require.Zero(t, p.cmd.ProcessState.ExitCode(), p.output())
}
