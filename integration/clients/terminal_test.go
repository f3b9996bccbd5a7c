//go:build clients && linux

package clients

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Size of every screen: wide enough that no line of these tests is broken in two.
const columns, rows = 200, 56

// terminal is a tmux server of our own, at a socket of its own. It dies with us, and the clients with it.
type terminal struct {
	socket string
	as     *syscall.SysProcAttr
	cmd    *exec.Cmd
}

// unprivileged is who clients run as: Poezio refuses to run as root. If we are not root, as we are.
func unprivileged() (uid int, attr *syscall.SysProcAttr) {
	attr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		return os.Geteuid(), attr
	}
	const nobody = 65534
	attr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	return nobody, attr
}

func openTerminal(dir string) (*terminal, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	uid, attr := unprivileged()
	if err := os.Chown(dir, uid, -1); err != nil {
		return nil, err
	}
	t := &terminal{socket: filepath.Join(dir, "tmux"), as: attr}
	t.cmd = t.command("-f", "/dev/null", "-D") // in the foreground, so that it is our child
	if err := t.cmd.Start(); err != nil {
		return nil, fmt.Errorf("tmux does not start: %w", err)
	}
	var err error
	if !within(patience, func() bool { _, err = t.do("start-server"); return err == nil }) {
		t.close()
		return nil, err
	}
	return t, nil
}

// within looks until the answer is yes, and says whether it was.
func within(limit time.Duration, yes func() bool) bool {
	tick, over := time.NewTicker(glance), time.NewTimer(limit)
	defer tick.Stop()
	defer over.Stop()
	for !yes() {
		select {
		case <-tick.C:
		case <-over.C:
			return yes()
		}
	}
	return true
}

// command is tmux with our socket, and without what the environment has of another tmux.
func (t *terminal) command(args ...string) *exec.Cmd {
	cmd := exec.Command("tmux", append([]string{"-S", t.socket}, args...)...)
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TERM=xterm-256color"}
	cmd.SysProcAttr = t.as
	return cmd
}

// do asks the server, which must run, and returns what it says.
func (t *terminal) do(args ...string) (string, error) {
	out, err := t.command(append([]string{"-N"}, args...)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("tmux %s: %w: %s", args[0], err, out)
	}
	return string(out), nil
}

// close ends the server, and so whatever still runs in it.
func (t *terminal) close() {
	_ = t.cmd.Process.Signal(syscall.SIGTERM) // it may be gone
	_ = t.cmd.Wait()
}

// screen is one client's: what a person sees of it, and the keyboard.
type screen struct {
	t    *testing.T
	who  string
	pane string // tmux's name for it
	pid  int    // of the client
}

// open starts a client with its environment.
func (t *terminal) open(test *testing.T, who string, env []string, args ...string) *screen {
	test.Helper()
	// Poezio without a connection outlives its terminal: it dies with the server.
	command := append(append([]string{"setpriv", "--pdeathsig", "KILL", "env", "-i"}, env...), args...)
	out, err := t.do(append([]string{"new-session", "-d", "-P", "-F", "#{pane_id} #{pane_pid}",
		"-x", strconv.Itoa(columns), "-y", strconv.Itoa(rows)}, command...)...)
	require.NoError(test, err)
	s := &screen{t: test, who: who}
	_, err = fmt.Sscan(out, &s.pane, &s.pid)
	require.NoError(test, err, out)
	test.Cleanup(func() {
		if test.Failed() {
			test.Logf("%s's screen at the end:\n%s", who, s.text())
		}
		s.end()
	})
	return s
}

// text is what the screen shows.
func (s *screen) text() string {
	out, err := term.do("capture-pane", "-p", "-t", s.pane)
	if err != nil {
		return "(no screen: the client has ended)"
	}
	return strings.TrimRight(out, "\n ")
}

// colours is the same with colours, which show what is selected, and where the cursor is.
func (s *screen) colours() string {
	out, err := term.do("capture-pane", "-p", "-e", "-t", s.pane, ";",
		"display-message", "-p", "-t", s.pane, "#{cursor_x} #{cursor_y} #{cursor_flag}")
	require.NoError(s.t, err)
	return out
}

// shows waits until all these texts are on the screen at the same time, and returns it.
func (s *screen) shows(texts ...string) string {
	s.t.Helper()
	return s.until("to show "+strings.Join(quoted(texts), " and "), func(now string) bool {
		for _, text := range texts {
			if !strings.Contains(now, text) {
				return false
			}
		}
		return true
	})
}

// hides waits until a text is not on the screen.
func (s *screen) hides(text string) {
	s.t.Helper()
	s.until(fmt.Sprintf("not to show %q", text), func(now string) bool { return !strings.Contains(now, text) })
}

func (s *screen) until(what string, yes func(now string) bool) string {
	s.t.Helper()
	var now string
	if !within(patience, func() bool { now = s.text(); return yes(now) }) {
		require.Failf(s.t, "waited in vain", "for %s's screen %s; it is\n%s", s.who, what, now)
	}
	s.t.Logf("%s's screen is seen %s", s.who, what)
	return now
}

// press presses keys, by tmux's names for them.
func (s *screen) press(keys ...string) {
	s.t.Helper()
	_, err := term.do(append([]string{"send-keys", "-t", s.pane}, keys...)...)
	require.NoError(s.t, err)
}

// keys types a text and waits until it is in the input line, the last one. (Poezio takes what comes at once with the
// Enter for pasted and does not send it.)
func (s *screen) keys(text string) {
	s.t.Helper()
	_, err := term.do("send-keys", "-t", s.pane, "-l", "--", text)
	require.NoError(s.t, err)
	s.until(fmt.Sprintf("to have %q typed", text), func(now string) bool { return strings.HasSuffix(now, text) })
}

// line types a line and sends it.
func (s *screen) line(text string) {
	s.t.Helper()
	s.keys(text)
	s.press("Enter")
}

// end ends the client as closing the terminal does, and waits until it is gone.
func (s *screen) end() {
	_, _ = term.do("kill-pane", "-t", s.pane) // it may have ended
	if !within(patience, func() bool { return syscall.Kill(s.pid, 0) != nil }) {
		s.t.Errorf("%s (process %d) does not end with its terminal", s.who, s.pid)
		_ = syscall.Kill(s.pid, syscall.SIGKILL)
	}
}

func quoted(texts []string) []string {
	var out []string
	for _, text := range texts {
		out = append(out, strconv.Quote(text))
	}
	return out
}
