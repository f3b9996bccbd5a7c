package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// load writes a configuration that only its owner can read, and loads it.
func load(t *testing.T, name, text string) (Config, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	return Load(name, nil)
}

func TestExampleLoads(t *testing.T) {
	cfg, err := load(t, "baton.yaml", Example())
	require.NoError(t, err)
	require.Equal(t, "handoff.example.com", cfg.Component.Domain)
	require.Equal(t, "change-me", cfg.Component.Secret.Reveal())
	require.Len(t, cfg.Agents.List, 4)
	require.Len(t, cfg.Queues, 2)
	require.Equal(t, "/var/lib/baton/baton.db", cfg.StorePath())
}

// Whatever is marked as default may be left out.
func TestExampleTellsDefaults(t *testing.T) {
	whole, err := load(t, "baton.yaml", Example())
	require.NoError(t, err)

	var doc yaml.Node
	require.NoError(t, yaml.Unmarshal([]byte(Example()), &doc))
	require.Equal(t, strings.Count(Example(), "# default"), dropDefaults(&doc))
	rest, err := yaml.Marshal(&doc)
	require.NoError(t, err)
	short, err := load(t, "baton.yaml", string(rest))
	require.NoError(t, err)
	require.Equal(t, whole, short)

	bare := whole
	bare.Component.Domain, bare.Component.Secret, bare.Agents, bare.Queues = "", "", Agents{}, nil
	bare.Chat.Replies = nil
	require.Equal(t, Default(), bare)
}

// dropDefaults takes out the keys whose comment says "default".
func dropDefaults(n *yaml.Node) (dropped int) {
	var keep []*yaml.Node
	for i := 0; i < len(n.Content); i++ {
		c := n.Content[i]
		if n.Kind == yaml.MappingNode {
			if v := n.Content[i+1]; strings.HasPrefix(v.LineComment, "# default") {
				dropped++
				i++
				continue
			} else if v.Kind != yaml.ScalarNode {
				dropped += dropDefaults(v)
			}
			keep = append(keep, c, n.Content[i+1])
			i++
			continue
		}
		dropped += dropDefaults(c)
		keep = append(keep, c)
	}
	n.Content = keep
	return dropped
}

func TestExampleShowsEveryKey(t *testing.T) {
	// The keys that stand in comments count too, and what they show must load.
	keyInComment := regexp.MustCompile(`(?m)^( *)# ( *(?:- )?[a-z_]+:)`)
	text := keyInComment.ReplaceAllString(Example(), "$1$2")
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, testCA(t), 0o644))
	text = strings.ReplaceAll(text, "/etc/baton/ca.pem", ca)
	var secretFile = regexp.MustCompile(`(?m)^ +secret_file:.*\n`)
	require.Regexp(t, secretFile, text)
	cfg, err := load(t, "baton.yaml", secretFile.ReplaceAllString(text, ""))
	require.NoError(t, err)
	require.Equal(t, "xmpp.example.com", cfg.Component.TLS.ServerName)
	require.Len(t, cfg.SMS.SMPP, 1)

	var tree any
	require.NoError(t, yaml.Unmarshal([]byte(text), &tree))
	var missing func(v any, typ reflect.Type, key string) []string
	missing = func(v any, typ reflect.Type, key string) (out []string) {
		if typ.Kind() == reflect.Slice && isSection(typ.Elem()) {
			return missing(v.([]any)[0], typ.Elem(), item(key, 0))
		}
		if !isSection(typ) {
			return nil
		}
		names, types := keys(typ)
		for _, name := range names {
			if sub, ok := v.(map[string]any)[name]; ok {
				out = append(out, missing(sub, types[name], child(key, name))...)
			} else {
				out = append(out, child(key, name))
			}
		}
		return out
	}
	require.Empty(t, missing(tree, reflect.TypeFor[Config](), ""))
}
