package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"
)

// Load reads the configuration from a file, the environment and the flags that were given (nil: none), and checks it.
//
// The file's ending says its format: .yaml, .yml, .toml or .json. An empty path looks for nothing; environment and flags
// alone may be enough. An error is an [*Error] with everything that is wrong. Load keeps nothing: to read the settings
// again, call it again.
func Load(path string, flags *pflag.FlagSet) (Config, error) {
	p := &problems{}
	var f *file
	if path != "" {
		var bad *Problem
		if f, bad = open(path); bad != nil {
			return Config{}, &Error{Problems: []Problem{*bad}}
		}
	}
	s := collect(f, flags)
	unknownVariables(p)
	fileValues := map[string]any{}
	if f != nil {
		checkMode(f, p)
		c := checker{problems: p, at: s.inFile}
		fileValues = c.section(f.values, reflect.TypeFor[Config](), "")
	}
	s.checkTexts(p)

	cfg, err := merge(fileValues, s)
	if err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	if f != nil {
		presentTLS(f, fileValues, &cfg, p, s)
	}
	v := validator{problems: p, sources: s, cfg: &cfg}
	v.all()
	if err := p.err(); err != nil {
		return Config{}, withoutFile(path, err)
	}
	return cfg, nil
}

// merge lets viper decide which source wins and decodes what it says over the defaults. Every key is bound to its variable
// by name: viper's AutomaticEnv would miss those that the file does not have. A flag that was not given is not bound,
// as its own default would count as a setting.
func merge(fileValues map[string]any, s sources) (Config, error) {
	v := viper.New()
	if err := v.MergeConfigMap(fileValues); err != nil {
		return Config{}, err
	}
	for key, name := range s.env {
		if err := v.BindEnv(key, name); err != nil {
			return Config{}, err
		}
	}
	for key, flag := range s.flags {
		if err := v.BindPFlag(key, flag); err != nil {
			return Config{}, err
		}
	}
	cfg := Default()
	err := v.Unmarshal(&cfg, func(dc *mapstructure.DecoderConfig) { *dc = *decoderConfig(&cfg, true) })
	return cfg, err
}

// presentTLS notices a tls section without keys, which viper drops: it asks for TLS all the same.
func presentTLS(f *file, fileValues map[string]any, cfg *Config, p *problems, s sources) {
	const key = "component.tls"
	section, _ := f.values["component"].(map[string]any)
	if v, present := section["tls"]; present && v == nil {
		p.add(s.inFile(key), key, "found nothing; write {} to trust the system's authorities, or leave the key out for a plain link")
	}
	section, _ = fileValues["component"].(map[string]any)
	if _, asked := section["tls"]; asked && cfg.Component.TLS == nil {
		cfg.Component.TLS = &TLS{}
	}
}

// checkMode refuses a file that shows a secret to others.
func checkMode(f *file, p *problems) {
	key := secretKey(f.values)
	if key == "" || f.mode&0o044 == 0 {
		return
	}
	at := sources{file: f}.inFile(key)
	p.list = append(p.list, Problem{Where: at.label, Key: key, line: at.line, Text: fmt.Sprintf(
		"the file holds a secret and others can read it (mode %04o); run: chmod 600 %s", f.mode, f.name)})
}

// secretKey is the first key in the file that holds a secret; empty if none does.
func secretKey(values map[string]any) string {
	component, _ := values["component"].(map[string]any)
	if component["secret"] != nil {
		return "component.secret"
	}
	var store Store
	if text, ok := values["store"].(string); ok {
		if store.UnmarshalText([]byte(text)) != nil && strings.Contains(text, "@") || store.holdsPassword() {
			return "store"
		}
	}
	sms, _ := values["sms"].(map[string]any)
	binds, _ := sms["smpp"].([]any)
	for i, b := range binds {
		if bind, _ := b.(map[string]any); bind["password"] != nil {
			return child(item("sms.smpp", i), "password")
		}
	}
	return secretOfGateway(sms)
}

// withoutFile adds what to pass if there was no file and something is missing.
func withoutFile(path string, err error) error {
	e, ok := errors.AsType[*Error](err)
	if path != "" || !ok || !slices.ContainsFunc(e.Problems, func(p Problem) bool { return p.Where == "" }) {
		return err
	}
	first := Problem{Text: "no configuration file was named; pass --config FILE (YAML, TOML or JSON), " +
		"or set everything by " + envPrefix + "… variables"}
	e.Problems = append([]Problem{first}, e.Problems...)
	return e
}

// readSecret reads a file that holds nothing but a secret; a line end after it does not count.
func readSecret(name string) (Secret, error) {
	data, mode, err := readRegular(name, 64<<10)
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w; write the secret into it, then run: chmod 600 %s", name, err, name)
	case mode&0o044 != 0:
		return "", fmt.Errorf("%s: others can read it (mode %04o); run: chmod 600 %s", name, mode, name)
	}
	text := strings.TrimRight(string(data), "\r\n")
	if text == "" {
		return "", fmt.Errorf("%s: the file is empty; write the secret into it", name)
	}
	return Secret(text), nil
}
