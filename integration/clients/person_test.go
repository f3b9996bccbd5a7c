//go:build clients && linux

package clients

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// person is somebody at a client: what they do and see there.
type person interface {
	// message opens a chat with an address, and says the first line.
	message(to, text string)
	// finds sees that a contact has written, and opens the chat.
	finds(contact string)
	// say says a line in the chat that is open.
	say(text string)
	// sees waits until all of it is on the screen at once.
	sees(texts ...string)
	// leaves sees that a contact, whose chat is open, is none any more.
	leaves(contact string)
	// opens goes back to a chat.
	opens(contact string)
	// lists opens the list of ad-hoc commands of the chat that is open; it has these, by the words they stand for.
	lists(words ...string)
	// notes does "Write a note…" of the open list, and reads the answer.
	notes(text, answer string)
	// transfers does "Transfer this chat…" of the open list, to a queue by its name and title, and reads the answer.
	transfers(queue, title, why, answer string)
}

// software is a client program: how somebody logs in with it.
type software func(w *world, user string) person

// withEach runs a test with every client.
func withEach(t *testing.T, test func(t *testing.T, login software)) {
	t.Parallel()
	for name, login := range map[string]software{"Profanity": profanity, "Poezio": poezio, "Converse.js": converse} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, login)
		})
	}
}

// home makes a client's home, with these files in it, and returns it and the environment that keeps the client in it.
func home(t *testing.T, files map[string]string) (dir string, env []string) {
	t.Helper()
	dir = t.TempDir()
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o711)) // for who clients run as
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	uid, _ := unprivileged()
	require.NoError(t, filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, uid, -1)
	}))
	return dir, []string{
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "TERM=screen-256color", "HOME=" + dir,
		"XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "XDG_DATA_HOME=" + filepath.Join(dir, "data"),
		"XDG_CACHE_HOME=" + filepath.Join(dir, "cache"),
	}
}
