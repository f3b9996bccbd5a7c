//go:build clients

package web

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"baton/integration/browser"
	"baton/integration/program"
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
	dir, _, err := program.Folder("baton-web-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if binary, err = program.Build(dir); err != nil {
		return 1, err
	}
	if chromium, err = browser.Start(dir, patience); err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, chromium.Close()) }()
	return m.Run(), nil
}
