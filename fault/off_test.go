//go:build !fault

package fault_test

import (
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// An ordinary program has nothing of the points: every call is inlined away, so
// that the linker finds nobody who needs the function.
func TestCostsNothing(t *testing.T) {
	bin := filepath.Join(t.TempDir(), "baton")
	text, err := exec.Command("go", "build", "-buildvcs=false", "-o", bin, "baton/cmd/baton").CombinedOutput()
	require.NoError(t, err, "%s", text)
	symbols, err := exec.Command("go", "tool", "nm", bin).Output()
	require.NoError(t, err)
	require.Contains(t, string(symbols), "baton/desk.(*Desk).run", "the symbols are there")
	require.NotContains(t, string(symbols), "baton/fault", "a call is left: look for it in what go build -gcflags=-S says")
}
