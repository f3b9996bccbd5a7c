package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"baton/integration/prosody"
)

// watchedOutput is a place to write to that acts when it sees something.
type watchedOutput struct {
	mu   sync.Mutex
	text bytes.Buffer
	on   string
	do   func()
}

func (w *watchedOutput) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if w.do != nil && strings.Contains(w.text.String(), w.on) {
		w.do()
		w.do = nil
	}
	return len(p), nil
}

func (w *watchedOutput) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// runDemo runs a demo in a temporary folder of its own and checks that nothing
// is left of it: no file, no process, no goroutine.
func runDemo(t *testing.T, ctx context.Context, server startServer, out *watchedOutput, args ...string) error {
	t.Helper()
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	cmd := demoCommand(server)
	cmd.SetArgs(args)
	cmd.SetOut(out)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	err := cmd.ExecuteContext(ctx)
	files, readErr := os.ReadDir(temp)
	require.NoError(t, readErr)
	require.Empty(t, files, "left in the temporary folder")
	require.Empty(t, processesOf(t, temp), "left running")
	return err
}

// processesOf lists what runs with a text in its command line.
func processesOf(t *testing.T, text string) (found []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, path := range all {
		if line, err := os.ReadFile(path); err == nil && strings.Contains(string(line), text) {
			found = append(found, string(line))
		}
	}
	return found
}

func TestDemo(t *testing.T) {
	out := &watchedOutput{}
	record := filepath.Join(t.TempDir(), "transcript.json")
	require.NoError(t, runDemo(t, t.Context(), prosody.Start, out, "--width", "80", "--record", record))
	text := out.String()
	require.NotContains(t, text, "\x1b", "colours where there is no terminal")
	require.NotContains(t, text, "Your turn", "it stays up where there is no terminal")
	at := 0
	for _, want := range []string{
		"✓ Prosody", "✓ 3 real clients", "✓ Baton", "+ contact Transfer desk",
		"1  Carol writes to support", "Hi, I was charged twice for order 4711. ▐", "Take it? Reply y or n (60 s).",
		"2  Alice says y", "+ contact Carol Jones · #1 (Handoff: Support)", "▌ ⚙ *New session* (Support) · #1",
		"3  They talk", "Carol  ▌ Hello Carol, let me look.", "Alice  ▌ Can I have one back?",
		"4  Alice hands", "!transfer billing wants a refund ▐", "▌ Note: wants a refund",
		"5  Nobody answered yet", "Alice  ▌ The second one is of this morning,",
		"6  Bob says y", "▌ ⚙ *Handed over by Alice* (Support → Billing) · #1", "Bob    ▌ 49.90, by card.",
		"7  The same session", "▌ Bob of billing here.", "▌ That was quick.",
		"8  Alice, too late", "✗ not-allowed: You handed this session on.",
		"9  Bob ends it", "This chat has ended.",
		"Measured in this run", "7 messages", "Alice held epoch 1, Bob epoch", "accepted by", "Cleaned up.",
	} {
		i := strings.Index(text[at:], want)
		require.GreaterOrEqual(t, i, 0, "%q is missing, or too early, in:\n%s", want, text)
		at += i
	}

	var entries []entry
	data, err := os.ReadFile(record)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &entries))
	moves := 0
	for _, e := range entries {
		if e.Scene != "" && strings.HasPrefix(e.Text, "Carol Jones · #1") && (e.Kind == appeared || e.Kind == left) {
			moves++
		}
	}
	require.Equal(t, 4, moves, "the contact: to Alice, to Bob, from Alice, from Bob")
}

// The second act: the same with a phone.
func TestDemoWithPhone(t *testing.T) {
	out := &watchedOutput{}
	require.NoError(t, runDemo(t, t.Context(), prosody.Start, out, "--width", "80", "--sms"))
	text := out.String()
	at := strings.Index(text, "10  Carol texts")
	require.Positive(t, at, "%s", text)
	for _, want := range []string{
		"has the money left? 👍", "Take it? Reply y or n", "11  Alice says y", "It leaves today. ▐", "12  Alice hands", "13  Bob says y",
		"*Handed over by Alice* (Support → Billing) · #2", "need not tell anybody", "Sent as 2 text messages.", "14  Bob ends it", "is closed.", "Cleaned up.",
	} {
		i := strings.Index(text[at:], want)
		require.GreaterOrEqual(t, i, 0, "%q is missing, or too early, in:\n%s", want, text)
		at += i
	}
}

func TestDemoStaysUntilItIsStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out := &watchedOutput{on: "removes everything", do: cancel}
	require.NoError(t, runDemo(t, ctx, prosody.Start, out, "--stay"))
	for _, want := range []string{"server     127.0.0.1 port ", "carol.jones@example.com", "password alice", "Cleaned up."} {
		require.Contains(t, out.String(), want)
	}
}

func TestDemoStoppedInTheMiddle(t *testing.T) {
	for _, when := range []string{"✓ Prosody", "4  Alice hands"} {
		ctx, cancel := context.WithCancel(t.Context())
		out := &watchedOutput{on: when, do: cancel}
		err := runDemo(t, ctx, prosody.Start, out, "--stay")
		cancel()
		require.ErrorIs(t, err, errStopped, "stopped at %q", when)
		require.NotContains(t, err.Error(), "log", "nothing failed")
		require.Contains(t, out.String(), "Cleaned up.")
	}
}

func TestDemoSaysWhatToDo(t *testing.T) {
	var failed *failure
	t.Run("Prosody is missing", func(t *testing.T) {
		none := func(context.Context, prosody.Options) (*prosody.Server, error) {
			return nil, fmt.Errorf("prosody is %w: sudo apt-get install prosody", prosody.ErrNotInstalled)
		}
		err := runDemo(t, t.Context(), none, &watchedOutput{})
		require.ErrorAs(t, err, &failed, "exit status 1")
		require.ErrorContains(t, err, "make demo")
		require.ErrorContains(t, err, "apt-get install prosody")
	})
	t.Run("no folder", func(t *testing.T) {
		t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
		cmd := newDemo()
		cmd.SetOut(&watchedOutput{})
		cmd.SetArgs(nil)
		cmd.SilenceErrors, cmd.SilenceUsage = true, true
		require.ErrorContains(t, cmd.Execute(), "set TMPDIR")
	})
	t.Run("the server dies", func(t *testing.T) {
		var server *prosody.Server
		start := func(ctx context.Context, o prosody.Options) (s *prosody.Server, err error) {
			server, err = prosody.Start(ctx, o)
			return server, err
		}
		out := &watchedOutput{on: "5  Nobody answered", do: func() { _ = server.Kill() }}
		err := runDemo(t, t.Context(), start, out)
		require.ErrorAs(t, err, &failed, "exit status 1")
		for _, want := range []string{"“Nobody answered yet, Carol writes on” did not come about", "What to do", "--keep"} {
			require.ErrorContains(t, err, want)
		}
		for _, want := range []string{"Baton's log (", "msg=connected", "Prosody's log ends:", "Cleaned up."} {
			require.Contains(t, out.String(), want)
		}
		require.NotContains(t, out.String(), "6  Bob says y")
	})
}
