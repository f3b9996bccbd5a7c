package ejabberd

import (
	_ "embed"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"

	"baton/integration/throwaway"
)

//go:embed ejabberd.yml.tmpl
var configTemplate string

// kind is what ejabberd needs done its own way.
type kind struct {
	opts Options
	erl  string // the program
	libs string // the folder of Erlang libraries that ejabberd is one of
}

// Find tells where Erlang, which runs ejabberd, is. If it or ejabberd is missing, the error is
// throwaway.ErrNotInstalled and names the command that installs it.
func Find() (string, error) {
	k, err := find()
	return k.erl, err
}

func find() (kind, error) {
	const glob = "/usr/lib/*/ejabberd-*/ebin/ejabberd.app" // * is the machine's architecture, and the version
	const driver = "/usr/lib/erlang/lib/p1_sqlite3-*"
	program := throwaway.Program{Title: "ejabberd", Name: "erl", Usual: "/usr/bin/erl", Needs: []string{schema},
		Install: "run scripts/install-deps.sh test (or install Debian's ejabberd and erlang-p1-sqlite3, and switch the service off)"}
	found, _ := filepath.Glob(glob)
	drivers, _ := filepath.Glob(driver)
	if len(found) == 0 {
		program.Needs = append(program.Needs, glob)
	}
	if len(drivers) == 0 {
		program.Needs = append(program.Needs, driver)
	}
	erl, err := program.Find()
	if err != nil {
		return kind{}, err
	}
	return kind{erl: erl, libs: filepath.Dir(filepath.Dir(filepath.Dir(found[0])))}, nil
}

// Configure writes the configuration file, and how Erlang looks names up: not at all, that takes a process more.
func (k kind) Configure(i *throwaway.Instance, p throwaway.Ports) error {
	t, err := template.New("ejabberd.yml").Funcs(template.FuncMap{"yaml": strconv.QuoteToASCII}).Parse(configTemplate)
	if err != nil {
		return err
	}
	var text strings.Builder
	err = t.Execute(&text, struct {
		Options
		Cert, Key, Database string
		Ports               throwaway.Ports
	}{k.opts, i.CertFile, i.KeyFile, database(i), p})
	if err != nil {
		return err
	}
	if err := makeDatabase(i); err != nil {
		return fmt.Errorf("cannot make ejabberd's database: %w", err)
	}
	if err := i.WriteFile(inetrc(i), "{lookup,[file]}.\n{host,{127,0,0,1},[\"localhost\"]}.\n"); err != nil {
		return err
	}
	return i.WriteFile(i.ConfigFile, text.String())
}

func inetrc(i *throwaway.Instance) string { return filepath.Join(i.Dir, "inetrc") }

// Command runs ejabberd in the foreground, as a node that is not distributed. Its schedulers sleep at once when there
// is nothing to do, as several run beside each other in tests. Their C stacks are large (64 MB, reserved, not used):
// deeply nested XML of one client overflows the 1 MB they have otherwise, and ejabberd 23.01 dies of it.
func (k kind) Command(i *throwaway.Instance) (args, env []string) {
	return []string{k.erl, "-noinput", "+K", "true", "+sss", "8192", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none",
			"-mnesia", "dir", strconv.QuoteToASCII(i.DataDir), "-ejabberd", "log_rate_limit", "100000", "-s", "ejabberd"},
		[]string{"EJABBERD_CONFIG_PATH=" + i.ConfigFile, "EJABBERD_LOG_PATH=" + i.LogFile,
			"ERL_INETRC=" + inetrc(i), "ERL_LIBS=" + k.libs, "ERL_CRASH_DUMP=/dev/null"}
}

// Ready looks for what ejabberd logs when a service listens, or cannot.
func (k kind) Ready(i *throwaway.Instance, log string) (bool, error) {
	if strings.Contains(log, "eaddrinuse") {
		return false, throwaway.ErrPortTaken
	}
	for service, addr := range map[string]string{"ejabberd_c2s": i.C2S, "ejabberd_service": i.ComponentAddr, "ejabberd_http": i.HTTP} {
		if !strings.Contains(log, "Start accepting TCP connections at "+addr+" for "+service) {
			return false, nil
		}
	}
	return strings.Contains(log, "is started in the node"), nil
}
