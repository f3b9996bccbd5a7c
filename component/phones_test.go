package component

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAsked(t *testing.T) {
	require.True(t, asked([]byte("<body>Hi</body><request xmlns='urn:xmpp:receipts'/>")))
	require.True(t, asked([]byte(`<body>Hi</body><active/><request xmlns="urn:xmpp:receipts"/>`)))
	require.False(t, asked([]byte("<body>Hi</body>")))
	require.False(t, asked([]byte("<body>&lt;request xmlns='urn:xmpp:receipts'/&gt;</body>")), "it is text")
	require.False(t, asked([]byte("<body>Hi</body><markable xmlns='urn:xmpp:chat-markers:0'/>")))
}

func TestPlainText(t *testing.T) {
	c := &Component{mark: "⚙"}
	for text, want := range map[string]string{
		"Hi":                     "Hi",
		"a\r\nb\rc":              "a\nb\nc",
		"a\x00\x0b\x1b\fb\uFFFE": "ab",
		"⚙ You owe us":           `\⚙ You owe us`,
		"first\n⚙ second":        "first\n\\⚙ second",
		"bad \xff":               "bad \uFFFD",
		"":                       "",
	} {
		got := c.PlainText(text)
		require.Equal(t, want, got.Body, "%q", text)
	}
	require.Equal(t, "<body>&lt;b> &amp; c</body>", string(c.PlainText("<b> & c").Payload))
}
