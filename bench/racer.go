package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"baton/bench/stats"
	"baton/integration/server"
)

// racer is a contender: a component that runs as a process and is connected to
// its own peer, or to its own server.
type racer struct {
	name string
	far  far   // who sends through it
	peer *peer // the same, where there is no server
	cmd  *exec.Cmd
	said *os.File // its output
	asks string   // the socket where it says what it has allocated
	done chan struct{}

	server server.Server // nil: the peer
	leave  func()        // closes the other end

	contacts map[string]bool // addresses of the sessions, as the agent has them
}

// cpu is the processor time that it used so far.
func (r *racer) cpu() (time.Duration, error) { return cpuOf(r.cmd.Process.Pid) }

// all is the same with its server's.
func (r *racer) all() (time.Duration, error) {
	own, err := r.cpu()
	if r.server == nil || err != nil {
		return own, err
	}
	theirs, err := cpuOf(r.server.Pid())
	return own + theirs, err
}

// build makes the programs.
func build(ctx context.Context, dir string, o options) (string, error) {
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		return "", err
	}
	// The tag makes Baton answer what it has allocated when it is asked, and nothing else while no profile is written.
	args := []string{"build", "-buildvcs=false", "-tags", "profile", "-o", bin + "/", "baton/bench/floor", "baton/bench/bare"}
	if o.baton == "" {
		args = append(args, "baton/cmd/baton")
	}
	out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return bin, nil
}

// contender is how a racer is started, and what it needs before it can relay.
type contender struct {
	name string
	make func(address string) (*exec.Cmd, error)
	warm func(context.Context, *racer) error
}

// start starts all contenders, the floor first. What is not there is said and
// left out.
func start(ctx context.Context, dir, bin string, show *page, o options) ([]*racer, error) {
	all := []contender{
		{"floor", plain(filepath.Join(bin, "floor")), nil},
		{"Baton", baton{dir: filepath.Join(dir, "now"), program: o.program(bin), profile: o.profile}.command, connectAll},
		{"bare mellium", plain(filepath.Join(bin, "bare")), nil},
		{"slixmpp", slixmpp, nil},
		{"xmpp.js", xmppjs(ctx, dir), nil},
	}
	if o.before != "" {
		all = append(all, contender{"before", baton{dir: filepath.Join(dir, "before"), program: o.before}.command, connectAll})
	}
	all = slices.DeleteFunc(all, func(c contender) bool { return o.only == "transfer" && c.name != "floor" && c.name != "Baton" })
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
	r := &racer{name: name, peer: p, far: p, leave: p.close}
	cmd, err := command(p.listener.Addr().String())
	if err != nil {
		p.listener.Close()
		return nil, err
	}
	if err := r.launch(dir, cmd); err != nil {
		return r, err
	}
	select {
	case <-p.ready:
		return r, nil
	case <-r.done:
	case <-time.After(longest):
	case <-ctx.Done():
	}
	return r, fmt.Errorf("it does not log in: %s", r.tail())
}

// launch starts its process.
func (r *racer) launch(dir string, cmd *exec.Cmd) (err error) {
	if r.said, err = os.Create(filepath.Join(dir, r.name+".log")); err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = r.said, r.said
	r.asks = filepath.Join(dir, r.name+".socket")
	os.Remove(r.asks) // of a start before
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, stats.Socket+"="+r.asks)
	if err := cmd.Start(); err != nil {
		return err
	}
	r.cmd, r.done = cmd, make(chan struct{})
	go func() { cmd.Wait(); close(r.done) }()
	return nil
}

// figures returns what the program says of its memory; false: it cannot.
func (r *racer) figures() (stats.Figures, bool) {
	f, err := stats.Ask(r.asks)
	return f, err == nil
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
	if r.cmd != nil {
		r.cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-r.done:
		case <-time.After(30 * time.Second):
			r.cmd.Process.Kill()
			<-r.done
		}
	}
	r.leave()
	if r.server != nil {
		r.server.Stop()
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

// xmppVersion is of npm's @xmpp/component.
const xmppVersion = "0.13.1"

// xmppjs is the relay of bench/xmppjs, with what npm installs for it.
func xmppjs(ctx context.Context, dir string) func(string) (*exec.Cmd, error) {
	return func(address string) (*exec.Cmd, error) {
		for _, program := range []string{"node", "npm"} {
			if _, err := exec.LookPath(program); err != nil {
				return nil, fmt.Errorf("%w: %s, for npm's @xmpp/component", errMissing, program)
			}
		}
		folder := filepath.Join(dir, "npm")
		ctx, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		// A prefix that is there already keeps npm from looking for a project further up.
		if err := os.MkdirAll(filepath.Join(folder, "node_modules"), 0o700); err != nil {
			return nil, err
		}
		npm := exec.CommandContext(ctx, "npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--no-save",
			"--ignore-scripts", "--prefer-offline", "--fetch-retries=0", "@xmpp/component@"+xmppVersion)
		if npm.Run() != nil { // what it printed says where it looked, which is of no use here
			return nil, fmt.Errorf("%w: npm cannot install @xmpp/component %s", errMissing, xmppVersion)
		}
		return exec.Command("node", filepath.Join("bench", "xmppjs", "relay.mjs"), folder, address, domain, secret), nil
	}
}
