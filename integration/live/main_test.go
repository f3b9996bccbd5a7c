// Package live tests the program as people run it: `baton serve` as a process of
// its own, real servers of every make, real clients. What it says and how it ends is checked
// as much as what it does.
package live

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"baton/integration/program"
	"baton/integration/server"
)

// binary is the program under test, built once by TestMain, with the race detector if
// the tests have it.
var binary string

func TestMain(m *testing.M) {
	status, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "live tests:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}

// atOnce is how many tests run at the same time: most of them wait most of the
// time. Each takes up to 250 MB.
const atOnce = "8"

// runAll builds the program, runs the tests in a temporary folder of their own,
// and looks for what they left behind.
func runAll(m *testing.M) (status int, err error) {
	for _, name := range server.Makes() {
		if err := server.Find(name); err != nil {
			return 1, err
		}
	}
	dir, tmp, err := program.Folder("baton-live-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if binary, err = program.Build(dir, watched...); err != nil {
		return 1, err
	}
	flag.Parse()
	if err := flag.Set("test.parallel", atOnce); err != nil {
		return 1, err
	}
	status = m.Run()
	if err := spare.stop(); err != nil {
		return status, err
	}
	if status != 0 {
		return status, nil
	}
	return 0, leftovers(tmp)
}

// leftovers reports goroutines, files and processes that outlived the tests.
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
	if left := children(); len(left) > 0 {
		return fmt.Errorf("processes are left: %s", strings.Join(left, "; "))
	}
	return nil
}
