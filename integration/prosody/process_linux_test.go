package prosody

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDiesWithAKilledParent(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), orphanEnv+"="+t.TempDir())
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	defer in.Close()
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	addr, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	addr = strings.TrimSpace(addr)
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err, "it runs while its parent does")
	defer conn.Close()

	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = io.ReadAll(conn) // ends when the server does
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "Prosody outlived its parent")
	// The kernel closes a dying process's sockets one after another.
	require.Eventually(t, func() bool {
		late, err := net.Dial("tcp", addr)
		if err == nil {
			late.Close()
		}
		return err != nil
	}, 10*time.Second, 5*time.Millisecond, "somebody still listens")
}

func TestRunsAsUserProsodyWhereThatUserCanReach(t *testing.T) {
	prosody, err := user.Lookup("prosody")
	require.NoError(t, err)
	for mode, uid := range map[os.FileMode]string{0o755: prosody.Uid, 0o700: "0"} {
		if os.Geteuid() != 0 {
			uid = strconv.Itoa(os.Geteuid()) // nothing to choose
		}
		dir, err := os.MkdirTemp("", "baton-test-")
		require.NoError(t, err)
		defer os.RemoveAll(dir)
		require.NoError(t, os.Chmod(dir, mode))
		s := start(t, Options{Dir: dir})
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Pid()))
		require.NoError(t, err)
		require.Contains(t, string(status), fmt.Sprintf("Uid:\t%s\t%[1]s", uid), "folder of mode %o", mode)
		require.NoError(t, s.Stop())
	}
}
