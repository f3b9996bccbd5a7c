// Package program builds the program and runs it as people do, for the tests on real
// servers: as a process of its own, with a file of configuration.
package program

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// Build compiles the program into dir, with further flags of go build, and returns
// the file.
func Build(dir string, flags ...string) (string, error) {
	file := filepath.Join(dir, "baton")
	args := slices.Concat([]string{"build", "-buildvcs=false", "-o", file}, flags, []string{"baton/cmd/baton"})
	if text, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("the program cannot be built: %w\n%s", err, text)
	}
	return file, nil
}

// Folder makes a temporary folder and, within it, one for everything that is made
// with [os.MkdirTemp] from now on. Servers, which may run as users of their own, reach
// what is in there. Whoever calls it removes dir.
func Folder(prefix string) (dir, tmp string, err error) {
	if dir, err = os.MkdirTemp("", prefix); err != nil {
		return "", "", err
	}
	tmp = filepath.Join(dir, "tmp")
	for _, do := range []func() error{
		func() error { return os.Chmod(dir, 0o711) },
		func() error { return os.Mkdir(tmp, 0o755) },
		func() error { return os.Chmod(tmp, 0o755) }, // whatever the mask is
		func() error { return os.Setenv("TMPDIR", tmp) },
	} {
		if err := do(); err != nil {
			os.RemoveAll(dir)
			return "", "", err
		}
	}
	return dir, tmp, nil
}

// Configure writes settings into dir and returns the file. What holds a secret only
// its owner may read, or the program refuses it.
func Configure(t testing.TB, dir string, settings map[string]any) string {
	t.Helper()
	text, err := json.MarshalIndent(settings, "", " ")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o700))
	file := filepath.Join(dir, "baton.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}

// FreeAddress returns a host and port of this machine where nobody listens, for one
// who is told where to listen.
func FreeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	return l.Addr().String()
}
