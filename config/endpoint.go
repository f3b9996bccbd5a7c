package config

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Engine is a kind of store.
type Engine string

// Engines a configuration can name; whether one is built in, the store says.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Store says where state is kept, written sqlite:FILE or postgres://user:password@host/database. Printing, logging and
// encoding it leave out the password; Source itself holds it.
type Store struct {
	Engine Engine
	Source string // SQLite: the file, relative to data_dir; PostgreSQL: the whole URL
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Store) UnmarshalText(text []byte) error {
	scheme, rest, _ := strings.Cut(string(text), ":")
	switch scheme {
	case "sqlite":
		if rest == "" {
			return hint("write the file's name after it, for example sqlite:baton.db")
		}
		if strings.HasPrefix(rest, "//") || strings.ContainsAny(rest, "?#") {
			return hint("write a plain file name, for example sqlite:baton.db or sqlite:/srv/baton/baton.db")
		}
		*s = Store{Engine: SQLite, Source: rest}
		return nil
	case "postgres", "postgresql":
		u, err := url.Parse(string(text))
		if err != nil { // its text would repeat the password
			return hint("this is no URL; write postgres://user:password@host/database, " +
				"with %40 for @ and %2F for / inside the password")
		}
		if u.Host == "" || strings.Trim(u.Path, "/") == "" {
			return hint("write host and database too: postgres://user:password@host/database")
		}
		*s = Store{Engine: Postgres, Source: string(text)}
		return nil
	}
	return wantedHint[Store]()
}

// holdsPassword says whether the source must not be seen by others.
func (s Store) holdsPassword() bool {
	u, err := url.Parse(s.Source)
	if s.Engine != Postgres || err != nil {
		return false
	}
	_, set := u.User.Password()
	return set || u.Query().Has("password")
}

// String writes the store as the file does, without password and parameters.
func (s Store) String() string {
	if s.Engine == SQLite {
		return "sqlite:" + s.Source
	}
	return withoutPassword(s.Source)
}

// Format implements fmt.Formatter, so that no verb shows the password.
func (s Store) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// GoString implements fmt.GoStringer.
func (s Store) GoString() string { return s.String() }

// LogValue implements slog.LogValuer.
func (s Store) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText implements encoding.TextMarshaler.
func (s Store) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// withoutPassword takes everything out of a URL-like text in which a password may stand, however broken it is.
func withoutPassword(s string) string {
	scheme, rest, isURL := strings.Cut(s, "://")
	if !isURL {
		return s
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = "…@" + rest[at+1:]
	}
	rest, _, _ = strings.Cut(rest, "?")
	return scheme + "://" + rest
}

// Endpoint is where to connect to, in the terms of net.Dial; written host:port or unix:/path.
type Endpoint struct {
	Network string // "tcp" or "unix"
	Address string
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *Endpoint) UnmarshalText(text []byte) error {
	if path, ok := strings.CutPrefix(string(text), "unix:"); ok {
		if !strings.HasPrefix(path, "/") {
			return hint("write the socket's whole path, for example unix:/run/prosody/component.sock")
		}
		*e = Endpoint{Network: "unix", Address: path}
		return nil
	}
	if err := checkHostPort(string(text), 1, "127.0.0.1:5347"); err != nil {
		return err
	}
	if strings.HasPrefix(string(text), ":") {
		return hint("write the host too, for example 127.0.0.1" + string(text))
	}
	*e = Endpoint{Network: "tcp", Address: string(text)}
	return nil
}

// String writes the endpoint as the file does.
func (e Endpoint) String() string {
	if e.Network == "unix" {
		return "unix:" + e.Address
	}
	return e.Address
}

// MarshalText implements encoding.TextMarshaler.
func (e Endpoint) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// Host is the name or address before the port; empty for a socket of this machine.
func (e Endpoint) Host() string {
	host, _, _ := net.SplitHostPort(e.Address)
	return host
}

// Local says whether nothing leaves this machine on the way.
func (e Endpoint) Local() bool {
	if e.Network == "unix" || e.Host() == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(e.Host())
	return err == nil && ip.Unmap().IsLoopback()
}

// checkHostPort accepts host:port with a numeric port from lowest to 65535.
func checkHostPort(s string, lowest int, example string) error {
	host, port, err := net.SplitHostPort(s)
	if err != nil || strings.ContainsAny(host+port, " \t\r\n/@") {
		return hint("write host:port, for example " + example)
	}
	if n, err := strconv.Atoi(port); err != nil || n < lowest || n > 65535 {
		return hint("write a port number from " + strconv.Itoa(lowest) + " to 65535 after the colon")
	}
	return nil
}
