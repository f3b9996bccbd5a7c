package prosody

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

//go:embed prosody.cfg.lua.tmpl
var configTemplate string

// layout names the files of a server's folder.
type layout struct {
	dir, config, data, certs, cert, key, log, output, pid string
}

func newLayout(dir, domain string) layout {
	in := func(name ...string) string { return filepath.Join(append([]string{dir}, name...)...) }
	return layout{
		dir: dir, config: in("prosody.cfg.lua"), data: in("data"),
		certs: in("certs"), cert: in("certs", domain+".crt"), key: in("certs", domain+".key"),
		log: in("prosody.log"), output: in("output.log"), pid: in("prosody.pid"),
	}
}

// prepare makes the folder with everything that does not depend on ports.
func (s *Server) prepare(ctx context.Context) error {
	if err := s.makeDir(); err != nil {
		return fmt.Errorf("cannot make a folder for Prosody: %w", err)
	}
	s.files = newLayout(s.Dir, s.Domain)
	s.CertFile = s.files.cert
	for _, dir := range []string{s.files.data, s.files.certs} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	names := []string{s.Domain, s.Component, "localhost"}
	if s.opts.Anonymous != "" {
		names = append(names, s.opts.Anonymous)
	}
	if err := writeCertificate(s.files, names); err != nil {
		return fmt.Errorf("cannot make Prosody's certificate: %w", err)
	}
	for _, a := range s.opts.Accounts {
		if err := s.Register(a.User, a.Password); err != nil {
			return err
		}
	}
	var err error
	if s.runAs, err = unprivileged(ctx, s.Dir); err != nil {
		return fmt.Errorf("cannot hand %s to the user prosody: %w", s.Dir, err)
	}
	return nil
}

func (s *Server) makeDir() error {
	if s.opts.Dir == "" {
		dir, err := os.MkdirTemp("", "baton-prosody-")
		s.Dir, s.tempDir = dir, dir
		return err
	}
	dir, err := filepath.Abs(s.opts.Dir)
	if err != nil {
		return err
	}
	s.Dir = filepath.Join(dir, "prosody") // never the caller's own folder: we change the owner of what is in it
	return os.MkdirAll(s.Dir, 0o755)
}

// configure writes the configuration file, readable for whoever Prosody runs as.
func (s *Server) configure(p ports) error {
	t, err := template.New("prosody.cfg.lua").Funcs(template.FuncMap{"lua": luaString}).Parse(configTemplate)
	if err != nil {
		return err
	}
	var text strings.Builder
	err = t.Execute(&text, struct {
		Options
		AsRoot                        bool
		Data, Certs, LogFile, PidFile string
		Ports                         ports
	}{s.opts, os.Geteuid() == 0 && s.runAs == nil, s.files.data, s.files.certs, s.files.log, s.files.pid, p})
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.files.config, []byte(text.String()), 0o600); err != nil {
		return err
	}
	return s.handOver(s.files.config)
}

// handOver gives one file or folder to the user Prosody runs as.
func (s *Server) handOver(path string) error {
	if s.runAs == nil {
		return nil
	}
	return os.Lchown(path, s.runAs.uid, s.runAs.gid)
}

// luaString writes any text as a Lua string: everything but letters, digits and plain punctuation as \ddd.
func luaString(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\%03d`, c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
