// Package sms tests callers who come by text message: the program as people run
// it, a real Jabber server, real clients, and a message centre.
package sms

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var binary string // the program under test

func TestMain(m *testing.M) {
	status, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "text message tests:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}

func runAll(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "baton-sms-")
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
	return m.Run(), nil
}
