package live

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/program"
)

// patience is how long anything may take before a test calls it broken. What
// only a server confirmed stays in the outbox for 30 s.
const patience = 60 * time.Second

// launch starts a program, which dies with the test.
func launch(t *testing.T, name string, args ...string) *program.Process {
	t.Helper()
	return program.Launch(t, name, program.Options{Args: args, Patience: patience})
}

// orderly checks that nothing a person must not see was printed.
func orderly(t *testing.T, p *program.Process) {
	t.Helper()
	out := p.Output()
	for _, bad := range []string{"panic", "goroutine ", "DATA RACE", ".go:", "0x", "%!", "secret-of-the-test"} {
		if i := strings.Index(out, bad); i >= 0 {
			require.Failf(t, "bad output", "%q is in what the program printed: …%s", bad, out[max(0, i-200):min(len(out), i+2000)])
		}
	}
}
