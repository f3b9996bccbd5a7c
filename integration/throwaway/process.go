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
	done  chan struct{} // closed when it has ended
}

func (i *Instance) startProcess() (*process, error) {
	out, err := os.OpenFile(i.output, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	args, env := i.spec.Command(i)
	p := &process{cmd: exec.Command(args[0], args[1:]...), done: make(chan struct{}), title: i.spec.Title}
	p.cmd.Dir = i.Dir
	// Nothing of the caller's environment, LUA_PATH and ERL_FLAGS for example, changes the server.
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + i.Dir, "LANG=C.UTF-8"}, env...)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = processAttributes(i.runAs)

	started := make(chan error)
	go func() {
		// Linux sends the parent-death signal when the *thread* that forked ends: this one stays for as long.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended is in its log
			close(p.done)
		}
	}()
	return p, <-started
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
