package hostile

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	got, err := Parse("size", "# a comment\n\n= one\n> <a/>\n> <b/>\n* 3\n< error not-acceptable\n= two\n> <c/>\n< ignored\n")
	require.NoError(t, err)
	require.Equal(t, []Case{
		{Category: "size", Name: "one", Input: []string{"<a/>", "<b/>"}, Times: 3, Want: Want{Fails, "not-acceptable"}},
		{Category: "size", Name: "two", Input: []string{"<c/>"}, Times: 1, Want: Want{Ignored, ""}},
	}, got)
	require.Equal(t, "size/one", got[0].String())
	for text, want := range map[string]string{
		"> <a/>":                            "line 1 stands before the first case",
		"= a\n> x\n< ignored\n= a":          `line 4: "a" is no new name`,
		"= a\n> x\n< ignored\n< ignored":    "a second <",
		"= a\n< ignored":                    "there must be > and <",
		"= a\n> x":                          "there must be > and <",
		"= a\n> x\n* many\n< ignored":       "invalid syntax",
		"= a\n> x\n< ignored\nwhat is this": `"what" is none of = > * <`,
	} {
		_, err := Parse("c", text)
		require.ErrorContains(t, err, want, text)
	}
	_, err = Load("nowhere")
	require.NoError(t, err)
}

func TestExpand(t *testing.T) {
	require.Equal(t, "<a b='x@y'>ababab\xff{unknown}${x}</a>",
		Expand("<a b='{me}'>${ab*3}${xff}{unknown}${x}</a>", map[string]string{"me": "x@y"}))
}
