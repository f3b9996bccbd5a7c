package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"go.yaml.in/yaml/v3"
)

// file is a configuration file as read.
type file struct {
	name   string
	mode   fs.FileMode
	values map[string]any
	lines  map[string]int // key → line, as far as known
}

// open reads and parses a file. The message of an error says what to do.
func open(name string) (*file, *Problem) {
	f := &file{name: name, lines: map[string]int{}}
	data, mode, err := readRegular(name, 16<<20)
	if err != nil {
		return f, &Problem{Where: name, Text: err.Error() + "; pass the right one with --config FILE"}
	}
	f.mode = mode
	var root any
	switch ext := strings.ToLower(filepath.Ext(name)); ext {
	case ".yaml", ".yml":
		root, err = f.readYAML(data)
	case ".json":
		root, err = f.readJSON(data)
	case ".toml":
		root, err = f.readTOML(data)
	default:
		return f, &Problem{Where: name, Text: fmt.Sprintf("the ending %q tells no format; name it .yaml, .toml or .json", ext)}
	}
	if err != nil {
		return f, syntaxProblem(name, err)
	}
	switch root := root.(type) {
	case nil:
	case map[string]any:
		f.values = root
	case map[any]any:
		f.values = textKeys(root)
	default:
		return f, &Problem{Where: name, Text: fmt.Sprintf("found %s; write sections, beginning with component:", found(root, false))}
	}
	return f, nil
}

// readRegular reads a file that is neither a device nor a pipe, which could block for ever, nor larger than limit bytes.
func readRegular(name string, limit int64) ([]byte, fs.FileMode, error) {
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, errors.New("there is no such file")
	case err != nil:
		return nil, 0, fmt.Errorf("the file cannot be read: %w", bare(err))
	case !info.Mode().IsRegular():
		return nil, 0, errors.New("this is no regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, fmt.Errorf("the file cannot be read: %w", bare(err))
	}
	defer f.Close() //nolint:errcheck // only read
	if info, err = f.Stat(); err != nil {
		return nil, 0, fmt.Errorf("the file cannot be read: %w", bare(err))
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, 0, fmt.Errorf("the file cannot be read: %w", bare(err))
	}
	if int64(len(data)) > limit {
		return nil, 0, fmt.Errorf("the file is larger than %s", ByteSize(limit))
	}
	return data, info.Mode().Perm(), nil
}

// bare takes the file's name out of an error, as the message has it already.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func (f *file) readYAML(data []byte) (root any, err error) {
	var doc yaml.Node
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	f.yamlLines(&doc, "")
	if err := doc.Decode(&root); err != nil {
		return nil, err
	}
	var second yaml.Node
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("yaml: line %d: a second document begins here; put all settings into one", second.Line)
	}
	return root, nil
}

// yamlLines notes where keys are. It does not follow aliases: what they stand for counts as being where they are.
func (f *file) yamlLines(n *yaml.Node, key string) {
	switch n.Kind {
	case yaml.DocumentNode:
		for _, c := range n.Content {
			f.yamlLines(c, key)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			name := child(key, n.Content[i].Value)
			f.lines[name] = n.Content[i].Line
			f.yamlLines(n.Content[i+1], name)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			f.lines[item(key, i)] = c.Line
			f.yamlLines(c, item(key, i))
		}
	}
}

func (f *file) readJSON(data []byte) (root any, err error) {
	if err := json.Unmarshal(data, &root); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return nil, fmt.Errorf("json: line %d: %w", 1+bytes.Count(data[:syntax.Offset], []byte("\n")), err)
		}
		return nil, err
	}
	var doc yaml.Node // JSON is YAML too, nearly always: good enough for lines
	if yaml.Unmarshal(data, &doc) == nil {
		f.yamlLines(&doc, "")
	}
	return root, nil
}

func (f *file) readTOML(data []byte) (any, error) {
	var root map[string]any
	if err := toml.Unmarshal(data, &root); err != nil {
		var syntax *toml.DecodeError
		if errors.As(err, &syntax) {
			line, _ := syntax.Position()
			return nil, fmt.Errorf("toml: line %d: %w", line, err)
		}
		return nil, err
	}
	f.tomlLines(data)
	return root, nil
}

var (
	lineInError  = regexp.MustCompile(`\bline (\d+): `)
	unknownAlias = regexp.MustCompile(`unknown anchor '.*' referenced`) // may be a secret written without quotes
	prefixes     = regexp.MustCompile(`(yaml|json|toml|unmarshal errors|construct errors): *`)
)

// syntaxProblem makes a parser's error readable and moves its line to where lines are expected.
func syntaxProblem(name string, err error) *Problem {
	text := unknownAlias.ReplaceAllString(err.Error(), "a value that begins with * is an alias; put it in quotes")
	p := &Problem{Where: name}
	if m := lineInError.FindStringSubmatchIndex(text); m != nil {
		p.line, _ = strconv.Atoi(text[m[2]:m[3]])
		p.Where = fmt.Sprintf("%s:%d", name, p.line)
		text = text[:m[0]] + text[m[1]:]
	}
	p.Text = "cannot be read: " + strings.Join(strings.Fields(prefixes.ReplaceAllString(text, "")), " ")
	return p
}

// textKeys turns every key into text, so that a number as key is reported like any other unknown key.
func textKeys(m map[any]any) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[fmt.Sprint(k)] = v
	}
	return out
}
