//go:build clients && linux

package clients

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"baton/integration/browser"
	"baton/integration/program"
)

const (
	// patience is how long anything may take before a test calls it broken.
	patience = 60 * time.Second
	// glance is how often a screen is looked at.
	glance = 50 * time.Millisecond
)

var (
	binary   string           // the program under test
	term     *terminal        // where the clients run
	chromium *browser.Browser // where those run that are web pages
)

func TestMain(m *testing.M) {
	// Linux sends the parent-death signal when the thread that forked ends: this one stays as long as we do.
	runtime.LockOSThread()
	status, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "tests with clients:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}

// runAll builds the program, runs the tests in a temporary folder, and looks for what they left.
func runAll(m *testing.M) (status int, err error) {
	for _, name := range []string{"tmux", "profanity", "poezio"} {
		if _, err := exec.LookPath(name); err != nil {
			return 1, fmt.Errorf("%w: run scripts/install-deps.sh clients", err)
		}
	}
	dir, tmp, err := program.Folder("baton-clients-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	fmt.Println("Building the program")
	if binary, err = program.Build(dir); err != nil {
		return 1, err
	}
	if status, err = play(m, dir); err != nil {
		return 1, err
	}
	if status != 0 {
		return status, nil
	}
	return 0, leftovers(tmp)
}

// play runs the tests with a terminal and a browser.
func play(m *testing.M, dir string) (status int, err error) {
	if term, err = openTerminal(filepath.Join(dir, "terminal")); err != nil {
		return 1, err
	}
	defer term.close()
	if chromium, err = browser.Start(dir, patience); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, chromium.Close()) }()
	return m.Run(), nil
}

// leftovers reports goroutines and files that outlived the tests. (What a client leaves, screen.end does.)
func leftovers(tmp string) error {
	if err := goleak.Find(); err != nil {
		return fmt.Errorf("goroutines are left: %w", err)
	}
	entries, err := os.ReadDir(tmp)
	if err != nil {
		return err
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if len(names) > 0 {
		return fmt.Errorf("files are left in the temporary folder: %s", strings.Join(names, ", "))
	}
	return nil
}
