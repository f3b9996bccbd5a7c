package throwaway

import (
	"fmt"
	"os"
	"os/exec"
)

// Program says where a server's program is looked for.
type Program struct {
	Title   string   // for people
	Name    string   // looked for in PATH
	Usual   string   // and here: a user's PATH may lack the folder
	Needs   []string // files or folders that must exist too
	Install string   // what to do when something is missing
}

// Find returns the program's path. If it, or what it needs, is missing, the error is ErrNotInstalled and says what
// installs it.
func (p Program) Find() (string, error) {
	bin, err := exec.LookPath(p.Name)
	if err != nil {
		if bin = p.Usual; !Exists(bin) {
			return "", fmt.Errorf("%s is %w: %s", p.Title, ErrNotInstalled, p.Install)
		}
	}
	for _, path := range p.Needs {
		if !Exists(path) {
			return "", fmt.Errorf("%s, which %s needs, is %w: %s", path, p.Title, ErrNotInstalled, p.Install)
		}
	}
	return bin, nil
}

// Exists reports whether there is such a file or folder.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
