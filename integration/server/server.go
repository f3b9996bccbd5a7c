package server

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"baton/integration/ejabberd"
	"baton/integration/prosody"
	"baton/integration/throwaway"
)

// Makes of server.
const (
	Prosody  = "prosody"
	Ejabberd = "ejabberd"
)

// Makes are the names that Start knows.
func Makes() []string { return []string{Prosody, Ejabberd} }

// Account is a user who exists before the first login.
type Account = throwaway.Account

// Addresses say where a server is and how to log in.
type Addresses = throwaway.Addresses

// ErrNotInstalled is what Find and Start return when a server is missing.
var ErrNotInstalled = throwaway.ErrNotInstalled

// Options are those that every make has; the zero value is useful. For the others use the make's own package.
type Options struct {
	Dir        string // where its folder is made and kept; empty: a temporary one, removed by Stop
	Domain     string // of the users, default "example.com"
	Component  string // XEP-0114 domain, default "handoff.example.com"
	Secret     string // of the component, default "secret"
	Accounts   []Account
	Anonymous  string            // domain of an additional anonymous host; empty: none
	Modules    map[string]string // further modules by name, for the make that can load any (Facts.MovesArchive)
	SQLArchive bool              // that make keeps message archives in SQLite, not in files
	LogLevel   string            // "info" (default) or "debug"
	Logger     *slog.Logger      // told of progress; nil: silent
}

// Server is a running server, of whatever make.
type Server interface {
	Name() string // Prosody or Ejabberd
	Facts() Facts
	Addr() Addresses

	Register(user, password string) error
	Restart(ctx context.Context) error
	Kill() error
	Stop() error

	Pid() int
	Done() <-chan struct{}
	Log() string // its end, for people who look for a failure's reason
	WaitLog(ctx context.Context, text string) error
}

// Start starts a server of that make and returns when clients and the component can connect. ctx bounds the start
// only. The error is ErrNotInstalled if the server is missing; any other ends with what it last logged.
func Start(ctx context.Context, name string, o Options) (Server, error) {
	switch name {
	case Prosody:
		s, err := prosody.Start(ctx, prosody.Options{Dir: o.Dir, Domain: o.Domain, Component: o.Component, Secret: o.Secret,
			Accounts: o.Accounts, Anonymous: o.Anonymous, Modules: o.Modules, SQLArchive: o.SQLArchive, LogLevel: o.LogLevel, Logger: o.Logger})
		if err != nil {
			return nil, err
		}
		return prosodyServer{s}, nil
	case Ejabberd:
		s, err := ejabberd.Start(ctx, ejabberd.Options{Dir: o.Dir, Domain: o.Domain, Component: o.Component, Secret: o.Secret,
			Accounts: o.Accounts, Anonymous: o.Anonymous, LogLevel: o.LogLevel, Logger: o.Logger})
		if err != nil {
			return nil, err
		}
		return ejabberdServer{s}, nil
	}
	return nil, unknown(name)
}

// Find returns an error that says what to install if a make's server is missing.
func Find(name string) error {
	find, ok := map[string]func() (string, error){Prosody: prosody.Find, Ejabberd: ejabberd.Find}[name]
	if !ok {
		return unknown(name)
	}
	_, err := find()
	return err
}

func unknown(name string) error {
	return fmt.Errorf("no server is called %q, only %s", name, strings.Join(Makes(), ", "))
}

type prosodyServer struct{ *prosody.Server }

func (prosodyServer) Name() string { return Prosody }
func (prosodyServer) Facts() Facts { return facts[Prosody] }

type ejabberdServer struct{ *ejabberd.Server }

func (ejabberdServer) Name() string { return Ejabberd }
func (ejabberdServer) Facts() Facts { return facts[Ejabberd] }
