package live

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// unprivileged returns whom to run the program as if we are root ourselves, and
// lets them read a configuration and reach a folder; if we are not, ourselves.
func unprivileged(t *testing.T, file, folder string) syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return syscall.Credential{}
	}
	const nobody = 65534
	require.NoError(t, os.Chown(file, nobody, nobody))
	for _, path := range []string{file, folder} {
		for dir := filepath.Dir(path); dir != filepath.Clean(os.TempDir()); dir = filepath.Dir(dir) {
			require.NoError(t, os.Chmod(dir, 0o711))
		}
	}
	return syscall.Credential{Uid: nobody, Gid: nobody}
}
