package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// chat is a typical message: 0.7 KB, six children.
const chat = `<message from='carol.jones@example.net/Psi+.9f3a' to='support@handoff.example.com' type='chat' id='f81d4fae-7dec-11d0-a765-00a0c91e6bf6' xml:lang='en'>` +
	`<body>Hello, I would like to know where my order 1234-567 is. It was due last Tuesday &amp; I have heard nothing.</body>` +
	`<active xmlns='http://jabber.org/protocol/chatstates'/><request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/>` +
	`<origin-id xmlns='urn:xmpp:sid:0' id='f81d4fae-7dec-11d0-a765-00a0c91e6bf6'/>` +
	`<stanza-id xmlns='urn:xmpp:sid:0' id='2026-11-23-a8c1f0' by='carol.jones@example.net'/></message>`

// result is one outcome of Next, cloned.
type result struct {
	Stanza
	err error
}

func (r result) String() string {
	return fmt.Sprintf("%q %q %q %q|%q %q %q %q %q|%v", r.Raw, r.Local, r.NS, r.Inner(), r.From, r.To, r.ID, r.Type, r.Lang, r.err)
}

// all returns what Next yields up to and with the error that ends the stream.
func all(r io.Reader, l Limits) (got []result) {
	for s := New(r, l); ; {
		st, err := s.Next()
		got = append(got, result{st.Clone(), err})
		st.Attr("nosuch") // whatever came, looking at it must not panic
		st.AppendText(nil)
		for c := range st.Children {
			c.Portable()
		}
		var limit *LimitError
		if err != nil && !errors.As(err, &limit) {
			return got
		}
	}
}

// one returns the only stanza of the input.
func one(t *testing.T, in string) Stanza {
	t.Helper()
	got := all(strings.NewReader(in), Limits{})
	require.Len(t, got, 2)
	require.NoError(t, got[0].err)
	require.Equal(t, io.EOF, got[1].err)
	return got[0].Stanza
}

func TestNext(t *testing.T) {
	tests := map[string]struct {
		in   string
		raw  []string
		want error
	}{
		"nothing":             {"", nil, io.EOF},
		"keep-alives":         {" \n\t\r ", nil, io.EOF},
		"self-closed":         {"<a/>", []string{"<a/>"}, io.EOF},
		"two":                 {"<a></a> <b />", []string{"<a></a>", "<b />"}, io.EOF},
		"closed":              {"<a/></stream:stream>", []string{"<a/>"}, ErrClosed},
		"closed, other name":  {"</s >trailing", nil, ErrClosed},
		"> in attribute":      {`<a b="/>'" c='">>'/>`, []string{`<a b="/>'" c='">>'/>`}, io.EOF},
		"CDATA":               {"<a><![CDATA[</a><!-- ]] ]>&]]]]></a>", []string{"<a><![CDATA[</a><!-- ]] ]>&]]]]></a>"}, io.EOF},
		"references":          {"<a b='&quot;&#x0041;'>&#65;&lt;&apos;</a>", []string{"<a b='&quot;&#x0041;'>&#65;&lt;&apos;</a>"}, io.EOF},
		"four bytes of UTF-8": {"<a>\U0001F600</a>", []string{"<a>\U0001F600</a>"}, io.EOF},
		"odd letters in name": {"<é:ü é='1' xmlns:é='u'/>", []string{"<é:ü é='1' xmlns:é='u'/>"}, io.EOF},
		"unbound prefix":      {"<a><p:b q:c=''/></a>", []string{"<a><p:b q:c=''/></a>"}, io.EOF},
		"space in tags":       {"<a\n b = '1'\t></a\r>", []string{"<a\n b = '1'\t></a\r>"}, io.EOF},
		"]] and >":            {"<a>]] ]> > ]]</a>", []string{"<a>]] ]> > ]]</a>"}, io.EOF},
		"cut in stanza":       {"<a/><a>", []string{"<a/>"}, io.ErrUnexpectedEOF},
		"cut in tag":          {"<a", nil, io.ErrUnexpectedEOF},
		"cut in end tag":      {"<a></a", nil, io.ErrUnexpectedEOF},
		"cut in CDATA":        {"<a><![CDATA[</a>]]", nil, io.ErrUnexpectedEOF},
		"cut in CDATA start":  {"<a><![CDA", nil, io.ErrUnexpectedEOF},
		"cut in rune":         {"<a>\xe2\x82", nil, io.ErrUnexpectedEOF},
		"comment":             {"<a><!-- --></a>", nil, ErrRestrictedXML},
		"comment outside":     {"<a/><!-- -->", []string{"<a/>"}, ErrRestrictedXML},
		"XML declaration":     {"<?xml version='1.0'?><a/>", nil, ErrRestrictedXML},
		"PI":                  {"<a><?php ?></a>", nil, ErrRestrictedXML},
		"DTD":                 {"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", nil, ErrRestrictedXML},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := all(strings.NewReader(tt.in), Limits{})
			var raw []string
			for _, r := range got[:len(got)-1] {
				raw = append(raw, string(r.Raw))
			}
			require.Equal(t, tt.raw, raw)
			require.ErrorIs(t, got[len(got)-1].err, tt.want)
		})
	}
}

func TestNotWellFormed(t *testing.T) {
	tests := map[string]string{
		"a</a>":                          badOutside,
		"&#32;":                          badOutside,
		"<![CDATA[ ]]>":                  badOutside,
		"<a></b>":                        badMatch,
		"<p:a></q:a>":                    badMatch,
		"<a><b></a></b>":                 badMatch,
		"<a></ a>":                       badMatch,
		"</ a>":                          badName,
		"</>":                            badName,
		"< a/>":                          badName,
		"<>":                             badName,
		"<1/>":                           badName,
		"<a>< /a>":                       badName,
		"<a <b/>":                        badName,
		"<a '>'/>":                       badName,
		"<a / >":                         badName,
		"<a/b='1'>":                      badName,
		"<a:b:c/>":                       badColon,
		"<:a/>":                          badColon,
		"<a:/>":                          badColon,
		"<a:1/>":                         badColon,
		"<a b/>":                         badTag,
		"<a b=c/>":                       badTag,
		"<a b='1'c='2'/>":                badSpace,
		"<a b='1' b='1'/>":               badDuplicate,
		"<a xmlns='u' xmlns='u'/>":       badDuplicate,
		"<a p:b='1' xmlns:p='' p:b='2'>": badDuplicate,
		"<a b='<'/>":                     badLess,
		"<a b='&lt'/>":                   badReference,
		"<a b='&nbsp;'/>":                badReference,
		"<a>&nbsp;</a>":                  badReference,
		"<a>& amp;</a>":                  badReference,
		"<a>&;</a>":                      badReference,
		"<a>&#;</a>":                     badReference,
		"<a>&#x;</a>":                    badReference,
		"<a>&#X41;</a>":                  badReference,
		"<a>&#1a;</a>":                   badReference,
		"<a>&#+65;</a>":                  badReference,
		"<a>&#0;</a>":                    badReference,
		"<a>&#8;</a>":                    badReference,
		"<a>&#xD800;</a>":                badReference,
		"<a>&#xFFFE;</a>":                badReference,
		"<a>&#x110000;</a>":              badReference,
		"<a>&#99999999999999999999;</a>": badReference,
		"<a>&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;</a>":  badReference,
		"<a>&#x0000000000000000000000000000000000000041;</a>":  badLongRef,
		"<a b='&#0000000000000000000000000000000000000065;'/>": badLongRef,
		"<a>]]></a>":                      badCDEnd,
		"<a><![cdata[]]></a>":             badCDStart,
		"<a>\x00</a>":                     badChar,
		"<a>\x1b</a>":                     badChar,
		"<a b='\x08'/>":                   badChar,
		"<a><![CDATA[\x01]]></a>":         badChar,
		"<a>\xff</a>":                     badChar,
		"<a>\xc0\xaf</a>":                 badChar,
		"<a>\xed\xa0\x80</a>":             badChar,
		"<a>\xef\xbf\xbe</a>":             badChar,
		"<a>\xe2\x82</a>":                 badChar,
		"<a b='\xe2\x82'/>":               badChar,
		"<a b='\xef\xbf\xbf'/>":           badChar,
		"<a><![CDATA[\xf4\x90\x80\x80]]>": badChar,
		"<a\xff/>":                        badChar,
	}
	for in, problem := range tests {
		t.Run(in, func(t *testing.T) {
			s := New(strings.NewReader("<ok/>"+in), Limits{})
			_, err := s.Next()
			require.NoError(t, err)
			_, err = s.Next()
			require.ErrorIs(t, err, ErrNotWellFormed)
			require.ErrorContains(t, err, problem)
			_, again := s.Next()
			require.Equal(t, err, again, "the error is final")
		})
	}
}

func TestEveryChunking(t *testing.T) {
	in := "\n<a b='>&amp;' c=\"é'\">é&#x1F600;<![CDATA[]]]]]]>]]<b/><c:d xmlns:c='u'>\U0001F600</c:d ></a> <x/></stream:stream>"
	for _, l := range []Limits{{}, {Stanza: 8}, {Stanza: 24}, {Depth: 1}, {Elements: 2}, {Attrs: 1}} {
		want := fmt.Sprint(all(strings.NewReader(in), l))
		require.Equal(t, want, fmt.Sprint(all(iotest.OneByteReader(strings.NewReader(in)), l)))
		require.Equal(t, want, fmt.Sprint(all(iotest.DataErrReader(strings.NewReader(in)), l)))
		for i := range in {
			for j := i; j < len(in); j++ {
				r := io.MultiReader(strings.NewReader(in[:i]), strings.NewReader(in[i:j]), strings.NewReader(in[j:]))
				require.Equal(t, want, fmt.Sprint(all(r, l)), "cut at %d and %d", i, j)
			}
		}
	}
}

func TestRootAttributes(t *testing.T) {
	st := one(t, `<message type="chat" to='b@x' from='a@x/"&amp;"' id='1' p:id='2' xml:lang='en'/>`)
	require.Equal(t, `message jabber:component:accept a@x/"&amp;" b@x 1 chat en`,
		fmt.Sprintf("%s %s %s %s %s %s %s", st.Local, st.NS, st.From, st.To, st.ID, st.Type, st.Lang))
	st = one(t, `<iq from='' />`)
	require.NotNil(t, st.From)
	require.Empty(t, st.From)
	require.Nil(t, st.To)
	require.Nil(t, st.ID)
	require.True(t, one(t, `<stream:error><conflict xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>`).Is(NSStream, "error"))
}

func TestErrorsOfTheReader(t *testing.T) {
	in := strings.NewReader("<a>12</a><b/>")
	s := New(iotest.TimeoutReader(iotest.OneByteReader(in)), Limits{}) // fails once, at the second read
	_, err := s.Next()
	require.Equal(t, iotest.ErrTimeout, err)
	st, err := s.Next()
	require.NoError(t, err)
	require.Equal(t, "<a>12</a>", string(st.Raw))

	_, err = New(&chunks{sizes: []int{0}}, Limits{}).Next()
	require.Equal(t, io.ErrNoProgress, err)
}

func TestBuffered(t *testing.T) {
	s := New(strings.NewReader("<a/><bb/>"), Limits{})
	_, err := s.Next()
	require.NoError(t, err)
	require.Equal(t, len("<bb/>"), s.Buffered())
	_, err = s.Next()
	require.NoError(t, err)
	require.Zero(t, s.Buffered())
}

func TestCloneOutlivesTheBuffer(t *testing.T) {
	s := New(strings.NewReader("<a from='x'><b xmlns='u'/></a>"+strings.Repeat("<ccccccccccccccccccccccccccc/>", 5000)), Limits{})
	st, err := s.Next()
	require.NoError(t, err)
	c := st.Clone()
	for err == nil {
		_, err = s.Next()
	}
	require.Equal(t, io.EOF, err)
	require.Equal(t, "<a from='x'><b xmlns='u'/></a>", string(c.Raw))
	require.Equal(t, "x", string(c.From))
	b, ok := c.Child("u", "b")
	require.True(t, ok)
	require.Equal(t, "<b xmlns='u'/>", string(b.Raw))
	require.Zero(t, Stanza{}.Clone())
}

func TestNoAllocations(t *testing.T) {
	long := "<message from='a@x'><body>" + strings.Repeat("é&lt;", 6000) + "</body></message>"
	s := New(&chunks{b: []byte(chat + "\n" + long), sizes: []int{1460, 7, 4096}}, Limits{})
	out := make([]byte, 0, 1<<20)
	next := func() {
		st, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		out = AppendRawAttr(out[:0], "from", st.From)
		for c := range st.Children {
			if !c.Portable() {
				t.Fatal("not portable")
			}
			out = append(out, c.Raw...)
			if c.Is(NSComponent, "body") {
				out = c.AppendText(out)
			}
			if id, ok := c.Attr("id"); ok {
				out = AppendEscapedAttr(out, Unescape(out[len(out):], id))
			}
		}
	}
	for range 100 {
		next()
	}
	require.Zero(t, testing.AllocsPerRun(1000, next))
}

// chunks reads b over and over, in pieces of the given sizes.
type chunks struct {
	b     []byte
	sizes []int
	off   int
	turn  int
	once  bool
}

func (c *chunks) Read(p []byte) (int, error) {
	if c.once && c.off == len(c.b) {
		return 0, io.EOF
	}
	size := min(len(p), c.sizes[c.turn%len(c.sizes)])
	c.turn++
	if size == 0 {
		return 0, nil
	}
	n := copy(p[:size], c.b[c.off:])
	if c.off += n; !c.once {
		c.off %= len(c.b)
	}
	return n, nil
}

func BenchmarkNext(b *testing.B) {
	s := New(&chunks{b: []byte(chat), sizes: []int{1 << 20}}, Limits{})
	b.ReportAllocs()
	b.SetBytes(int64(len(chat)))
	for b.Loop() {
		if _, err := s.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNextAndChildren(b *testing.B) {
	s := New(&chunks{b: bytes.Repeat([]byte(chat), 50), sizes: []int{1 << 20}}, Limits{})
	out := make([]byte, 0, 4096)
	b.ReportAllocs()
	b.SetBytes(int64(len(chat)))
	for b.Loop() {
		st, err := s.Next()
		if err != nil {
			b.Fatal(err)
		}
		out = out[:0]
		for c := range st.Children {
			if c.Portable() {
				out = append(out, c.Raw...)
			}
		}
	}
}
