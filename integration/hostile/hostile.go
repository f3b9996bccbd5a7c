// Package hostile reads the corpus of hostile input, testdata/hostile, and fills
// it in for whoever plays it: against the component behind a scripted server
// (component's TestHostile), or by raw clients through real ones
// (integration/live). The corpus' README.md describes its form.
package hostile

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// Verbs of a Want.
const (
	Ignored    = "ignored"    // nothing comes of it
	Fails      = "error"      // one stanza of type error to the sender; Arg: its condition
	Answered   = "result"     // one IQ result to the sender; Arg: what it holds, "" anything
	Relayed    = "relayed"    // one message to the other side; Arg: its children
	Told       = "told"       // one line of the service's to the sender; Arg: what it holds
	Subscribed = "subscribed" // presence to the sender, nothing else
	Passed     = "passed"     // one message without a body to the other side; Arg: its children
	Opens      = "opens"      // a session, offered to an agent; Arg: the caller's name in the offer
	Dropped    = "reconnect"  // the stream ends, as it must, and comes back
	Bounded    = "bounded"    // of many, between 1 and Arg stanzas come, to the sender alone
)

// Want is the treatment a case expects of the component.
type Want struct{ Verb, Arg string }

// Case is one hostile input.
type Case struct {
	Category, Name string
	Input          []string // stanzas, or what stands in their place, in order
	Times          int      // how often all of it is sent; {n} counts
	Want           Want
}

// String names the case.
func (c Case) String() string { return c.Category + "/" + c.Name }

// Load reads the whole corpus, sorted by category and file.
func Load(dir string) ([]Case, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.txt"))
	if err != nil {
		return nil, err
	}
	var out []Case
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		cases, err := Parse(filepath.Base(filepath.Dir(file)), string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		out = append(out, cases...)
	}
	return out, nil
}

// Parse reads the cases of one file.
func Parse(category, text string) ([]Case, error) {
	var out []Case
	names := map[string]bool{}
	for i, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		word, rest, _ := strings.Cut(line, " ")
		if line == "" || word == "#" {
			continue
		}
		if word == "=" {
			if names[rest] || rest == "" {
				return nil, fmt.Errorf("line %d: %q is no new name", i+1, rest)
			}
			names[rest] = true
			out = append(out, Case{Category: category, Name: rest, Times: 1})
			continue
		}
		if len(out) == 0 {
			return nil, fmt.Errorf("line %d stands before the first case", i+1)
		}
		if err := out[len(out)-1].add(word, rest); err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
	}
	for _, c := range out {
		if len(c.Input) == 0 || c.Want.Verb == "" {
			return nil, fmt.Errorf("%s: there must be > and <", c.Name)
		}
	}
	return out, nil
}

func (c *Case) add(word, rest string) (err error) {
	switch word {
	case ">":
		c.Input = append(c.Input, rest)
	case "*":
		c.Times, err = strconv.Atoi(rest)
	case "<":
		if c.Want.Verb != "" {
			return fmt.Errorf("a second <")
		}
		c.Want.Verb, c.Want.Arg, _ = strings.Cut(rest, " ")
	default:
		err = fmt.Errorf("%q is none of = > * <", word)
	}
	return err
}

var (
	times = regexp.MustCompile(`\$\{([^}]*)\*(\d+)\}`)
	octet = regexp.MustCompile(`\$\{x([0-9a-f]{2})\}`)
	name  = regexp.MustCompile(`\{[a-z]+\}`)
)

// Expand puts values in for {names}, and what ${text*100} and ${xff} stand for.
// A name without a value stays.
func Expand(s string, values map[string]string) string {
	s = name.ReplaceAllStringFunc(s, func(m string) string {
		if v, ok := values[m[1:len(m)-1]]; ok {
			return v
		}
		return m
	})
	s = times.ReplaceAllStringFunc(s, func(m string) string {
		p := times.FindStringSubmatch(m)
		n, _ := strconv.Atoi(p[2])
		return strings.Repeat(p[1], n)
	})
	return octet.ReplaceAllStringFunc(s, func(m string) string {
		b, _ := strconv.ParseUint(octet.FindStringSubmatch(m)[1], 16, 8)
		return string([]byte{byte(b)})
	})
}
