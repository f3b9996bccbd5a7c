package store

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

var update = flag.Bool("update", false, "write testdata/export.jsonl anew; look at the difference: fields may only be added")

func exportOf(t *testing.T, src Source, f Filter) string {
	t.Helper()
	var b bytes.Buffer
	n, err := Export(t.Context(), src, f, &b)
	require.NoError(t, err)
	require.Equal(t, strings.Count(b.String(), "\n"), n)
	return b.String()
}

// TestExportFields: other people's programs read these names.
func TestExportFields(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	b := frozen()
	for _, c := range b.Conversations {
		c.Key, c.Version = 0, 0
	}
	mustCommit(t, s, b)
	mustCommit(t, s, &desk.Batch{Buried: []desk.Dead{{Item: *b.Items[1], Reason: "too big", At: at(7)}}})
	got := exportOf(t, src, Filter{})
	const golden = "testdata/export.jsonl"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), got)

	doc, err := os.ReadFile("../docs/operations.md")
	require.NoError(t, err)
	lines := bufio.NewScanner(strings.NewReader(got))
	for lines.Scan() {
		var object map[string]any
		require.NoError(t, json.Unmarshal(lines.Bytes(), &object))
		for name := range object {
			require.Contains(t, string(doc), "`"+name+"`", "a field of %s that is not documented", object["kind"])
		}
		require.Contains(t, string(doc), "| `"+object["kind"].(string)+"` |")
	}
}

func TestExportFilter(t *testing.T) {
	src := tempSource(t)
	s := mustOpen(t, src)
	one, two := waiting(1), waiting(2)
	b := ledger(one)
	mustCommit(t, s, b)
	mustCommit(t, s, &desk.Batch{Conversations: []*desk.Conversation{two}})
	all := exportOf(t, src, Filter{})
	first := exportOf(t, src, Filter{Caller: one.Caller})
	second := exportOf(t, src, Filter{Conversation: two.Local})
	require.Equal(t, all, first+second)
	require.Equal(t, 1, strings.Count(second, "\n"))
	require.Empty(t, exportOf(t, src, Filter{Caller: one.Caller, Conversation: two.Local}))
	require.Empty(t, exportOf(t, src, Filter{Caller: "caller@example.net"}))
}

// during calls something with the first bytes that are written.
type during struct {
	bytes.Buffer
	do func()
}

func (w *during) Write(p []byte) (int, error) {
	if w.do != nil {
		w.do()
		w.do = nil
	}
	return w.Buffer.Write(p)
}

// TestExportBesideTheService: it shows one moment, whatever is committed
// meanwhile, and neither holds the service up nor changes anything.
func TestExportBesideTheService(t *testing.T) {
	src := tempSource(t)
	s, err := Open(t.Context(), src, Options{})
	require.NoError(t, err)
	c := waiting(1)
	mustCommit(t, s, ledger(c))
	before := exportOf(t, src, Filter{})
	w := &during{do: func() {
		b := &desk.Batch{Conversations: []*desk.Conversation{c}}
		said(b, c, 1)
		mustCommit(t, s, b)
	}}
	_, err = Export(t.Context(), src, Filter{}, w)
	require.NoError(t, err)
	require.Equal(t, before, w.String())
	after := exportOf(t, src, Filter{})
	require.NotEqual(t, before, after)
	require.NoError(t, s.Close())
	require.Equal(t, after, exportOf(t, src, Filter{}), "and when it is stopped")
	require.Equal(t, after, exportOf(t, src, Filter{}))
	require.Len(t, restore(t, mustOpen(t, src), domain).Items, 2, "the service starts after that")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestExportRefuses(t *testing.T) {
	src := tempSource(t)
	_, err := Export(t.Context(), src, Filter{}, &bytes.Buffer{})
	require.ErrorContains(t, err, "there is no database "+src.Path)
	require.NoFileExists(t, src.Path)

	s := mustOpen(t, src)
	mustCommit(t, s, ledger(waiting(1)))
	n, err := Export(t.Context(), src, Filter{}, full{})
	require.ErrorContains(t, err, "writing: no room")
	require.Zero(t, n)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Export(ctx, src, Filter{}, &bytes.Buffer{})
	require.ErrorIs(t, err, context.Canceled)

	text, err := os.ReadFile("testdata/v1.sql")
	require.NoError(t, err)
	old := tempSource(t)
	write(t, old.Path, "", 0o600)
	script(t, old.Path, string(text))
	_, err = Export(t.Context(), old, Filter{}, &bytes.Buffer{})
	require.ErrorContains(t, err, "is of an older version (schema 1, this one reads")
	require.ErrorContains(t, err, "run baton migrate first")
}
