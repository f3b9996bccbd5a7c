package component

import (
	"bytes"
	"crypto/sha1" // #nosec: XEP-0153 asks for it
	"encoding/hex"
	"fmt"
	"image/color"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"
	consistent "mellium.im/xmpp/color"

	"baton/desk"
)

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"Carol Jones": "CJ", "carol": "C", "Émile van der Zwan": "ÉZ", "Transfer desk": "TD", "«Анна»  Каренина": "АК",
		"4711": "4", "": "", "⚙ 🎉": "", "\xff": "", "d'Artagnan": "DA",
	} {
		require.Equal(t, want, initials(name), name)
	}
}

// A picture is a small PNG: outside of the disc nothing, on the disc the address's
// colour, in the middle something white if there are letters.
func TestAvatar(t *testing.T) {
	var a avatars
	for name, letters := range map[string]bool{"Carol Jones": true, "Ж": true, "": false, "李小龍": false, "W W": true} {
		av := a.of("carol.k3v7tq2m@handoff.example.com", name)
		require.LessOrEqual(t, len(av.photo.Data), maxAvatar)
		sum := sha1.Sum(av.photo.Data)
		require.Equal(t, hex.EncodeToString(sum[:]), av.hash)
		img, err := png.Decode(bytes.NewReader(av.photo.Data))
		require.NoError(t, err)
		require.Equal(t, []int{96, 96}, []int{img.Bounds().Dx(), img.Bounds().Dy()})
		at := func(x, y int) color.NRGBA { return color.NRGBAModel.Convert(img.At(x, y)).(color.NRGBA) }
		require.Zero(t, at(0, 0).A)
		require.Zero(t, at(95, 95).A)
		pure := color.NRGBAModel.Convert(consistent.String("carol.k3v7tq2m@handoff.example.com", avatarLuma, consistent.None)).(color.NRGBA)
		require.Equal(t, color.NRGBA{pure.R/2 + 30, pure.G/2 + 36, pure.B/2 + 46, 255}, at(48, 3), "its hue, muted")
		white := 0
		for x := range 96 {
			for y := range 96 {
				if at(x, y) == (color.NRGBA{255, 255, 255, 255}) {
					white++
				}
			}
		}
		require.Equal(t, letters, white > 100, "%q has %d white pixels", name, white)
	}
	require.NotEqual(t, a.of("x@example.com", "A").hash, a.of("y@example.com", "A").hash)
	require.NotEqual(t, a.of("x@example.com", "A").hash, a.of("x@example.com", "B").hash)
	require.Equal(t, a.of("x@example.com", "Ann Bee").hash, a.of("x@example.com", "alice de Boer").hash)
	c := somePager("alice@example.com").c
	av, ok := c.avatarOf(place{kind: kindConversation, local: "carol.k3v7tq2m"}, &desk.Conversation{Name: "Carol Jones"})
	require.True(t, ok)
	require.Equal(t, a.of("carol.k3v7tq2m@handoff.example.com", "Carol Jones").hash, av.hash)
}

// However many there are, what is kept is bounded.
func TestAvatarsAreBounded(t *testing.T) {
	a := avatars{by: map[[2]string]avatar{}}
	for i := range maxAvatars {
		a.by[[2]string{fmt.Sprint(i)}] = avatar{}
	}
	a.of("one@more", "X")
	require.Len(t, a.by, 1)
}
