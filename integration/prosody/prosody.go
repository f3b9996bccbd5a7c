// Package prosody runs a throwaway Prosody 0.12 on loopback: free ports, a folder of its own, gone when stopped.
//
// The demo and the live tests use it. It needs Debian's packages prosody and prosody-modules (for XEP-0356) and runs
// as root or not; as root, Prosody itself runs as Debian's user "prosody" wherever that user can reach the folder.
package prosody

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

const (
	startTimeout = 20 * time.Second // one start, on a slow and busy machine
	stopGrace    = 5 * time.Second  // between SIGTERM and SIGKILL
	portAttempts = 5                // starts with fresh ports before giving up
)

// Account is a user who exists before the first login: a localpart at Options.Domain and a password.
type Account struct{ User, Password string }

// Options say what kind of server to start. The zero value is a useful one.
type Options struct {
	// Dir is where the server's folder "prosody" is made (or found from an earlier start) and kept after Stop.
	// Empty: a fresh temporary folder, removed by Stop.
	Dir string

	Domain    string // of the users, default "example.com"
	Component string // XEP-0114 domain, default "handoff.example.com"
	Secret    string // of the component, default "secret"
	Accounts  []Account

	// ConflictResolve says who loses when a second connection claims the component's domain: "kick_new"
	// (Prosody's default) or "kick_old".
	ConflictResolve string
	Anonymous       string // domain of an additional anonymous host; empty: none

	// Lua lines for the global part, under the virtual host, and under the component. The last come at the very
	// end and may open sections of their own.
	ExtraGlobal, ExtraHost, ExtraComponent string

	LogLevel string       // of Prosody's own log: "info" (default) or "debug"
	Logger   *slog.Logger // told of progress; nil: silent
}

func (o Options) withDefaults() Options {
	for field, value := range map[*string]string{
		&o.Domain: "example.com", &o.Component: "handoff.example.com", &o.Secret: "secret",
		&o.ConflictResolve: "kick_new", &o.LogLevel: "info",
	} {
		if *field == "" {
			*field = value
		}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) check() error {
	if o.LogLevel != "info" && o.LogLevel != "debug" { // with less we would not see it come up
		return fmt.Errorf("prosody: LogLevel is %q, must be info or debug", o.LogLevel)
	}
	if o.ConflictResolve != "kick_new" && o.ConflictResolve != "kick_old" {
		return fmt.Errorf("prosody: ConflictResolve is %q, must be kick_new or kick_old", o.ConflictResolve)
	}
	return nil
}

// Server is a Prosody that Start started. The fields stay as they are over Kill and Restart.
type Server struct {
	Domain, Component, Secret string

	C2S           string // "127.0.0.1:port" for clients (plain, STARTTLS offered)
	ComponentAddr string // "127.0.0.1:port" for the component (plain)
	HTTP          string // "127.0.0.1:port": /http-bind (BOSH) and /xmpp-websocket
	Dir           string // configuration, data, certificate and log
	CertFile      string // the self-signed certificate that STARTTLS offers, PEM

	opts    Options
	bin     string
	files   layout
	runAs   *identity // nil: as we are
	tempDir string    // what Stop removes; empty: nothing

	logStart atomic.Int64 // where the log of the newest process begins
	mu       sync.Mutex
	proc     *process // nil when stopped
}

// Start starts a server and returns when clients and the component can connect. ctx bounds the start only; the
// server runs until Stop, or until this process dies (Linux), however it dies.
//
// The error is ErrNotInstalled if Prosody is missing; any other ends with what Prosody last logged.
func Start(ctx context.Context, o Options) (*Server, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	bin, err := Find()
	if err != nil {
		return nil, err
	}
	s := &Server{Domain: o.Domain, Component: o.Component, Secret: o.Secret, opts: o, bin: bin}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	if err := s.startOnFreePorts(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	o.Logger.Info("Prosody is up", "clients", s.C2S, "component", s.ComponentAddr, "http", s.HTTP, "pid", s.Pid())
	return s, nil
}

// startOnFreePorts tries again with other ports if somebody took one between our choice and Prosody's binding it.
func (s *Server) startOnFreePorts(ctx context.Context) error {
	var err error
	for range portAttempts {
		var p ports
		if p, err = freePorts(); err != nil {
			return err
		}
		s.C2S, s.ComponentAddr, s.HTTP = loopback(p.C2S), loopback(p.Component), loopback(p.HTTP)
		if err = s.configure(p); err != nil {
			return err
		}
		if err = s.launch(ctx); !errors.Is(err, errPortTaken) {
			return err
		}
		s.opts.Logger.Info("a port was taken meanwhile, trying others")
	}
	return err
}

// launch starts the process with the configuration as it is on disk and waits until it answers.
func (s *Server) launch(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logStart.Store(fileSize(s.files.log))
	proc, err := startProcess(s.bin, s.files, s.runAs)
	if err != nil {
		return fmt.Errorf("cannot start %s: %w", s.bin, err)
	}
	if err := s.waitReady(ctx, proc); err != nil {
		err = fmt.Errorf("the throwaway Prosody did not start: %w\n%s", err, s.Log())
		return errors.Join(err, proc.stop(0))
	}
	s.proc = proc
	return nil
}

// Restart stops the server if it runs and starts it again: same ports, same data.
func (s *Server) Restart(ctx context.Context) error {
	if err := s.end(stopGrace); err != nil {
		return err
	}
	return s.launch(ctx)
}

// Kill ends the server at once, as a crash would. Data and ports are kept for Restart.
func (s *Server) Kill() error { return s.end(0) }

// Stop ends the server in order, by force if it does not end within some seconds, and removes the folder if it was a
// temporary one. It may be called again.
func (s *Server) Stop() error {
	err := s.end(stopGrace)
	if s.tempDir == "" {
		return err
	}
	return errors.Join(err, os.RemoveAll(s.tempDir))
}

func (s *Server) end(grace time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return nil
	}
	err := s.proc.stop(grace)
	s.proc = nil
	return err
}

// Pid is the process id, 0 when stopped.
func (s *Server) Pid() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		return 0
	}
	return s.proc.cmd.Process.Pid
}

// Done is closed when the process that runs now has ended, for whatever reason. Ask again after a Restart.
func (s *Server) Done() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.proc == nil {
		ended := make(chan struct{})
		close(ended)
		return ended
	}
	return s.proc.done
}
