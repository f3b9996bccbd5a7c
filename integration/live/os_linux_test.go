package live

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// children lists the processes that we started and that still run.
func children() []string {
	var left []string
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // gone meanwhile
		}
		// pid (name) state ppid …, and the name may hold anything.
		_, rest, ok := strings.Cut(string(text), ") ")
		var state string
		var parent int
		if _, err := fmt.Sscan(rest, &state, &parent); ok && err == nil && parent == os.Getpid() {
			left = append(left, string(text[:len(text)-len(rest)])+" "+state)
		}
	}
	return left
}
