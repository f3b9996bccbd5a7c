package lang

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/language"
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
	for _, english := range []string{"en.toml", "agents.en.toml"} {
		texts := read(english)
		for _, tag := range Tags() {
			name := strings.Replace(english, "en.toml", tag.String()+".toml", 1)
			require.Contains(t, names, name)
			theirs := read(name)
			for id, text := range texts {
				require.Contains(t, theirs, id, "%s lacks it", name)
				require.Equal(t, gaps(text), gaps(theirs[id]), "%s: %s", name, id)
				require.Equal(t, strings.TrimSpace(theirs[id]["other"]), theirs[id]["other"], "%s: %s", name, id)
				require.NotEmpty(t, theirs[id]["other"], "%s: %s", name, id)
			}
			for id := range theirs {
				require.Contains(t, texts, id, "%s has it, %s has not", name, english)
			}
		}
	}
}

var verb = regexp.MustCompile(`%[a-z]`)

// What the desk refuses is said in every language, with the same verbs in the
// same order.
func TestRefusals(t *testing.T) {
	english := regexp.MustCompile(`refuse\([\w.]+, "((?:[^"\\]|\\.)*)"`)
	var said []string
	sources, err := filepath.Glob("../desk/*.go")
	require.NoError(t, err)
	for _, source := range sources {
		if strings.HasSuffix(source, "_test.go") {
			continue
		}
		b, err := os.ReadFile(source)
		require.NoError(t, err)
		for _, m := range english.FindAllStringSubmatch(string(b), -1) {
			said = append(said, m[1])
		}
	}
	require.Greater(t, len(said), 40)
	for _, tag := range Tags() {
		if tag == language.English {
			continue
		}
		b, err := files.ReadFile("refusals." + tag.String() + ".toml")
		require.NoError(t, err)
		texts := map[string]map[string]string{}
		require.NoError(t, toml.Unmarshal(b, &texts))
		for _, s := range said {
			require.Contains(t, texts, s, tag)
			require.Equal(t, verb.FindAllString(s, -1), verb.FindAllString(In(tag.String()).Say(s), -1), s)
		}
	}
}
