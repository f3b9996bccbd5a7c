package server

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// orphanEnv makes this test binary a parent that starts a server of that make, says where, and waits to be killed.
const orphanEnv, orphanDir = "BATON_TEST_SERVER_PARENT", "BATON_TEST_SERVER_DIR"

func TestMain(m *testing.M) {
	if name := os.Getenv(orphanEnv); name != "" {
		s, err := Start(context.Background(), name, Options{Dir: os.Getenv(orphanDir)})
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(s.Addr().C2S)
		_, _ = io.Copy(io.Discard, os.Stdin) // until killed, or until the test that started us is gone
		_ = s.Stop()
		return
	}
	goleak.VerifyTestMain(m)
}

// onEach runs a test on every make of server.
func onEach(t *testing.T, test func(t *testing.T, name string)) {
	t.Parallel()
	for _, name := range Makes() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, name)
		})
	}
}

func start(t *testing.T, name string, o Options) Server {
	t.Helper()
	s, err := Start(t.Context(), name, o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Stop()) })
	return s
}
