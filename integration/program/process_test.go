package program

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func shell(t *testing.T, script string, o Options) *Process {
	t.Helper()
	o.Args = []string{"-c", script}
	return Launch(t, "/bin/sh", o)
}

func TestProcessThatEndsInOrder(t *testing.T) {
	p := shell(t, "trap 'echo going; exit 3' TERM; echo here I am; while :; do sleep 0.01; done", Options{})
	require.Equal(t, "here I am", p.Says(t, "I am"), "the whole line")
	from := p.Here()
	require.False(t, p.Ended())
	p.Term(t)
	require.Equal(t, "going", p.SaysSince(t, from, "g"))
	require.Equal(t, 3, p.Exits(t))
	require.True(t, p.Ended())
	require.False(t, p.Killed())
	require.Equal(t, "here I am\ngoing\n", p.Output())
	require.Equal(t, "going", p.SaysSince(t, from, "going"), "what it said it has said, though it has ended")
}

func TestProcessThatIsKilled(t *testing.T) {
	p := shell(t, "trap '' TERM; echo here; while :; do sleep 0.01; done", Options{})
	p.Says(t, "here")
	p.Kill()
	<-p.Done()
	require.True(t, p.Ended())
	require.True(t, p.Killed())
	require.Equal(t, -1, p.Status())
	p.Kill() // again: nothing happens
	p.Term(t)
}

// A text without the end of its line may be half of it.
func TestLineWith(t *testing.T) {
	for _, tt := range []struct {
		all, text, want string
		from            int
		ok              bool
	}{
		{all: "one\ntwo three\n", text: "thr", want: "two three", ok: true},
		{all: "one\ntwo three", text: "thr"},
		{all: "one\none more\n", from: 3, text: "one", want: "one more", ok: true},
		{all: "one\n", from: 4, text: "one"},
		{all: "", text: "one"},
	} {
		got, ok := lineWith(tt.all, tt.from, tt.text)
		require.Equal(t, tt.ok, ok, "%+v", tt)
		require.Equal(t, tt.want, got, "%+v", tt)
	}
}

// What would configure the program comes from the test alone.
func TestEnvironment(t *testing.T) {
	t.Setenv("BATON_COMPONENT_SECRET", "of the one who runs the tests")
	p := shell(t, "env | grep ^BATON; echo $GIVEN; echo done", Options{Env: []string{"BATON_DATA_DIR=x", "GIVEN=y"}})
	p.Says(t, "done")
	require.Equal(t, "BATON_DATA_DIR=x\ny\ndone\n", p.Output())
}

func TestFolder(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir, tmp, err := Folder("test-")
	require.NoError(t, err)
	made, err := os.MkdirTemp("", "")
	require.NoError(t, err)
	require.Equal(t, tmp, filepath.Dir(made), "what is made is made in there")
	for name, mode := range map[string]os.FileMode{dir: 0o711, tmp: 0o755} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
	require.NoError(t, os.RemoveAll(dir))
	t.Setenv("TMPDIR", filepath.Join(dir, "gone"))
	_, _, err = Folder("test-")
	require.Error(t, err)
}

func TestConfigure(t *testing.T) {
	dir := t.TempDir()
	file := Configure(t, dir, map[string]any{"http": map[string]any{"listen": ""}})
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.JSONEq(t, `{"http": {"listen": ""}}`, string(text))
	for name, mode := range map[string]os.FileMode{dir: 0o700, file: 0o600} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
}
