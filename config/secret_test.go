package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// However a configuration is printed, no secret shows.
func TestSecretsAreNeverShown(t *testing.T) {
	cfg := Default()
	cfg.Component.Secret = "hunter2"
	cfg.Store = Store{Postgres, "postgres://baton:hunter2@db/baton?password=hunter2"}
	cfg.SMS.SMPP = []SMPP{{Password: "hunter2"}}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%U"} {
		_, _ = fmt.Fprintf(&out, verb+"\n", cfg)
		_, _ = fmt.Fprintf(&out, verb+"\n", cfg.Component.Secret)
		_, _ = fmt.Fprintf(&out, verb+"\n", &cfg.SMS)
		_, _ = fmt.Fprintf(&out, verb+"\n", &cfg.Store)
	}
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("x", "cfg", cfg, "secret", cfg.Component.Secret, "store", cfg.Store)
	}
	asJSON, err := json.Marshal(cfg)
	require.NoError(t, err)
	asYAML, err := yaml.Marshal(cfg.Component.Secret)
	require.NoError(t, err)
	out.Write(asJSON)
	out.Write(asYAML)
	require.NotContains(t, out.String(), "hunter2")
	require.NotContains(t, out.String(), fmt.Sprintf("%x", "hunter2"))
	require.Contains(t, out.String(), "[secret]")
	require.Equal(t, "hunter2", cfg.Component.Secret.Reveal())
}

func TestSecretsOthersCanRead(t *testing.T) {
	const agents = "agents: {domains: [example.com]}\n"
	for name, tt := range map[string]struct {
		text, env string
		mode      os.FileMode
		want      string
	}{
		"secret": {text: minimal, mode: 0o644,
			want: "baton.yaml:1: component.secret: the file holds a secret and others can read it (mode 0644); run: chmod 600 baton.yaml"},
		"group": {text: minimal, mode: 0o640,
			want: "baton.yaml:1: component.secret: the file holds a secret and others can read it (mode 0640); run: chmod 600 baton.yaml"},
		"owner": {text: minimal, mode: 0o400},
		"store": {text: "component: {domain: a.example}\n" + agents + "store: postgres://baton:pw@db/baton\n", env: "s3cret", mode: 0o604,
			want: "baton.yaml:3: store: the file holds a secret and others can read it (mode 0604); run: chmod 600 baton.yaml"},
		"store, password as parameter": {text: "component: {domain: a.example}\n" + agents + "store: postgres://db/baton?password=pw\n",
			env: "s3cret", mode: 0o604,
			want: "baton.yaml:3: store: the file holds a secret and others can read it (mode 0604); run: chmod 600 baton.yaml"},
		"store without password": {text: "component: {domain: a.example}\n" + agents + "store: postgres://baton@db/baton\n",
			env: "s3cret", mode: 0o644},
		"sms": {text: "component: {domain: a.example}\n" + agents +
			"sms: {smpp: [{name: a, address: a.example:1, system_id: a, password: pw}]}\n", env: "s3cret", mode: 0o644,
			want: "baton.yaml:3: sms.smpp[0].password: the file holds a secret and others can read it (mode 0644); run: chmod 600 baton.yaml"},
		"none": {text: "component: {domain: a.example}\n" + agents, env: "s3cret", mode: 0o644},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("BATON_COMPONENT_SECRET", tt.env)
			t.Chdir(t.TempDir())
			require.NoError(t, os.WriteFile("baton.yaml", []byte(tt.text), 0o600))
			require.NoError(t, os.Chmod("baton.yaml", tt.mode))
			_, err := Load("baton.yaml", nil)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
		})
	}
}

func TestSecretFile(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("open", []byte("s3cret"), 0o600))
	require.NoError(t, os.Chmod("open", 0o644))
	require.NoError(t, os.WriteFile("empty", []byte("\n"), 0o600))
	require.NoError(t, os.WriteFile("good", []byte(" s3cret \r\n"), 0o600))
	t.Setenv("BATON_COMPONENT_DOMAIN", "handoff.example.com")
	t.Setenv("BATON_AGENTS_DOMAINS", "example.com")

	const where = "environment BATON_COMPONENT_SECRET_FILE: component.secret_file: "
	for file, want := range map[string]string{
		"open":      "open: others can read it (mode 0644); run: chmod 600 open",
		"empty":     "empty: the file is empty; write the secret into it",
		"absent":    "absent: there is no such file; write the secret into it, then run: chmod 600 absent",
		"/dev/zero": "/dev/zero: this is no regular file; write the secret into it, then run: chmod 600 /dev/zero",
	} {
		t.Setenv("BATON_COMPONENT_SECRET_FILE", file)
		_, err := Load("", nil)
		require.EqualError(t, err, where+want)
	}
	t.Setenv("BATON_COMPONENT_SECRET_FILE", "good")
	cfg, err := Load("", nil)
	require.NoError(t, err)
	require.Equal(t, " s3cret ", cfg.Component.Secret.Reveal(), "only the line end is not part of it")
}
