package throwaway

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is a running server.
type process struct {
	title string
	cmd   *exec.Cmd
	done  <-chan struct{} // closed when it has ended
}

func (i *Instance) startProcess() (*process, error) {
	out, err := os.OpenFile(i.output, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	args, env := i.spec.Command(i)
	p := &process{cmd: exec.Command(args[0], args[1:]...), title: i.spec.Title}
	p.cmd.Dir = i.Dir
	// Nothing of the caller's environment, LUA_PATH and ERL_FLAGS for example, changes the server.
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + i.Dir, "LANG=C.UTF-8"}, env...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = processAttributes(i.runAs)

	p.done, err = Start(p.cmd)
	return p, err
}

// Start starts a command and returns what is closed when it has ended and all that it printed has come; how it ended
// is in its ProcessState then. Linux sends the parent-death signal when the *thread* that forked ends: one stays for
// as long.
func Start(cmd *exec.Cmd) (ended <-chan struct{}, err error) {
	started, done := make(chan error), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
			close(done)
		}
	}()
	return done, <-started
}

// stop asks the process to end, kills it when grace is over, and returns when it is gone.
func (p *process) stop(grace time.Duration) error {
	if grace > 0 {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // fails only if it is gone already
		select {
		case <-p.done:
			return nil
		case <-time.After(grace):
		}
	}
	_ = p.cmd.Process.Kill()
	select {
	case <-p.done:
		return nil
	case <-time.After(stopGrace):
		return fmt.Errorf("%s (process %d) did not end; end it by hand: kill -9 %[2]d", p.title, p.cmd.Process.Pid)
	}
}
