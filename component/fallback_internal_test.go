package component

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func ranged(start, end any) string {
	return fmt.Sprintf("<fallback xmlns='urn:xmpp:fallback:0' for='urn:xmpp:reply:0'><body start='%v' end='%v'/></fallback>", start, end)
}

// The ranges of a fallback go with the text, and what cannot go with it is left out.
func TestFallbackMoves(t *testing.T) {
	bob := func(s string) string { return "[Bob] " + behind(s) }
	disarm := looking("⚙ ").disarm
	for name, tt := range map[string]struct {
		text, in, want string
		as             func(string) string
	}{
		"behind a name":                       {"> Hi\nyes", ranged(0, 5), ranged(6, 11), bob},
		"in code points":                      {"> 👩‍👩‍👧 Ä\nyes", ranged(0, 10), ranged(6, 16), bob},
		"a backslash within it":               {"> Hi\n[x] y\nyes", ranged(0, 11), ranged(6, 18), bob},
		"a backslash behind it":               {"> Hi\n[x] y", ranged(0, 5), ranged(6, 11), bob},
		"the text's end":                      {"> Hi", ranged(0, 4), ranged(6, 10), bob},
		"nothing":                             {"> Hi", ranged(2, 2), ranged(8, 8), bob},
		"beyond the text":                     {"> Hi", ranged(0, 5), "", bob},
		"before it":                           {"> Hi", ranged(-1, 2), "", bob},
		"no number":                           {"> Hi", ranged(0, "x"), "", bob},
		"too large a number":                  {"> Hi", ranged(0, "99999999999999999999"), "", bob},
		"all of it":                           {"> Hi", "<fallback xmlns='urn:xmpp:fallback:0'><body/></fallback>", "<fallback xmlns='urn:xmpp:fallback:0'><body/></fallback>", bob},
		"of no part":                          {"> Hi", "<fallback xmlns=\"urn:xmpp:fallback:0\" />", "<fallback xmlns=\"urn:xmpp:fallback:0\" />", bob},
		"of the subject":                      {"> Hi", "<fallback xmlns='urn:xmpp:fallback:0'><subject start='0' end='1'/></fallback>", "<fallback xmlns='urn:xmpp:fallback:0'><subject start='0' end='1'/></fallback>", bob},
		"from the beginning on":               {"> Hi", "<fallback xmlns='urn:xmpp:fallback:0'><body end='2'/></fallback>", "<fallback xmlns='urn:xmpp:fallback:0'><body start='6' end='8'/></fallback>", bob},
		"to the end":                          {"> Hi", "<fallback xmlns='urn:xmpp:fallback:0'><body start='2'/></fallback>", "<fallback xmlns='urn:xmpp:fallback:0'><body start='8'/></fallback>", bob},
		"several":                             {"abcd", "<fallback xmlns='urn:xmpp:fallback:0'><body start='0' end='1'/><body start='2' end='3'/></fallback>", "<fallback xmlns='urn:xmpp:fallback:0'><body start='6' end='7'/><body start='8' end='9'/></fallback>", bob},
		"as many as there may be":             {"abcd", ranged(0, 1) + ranged(1, 2) + ranged(2, 3) + ranged(3, 4), ranged(6, 7) + ranged(7, 8) + ranged(8, 9) + ranged(9, 10), bob},
		"more":                                {"abcd", ranged(0, 1) + ranged(1, 2) + ranged(2, 3) + ranged(3, 4) + ranged(0, 4), ranged(6, 7) + ranged(7, 8) + ranged(8, 9) + ranged(9, 10), bob},
		"one within another":                  {"> Hi", "<fallback xmlns='urn:xmpp:fallback:0'><fallback><body start='0' end='2'/></fallback></fallback>", "", bob},
		"one within a subject":                {"> Hi", "<fallback xmlns='urn:xmpp:fallback:0'><subject><body start='0' end='2'/></subject></fallback>", "", bob},
		"others beside it":                    {"> Hi", "<thread>x</thread>" + ranged(0, 2) + "<unstyled xmlns='urn:xmpp:styling:0'/>", "<thread>x</thread>" + ranged(6, 8) + "<unstyled xmlns='urn:xmpp:styling:0'/>", bob},
		"by a prefix, in quotes":              {"> Hi", `<f:fallback xmlns:f="urn:xmpp:fallback:0" for="it's"><f:body end="2" start="1"/></f:fallback>`, "<fallback xmlns='urn:xmpp:fallback:0' for='it&#39;s'><body start='7' end='8'/></fallback>", bob},
		"a mark that was escaped":             {"a\n⚙ b\nc", ranged(0, 6), ranged(0, 7), disarm},
		"up to a mark":                        {"a\n⚙ b", ranged(0, 2), ranged(0, 2), disarm},
		"a character that was taken out":      {"a\u0080b c", ranged(2, 3), ranged(1, 2), disarm},
		"within what is closed at its end":    {"\u202eab\nc", ranged(0, 2), "", disarm},
		"behind what was closed at its end":   {"\u202eab\nc", ranged(0, 4), ranged(0, 5), disarm},
		"in front of what a line begins with": {"> ⚙ b", ranged(0, 1), "", disarm},
	} {
		t.Run(name, func(t *testing.T) {
			body := string(appendElement(nil, "body", tt.as(tt.text)))
			require.Equal(t, body+tt.want, string(retold(tt.text, []byte(tt.in), tt.as)))
		})
	}
}

// Whatever is said: what is left when the range is cut out of what arrives is what
// was left of what was said, as it would have been told.
func TestFallbackProperty(t *testing.T) {
	disarm := looking("⚙ ").disarm
	rapid.Check(t, func(t *rapid.T) {
		text := []rune(rapid.StringOf(rapid.SampledFrom([]rune("ab [⚙>\n\u2028👍ü\u202e\u202c\u0080"))).Draw(t, "text"))
		as := rapid.SampledFrom([]func(string) string{disarm, unbracket,
			func(s string) string { return "[Bob] " + behind(s) }}).Draw(t, "as")
		end := rapid.IntRange(0, len(text)).Draw(t, "end")
		start := rapid.IntRange(0, end).Draw(t, "start")
		told := []rune(as(string(text)))
		moved := string(moveFallbacks([]byte(ranged(start, end)), string(text), as))
		if moved == "" {
			return
		}
		var from, to int
		_, err := fmt.Sscanf(moved, ranged("%d", "%d"), &from, &to)
		require.NoError(t, err, moved)
		require.Equal(t, as(string(text[:start])), string(told[:from]))
		require.Equal(t, as(string(text[:end])), string(told[:to]))
		plain := strings.NewReplacer("\\", "", "\u202c", "", "\u0080", "").Replace
		require.Equal(t, plain(string(text[end:])), plain(string(told[to:])))
	})
}
