package component_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// scenarioDir holds the scenarios; its README.md describes their format.
const scenarioDir = "../testdata/scenario"

// step is one line of a scenario, with the lines that go on with it.
type step struct {
	file string
	line int
	word string
	text string
	any  []step // of a block: in any order
}

func (s step) where() string { return fmt.Sprintf("%s:%d", s.file, s.line) }

// loadScenario reads a scenario and what it includes.
func loadScenario(path string) ([]step, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return readScenario(filepath.Base(path), string(text))
}

// readScenario parses a scenario and puts in what it includes.
func readScenario(file, text string) ([]step, error) {
	steps, err := parseScenario(file, text)
	if err != nil {
		return nil, err
	}
	var out []step
	for _, s := range steps {
		if s.word != "include" {
			out = append(out, s)
			continue
		}
		more, err := loadScenario(filepath.Join(scenarioDir, "part", s.text+".txt"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.where(), err)
		}
		out = append(out, more...)
	}
	return out, nil
}

// claimsOf returns the numbers of claims that a scenario's heading names.
func claimsOf(text string) []int {
	var out []int
	heading := ""
	for _, l := range strings.Split(text, "\n") {
		if !strings.HasPrefix(l, "#") {
			break
		}
		heading += strings.TrimPrefix(l, "#")
	}
	_, list, _ := strings.Cut(heading, "(claim")
	for _, n := range number.FindAllString(list, -1) {
		v, _ := strconv.Atoi(n)
		out = append(out, v)
	}
	return out
}

var number = regexp.MustCompile(`\d+`)

// parseScenario splits a text into steps: one a line, and the indented lines
// below it are its own.
func parseScenario(file, text string) ([]step, error) {
	var steps []step
	block := -1 // the step whose block is open
	for i, line := range strings.Split(text, "\n") {
		line = comment.ReplaceAllString(strings.TrimRight(line, " \t\r"), "")
		body := strings.TrimLeft(line, " \t")
		here := &steps
		if block >= 0 {
			here = &steps[block].any
		}
		switch {
		case body == "":
		case body == "}" && block >= 0:
			block = -1
		case body == "{" && block < 0:
			steps = append(steps, step{file: file, line: i + 1, word: "{"})
			block = len(steps) - 1
		case line != body && len(*here) > 0 && (block < 0 || !firstWord.MatchString(body)):
			last := &(*here)[len(*here)-1]
			last.text = join(last.text, body)
		case line != body && block < 0:
			return nil, fmt.Errorf("%s:%d: an indented line goes on with the one above it, and there is none", file, i+1)
		default:
			word, rest, _ := strings.Cut(body, " ")
			*here = append(*here, step{file: file, line: i + 1, word: word, text: strings.TrimSpace(rest)})
		}
	}
	if block >= 0 {
		return nil, fmt.Errorf("%s: the block is not closed", steps[block].where())
	}
	return steps, nil
}

var (
	comment   = regexp.MustCompile(`^#.*|\s+#\s.*$`)
	firstWord = regexp.MustCompile(`^out\s`)
)

// join appends a line: after a | as a line of its own, else after a blank.
func join(text, line string) string {
	if rest, ok := strings.CutPrefix(line, "|"); ok {
		return text + "\n" + rest
	}
	if text == "" {
		return line
	}
	return text + " " + line
}
