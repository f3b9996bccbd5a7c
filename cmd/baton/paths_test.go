package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/config"
	"baton/handoff"
)

// Every command finds the same database: a relative data_dir counts from the
// folder of the configuration file, wherever the command was given, and in the
// environment or a flag from the working directory.
func TestRelativeDataDir(t *testing.T) {
	file, src := kept(t, handoff.Idle)
	root, err := filepath.EvalSymlinks(filepath.Dir(filepath.Dir(src.Path)))
	require.NoError(t, err)
	name := filepath.Base(filepath.Dir(src.Path))
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	absolute := "data_dir: " + filepath.Dir(src.Path)
	require.Contains(t, string(data), absolute)
	at := filepath.Join(root, name, "baton.db")

	for _, tt := range []struct{ from, dataDir, file, config, env, flag string }{
		{from: "", dataDir: name, file: "b.yaml", config: "b.yaml"},
		{from: "", dataDir: "./" + name + "/", file: "b.yaml", config: "./b.yaml"},
		{from: name, dataDir: ".", file: name + "/b.yaml", config: "b.yaml"},
		{from: "", dataDir: ".", file: name + "/b.yaml", config: name + "/b.yaml"},
		{from: "", dataDir: "../" + name, file: "etc/b.yaml", config: "etc/b.yaml"},
		{from: "etc", dataDir: name, file: "b.yaml", config: "../b.yaml"},
		{from: "etc", dataDir: "elsewhere", file: "b.yaml", config: "../b.yaml", env: "../" + name},
		{from: "etc", dataDir: "elsewhere", file: "b.yaml", config: "../b.yaml", flag: "../" + name},
	} {
		require.NoError(t, os.MkdirAll(filepath.Join(root, "etc"), 0o700))
		text := strings.Replace(string(data), absolute, "data_dir: \""+tt.dataDir+"\"", 1)
		require.NoError(t, os.WriteFile(filepath.Join(root, tt.file), []byte(text), 0o600))
		t.Chdir(filepath.Join(root, tt.from))
		t.Setenv("BATON_DATA_DIR", tt.env)
		args := []string{"--config", tt.config}
		if tt.flag != "" {
			args = append(args, "--data-dir", tt.flag)
		}
		out, err := says(t, "", append([]string{"export"}, args...)...)
		require.NoError(t, err, "%+v", tt)
		require.Contains(t, out, "what Carol Jones said", "%+v", tt)
		out, err = says(t, "", append([]string{"migrate"}, args...)...)
		require.NoError(t, err, "%+v", tt)
		require.Contains(t, out, at+" is at schema", "%+v", tt)
		out, err = says(t, "no\n", append([]string{"erase", "--caller", carol}, args...)...)
		require.ErrorContains(t, err, "nothing was erased", "%+v", tt)
		require.Contains(t, out, "conversations 1", "%+v", tt)
		out, _ = says(t, "", append([]string{"doctor"}, args...)...) // there is no server
		require.Contains(t, out, "data folder", "%+v", tt)
		require.NotContains(t, out, "does not exist", "%+v", tt)

		if tt.flag != "" {
			continue // serve reads it as the others do
		}
		cfg, err := config.Load(tt.config, nil)
		require.NoError(t, err, "%+v", tt)
		a, err := newApp(context.Background(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
		require.NoError(t, err, "%+v", tt)
		_, err = a.desk.Conversation(t.Context(), "carol-jones.aaaaaaaa")
		require.NoError(t, err, "%+v", tt)
		require.NoError(t, a.store.Close())
	}
}
