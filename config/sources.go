package config

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// place is where a key was set.
type place struct {
	label string
	line  int
}

// sources knows where each key was set.
type sources struct {
	file  *file             // nil without one
	env   map[string]string // key → variable
	flags map[string]*pflag.Flag
}

const envPrefix = "BATON_"

// envName is the variable of a key.
func envName(key string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// flagName is the flag of a key.
func flagName(key string) string { return strings.NewReplacer(".", "-", "_", "-").Replace(key) }

// AddFlags declares the usual flags; [Load] takes those that were given, and any other flag named like a key
// (http.listen is --http-listen). Secrets have none: a command line is there for all to see.
func AddFlags(flags *pflag.FlagSet) {
	flags.String("component-domain", "", "address the XMPP server knows this service by")
	flags.String("component-address", "", "where the server listens for components, host:port or unix:/path")
	flags.String("store", "", "sqlite:FILE or postgres://…")
	flags.String("data-dir", "", "folder for what the service keeps")
	flags.String("http-listen", "", "host:port for health, metrics and web chat")
	flags.String("log-level", "", "debug, info, warn or error")
	flags.String("log-format", "", "text or json")
}

// collect finds the variables and flags that set known keys.
func collect(f *file, flags *pflag.FlagSet) sources {
	s := sources{file: f, env: map[string]string{}, flags: map[string]*pflag.Flag{}}
	for _, l := range leaves(reflect.TypeFor[Config](), "") {
		if os.Getenv(envName(l.key)) != "" {
			s.env[l.key] = envName(l.key)
		}
		if flags == nil {
			continue
		}
		if given := flags.Lookup(flagName(l.key)); given != nil && given.Changed {
			s.flags[l.key] = given
		}
	}
	return s
}

// at says where the value that counts was set, or where it should have been.
func (s sources) at(key string) place {
	for k := key; k != ""; k = parent(k) {
		if f := s.flags[k]; f != nil {
			return place{label: "flag --" + f.Name}
		}
		if s.env[k] != "" {
			return place{label: "environment " + s.env[k]}
		}
	}
	return s.inFile(key)
}

// inFile is the line of a key or, if it has none, of what would hold it.
func (s sources) inFile(key string) place {
	if s.file == nil {
		return place{}
	}
	for k := key; k != ""; k = parent(k) {
		if line := s.file.lines[k]; line > 0 {
			return place{fmt.Sprintf("%s:%d", s.file.name, line), line}
		}
	}
	return place{label: s.file.name}
}

// resolve makes a relative path count from the folder of the file that set it.
func (s sources) resolve(key, path string) string {
	if path == "" || filepath.IsAbs(path) || s.file == nil {
		return path
	}
	for k := key; k != ""; k = parent(k) { // it may be within a list that was set as a whole
		if s.flags[k] != nil || s.env[k] != "" {
			return path
		}
	}
	return filepath.Join(filepath.Dir(s.file.name), path)
}

// checkTexts reports variables and flags whose text does not fit, and forgets them.
func (s sources) checkTexts(p *problems) {
	for _, l := range leaves(reflect.TypeFor[Config](), "") {
		c := checker{problems: p, at: s.at, weak: true}
		before := len(p.list)
		if f := s.flags[l.key]; f != nil {
			c.check(f.Value.String(), l.typ, l.key)
			if len(p.list) > before {
				delete(s.flags, l.key)
			}
			continue
		}
		if s.env[l.key] != "" {
			c.check(os.Getenv(s.env[l.key]), l.typ, l.key)
			if len(p.list) > before {
				delete(s.env, l.key)
			}
		}
	}
}

// linkVariable matches what Docker and Kubernetes put into the environment for a service called baton-web or so.
var linkVariable = regexp.MustCompile(`_(SERVICE_(HOST|PORT)|PORT)(_|$)`)

// unknownVariables reports variables that look like settings and are none. Others with the prefix may belong to a script.
func unknownVariables(p *problems) {
	var known []string
	sections, _ := keys(reflect.TypeFor[Config]())
	for _, l := range leaves(reflect.TypeFor[Config](), "") {
		known = append(known, envName(l.key))
	}
	for _, entry := range slices.Sorted(slices.Values(os.Environ())) {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, envPrefix) || slices.Contains(known, name) || linkVariable.MatchString(name) {
			continue
		}
		at := place{label: "environment " + name}
		if near := nearest(name[len(envPrefix):], trimmed(known)); near != "" {
			p.add(at, "", "unknown variable; did you mean %s%s?", envPrefix, near)
			continue
		}
		for _, section := range sections {
			start := envName(section)
			if name != start && !strings.HasPrefix(name, start+"_") {
				continue
			}
			here := slices.DeleteFunc(slices.Clone(known), func(k string) bool {
				return k != start && !strings.HasPrefix(k, start+"_")
			})
			p.add(at, "", "unknown variable; known: %s", strings.Join(here, ", "))
			break
		}
	}
}

func trimmed(names []string) (out []string) {
	for _, n := range names {
		out = append(out, strings.TrimPrefix(n, envPrefix))
	}
	return out
}
