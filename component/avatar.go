package component

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	consistent "mellium.im/xmpp/color"

	"baton/desk"
	"baton/stanza"
)

// Contacts have a picture, so that people tell them apart: the initials on a disc
// whose colour is made of the address (XEP-0392).
const (
	avatarSize = 96      // pixels; XEP-0084 wants 64 to 128
	avatarLuma = 110     // of 255: white can be read on every colour
	maxAvatar  = 8 << 10 // bytes
	maxAvatars = 4096    // kept
)

// avatar is a picture and what presence advertises it by.
type avatar struct {
	photo stanza.Photo
	hash  string
}

// avatars draws pictures, each once while there is room to keep them.
type avatars struct {
	mu   sync.Mutex
	by   map[[2]string]avatar
	face font.Face          // nil: not needed yet
	disc []uint8            // how much of each pixel is in it
	zip  *png.EncoderBuffer // most of the work would be making it
}

// Get implements [png.EncoderBufferPool].
func (a *avatars) Get() *png.EncoderBuffer { return a.zip }

// Put implements [png.EncoderBufferPool].
func (a *avatars) Put(b *png.EncoderBuffer) { a.zip = b }

// of returns the picture of the contact with that address and name.
func (a *avatars) of(addr, name string) avatar {
	key := [2]string{addr, initials(name)}
	a.mu.Lock()
	defer a.mu.Unlock()
	if av, ok := a.by[key]; ok {
		return av
	}
	if a.by == nil || len(a.by) >= maxAvatars {
		a.by = map[[2]string]avatar{}
	}
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: a}
	if err := enc.Encode(&b, a.draw(addr, key[1])); err != nil || b.Len() > maxAvatar {
		return avatar{} // a Buffer takes everything
	}
	av := avatar{photo: stanza.Photo{Type: "image/png", Data: b.Bytes()}}
	av.hash = av.photo.Hash()
	a.by[key] = av
	return av
}

// initials returns the first letters of a name's first and last words.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) > 2 {
		words = []string{words[0], words[len(words)-1]}
	}
	var b strings.Builder
	for _, w := range words {
		r, _ := utf8.DecodeRuneInString(w)
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// Shades of a picture: the edge of the disc, and of a letter on it, in steps.
const shades = 16

// draw draws initials on a disc; the disc alone where the font does not have them.
func (a *avatars) draw(addr, text string) image.Image {
	disc := muted(color.NRGBAModel.Convert(consistent.String(addr, avatarLuma, consistent.None)).(color.NRGBA))
	var palette color.Palette
	for i := range shades { // transparent to disc
		palette = append(palette, color.NRGBA{disc.R, disc.G, disc.B, uint8(i * 255 / (shades - 1))})
	}
	for i := range shades { // disc to white
		mix := func(c uint8) uint8 { return c + uint8(int(255-c)*i/(shades-1)) }
		palette = append(palette, color.NRGBA{mix(disc.R), mix(disc.G), mix(disc.B), 255})
	}
	if a.disc == nil {
		for i := range avatarSize * avatarSize {
			a.disc = append(a.disc, covered(i%avatarSize, i/avatarSize))
		}
	}
	letters := a.letters(text)
	img := image.NewPaletted(letters.Rect, palette)
	copy(img.Pix, a.disc)
	for i, white := range letters.Pix {
		if white > 0 && img.Pix[i] == shades-1 {
			img.Pix[i] = uint8(shades + int(white)*(shades-1)/255)
		}
	}
	return img
}

// muted takes a colour half the way to slate: the pure ones shout, and hide the mark
// of presence that clients put on them.
func muted(c color.NRGBA) color.NRGBA {
	return color.NRGBA{c.R/2 + 30, c.G/2 + 36, c.B/2 + 46, c.A}
}

// covered returns how much of a pixel is within the disc, in 0..shades-1.
func covered(x, y int) uint8 {
	const steps, middle = 4, avatarSize / 2.0
	n := 0
	for i := range steps * steps {
		dx := float64(x) + (float64(i%steps)+0.5)/steps - middle
		dy := float64(y) + (float64(i/steps)+0.5)/steps - middle
		if dx*dx+dy*dy <= middle*middle {
			n++
		}
	}
	return uint8(n * (shades - 1) / (steps * steps))
}

// letters draws a text in the middle.
func (a *avatars) letters(text string) *image.Alpha {
	img := image.NewAlpha(image.Rect(0, 0, avatarSize, avatarSize))
	if a.face == nil {
		parsed, err := opentype.Parse(gobold.TTF)
		if err != nil {
			return img
		}
		if a.face, err = opentype.NewFace(parsed, &opentype.FaceOptions{Size: avatarSize * 0.42, DPI: 72}); err != nil {
			return img
		}
	}
	for _, r := range text {
		if _, ok := a.face.GlyphAdvance(r); !ok {
			return img
		}
	}
	d := font.Drawer{Dst: img, Src: image.Opaque, Face: a.face, Dot: fixed.Point26_6{
		X: (fixed.I(avatarSize) - font.MeasureString(a.face, text)) / 2,
		Y: (fixed.I(avatarSize) + a.face.Metrics().CapHeight) / 2,
	}}
	d.DrawString(text)
	return img
}

// avatarOf returns a contact's picture; none of the service, or of a conversation
// nobody knows. conv may be nil where the contact is none.
func (c *Component) avatarOf(to place, conv *desk.Conversation) (avatar, bool) {
	switch {
	case to.kind == kindConversation && conv != nil:
		return c.avatars.of(c.address(to.local), conv.Name), true
	case to.kind == kindDesk, to.kind == kindQueue:
		return c.avatars.of(c.address(to.local), c.nameOf(to, nil)), true
	}
	return avatar{}, false
}

// avatarHash is what presence says of a contact's picture (XEP-0153).
func (c *Component) avatarHash(local string) string {
	to, _ := c.place(c.address(local))
	var conv *desk.Conversation
	if to.kind == kindConversation {
		found, err := c.desk.Conversation(context.Background(), local)
		if err != nil {
			return ""
		}
		conv = &found
	}
	av, _ := c.avatarOf(to, conv)
	return av.hash
}

// card answers for a contact's vCard (XEP-0054).
func (c *Component) card(h stanza.Header, to place, conv *desk.Conversation) stanza.VCard {
	name := c.nameOf(to, conv)
	if to.kind == kindDesk {
		name = c.voiceFrom(h).Say("desk_name")
	}
	card := stanza.VCard{FullName: name, Nickname: name}
	if av, ok := c.avatarOf(to, conv); ok && av.hash != "" {
		card.Photo = &av.photo
	}
	return card
}

// pubsub answers for the picture where it is asked for in the other way
// (XEP-0084). There is nothing else: no keys, no card.
func (c *Component) pubsub(to place, conv *desk.Conversation, st stanza.Stanza) any {
	var q stanza.PubsubItems
	av, ok := c.avatarOf(to, conv)
	if err := st.Decode(&q); err != nil || !ok || av.hash == "" || !q.Wants(av.hash) {
		return notFound
	}
	if q.Node != stanza.NodeAvatar && q.Node != stanza.NodeAvatarData {
		return notFound
	}
	return stanza.Avatar{Photo: av.photo, Width: avatarSize, Height: avatarSize, Whole: q.Node == stanza.NodeAvatarData}
}
