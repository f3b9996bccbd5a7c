package lang

import (
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/stretchr/testify/require"
)

func TestSay(t *testing.T) {
	require.Equal(t, "You are now talking with Bob.", In("en").Say("caller_moved", Args{"Who": "Bob"}))
	require.Equal(t, "Sie sprechen jetzt mit Bob.", In("de-AT").Say("caller_moved", Args{"Who": "Bob"}))
	require.Equal(t, "Sie sprechen jetzt mit Bob.", In("fr-CH, de;q=0.9, en;q=0.8").Say("caller_moved", Args{"Who": "Bob"}))
	for _, nobody := range []string{"", "tlh", "not a tag \x00"} {
		require.Equal(t, "You are now talking with Bob.", In(nobody).Say("caller_moved", Args{"Who": "Bob"}), "%q", nobody)
	}
	require.Equal(t, "You are now talking with Bob.", Voice{}.Say("caller_moved", Args{"Who": "Bob"}))
	require.Equal(t, "You are now talking with <b>.", In("en").Say("caller_moved", Args{"Who": "<b>"}), "texts are no HTML")
}

var gap = regexp.MustCompile(`\{\{\.\w+\}\}`)

// Every language has every text, with the same gaps.
func TestComplete(t *testing.T) {
	read := func(name string) map[string]map[string]string {
		b, err := files.ReadFile(name)
		require.NoError(t, err)
		texts := map[string]map[string]string{}
		require.NoError(t, toml.Unmarshal(b, &texts), name)
		return texts
	}
	gaps := func(text map[string]string) []string {
		found := gap.FindAllString(text["other"], -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	names, err := fs.Glob(files, "*.toml")
	require.NoError(t, err)
	require.Contains(t, names, "en.toml")
	english := read("en.toml")
	for _, name := range names {
		texts := read(name)
		for id, text := range english {
			require.Contains(t, texts, id, "%s lacks it", name)
			require.Equal(t, gaps(text), gaps(texts[id]), "%s: %s", name, id)
			require.Equal(t, strings.TrimSpace(texts[id]["other"]), texts[id]["other"], "%s: %s", name, id)
			require.NotEmpty(t, texts[id]["other"], "%s: %s", name, id)
		}
		for id := range texts {
			require.Contains(t, english, id, "%s has it, en.toml has not", name)
		}
	}
	require.Len(t, Tags(), len(names))
}
