package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestReplies(t *testing.T) {
	load := func(replies string) (Config, error) {
		file := filepath.Join(t.TempDir(), "baton.yaml")
		text := "component: {domain: handoff.example.com, secret: s3cret}\nagents: {domains: [example.com]}\nchat:\n  replies: " + replies + "\n"
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return Load(file, nil)
	}
	cfg, err := load(`[{name: hours, text: "Nine to five."}, {name: sorry, text: "We are sorry."}]`)
	require.NoError(t, err)
	require.Equal(t, []Reply{{"hours", "Nine to five."}, {"sorry", "We are sorry."}}, cfg.Chat.Replies)
	for replies, want := range map[string]string{
		`[{name: two words, text: x}]`:             "chat.replies[0].name: found \"two words\"; write one word",
		`[{text: x}]`:                              "write one word",
		`[{name: a, text: x}, {name: A, text: y}]`: "chat.replies[1].name: \"A\" is there twice",
		`[{name: a}]`:                              "chat.replies[0].text: found 0 bytes",
		`[{name: a, text: ` + strings.Repeat("x", 2001) + `}]`: "found 2001 bytes",
		`[{name: a, txt: x}]`: "did you mean chat.replies[0].text?",
	} {
		_, err := load(replies)
		require.ErrorContains(t, err, want, replies)
	}
}
