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

	"baton/integration/throwaway"
)

// Account is a user who exists before the first login: a localpart at Options.Domain and a password.
type Account = throwaway.Account

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

	// Modules are further ones for the virtual host, their Lua by name. mod_baton_archive is told the component's domain.
	Modules    map[string]string
	SQLArchive bool // message archives are in SQLite, not in files; needs Debian's lua-dbi-sqlite3

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

// Server is a Prosody that Start started. HTTP serves /http-bind (BOSH) and /xmpp-websocket.
type Server struct{ *throwaway.Instance }

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
	i, err := throwaway.New(ctx, throwaway.Spec{
		Make: kind{o, bin}, Title: "Prosody", Name: "prosody", Config: "prosody.cfg.lua",
		Dir: o.Dir, Domain: o.Domain, Component: o.Component, Secret: o.Secret, Anonymous: o.Anonymous, Logger: o.Logger,
	})
	if err != nil {
		return nil, err
	}
	s := &Server{i}
	for _, a := range o.Accounts {
		if err := s.Register(a.User, a.Password); err != nil {
			return nil, errors.Join(err, s.Stop())
		}
	}
	if err := s.Launch(ctx); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}
