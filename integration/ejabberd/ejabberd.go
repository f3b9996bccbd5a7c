// Package ejabberd runs a throwaway ejabberd 23.01 on loopback: free ports, a folder of its own, gone when stopped.
//
// It needs Debian's package ejabberd, and neither its system service nor ejabberdctl nor epmd: the Erlang node is not
// distributed, so nothing but the ports below listens. It runs as root or not; as root, ejabberd itself runs as
// Debian's user "ejabberd" wherever that user can reach the folder. An idle server takes about 110 MB.
package ejabberd

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
	// Dir is where the server's folder "ejabberd" is made (or found from an earlier start) and kept after Stop.
	// Empty: a fresh temporary folder, removed by Stop.
	Dir string

	Domain    string // of the users, default "example.com"
	Component string // XEP-0114 domain, default "handoff.example.com"
	Secret    string // of the component, default "secret"
	Accounts  []Account
	Anonymous string // domain of an additional anonymous host; empty: none

	// YAML lines, indented as the place demands: at the top level, under the component's listener, and under modules.
	ExtraGlobal, ExtraComponent, ExtraModules string

	LogLevel string       // of ejabberd's own log: "info" (default) or "debug"
	Logger   *slog.Logger // told of progress; nil: silent
}

func (o Options) withDefaults() Options {
	for field, value := range map[*string]string{
		&o.Domain: "example.com", &o.Component: "handoff.example.com", &o.Secret: "secret", &o.LogLevel: "info",
	} {
		if *field == "" {
			*field = value
		}
	}
	return o
}

func (o Options) check() error {
	if o.LogLevel != "info" && o.LogLevel != "debug" { // with less we would not see it come up
		return fmt.Errorf("ejabberd: LogLevel is %q, must be info or debug", o.LogLevel)
	}
	return nil
}

// Server is an ejabberd that Start started. HTTP serves /api (see API), /bosh and /ws.
type Server struct{ *throwaway.Instance }

// Start starts a server and returns when clients and the component can connect. ctx bounds the start only; the
// server runs until Stop, or until this process dies (Linux), however it dies.
//
// The error is throwaway.ErrNotInstalled if ejabberd is missing; any other ends with what ejabberd last logged.
func Start(ctx context.Context, o Options) (*Server, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return nil, err
	}
	k, err := find()
	if err != nil {
		return nil, err
	}
	k.opts = o
	i, err := throwaway.New(ctx, throwaway.Spec{
		Make: k, Title: "ejabberd", Name: "ejabberd", Config: "ejabberd.yml",
		Dir: o.Dir, Domain: o.Domain, Component: o.Component, Secret: o.Secret, Anonymous: o.Anonymous, Logger: o.Logger,
	})
	if err != nil {
		return nil, err
	}
	s := &Server{i}
	if err := s.begin(ctx, o.Accounts); err != nil {
		return nil, errors.Join(err, s.Stop())
	}
	return s, nil
}

func (s *Server) begin(ctx context.Context, accounts []Account) error {
	if err := s.Launch(ctx); err != nil {
		return err
	}
	for _, a := range accounts {
		if err := s.Register(a.User, a.Password); err != nil {
			return err
		}
	}
	return nil
}
