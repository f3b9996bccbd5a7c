//go:build clients && linux

package main

import (
	"context"
	"image"
	_ "image/png"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/program"
)

// Gajim is offered a caller, takes her and talks, and lists what it can do: the pictures of docs/agents.md that need
// nobody else can still be taken, and show something.
func TestGajimTakesACaller(t *testing.T) {
	baton, err := program.Build(t.TempDir())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), wholeRun)
	defer cancel()
	w, err := build(ctx, slog.New(slog.NewTextHandler(t.Output(), nil)), baton, false)
	if w != nil {
		defer func() {
			if t.Failed() {
				t.Log(w.logs())
			}
			require.NoError(t, w.close(false))
		}()
	}
	require.NoError(t, err)
	to := t.TempDir()
	require.NoError(t, w.play(ctx, to))

	for _, see := range []struct {
		picture           string
		left, right, want int
		what              string
	}{
		{"gajim-offer.png", 796, 822, 3, "the title, who it is, the question"},
		{"gajim-chat.png", 796, 822, 5, "the title, two lines of the service, what Alice and Carol said"},
		{"gajim-commands.png", 100, 130, commandsOfAHolder, "all commands; if there are more now, see commandsHeight"},
		{"gajim-contacts.png", 268, 340, 6, "the menu, the title, two groups with a contact each"},
	} {
		require.Equal(t, see.want, lines(t, filepath.Join(to, see.picture), see.left, see.right), "%s: %s", see.picture, see.what)
	}
}

// commandsOfAHolder is how many commands there are in a chat for who has it.
const commandsOfAHolder = 11

// lines counts the lines of dark text in a picture, as they are seen between these columns of pixels.
func lines(t *testing.T, file string, left, right int) (count int) {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	picture, _, err := image.Decode(f)
	require.NoError(t, err)
	b, written := picture.Bounds(), false
	for y := b.Min.Y; y < b.Max.Y; y++ {
		before := written
		written = false
		for x := left; x < right && !written; x++ {
			red, green, blue, _ := picture.At(x, y).RGBA()
			written = max(red, green, blue) < 0x6000
		}
		if before && !written {
			count++
		}
	}
	return count
}
