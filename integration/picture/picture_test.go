package main

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden picture anew")

// TestPicture draws the transcript of a real run (testdata/transcript.json, by baton demo --record).
func TestPicture(t *testing.T) {
	const golden = "testdata/transfer.svg"
	to := filepath.Join(t.TempDir(), "transfer.svg")
	require.NoError(t, draw("testdata/transcript.json", to))
	got, err := os.ReadFile(to)
	require.NoError(t, err)
	if *update {
		require.NoError(t, os.WriteFile(golden, got, 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "look at it, then: go test ./integration/picture -update")
}

func TestPictureIsWellFormed(t *testing.T) {
	nasty := `<script>&"'` + "\n> 14:02 *bold* </text>"
	svg := picture([]entry{
		{Scene: nasty, Who: "carol", Kind: "wrote", Chat: nasty, Author: "carol", Text: nasty},
		{Scene: nasty, Who: "bob", Kind: "appeared", Text: nasty},
		{Scene: nasty, Who: "alice", Kind: "refused", Text: nasty},
		{Scene: nasty, Who: "nobody", Kind: "got", Text: "left out"},
	})
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if start, ok := token.(xml.StartElement); ok {
			require.NotEqual(t, "script", start.Name.Local)
		}
	}
	require.NotContains(t, svg, "left out")
}

func TestHandoverPicksTheScenesAroundIt(t *testing.T) {
	all := []entry{
		{Scene: "begin", Kind: "wrote", Text: "Hi"},
		{Scene: "talk", Kind: "wrote", Text: "Hello"},
		{Scene: "transfer", Kind: "wrote", Text: "!transfer billing"},
		{Scene: "accept", Kind: "wrote", Text: "y"},
		{Scene: "accept", Kind: "left", Text: "Carol"},
		{Scene: "go on", Kind: "wrote", Text: "Bob here"},
		{Scene: "end", Kind: "left", Text: "Carol"},
	}
	require.Equal(t, all[1:6], handover(all))
	require.Empty(t, handover(all[:2]))
	require.Empty(t, handover(all[:4]), "nobody took it")
}

func TestWrap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.StringOfN(rapid.RuneFrom([]rune("abW i·#")), 0, 80, -1).Draw(t, "line")
		most := rapid.Float64Range(60, 300).Draw(t, "most")
		lines := wrap(line, size, most)
		for _, l := range lines {
			require.True(t, width(l, size) <= most || !strings.Contains(l, " "), "%q", l)
		}
		require.Equal(t, strings.Fields(line), strings.Fields(strings.Join(lines, " ")))
	})
}

func TestDrawSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	empty, broken := filepath.Join(dir, "empty.json"), filepath.Join(dir, "broken.json")
	require.NoError(t, os.WriteFile(empty, []byte("[]"), 0o600))
	require.NoError(t, os.WriteFile(broken, []byte("{"), 0o600))
	require.ErrorContains(t, draw(empty, filepath.Join(dir, "x")), "holds no handover")
	require.ErrorContains(t, draw(broken, filepath.Join(dir, "x")), "is no transcript")
	require.ErrorIs(t, draw(filepath.Join(dir, "none"), filepath.Join(dir, "x")), os.ErrNotExist)
}
