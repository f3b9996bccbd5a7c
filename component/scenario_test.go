package component_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// inUTC makes the local times in what people read the same everywhere.
func inUTC(t *testing.T) {
	local := time.Local
	time.Local = time.UTC
	t.Cleanup(func() { time.Local = local })
}

func scenarioFiles(t *testing.T) []string {
	files, err := filepath.Glob(filepath.Join(scenarioDir, "*.txt"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// TestScenarios plays every file of testdata/scenario.
func TestScenarios(t *testing.T) {
	inUTC(t)
	for _, file := range scenarioFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			steps, err := loadScenario(file)
			require.NoError(t, err)
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t.TempDir())
				if err := w.play(steps); err != nil {
					t.Logf("the log:\n%s", w.log.String())
					t.Fatal(err)
				}
			})
		})
	}
}

// Every scenario says first what it shows, and together they show every claim
// that does not ask for another channel than XMPP.
func TestScenarioHeadings(t *testing.T) {
	shown := map[int]bool{}
	for _, file := range scenarioFiles(t) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Regexp(t, `^# \S`, string(text), file)
		for _, n := range claimsOf(string(text)) {
			shown[n] = true
		}
	}
	otherChannels := []int{3, 4, 15, 23}
	for n := 1; n <= 39; n++ {
		require.Equal(t, !slices.Contains(otherChannels, n), shown[n], "claim %d", n)
	}
}

// A scenario that expects anything else than what comes fails, and says where.
func TestScenarioFails(t *testing.T) {
	inUTC(t)
	const hello = "in   <message id='m1' from='carol@example.net/phone' to='support@handoff.example.com'><body>Hi</body></message>\n"
	const greeting = "out  <message from='support@handoff.example.com/chat' to='carol@example.net' id='$c-s1' type='chat'><body>Hello, one moment please.</body>…</message>\n"
	const offer = "out  <message from='desk@handoff.example.com/chat' to='alice@example.com' id='x-$t' type='chat'>…</message>\n"
	for name, tt := range map[string]struct{ text, want string }{
		"nothing expected":     {hello, "at the end: something came before"},
		"too little expected":  {hello + greeting, "at the end: something came before"},
		"not before the next":  {hello + greeting + "tick 1s\n" + offer, "t.txt:4: tick: something came before"},
		"none":                 {hello + greeting + "none\n", "t.txt:4: none: something came before"},
		"too much expected":    {hello + greeting + offer + offer, "t.txt:5: out: nothing came to alice@example.com"},
		"another text":         {hello + strings.Replace(greeting, "Hello", "Hi", 1), "message/body: want"},
		"a child too many":     {hello + strings.Replace(greeting, "…", "", 1), "origin-id xmlns='urn:xmpp:sid:0'/> is too much"},
		"a child too few":      {hello + strings.Replace(greeting, "…", "<origin-id xmlns='urn:xmpp:sid:0' …/><thread/>", 1), "<thread xmlns='jabber:component:accept'/> is missing"},
		"an attribute":         {hello + strings.Replace(greeting, "type='chat'", "", 1), "attribute type='chat' is too much"},
		"another namespace":    {hello + strings.Replace(greeting, "<body>", "<body xmlns='jabber:client'>", 1), "want <body xmlns='jabber:client'/>"},
		"a name already bound": {hello + greeting + strings.Replace(offer, "$t", "$c", 1), "attribute id: want"},
		"in a block":           {hello + "{\n" + greeting + greeting + "}\n", "nothing more came to carol@example.net"},
		"a block's text":       {hello + "{\n" + offer + strings.Replace(greeting, "Hello", "Hi", 1) + "}\n", "t.txt:5: message/body: want"},
		"bytes":                {hello + greeting + offer + "bytes <body  >\n", "they are not in the stanza"},
		"an unknown step":      {"wait 3s\n", "there is no such step"},
		"an unknown name":      {"in <message id='$x'/>\n", "$x has no value yet"},
		"an unknown setting":   {"config\n  colour: red\n", "there is no such setting"},
		"an offer pending":     {hello + greeting + offer + "pending 7\n", "want 7, got"},
		"not the journal":      {hello + greeting + offer + "journal carol.$c Hello\n", `want "Hello", got "Hi"`},
		"connected":            {"server down\nconnected\n", "it is not: the server cannot be reached"},
		"unconnected":          {"unconnected\n", "it is connected"},
	} {
		t.Run(name, func(t *testing.T) {
			steps, err := readScenario("t.txt", "include office\n"+tt.text)
			require.NoError(t, err)
			if strings.HasPrefix(tt.text, "server") {
				steps = steps[len(steps)-2:]
			}
			synctest.Test(t, func(t *testing.T) {
				require.ErrorContains(t, newWorld(t.TempDir()).play(steps), tt.want)
			})
		})
	}
}

func TestScenarioSyntax(t *testing.T) {
	for text, want := range map[string]string{
		"  out <a/>\n":      "an indented line goes on with the one above it",
		"{\nout <a/>\n":     "the block is not closed",
		"include nowhere\n": "no such file",
		"include office\n":  "",
	} {
		_, err := readScenario("t.txt", text)
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
	steps, err := readScenario("t.txt", "# heading\nout <a>\n  <b/></a>   # comment\n  |line two\n{\nout one\n  goes on\n  out two\n}\n")
	require.NoError(t, err)
	require.Equal(t, []step{
		{file: "t.txt", line: 2, word: "out", text: "<a> <b/></a>\nline two"},
		{file: "t.txt", line: 5, word: "{", any: []step{
			{file: "t.txt", line: 6, word: "out", text: "one goes on"}, {file: "t.txt", line: 8, word: "out", text: "two"},
		}},
	}, steps)
}

func TestNames(t *testing.T) {
	n := names{"c": "abc"}
	require.NoError(t, n.text("x-$c-${c}1-$t-$t", "x-abc-abc1-q2-q2"))
	require.Equal(t, names{"c": "abc", "t": "q2"}, n)
	require.Error(t, n.text("$new-$new", "one-two"))
	require.Error(t, n.text("$t", "q3"))
	require.NoError(t, n.text("a $* z", "a b\nc z"))
	require.NoError(t, n.text("${xy*3}", "xyxyxy"))
	require.Error(t, n.text("${xy*3}", "xyxy"))
	require.Error(t, n.text("a.c", "abc"), "only $ is special")
	filled, err := n.fill("<a id='$c' b='${ab*2}'/> $5")
	require.NoError(t, err)
	require.Equal(t, "<a id='abc' b='abab'/> $5", filled)
}
