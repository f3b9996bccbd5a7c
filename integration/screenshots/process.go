package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// grace is what a program gets between being asked to end and being killed.
const grace = 5 * time.Second

// process is a program that runs until it is stopped. What it prints is in a file.
type process struct {
	name, log string
	cancel    context.CancelFunc
	done      chan struct{}
}

// place is where a program runs: a folder, which its output goes to, an environment, and who it runs as (nil: we).
type place struct {
	dir string
	env []string
	as  *syscall.Credential
}

// start runs a program whose output goes to NAME.log. It finds the extra files from descriptor 3 on.
func (at place) start(extra []*os.File, name string, args ...string) (*process, error) {
	// Only stop ends it, so that everything is taken down in order.
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env, cmd.Dir, cmd.ExtraFiles = at.env, at.dir, extra
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = grace
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: at.as} // Ctrl-C reaches only us
	p := &process{name: filepath.Base(name), cancel: cancel, done: make(chan struct{})}
	p.log = filepath.Join(at.dir, p.name+".log")
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		cancel()
		return nil, err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("cannot start %s (scripts/install-deps.sh screenshots installs what is needed): %w", p.name, err)
	}
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(p.done)
	}()
	return p, nil
}

// stop ends the program and waits until it is gone.
func (p *process) stop() {
	p.cancel()
	<-p.done
}

// output is the end of what it printed.
func (p *process) output() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}

// until asks again and again, until what is waited for has come, patience is over or the program has ended.
func (p *process) until(ctx context.Context, what string, come func() (bool, error)) error {
	err := until(ctx, what, func() (bool, error) {
		select {
		case <-p.done:
			return false, errors.New("it has ended")
		default:
			return come()
		}
	})
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

func until(ctx context.Context, what string, come func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, err := come(); err != nil || ok {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waited in vain for %s: %w", what, context.Cause(ctx))
		}
	}
}

// do runs a program to its end and returns what it printed.
func (at place) do(ctx context.Context, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env, cmd.Dir = at.env, at.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: at.as}
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, complaints.String())
	}
	return string(out), nil
}

// firstLine reads one line that a program writes when it is ready.
func firstLine(r io.Reader) (string, error) {
	var line strings.Builder
	for b := make([]byte, 1); ; {
		if _, err := r.Read(b); err != nil {
			return "", err
		}
		if b[0] == '\n' {
			return line.String(), nil
		}
		line.Write(b)
	}
}
