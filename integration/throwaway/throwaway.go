// Package throwaway runs a server as a child process on loopback: free ports, a folder of its own, gone when stopped.
// What is particular to one make of server is its Make; packages prosody and ejabberd are the two there are.
package throwaway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

const (
	startTimeout = time.Minute      // one start, on a slow and busy machine
	stopGrace    = 10 * time.Second // between SIGTERM and SIGKILL; an idle ejabberd needs 3 s
	portAttempts = 5                // starts with fresh ports before giving up
)

// ErrNotInstalled is what starting a server returns when the server, or a module it needs, is missing.
var ErrNotInstalled = errors.New("not installed")

// Account is a user who exists before the first login: a localpart at the server's domain and a password.
type Account struct{ User, Password string }

// Addresses say where a server is and how to log in. They stay as they are over Kill and Restart.
type Addresses struct {
	Domain    string // of the users
	Component string // XEP-0114 domain
	Secret    string // of the component

	C2S           string // "127.0.0.1:port" for clients (plain, STARTTLS offered)
	ComponentAddr string // "127.0.0.1:port" for the component (plain)
	HTTP          string // "127.0.0.1:port": what the make serves there
	Dir           string // configuration, data, certificate and log
	ConfigFile    string // as it is read by the next Restart
	CertFile      string // the self-signed certificate that STARTTLS offers, PEM
}

// Addr is the same, for whoever has an interface only.
func (a *Addresses) Addr() Addresses { return *a }

// Make is what one make of server needs done its own way.
type Make interface {
	// Configure writes Instance.ConfigFile for these ports. It is called again with others if one was taken.
	Configure(i *Instance, p Ports) error
	// Command is what runs the server in the foreground, and its environment.
	Command(i *Instance) (args, env []string)
	// Ready judges the log of the newest process: everything listens, not yet, or ErrPortTaken.
	Ready(i *Instance, log string) (bool, error)
}

// Spec says what to run.
type Spec struct {
	Make
	Title  string // for people: "Prosody"
	Name   string // of the folder, and of the system user it runs as when we are root
	Config string // name of the configuration file

	Dir                       string // where the folder is made and kept; empty: a temporary one
	Domain, Component, Secret string
	Anonymous                 string // one more name in the certificate; may be empty
	Logger                    *slog.Logger
}

// Instance is one server. Its files belong to it alone.
type Instance struct {
	Addresses
	DataDir, CertDir, KeyFile, LogFile, PidFile string

	spec    Spec
	output  string    // file for what it prints
	runAs   *identity // nil: as we are
	tempDir string    // what Stop removes; empty: nothing
	ports   claims

	logStart atomic.Int64 // where the log of the newest process begins
	mu       sync.Mutex
	proc     *process // nil when stopped
}

// New makes the folder with everything that does not depend on ports. If it fails, nothing is left.
func New(ctx context.Context, spec Spec) (*Instance, error) {
	if spec.Logger == nil {
		spec.Logger = slog.New(slog.DiscardHandler)
	}
	i := &Instance{spec: spec}
	i.Domain, i.Component, i.Secret = spec.Domain, spec.Component, spec.Secret
	if err := i.prepare(ctx); err != nil {
		return nil, errors.Join(err, i.Stop())
	}
	return i, nil
}

func (i *Instance) prepare(ctx context.Context) error {
	if err := i.makeDir(); err != nil {
		return fmt.Errorf("cannot make a folder for %s: %w", i.spec.Title, err)
	}
	in := func(name ...string) string { return filepath.Join(append([]string{i.Dir}, name...)...) }
	i.ConfigFile, i.DataDir, i.CertDir = in(i.spec.Config), in("data"), in("certs")
	i.CertFile, i.KeyFile = in("certs", i.Domain+".crt"), in("certs", i.Domain+".key")
	i.LogFile, i.output, i.PidFile = in(i.spec.Name+".log"), in("output.log"), in(i.spec.Name+".pid")
	for _, dir := range []string{i.DataDir, i.CertDir} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	names := []string{i.Domain, i.Component, "localhost"}
	if i.spec.Anonymous != "" {
		names = append(names, i.spec.Anonymous)
	}
	if err := writeCertificate(i.CertFile, i.KeyFile, names); err != nil {
		return fmt.Errorf("cannot make %s's certificate: %w", i.spec.Title, err)
	}
	var err error
	if i.runAs, err = unprivileged(ctx, i.spec.Name, i.Dir); err != nil {
		return fmt.Errorf("cannot hand %s to the user %s: %w", i.Dir, i.spec.Name, err)
	}
	return nil
}

func (i *Instance) makeDir() error {
	if i.spec.Dir == "" {
		dir, err := os.MkdirTemp("", "baton-"+i.spec.Name+"-")
		i.Dir, i.tempDir = dir, dir
		return err
	}
	dir, err := filepath.Abs(i.spec.Dir)
	if err != nil {
		return err
	}
	i.Dir = filepath.Join(dir, i.spec.Name) // never the caller's own folder: we change the owner of what is in it
	return os.MkdirAll(i.Dir, 0o755)
}

// AsRoot reports whether the server itself runs as root.
func (i *Instance) AsRoot() bool { return os.Geteuid() == 0 && i.runAs == nil }

// HandOver gives one file or folder to the user the server runs as.
func (i *Instance) HandOver(path string) error {
	if i.runAs == nil {
		return nil
	}
	return os.Lchown(path, i.runAs.uid, i.runAs.gid)
}

// WriteFile writes a file that only the server, and root, can read.
func (i *Instance) WriteFile(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	return i.HandOver(path)
}

// Launch starts the server on free ports and returns when clients and the component can connect. It tries again with
// other ports if somebody took one between our choice and the server's binding it. ctx bounds the start only; the
// server runs until Stop, or until this process dies (Linux), however it dies. An error ends with the log's end.
func (i *Instance) Launch(ctx context.Context) error {
	var err error
	for range portAttempts {
		i.ports.release()
		var p Ports
		if p, i.ports, err = freePorts(); err != nil {
			return err
		}
		i.C2S, i.ComponentAddr, i.HTTP = loopback(p.C2S), loopback(p.Component), loopback(p.HTTP)
		if err = i.spec.Configure(i, p); err != nil {
			return err
		}
		if err = i.launch(ctx); err == nil {
			i.spec.Logger.Info(i.spec.Title+" is up", "clients", i.C2S, "component", i.ComponentAddr, "http", i.HTTP, "pid", i.Pid())
		}
		if !errors.Is(err, ErrPortTaken) {
			return err
		}
		i.spec.Logger.Info("a port was taken meanwhile, trying others")
	}
	return err
}

// launch starts the process with the configuration as it is on disk and waits until it answers.
func (i *Instance) launch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.logStart.Store(fileSize(i.LogFile))
	proc, err := i.startProcess()
	if err != nil {
		return fmt.Errorf("cannot start %s: %w", i.spec.Title, err)
	}
	if err := i.waitReady(ctx, proc); err != nil {
		err = fmt.Errorf("the throwaway %s did not start: %w\n%s", i.spec.Title, err, i.Log())
		return errors.Join(err, proc.stop(0))
	}
	i.proc = proc
	return nil
}

// Restart stops the server in order if it runs and starts it again: same ports, same data.
func (i *Instance) Restart(ctx context.Context) error {
	if err := i.end(stopGrace); err != nil {
		return err
	}
	return i.launch(ctx)
}

// Kill ends the server at once, as a crash would. Data and ports are kept for Restart.
func (i *Instance) Kill() error { return i.end(0) }

// Stop ends the server for good. One in a folder that was asked for is ended in order, by force if that takes more
// than some seconds; one in a temporary folder at once, and the folder is removed. It may be called again.
func (i *Instance) Stop() error {
	defer func() {
		i.ports.release()
		i.ports = nil
	}()
	if i.tempDir == "" {
		return i.end(stopGrace)
	}
	return errors.Join(i.end(0), os.RemoveAll(i.tempDir))
}

func (i *Instance) end(grace time.Duration) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.proc == nil {
		return nil
	}
	err := i.proc.stop(grace)
	i.proc = nil
	return err
}

// Pid is the process id, 0 when stopped.
func (i *Instance) Pid() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.proc == nil {
		return 0
	}
	return i.proc.cmd.Process.Pid
}

// Done is closed when the process that runs now has ended, for whatever reason. Ask again after a Restart.
func (i *Instance) Done() <-chan struct{} {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.proc == nil {
		ended := make(chan struct{})
		close(ended)
		return ended
	}
	return i.proc.done
}
