//go:build linux

package crash

import (
	"testing"

	"baton/integration/program"
)

// launch starts the program. It dies with the test.
func launch(t *testing.T, file string, env ...string) *program.Process {
	t.Helper()
	return program.Launch(t, binary, program.Options{Args: []string{"serve", "--config", file}, Env: env, Patience: patience})
}
