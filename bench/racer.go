package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// racer is a contender: a component that runs as a process and is connected to
// its own peer.
type racer struct {
	name string
	peer *peer
	cmd  *exec.Cmd
	said *os.File // its output
	done chan struct{}
}

func (r *racer) cpu() (time.Duration, error) { return cpuOf(r.cmd.Process.Pid) }

// build makes the programs.
func build(ctx context.Context, dir string, o options) (string, error) {
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		return "", err
	}
	args := []string{"build", "-buildvcs=false", "-o", bin + "/"}
	if o.profile != "" {
		args = append(args, "-tags", "profile")
	}
	args = append(args, "baton/cmd/baton", "baton/bench/floor", "baton/bench/bare")
	out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
}

// start starts all contenders, the floor first. What is not there is said and
// left out.
func start(ctx context.Context, dir, bin string, show *page, o options) ([]*racer, error) {
	type contender struct {
		name string
		make func(address string) (*exec.Cmd, error)
		warm func(context.Context, *racer) error
	}
	all := []contender{
		{"floor", plain(filepath.Join(bin, "floor")), nil},
		{"Baton", baton(filepath.Join(dir, "now"), filepath.Join(bin, "baton"), o.profile), connectAll},
		{"bare mellium", plain(filepath.Join(bin, "bare")), nil},
		{"slixmpp", slixmpp, nil},
	}
	if o.before != "" {
		all = append(all, contender{"before", baton(filepath.Join(dir, "before"), o.before, ""), connectAll})
	}
	var racers []*racer
	for _, c := range all {
		r, err := enter(ctx, dir, c.name, c.make)
		if errors.Is(err, errMissing) {
			show.missing(c.name, err)
			continue
		}
		if r != nil {
			racers = append(racers, r)
		}
		if err == nil && c.warm != nil {
			err = c.warm(ctx, r)
		}
		if err != nil {
			return racers, fmt.Errorf("%s: %w", c.name, err)
		}
	}
	return racers, nil
}

// enter starts a contender and waits until it has logged in.
func enter(ctx context.Context, dir, name string, command func(address string) (*exec.Cmd, error)) (*racer, error) {
	p, err := listen()
	if err != nil {
		return nil, err
	}
	go p.serve()
	r := &racer{name: name, peer: p, done: make(chan struct{})}
	if r.cmd, err = command(p.listener.Addr().String()); err != nil {
		p.listener.Close()
		return nil, err
	}
	if r.said, err = os.Create(filepath.Join(dir, name+".log")); err != nil {
		return nil, err
	}
	r.cmd.Stdout, r.cmd.Stderr = r.said, r.said
	if err := r.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { r.cmd.Wait(); close(r.done) }()
	select {
	case <-p.ready:
		return r, nil
	case <-r.done:
	case <-time.After(patience):
	case <-ctx.Done():
	}
	return r, fmt.Errorf("it does not log in: %s", r.tail())
}

func (r *racer) tail() string {
	b, err := os.ReadFile(r.said.Name())
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-2000):])
}

// stop ends the process in order, and by force when it does not.
func (r *racer) stop() {
	if r.cmd != nil && r.cmd.Process != nil {
		r.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-r.done:
		case <-time.After(5 * time.Second):
			r.cmd.Process.Kill()
			<-r.done
		}
	}
	r.peer.listener.Close()
	if r.peer.conn != nil {
		r.peer.conn.Close()
	}
	if r.said != nil {
		r.said.Close()
	}
}

// plain is a contender that takes address, domain and secret as arguments.
func plain(path string) func(string) (*exec.Cmd, error) {
	return func(address string) (*exec.Cmd, error) { return exec.Command(path, address, domain, secret), nil }
}

var errMissing = errors.New("not there")

func slixmpp(address string) (*exec.Cmd, error) {
	const python = "/usr/bin/python3" // Debian's, which has Debian's slixmpp
	if err := exec.Command(python, "-c", "import slixmpp").Run(); err != nil {
		return nil, fmt.Errorf("%w: Debian's python3-slixmpp", errMissing)
	}
	return exec.Command(python, filepath.Join("bench", "slixmpp", "relay.py"), address, domain, secret), nil
}

// baton is the program as people run it, with a store on disk.
func baton(dir, program, profile string) func(string) (*exec.Cmd, error) {
	return func(address string) (*exec.Cmd, error) {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return nil, err
		}
		file := filepath.Join(dir, "baton.yaml")
		text := fmt.Sprintf(`component: {domain: %s, address: %q, secret: %s}
data_dir: %s
agents:
  domains: [bench.example]
  list: [{jid: %s, name: Agent, queues: [support], capacity: 1000}]
queues: [{name: support, title: Support, assign: auto}]
chat: {settle: 0s}
roster: {strategy: none}
limits: {rate: 1000000/s, inbox: 100000}
http: {listen: ""}
log: {level: warn}
`, domain, address, secret, dir, agent)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return nil, err
		}
		cmd := exec.Command(program, "serve", "--config", file)
		if profile != "" {
			cmd.Env = append(os.Environ(), "BATON_CPUPROFILE="+profile)
		}
		return cmd, nil
	}
}

// connectAll opens a session for every caller: the agent is there, and what each
// says first has come.
func connectAll(ctx context.Context, r *racer) error {
	p := r.peer
	for _, to := range []string{"desk@" + domain, domain} {
		p.write(fmt.Appendf(nil, "<presence from='%s/bench' to='%s'/>", agent, to))
	}
	for i := range callers {
		p.write(fmt.Appendf(nil, "<message from='%s/phone' to='support@%s' type='chat' id='first%d'><body>Hello from %d.</body></message>",
			caller(i), domain, i, i))
	}
	if err := p.flush(); err != nil {
		return err
	}
	late := time.After(patience)
	for came := 0; came < callers; {
		select {
		case <-p.other: // handover messages, each with its first line
			came++
		case <-late:
			return fmt.Errorf("only %d of %d sessions began: %s", came, callers, r.tail())
		case <-p.lost:
			return io.ErrUnexpectedEOF
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
