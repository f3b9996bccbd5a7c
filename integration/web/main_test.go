//go:build clients

package web

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"baton/integration/browser"
)

var (
	binary   string           // the program under test
	chromium *browser.Browser // the browser that all tests share
)

func TestMain(m *testing.M) {
	status, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser tests:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}

func runAll(m *testing.M) (status int, err error) {
	dir, err := os.MkdirTemp("", "baton-web-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o711); err != nil { // Prosody may run as a user of its own
		return 1, err
	}
	binary = filepath.Join(dir, "baton")
	if text, err := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "baton/cmd/baton").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("the program cannot be built: %w\n%s", err, text)
	}
	if chromium, err = browser.Start(dir, patience); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, chromium.Close()) }()
	return m.Run(), nil
}
