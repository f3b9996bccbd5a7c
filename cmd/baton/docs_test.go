package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/config"
)

// sampleID is a conversation in a text: after a name of two words, or before the service's @.
var sampleID = regexp.MustCompile(`\b([a-z]+-[a-z]+\.[0-9a-z]{8})\b|\b([a-z-]+\.[0-9a-z]+)@handoff\.`)

// Whoever looks for what a page shows is to find the same kind of address.
func TestSampleConversationsCanBeMade(t *testing.T) {
	seen := 0
	for _, pattern := range []string{"*.md", "docs/*.md", "contrib/*/*", "config/*.yaml", "testdata/stanza/*.xml",
		"cmd/baton/*.go", "config/*.go", "desk/*.go", "stanza/*.go"} {
		files, err := filepath.Glob(filepath.Join("..", "..", pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue // tests make some up that cannot be
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range sampleID.FindAllStringSubmatch(string(text), -1) {
				require.True(t, config.Default().Session.Makes(m[1]+m[2]), "%s: no conversation is ever called %s", file, m[1]+m[2])
				seen++
			}
		}
	}
	require.Greater(t, seen, 20)
}

// linked is what a page links to or shows.
var linked = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)|src="([^"]+)"`)

func TestPagesLinkToWhatIsThere(t *testing.T) {
	pictures := map[string]bool{}
	for _, pattern := range []string{"*.md", "docs/*.md", "contrib/*/*.md", "testdata/*/*.md"} {
		files, err := filepath.Glob(filepath.Join("..", "..", pattern))
		require.NoError(t, err)
		require.NotEmpty(t, files, pattern)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, m := range linked.FindAllStringSubmatch(string(text), -1) {
				to := m[1] + m[2]
				if strings.Contains(to, "://") {
					continue
				}
				to = filepath.Join(filepath.Dir(file), to)
				_, err := os.Stat(to)
				require.NoError(t, err, "%s links to what is not there", file)
				pictures[to] = true
			}
		}
	}
	taken, err := filepath.Glob(filepath.Join("..", "..", "docs", "*.png"))
	require.NoError(t, err)
	require.NotEmpty(t, taken)
	for _, p := range taken {
		require.True(t, pictures[p], "no page shows %s", p)
	}
}

// The README's configuration is complete.
func TestReadmeConfiguration(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	require.NoError(t, err)
	_, yaml, found := strings.Cut(string(text), "```yaml\n")
	require.True(t, found)
	yaml, _, _ = strings.Cut(yaml, "```")
	file := filepath.Join(t.TempDir(), "baton.yaml")
	require.NoError(t, os.WriteFile(file, []byte(regexp.MustCompile(`(?m)^   `).ReplaceAllString(yaml, "")), 0o600))
	c, err := config.Load(file, nil)
	require.NoError(t, err)
	require.Len(t, c.Queues, 2)
	require.Len(t, c.Agents.List, 2)
}
