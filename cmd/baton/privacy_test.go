package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/prosody"
)

// TestNothingSaidIsLogged plays the demo on a real server and looks, with all of
// it logged, for what was said, and who can read what was kept. The cast's
// passwords and the secret are random or too short to be looked for; see the
// component's test of the same name for those.
func TestNothingSaidIsLogged(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	out := &watchedOutput{}
	cmd := demoCommand(prosody.Start)
	cmd.SetArgs([]string{"--keep"})
	cmd.SetOut(out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	require.NoError(t, cmd.ExecuteContext(t.Context()))
	dirs, err := filepath.Glob(filepath.Join(temp, "baton-demo-*", "baton"))
	require.NoError(t, err)
	require.Len(t, dirs, 1)
	log, err := os.ReadFile(filepath.Join(dirs[0], "baton.log"))
	require.NoError(t, err)
	require.Contains(t, string(log), "msg=connected")
	said := 0
	for _, text := range []string{"charged twice", "4711", "let me look", "Can I have one back", "wants a refund",
		"one of this morning", "49.90", "Bob of billing", "That was quick"} {
		require.NotContains(t, string(log), text)
		if strings.Contains(out.String(), text) {
			said++
		}
	}
	require.Greater(t, said, 6, "they did say it")

	info, err := os.Stat(dirs[0])
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
	files, err := os.ReadDir(dirs[0])
	require.NoError(t, err)
	for _, f := range files {
		info, err := f.Info()
		require.NoError(t, err)
		mode := os.FileMode(0o600)
		if f.IsDir() { // of visitors' files
			mode = 0o700
		}
		require.Equal(t, mode, info.Mode().Perm(), f.Name())
	}
}
