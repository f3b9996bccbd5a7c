package prosody

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// process is a running Prosody.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
}

func startProcess(bin string, files layout, as *identity) (*process, error) {
	out, err := os.OpenFile(files.output, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p := &process{cmd: exec.Command(bin, "--config", files.config, "-F"), done: make(chan struct{})}
	p.cmd.Dir = files.dir
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + files.dir, "LANG=C.UTF-8"} // no LUA_PATH of the caller's
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = processAttributes(as)

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
		return fmt.Errorf("prosody (process %d) did not end; end it by hand: kill -9 %[1]d", p.cmd.Process.Pid)
	}
}
