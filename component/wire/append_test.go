package wire

import (
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestUnescape(t *testing.T) {
	for in, want := range map[string]string{
		"":                          "",
		"plain é":                   "plain é",
		"&lt;&gt;&amp;&quot;&apos;": `<>&"'`,
		"a\tb\nc\r\nd\re":           "a b c d e",
		"&#9;&#xA;&#13;":            "\t\n\r",
		"& &; &#; &nbsp; &amp":      "& &; &#; &nbsp; &amp",
		"&#0;&#xFFFF;&#x1F600;":     "&#0;&#xFFFF;\U0001F600",
		"&amp;amp;":                 "&amp;",
	} {
		require.Equal(t, want, string(Unescape(nil, []byte(in))), "%q", in)
		scratch := make([]byte, 3, 100)
		require.Equal(t, want, string(Unescape(scratch, []byte(in))), "%q over a buffer", in)
	}
	b := []byte("nothing to do")
	require.Same(t, &b[0], &Unescape(nil, b)[0])
}

func TestAppendEscaped(t *testing.T) {
	for _, tt := range []struct{ in, text, attr string }{
		{"", "", ""},
		{`a 'b' "c"`, `a 'b' "c"`, `a &#39;b&#39; &#34;c&#34;`},
		{"<&>", "&lt;&amp;>", "&lt;&amp;>"},
		{"]]>", "]]&gt;", "]]>"},
		{"a\t\r\n", "a\t&#13;\n", "a&#9;&#13;&#10;"},
		{"\x00\x1f\x7f", "\uFFFD\uFFFD\x7f", "\uFFFD\uFFFD\x7f"},
		{"é\U0001F600", "é\U0001F600", "é\U0001F600"},
		{"\xff\xe2\x82x", "\uFFFD\uFFFD\uFFFDx", "\uFFFD\uFFFD\uFFFDx"},
		{"\uFFFE\uFFFF\uFFFD", "\uFFFD\uFFFD\uFFFD", "\uFFFD\uFFFD\uFFFD"},
		{"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD", "\uFFFD\uFFFD\uFFFD"},
	} {
		require.Equal(t, tt.text, string(AppendEscapedText(nil, tt.in)), "%q", tt.in)
		require.Equal(t, tt.attr, string(AppendEscapedAttr(nil, []byte(tt.in))), "%q", tt.in)
	}
	require.Equal(t, "]]&gt;", string(AppendEscapedText([]byte("]]"), ">")), "]]> in two pieces")
	require.Equal(t, `<a b='x&#39;&#34;' c='"&#39;&amp;'`,
		string(AppendRawAttr(AppendAttr([]byte("<a"), "b", `x'"`), "c", []byte(`"'&amp;`))))
}

func FuzzUnescape(f *testing.F) {
	for _, s := range []string{"", "&amp;", "&#x1F600;&#13;", "a\r\n\tb", "&&lt", "\xff\xed\xa0\x80\x00", "]]>]]", "&#0000000000000000000000000000065;", "'\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		clean := sanitized(in)
		text, attr := AppendEscapedText(nil, in), AppendEscapedAttr(nil, in)
		require.LessOrEqual(t, len(attr), 5*len(in))
		require.LessOrEqual(t, len(text), 5*len(in))
		require.Equal(t, clean, string(Unescape(nil, attr)))

		// what we write, we and encoding/xml read back
		doc := "<a b='" + string(attr) + "' c=\"" + string(attr) + "\">" + string(text) + "</a>"
		s := New(strings.NewReader(doc), Limits{Stanza: 1 << 24})
		st, err := s.Next()
		require.NoError(t, err)
		require.Equal(t, clean, string(st.AppendText(nil)))
		var v struct {
			B    string `xml:"b,attr"`
			C    string `xml:"c,attr"`
			Text string `xml:",chardata"`
		}
		require.NoError(t, xml.Unmarshal([]byte(doc), &v))
		require.Equal(t, clean, v.B)
		require.Equal(t, clean, v.C)
		require.Equal(t, clean, v.Text)

		// a raw value moved to other quotes stays what it was
		for _, quote := range []string{"'", `"`} {
			s := New(strings.NewReader("<a b="+quote+string(in)+quote+"/>"), Limits{Stanza: 1 << 24})
			if st, err = s.Next(); err == nil {
				before, ok := st.Attr("b")
				require.True(t, ok)
				st = one(t, string(AppendRawAttr([]byte("<a"), "b", before))+"/>")
				after, _ := st.Attr("b")
				require.Equal(t, string(Unescape(nil, before)), string(Unescape(nil, after)))
			}
		}
	})
}

// sanitized is in with all that XML can't carry replaced.
func sanitized(in []byte) string {
	var b strings.Builder
	for len(in) > 0 {
		r, size := utf8.DecodeRune(in)
		if !isXMLChar(r) {
			r = utf8.RuneError
		}
		b.WriteRune(r)
		in = in[size:]
	}
	return b.String()
}
