package prosody

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"baton/integration/throwaway"
)

//go:embed prosody.cfg.lua.tmpl
var configTemplate string

// kind is what Prosody needs done its own way.
type kind struct {
	opts Options
	bin  string
}

// Configure writes the configuration file.
func (k kind) Configure(i *throwaway.Instance, p throwaway.Ports) error {
	t, err := template.New("prosody.cfg.lua").Funcs(template.FuncMap{"lua": luaString}).Parse(configTemplate)
	if err != nil {
		return err
	}
	var text strings.Builder
	err = t.Execute(&text, struct {
		Options
		AsRoot                        bool
		Data, Certs, LogFile, PidFile string
		Archive, ModulesDir           string
		Ports                         throwaway.Ports
	}{k.opts, i.AsRoot(), i.DataDir, i.CertDir, i.LogFile, i.PidFile, filepath.Join(i.DataDir, "archive.sqlite"), modulesDir(i), p})
	if err != nil {
		return err
	}
	if err := k.writeModules(i); err != nil {
		return fmt.Errorf("cannot write Prosody's modules: %w", err)
	}
	return i.WriteFile(i.ConfigFile, text.String())
}

func modulesDir(i *throwaway.Instance) string { return filepath.Join(i.Dir, "modules") }

// writeModules puts the further modules where Prosody's user can read them.
func (k kind) writeModules(i *throwaway.Instance) error {
	for name, text := range k.opts.Modules {
		if err := os.MkdirAll(modulesDir(i), 0o755); err != nil {
			return err
		}
		if err := i.WriteFile(filepath.Join(modulesDir(i), "mod_"+name+".lua"), text); err != nil {
			return err
		}
	}
	return nil
}

// Command runs Prosody in the foreground.
func (k kind) Command(i *throwaway.Instance) (args, env []string) {
	return []string{k.bin, "--config", i.ConfigFile, "-F"}, nil
}

// Ready looks for what Prosody logs when a service listens, or cannot.
func (k kind) Ready(i *throwaway.Instance, log string) (bool, error) {
	if strings.Contains(log, "Failed to open server port") {
		return false, throwaway.ErrPortTaken
	}
	return strings.Contains(log, bound("c2s", i.C2S)) && strings.Contains(log, bound("component", i.ComponentAddr)) &&
		strings.Contains(log, bound("http", i.HTTP)), nil
}

// bound is how Prosody logs that a service listens on an address.
func bound(service, addr string) string {
	host, port, _ := strings.Cut(addr, ":")
	return fmt.Sprintf("Activated service '%s' on [%s]:%s", service, host, port)
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
