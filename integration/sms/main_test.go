// Package sms tests callers who come by text message: the program as people run
// it, a real Jabber server, real clients, and a message centre.
package sms

import (
	"fmt"
	"os"
	"testing"

	"baton/integration/program"
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
	dir, _, err := program.Folder("baton-sms-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if binary, err = program.Build(dir); err != nil {
		return 1, err
	}
	return m.Run(), nil
}
