package prosody

import "baton/integration/throwaway"

// ErrNotInstalled is what Find and Start return when Prosody or a module they need is missing.
var ErrNotInstalled = throwaway.ErrNotInstalled

// Find tells where Prosody is. If it, or its module for XEP-0356 (Debian has it in prosody-modules), is missing, the
// error is ErrNotInstalled and names the command that installs it.
func Find() (string, error) {
	return throwaway.Program{
		Title: "prosody", Name: "prosody", Usual: "/usr/bin/prosody",
		Needs:   []string{"/usr/lib/prosody/modules/mod_privilege"},
		Install: "run scripts/install-deps.sh demo, or: sudo apt-get install --no-install-recommends prosody prosody-modules",
	}.Find()
}
