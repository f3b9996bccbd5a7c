package live

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// user is somebody without privileges, whom file modes apply to.
type user struct{ uid uint32 }

// unprivileged returns whom to run the program as if we are root ourselves, and
// lets them read a configuration and reach a folder; nil if we are not.
func unprivileged(t *testing.T, file, folder string) *user {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	const nobody = 65534
	require.NoError(t, os.Chown(file, nobody, nobody))
	for _, path := range []string{file, folder} {
		for dir := filepath.Dir(path); dir != filepath.Clean(os.TempDir()); dir = filepath.Dir(dir) {
			require.NoError(t, os.Chmod(dir, 0o711))
		}
	}
	return &user{nobody}
}

// id is the number of the user, ours for nil.
func (u *user) id() int {
	if u == nil {
		return os.Geteuid()
	}
	return int(u.uid)
}
