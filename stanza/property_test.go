package stanza

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestSessionIDProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		id := SessionID{
			Conversation: rapid.StringMatching(`[a-z0-9]([a-z0-9.\-]{0,20}[a-z0-9])?`).Draw(t, "conversation"),
			N:            uint(rapid.Uint32Min(1).Draw(t, "n")),
		}
		got, err := ParseSessionID(id.String())
		require.NoError(t, err)
		require.Equal(t, id, got)
	})
	rapid.Check(t, func(t *rapid.T) { // and of anything at all, only what it would write itself
		s := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-zß٣ .@]{0,6}\.[+0-9]{1,3}`)).Draw(t, "s")
		if id, err := ParseSessionID(s); err == nil {
			require.Equal(t, s, id.String())
		}
	})
}

// hostile draws strings made to break out of wherever they are put.
func hostile() *rapid.Generator[string] {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			"]]>", "<![CDATA[", "&", "&#0;", "&amp;", "<", ">", "'", `"`, "</body>", "<body>x</body>", `' xmlns='urn:z`, "<!--", "?>",
			"\u202e", "\u2066", "\u200b", "\x00", "\x1b[31m", "\x7f", "\u0085", "\u009f", "\ufffe", "\uffff", "\ud7ff", "\r\n", "\r", "\n", "\t", " ",
			"\xff", "\xc3", "\xed\xa0\x80", "⚙ ", "😀", "e\u0301",
		}),
		rapid.String(),
	)
	return rapid.Map(rapid.SliceOfN(piece, 0, 6), func(s []string) string { return strings.Join(s, "") })
}

// asRead is what becomes of a string on its way through XML: what XML cannot
// hold is replaced, all else stays.
func asRead(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case r == '\t', r == '\n', r == '\r', r >= 0x20 && r <= 0xd7ff, r >= 0xe000 && r <= 0xfffd, r >= 0x10000:
			b.WriteRune(r)
		default:
			b.WriteRune(utf8.RuneError)
		}
	}
	return b.String()
}

func TestHostileStrings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := hostile().Draw(t, "s")
		clean := asRead(s)
		m := Message{From: s, ID: s, Lang: s, Body: s, Thread: s, Replace: s, OriginID: s, Author: &Author{Role: RoleAgent, Name: s}, Type: "chat"}
		b, err := xml.Marshal(m)
		require.NoError(t, err)
		require.NotContains(t, string(b), "]]>")

		st, err := Parse(b)
		require.NoError(t, err, "%q", b)
		var got Message
		require.NoError(t, st.Decode(&got))
		m.From, m.ID, m.Lang, m.Body, m.Thread, m.Replace, m.OriginID, m.Author.Name = clean, clean, clean, clean, clean, clean, clean, clean
		require.Equal(t, m, got)
	})
}

func TestHostileForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(hostile(), 1, 3).Draw(t, "values")
		info := Info{{Var: "a", Label: asRead(values[0]), Value: asRead(strings.Join(values, "\n"))}}
		b, err := xml.Marshal(Connect{Form: info.Form()})
		require.NoError(t, err)
		var c Connect
		require.NoError(t, xml.Unmarshal(b, &c))
		if info[0].Value == "" {
			info = nil
		}
		require.Equal(t, info, c.Form.Info())
	})
}

// An address that is accepted has one spelling, whatever it was spelled like.
func TestHostileAddresses(t *testing.T) {
	part := rapid.OneOf(rapid.StringN(0, 4, 16), hostile(), rapid.SampledFrom([]string{".", "\u00ad", "\ufeff", "İ", "ß", "xn--", "K", "٣"}))
	rapid.Check(t, func(t *rapid.T) {
		s := asRead(part.Draw(t, "local") + rapid.SampledFrom([]string{"", "@"}).Draw(t, "at") + part.Draw(t, "domain") + part.Draw(t, "rest"))
		if s == "" {
			return
		}
		n := el(NS, "connect", el(NS, "caller").attr("jid", s))
		var c Connect
		if readPayload(n, &c) != nil {
			return
		}
		b, err := xml.Marshal(c)
		require.NoError(t, err)
		var again Connect
		require.NoError(t, xml.Unmarshal(b, &again))
		require.Equal(t, c, again)
	})
}

func TestHostileErrors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := hostile().Draw(t, "s")
		st, err := Parse(Header{Kind: "iq", From: s, To: s, ID: s, Type: "set"}.Fail(BadRequest, s))
		require.NoError(t, err)
		failure, ok := st.Failure()
		require.True(t, ok)
		want := asRead(s)
		if s == "" {
			want = BadRequest.Text()
		}
		require.Equal(t, map[string]string{"": want}, failure.Text)

		// What a refusal quotes can be shown: nothing in it moves the text around.
		_, err = ParseSessionID(s + "!")
		require.Error(t, err)
		require.NotRegexp(t, `[\x{202a}-\x{202e}\x{2066}-\x{2069}\x00-\x1f\x7f-\x{9f}]`, err.Error())
	})
}

// FuzzDecode: nothing panics, and what is understood is written so that it is
// understood as the same.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(goldenDir, "*.xml"))
	require.NoError(f, err)
	require.NotEmpty(f, files)
	for _, file := range files {
		b, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(b)
	}
	for _, r := range rejects() {
		f.Add([]byte(inNS(r.in)))
	}
	f.Add([]byte(someIQ))
	kinds := make(map[string]writable) // one of each type
	for _, v := range goldens() {
		kinds[xmlType(v)] = v
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, kind := range kinds {
			first := fresh(kind)
			if xml.Unmarshal(data, first) != nil {
				continue
			}
			b, err := xml.Marshal(first)
			require.NoError(t, err, name)
			second := fresh(kind)
			require.NoError(t, xml.Unmarshal(b, second), "%s: %s", name, b)
			require.Equal(t, first, second, name)
		}
		st, err := Parse(data)
		if err != nil {
			return
		}
		st.Failure()
		_, err = Parse(st.Fail(BadRequest, string(data)))
		require.NoError(t, err)
	})
}
