// Command picture draws a transcript that `baton demo --record` wrote as three chat windows side by side:
//
//	go run ./integration/picture transcript.json picture.svg
//
// `make demo-picture` makes docs/transfer.svg with it. What is in the picture was received by real clients in that run.
package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// entry is one thing that somebody of the cast saw or wrote, as `baton demo` records it.
type entry struct {
	Scene, Who, Kind, Chat, Author, Text string
}

// window is one person's client.
type window struct{ id, name, part string }

var cast = []window{
	{"carol", "Carol Jones", "customer"},
	{"alice", "Alice", "agent of support"},
	{"bob", "Bob", "agent of billing"},
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: picture TRANSCRIPT.json PICTURE.svg")
		os.Exit(2)
	}
	if err := draw(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func draw(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var entries []entry
	if err := json.Unmarshal(text, &entries); err != nil {
		return fmt.Errorf("%s is no transcript of baton demo --record: %w", from, err)
	}
	chosen := handover(entries)
	if len(chosen) == 0 {
		return fmt.Errorf("%s holds no handover", from)
	}
	return os.WriteFile(to, []byte(picture(chosen)), 0o644)
}

// handover picks the scenes around the handover: from the one before the agent says !transfer to the one after the
// contact has left their list.
func handover(entries []entry) []entry {
	var scenes []string
	first, last := -1, -1
	for _, e := range entries {
		if len(scenes) == 0 || scenes[len(scenes)-1] != e.Scene {
			scenes = append(scenes, e.Scene)
		}
		switch n := len(scenes) - 1; {
		case first < 0 && e.Kind == "wrote" && len(e.Text) > 9 && e.Text[:9] == "!transfer":
			first = max(n-1, 0)
		case last < 0 && e.Kind == "left":
			last = n + 1
		}
	}
	if first < 0 || last < 0 {
		return nil
	}
	keep := map[string]bool{}
	for _, s := range scenes[first:min(last+1, len(scenes))] {
		keep[s] = true
	}
	var out []entry
	for _, e := range entries {
		if keep[e.Scene] {
			out = append(out, e)
		}
	}
	return out
}
