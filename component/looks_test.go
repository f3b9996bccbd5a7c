package component

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

func looking(mark string) *Component {
	dir := &desk.Directory{Agents: []desk.Agent{{JID: "alice@example.com", Name: "Alice Smith"}},
		Queues: []desk.Queue{{Name: "support", Title: "Support team"}}}
	return New(Config{Domain: "handoff.example.com", Mark: mark, Desk: desk.New(desk.Config{Directory: dir})})
}

// The mark may be any text; what looks like it is escaped, what does not is
// left alone.
func TestDisarm(t *testing.T) {
	for _, tt := range []struct{ mark, in, want string }{
		{"⚙ ", "a\n⚙ b", "a\n\\⚙ b"},
		{"⚙ ", "a ⚙ b", "a ⚙ b"},
		{"⚙ ", "", ""},
		{"[Baton] ", "［ＢＡＴＯＮ］ x", "\\［ＢＡＴＯＮ］ x"},
		{"[Baton] ", "[ba\u200bton ] x", "\\[ba\u200bton ] x"},
		{"[Baton] ", "[Bator] x", "[Bator] x"},
		{"System: ", "Ѕуѕтем: x", "\\Ѕуѕтем: x"}, // Cyrillic
		{"*** ", "*** x", "\\*** x"},
		{"*** ", "** x", "** x"},
		{"> ", "> x", "\\> x"},
		{"", "⚙ x", "⚙ x"},
		{" ", "⚙ x", "⚙ x"},
	} {
		require.Equal(t, tt.want, looking(tt.mark).disarm(tt.in), "%q %q", tt.mark, tt.in)
	}
}

func TestUnbracket(t *testing.T) {
	for in, want := range map[string]string{
		"[Bob] x":         "\\[Bob] x",
		"a\n[Bob] x":      "a\n\\[Bob] x",
		"［Bob］ x":         "\\［Bob］ x",
		"【Bob】 x":         "\\【Bob】 x",
		"⟦Bob⟧ x":         "\\⟦Bob⟧ x",
		"*[Bob]* x":       "\\*[Bob]* x",
		"\u200b [Bob] x":  "\\\u200b [Bob] x",
		"(Bob) x":         "(Bob) x",
		"「Bob」 x":         "「Bob」 x",
		"a [Bob] x":       "a [Bob] x",
		"> [Bob]\u2028[x": "\\> [Bob]\u2028\\[x",
	} {
		require.Equal(t, want, unbracket(in), "%q", in)
		require.Equal(t, want != in, holdsBracketed(in), "%q", in)
	}
	require.Equal(t, "[1] first\n\\[Bob] x", behind("[1] first\n[Bob] x"))
	require.Empty(t, behind(""))
}

// A caller is never called like one of us; whoever has the same first name is
// told apart in a dialog.
func TestCallersName(t *testing.T) {
	c := looking("⚙ ")
	for in, want := range map[string]string{
		"Alice Smith":           "Alice Smith (customer)",
		"alice":                 "alice (customer)",
		"Alice Jones":           "Alice Jones",
		"Support team":          "Support team (customer)",
		"support":               "support (customer)",
		"ALICE@example.com":     "ALICE@example.com (customer)",
		"Alice (customer)":      "Alice (customer)",
		"Carol":                 "Carol",
		"⚙ ⚙\ufe0f":             "",
		"\u200b":                "",
		strings.Repeat("é", 99): strings.Repeat("é", 64),
	} {
		require.Equal(t, want, c.callersName(in), "%q", in)
		require.Equal(t, want, c.callersName(want), "again")
	}
	require.Equal(t, "Alice (customer)", c.nameIn(desk.Line{Role: desk.RoleCaller, Name: "Alice Jones"}))
	require.Equal(t, "Alice", c.nameIn(desk.Line{Role: desk.RoleAgent, Name: "Alice Smith"}))
	c.desk.Configure(&desk.Directory{Agents: []desk.Agent{{JID: "carol@example.com", Name: "Carol"}}}, desk.Policy{})
	require.Equal(t, "Carol (customer)", c.callersName("Carol"), "of another configuration")
	require.Equal(t, "Alice", c.callersName("Alice"))
}

// FuzzLooks: a text made safe has no line that looks like ours, opens nothing
// that it does not close, and is safe as it stands.
func FuzzLooks(f *testing.F) {
	for _, s := range []string{"⚙ x", "a\n*⚙ x*", "\u202ex\u2069", "\u2067\u202ea\u2069b\u202c\n", "[x\u2028［y", "\u009b\x7f", "\u3164⚙", "é", "a\r\n⚙"} {
		f.Add(s)
	}
	c := looking("⚙ ")
	m := visible("⚙ ")
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			return // XML has none
		}
		safe := c.disarm(s)
		for l := range linesOf(safe) {
			require.False(t, beginsLike(l, m), "%q", safe)
		}
		require.Equal(t, safe, c.disarm(safe))
		require.Equal(t, safe, balanced(safe))
		require.False(t, holdsBracketed(unbracket(s)))
		require.False(t, strings.ContainsFunc(safe, func(r rune) bool { return r >= 0x7f && r <= 0x9f && r != '\u0085' }))
		name := c.callersName(s)
		require.Equal(t, name, c.callersName(name))
		require.LessOrEqual(t, utf8.RuneCountInString(name), maxName+len(customer))
		require.False(t, strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }), "%q", name)
	})
}
