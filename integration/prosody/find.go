package prosody

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// ErrNotInstalled is what Find and Start return when Prosody or a module they need is missing.
var ErrNotInstalled = errors.New("not installed")

const install = "run scripts/install-deps.sh demo, or: sudo apt-get install --no-install-recommends prosody prosody-modules"

// Find tells where Prosody is. If it, or its module for XEP-0356, is missing, the error is ErrNotInstalled and names
// the command that installs it.
func Find() (string, error) {
	return find("prosody", "/usr/bin/prosody", "/usr/lib/prosody/modules/mod_privilege")
}

// find looks for name in PATH, then for usual (a user's PATH may lack the folder), and for the module.
func find(name, usual, module string) (string, error) {
	bin, err := exec.LookPath(name)
	if err != nil {
		if bin = usual; !exists(bin) {
			return "", fmt.Errorf("prosody is %w: %s", ErrNotInstalled, install)
		}
	}
	if !exists(module) { // Debian has it in prosody-modules
		return "", fmt.Errorf("prosody's module mod_privilege is %w: %s", ErrNotInstalled, install)
	}
	return bin, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
