package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
	"baton/store"
)

const carol = "carol@secret.example"

// kept makes a configuration and a database with two callers, and returns the
// configuration's file.
func kept(t *testing.T, phase handoff.Phase) (config string, src store.Source) {
	t.Helper()
	dir := t.TempDir()
	config = filepath.Join(dir, "baton.yaml")
	text := "component: {domain: handoff.example.com, secret: s3cret, address: 127.0.0.1:1}\ndata_dir: " + dir +
		"\nagents: {domains: [example.com], list: [{jid: alice@example.com, queues: [support]}]}\nqueues: [{name: support}]\nhttp: {listen: \"\"}\n"
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
	src = store.Source{Path: filepath.Join(dir, "baton.db")}
	s, err := store.Open(t.Context(), src, store.Options{})
	require.NoError(t, err)
	for i, caller := range []handoff.Party{carol, "dave@example.net"} {
		c := &desk.Conversation{Conversation: handoff.Conversation{Caller: caller, Phase: phase, Session: 1, First: 1, Seq: 1},
			Domain: "handoff.example.com", Local: []string{"carol-jones.aaaaaaaa", "dave.bbbbbbbb"}[i], Number: int64(i + 1),
			Entry: "support", Queue: "support", Name: []string{"Carol Jones", "Dave"}[i]}
		require.NoError(t, s.Commit(t.Context(), &desk.Batch{Conversations: []*desk.Conversation{c}, Lines: []desk.Line{
			{Conversation: c.Local, Session: 1, Seq: 1, By: caller, Role: desk.RoleCaller, Body: "what " + c.Name + " said"}}}))
	}
	require.NoError(t, s.Close())
	return config, src
}

// says runs a command line and returns what it wrote.
func says(t *testing.T, in string, args ...string) (string, error) {
	t.Helper()
	root := newRoot()
	var out bytes.Buffer
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetIn(strings.NewReader(in))
	err := root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestExport(t *testing.T) {
	config, src := kept(t, handoff.Idle)
	all, err := says(t, "", "export", "--config", config)
	require.NoError(t, err)
	require.Equal(t, 6, strings.Count(all, "\n"))
	for line := range strings.Lines(all) {
		require.True(t, json.Valid([]byte(line)), line)
	}
	hers, err := says(t, "", "export", "--caller", "Carol@Secret.example/phone", "-c", config)
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(hers, "\n"))
	require.Contains(t, hers, "what Carol Jones said")
	his, err := says(t, "", "export", "--conversation", "dave.bbbbbbbb", "-c", config)
	require.NoError(t, err)
	require.Equal(t, all, hers+his)

	s, err := store.Open(t.Context(), src, store.Options{})
	require.NoError(t, err)
	defer s.Close()
	beside, err := says(t, "", "export", "-c", config)
	require.NoError(t, err)
	require.Equal(t, all, beside, "while the service runs")
}

func traceOf(t *testing.T, src store.Source) (found []string) {
	t.Helper()
	files, err := filepath.Glob(src.Path + "*")
	require.NoError(t, err)
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		for _, text := range []string{carol, "carol-jones", "Carol Jones"} {
			if bytes.Contains(data, []byte(text)) {
				found = append(found, text)
			}
		}
	}
	return found
}

func TestErase(t *testing.T) {
	config, src := kept(t, handoff.Idle)
	for _, in := range []string{"", "\n", "no\n", "y\n"} {
		out, err := says(t, in, "erase", "--caller", carol, "-c", config)
		require.ErrorIs(t, err, store.ErrUnconfirmed, "answered %q", in)
		require.Contains(t, out, carol+": conversations 1 (open 0), lines 1, transfers 0, undelivered 0.\n")
		require.Len(t, traceOf(t, src), 3)
	}
	_, err := says(t, "", "erase", "-c", config)
	require.ErrorContains(t, err, "whom? Write --caller ADDRESS")

	s, err := store.Open(t.Context(), src, store.Options{})
	require.NoError(t, err)
	_, err = says(t, "", "erase", "--caller", carol, "--yes", "-c", config)
	require.ErrorIs(t, err, store.ErrInUse)
	require.ErrorContains(t, err, "stop that one first")
	require.NoError(t, s.Close())

	out, err := says(t, "yes\n", "erase", "--caller", carol+"/phone", "-c", config)
	require.NoError(t, err)
	require.Contains(t, out, "Erased: nothing of "+carol+" is left in "+src.Path)
	for _, limit := range []string{"clients of agents", "server's own archive", "backups", "log of baton"} {
		require.Contains(t, out, limit)
	}
	require.Empty(t, traceOf(t, src))
	out, err = says(t, "", "erase", "--caller", carol, "--yes", "-c", config)
	require.NoError(t, err)
	require.Contains(t, out, "There was nothing of "+carol)
	left, err := says(t, "", "export", "-c", config)
	require.NoError(t, err)
	require.Contains(t, left, "what Dave said")
}

func TestEraseOpenSession(t *testing.T) {
	config, src := kept(t, handoff.Waiting)
	_, err := says(t, "", "erase", "--caller", carol, "--yes", "-c", config)
	require.ErrorIs(t, err, store.ErrOpen)
	require.ErrorContains(t, err, "!done")
	require.Len(t, traceOf(t, src), 3)
	_, err = says(t, "", "erase", "--caller", carol, "--yes", "--force", "-c", config)
	require.NoError(t, err)
	require.Empty(t, traceOf(t, src))
}

func TestMigrateCommand(t *testing.T) {
	config, _ := kept(t, handoff.Idle)
	out, err := says(t, "", "migrate", "-c", config)
	require.NoError(t, err)
	require.Contains(t, out, "already")
}

// TestNoSecretInArguments: what is in a command line everybody on the machine
// can read.
func TestNoSecretInArguments(t *testing.T) {
	n := 0
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			n++
			for _, word := range []string{"secret", "password", "token"} {
				require.NotContains(t, strings.ToLower(f.Name+f.Usage), word, cmd.CommandPath())
			}
		})
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(newRoot())
	require.Greater(t, n, 20)
}

// TestShipped: what only tests need is not in the program.
func TestShipped(t *testing.T) {
	out, err := exec.CommandContext(context.Background(), "go", "list", "-deps", "baton/cmd/baton").Output()
	require.NoError(t, err)
	require.Contains(t, string(out), "modernc.org/sqlite\n")
	for _, only := range []string{"ncruces/go-sqlite3", "tetratelabs/wazero", "testify", "rapid", "goleak"} {
		require.NotContains(t, string(out), only)
	}
}
