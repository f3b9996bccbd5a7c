package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDiesWithAKilledParent(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		dir := t.TempDir()
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), orphanEnv+"="+name, orphanDir+"="+dir)
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
		require.NotEmpty(t, processesIn(dir))

		require.NoError(t, cmd.Process.Kill())
		_ = cmd.Wait()
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		_, err = io.ReadAll(conn) // ends when the server does
		require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "the server outlived its parent")
		require.Eventually(t, func() bool { return len(processesIn(dir)) == 0 }, patience, 5*time.Millisecond,
			"processes of it are left")
		// The kernel closes a dying process's sockets one after another.
		require.Eventually(t, func() bool {
			late, err := net.Dial("tcp", addr)
			if err == nil {
				late.Close()
			}
			return err != nil
		}, patience, 5*time.Millisecond, "somebody still listens")
	})
}

// A killed server takes its helpers with it.
func TestKillLeavesNoProcess(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		s := start(t, name, Options{})
		require.NotEmpty(t, processesIn(s.Addr().Dir))
		require.NoError(t, s.Kill())
		require.Eventually(t, func() bool { return len(processesIn(s.Addr().Dir)) == 0 }, patience, 5*time.Millisecond,
			"processes of it are left")
	})
}

// processesIn lists the processes whose home is in a folder: a server and what it started.
func processesIn(dir string) []string {
	var found []string
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, file := range files {
		env, err := os.ReadFile(file)
		if err != nil {
			continue // gone meanwhile, or somebody else's
		}
		for _, e := range strings.Split(string(env), "\x00") {
			if strings.HasPrefix(e, "HOME="+dir) {
				found = append(found, filepath.Base(filepath.Dir(file)))
			}
		}
	}
	return found
}

func TestRunsAsTheServersUserWhereThatUserCanReach(t *testing.T) {
	onEach(t, func(t *testing.T, name string) {
		own, err := user.Lookup(name)
		require.NoError(t, err)
		for mode, uid := range map[os.FileMode]string{0o755: own.Uid, 0o700: "0"} {
			if os.Geteuid() != 0 {
				uid = strconv.Itoa(os.Geteuid()) // nothing to choose
			}
			dir, err := os.MkdirTemp("", "baton-test-")
			require.NoError(t, err)
			defer os.RemoveAll(dir)
			require.NoError(t, os.Chmod(dir, mode))
			s := start(t, name, Options{Dir: dir})
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Pid()))
			require.NoError(t, err)
			require.Contains(t, string(status), fmt.Sprintf("Uid:\t%s\t%[1]s", uid), "folder of mode %o", mode)
			require.NoError(t, s.Stop())
		}
	})
}
