package wire

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// nasty is the seed corpus of the fuzz targets.
var nasty = []string{
	chat, "", " ", "<a/>", "<a></a></stream:stream>", "<a><![CDATA[<b>]]]]>&gt;</a>", `<a b='>"' c=">'"/>`,
	"<a xmlns='u' xmlns:p='v'><p:b p:c='&#x1F600;'/><b xmlns=''><c/></b></a>", "<a>\r\n&#13;<b/>\rx</a>\n<c/>",
	"<p:a xmlns:p='jabber:client'><b/><xml:c xml:lang='d'/></p:a>", "<a><xmlns/><xmlns:b/></a>", "<a b='1' b='1'/>",
	"<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>", "<a xmlns:xml='u' xmlns:xmlns='v' xmlns:p=''><p:b/><xmlns:c/></a>",
	"<é ü='é'>\U0001F600\uFFFD</é>", "<a>]]></a>", "<a>]]&gt;]] ></a>", "<a><!----></a>", "<?a?>", "<!DOCTYPE a>", "<a>&lt&gt;</a>",
	"<a b='&#0;'/>", "<a>\xef\xbf\xbf</a>", "<a>\xed\xa0\x80</a>", "<a\x00/>", "<a b = 'c'\td\n=\r\"e\" ></a\n>", "<a:b:c/>", "<:a/>", "<a:1/>",
	"<a b='1'c='2'/>", "<a><b></a></b>", "<a/>text", "<![CDATA[a]]>", "<a>&#x00000000000000000000000000000000000041;</a>",
	"<stream:error><text xml:lang=''>é</text></stream:error>", "<m xmlns='u'><body>1</body></m><m xmlns='jabber:server'><body xmlns='jabber:client'/></m>",
	"<m from='f' to='t' id='i' type='y'>" + "<a><b><c><d><e f='' g='' h=''/></d></c></b></a></m><n from='&apos;'/>",
	"<a xmlns='u\n\tv'/>", "<as:m xmlns:p='u' xmlns:q='u' p:b='' q:b='a long value, cut off'/>",
	"<a b='" + "long long long long long long long long" + "'><" + "cccccccccccccccccccccccccccccccccccccccc" + "/></a>",
}

// node is an element, the same from encoding/xml and from us.
type node struct {
	Space, Local string
	Attrs        []string
	Text         string
	Kids         []*node
}

const (
	header   = "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'>"
	sentinel = "<end-of-the-input/>"
)

// referenceTrees reads in with encoding/xml: the complete elements of the stream,
// and whether in ends between two of them.
func referenceTrees(t *testing.T, in string) (roots []*node, clean bool) {
	d := xml.NewDecoder(strings.NewReader(header + in + sentinel))
	_, err := d.Token()
	require.NoError(t, err)
	var path []*node
	for {
		tok, err := d.Token()
		if err != nil {
			n := len(roots) - 1
			if clean = n >= 0 && roots[n].Local == "end-of-the-input"; clean {
				roots = roots[:n]
			}
			return roots, clean
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			n := &node{Space: spaces(tok.Name.Space), Local: tok.Name.Local}
			for _, a := range tok.Attr {
				n.Attrs = append(n.Attrs, fmt.Sprintf("{%s}%s=%s", spaces(a.Name.Space), a.Name.Local, spaces(a.Value)))
			}
			if len(path) > 0 {
				top := path[len(path)-1]
				top.Kids = append(top.Kids, n)
			}
			path = append(path, n)
		case xml.EndElement:
			if len(path) == 0 {
				return roots, false
			}
			if len(path) == 1 {
				roots = append(roots, path[0])
			}
			path = path[:len(path)-1]
		case xml.CharData:
			if len(path) > 0 {
				path[len(path)-1].Text += string(tok)
			}
		default:
			return roots, false
		}
	}
}

// spaces undoes what encoding/xml leaves undone: it does not normalise tabs
// and line ends in attribute values.
func spaces(s string) string { return strings.NewReplacer("\t", " ", "\n", " ", "\r", " ").Replace(s) }

// tree is the element as we see it.
func tree(e Element) *node {
	space := func(prefix string, ns []byte, bound bool) string {
		if prefix == "xmlns" || !bound {
			return prefix // as encoding/xml has it
		}
		return spaces(string(Unescape(nil, ns)))
	}
	prefix := string(e.d.prefix(e.at()))
	n := &node{Space: space(prefix, e.NS, e.NS != nil), Local: string(e.Local), Text: string(e.AppendText(nil))}
	if n.Local == "xmlns" && prefix == "" {
		n.Space = "" // encoding/xml puts <xmlns/> into no namespace
	}
	e.Attrs(func(name, value []byte) bool {
		prefix, local, prefixed := strings.Cut(string(name), ":")
		if !prefixed {
			prefix, local = "", prefix
		} else if ns, ok := e.d.lookup(e.i, 0, []byte(prefix)); prefix == "xml" {
			prefix = nsXML
		} else if prefix == "stream" && !ok {
			prefix = NSStream
		} else {
			prefix = space(prefix, ns, ok)
		}
		n.Attrs = append(n.Attrs, fmt.Sprintf("{%s}%s=%s", prefix, local, spaces(string(Unescape(nil, value)))))
		return true
	})
	for c := range e.Children {
		n.Kids = append(n.Kids, tree(c))
	}
	return n
}

// walk calls visit for the element and all below.
func walk(e Element, visit func(Element)) {
	visit(e)
	for c := range e.Children {
		walk(c, visit)
	}
}

// foreignName says whether a name has letters that we do not look up.
func foreignName(e Element) (found bool) {
	high := func(b []byte) bool {
		return strings.IndexFunc(string(b), func(r rune) bool { return r >= utf8.RuneSelf }) >= 0
	}
	walk(e, func(e Element) {
		found = found || high(e.d.raw[e.at().off:e.at().nameHi])
		e.Attrs(func(name, _ []byte) bool { found = found || high(name); return true })
	})
	return found
}

// stricter: what we refuse though encoding/xml does not. Repeated attributes
// are not well-formed XML, nor are attributes without space between; names
// with misplaced colons are not namespace-well-formed; text between stanzas
// has no meaning in XMPP; nobody writes a reference of more than 32 bytes.
var stricter = []string{badOutside, badDuplicate, badSpace, badColon, badLongRef}

var unlimited = Limits{Stanza: 1 << 24, Depth: 1 << 20, Attrs: 1 << 20, Elements: 1 << 20}

func FuzzSplit(f *testing.F) {
	for _, s := range nasty {
		f.Add(s)
	}
	f.Fuzz(checkSplit)
}

func checkSplit(t *testing.T, in string) {
	want, clean := referenceTrees(t, in)
	got := all(strings.NewReader(in), unlimited)
	end := got[len(got)-1].err
	got = got[:len(got)-1]
	for i, st := range got {
		require.NoError(t, st.err)
		if foreignName(st.Element) {
			return // the one thing that we accept and encoding/xml might not
		}
		require.Less(t, i, len(want), "accepted what encoding/xml refuses: %q", st.Raw)
		require.Equal(t, want[i], tree(st.Element))
		portable(t, st)
	}
	for _, problem := range stricter {
		if errors.Is(end, ErrNotWellFormed) && strings.Contains(end.Error(), problem) {
			return
		}
	}
	require.Len(t, got, len(want), "refused what encoding/xml accepts: %v", end)
	require.Equal(t, clean, end == io.EOF, "%v", end)
}

// portable checks that what we call portable, put into a stanza of ours, is
// well-formed with all its prefixes bound, and means the same.
func portable(t *testing.T, st result) {
	for c := range st.Children {
		if !c.Portable() {
			continue
		}
		out := "<message>" + string(c.Raw) + "</message>"
		copied, clean := referenceTrees(t, out)
		require.True(t, clean)
		require.Equal(t, sameStanzaNS(tree(c)), sameStanzaNS(copied[0].Kids[0]))
		again := one(t, out)
		walk(again.Element, func(e Element) { require.NotNil(t, e.NS, "unbound prefix in %q", e.Raw) })
	}
}

// sameStanzaNS puts elements of all stanza namespaces into one.
func sameStanzaNS(n *node) *node {
	if IsStanzaNS([]byte(n.Space)) {
		n.Space = NSComponent
	}
	for _, k := range n.Kids {
		sameStanzaNS(k)
	}
	return n
}

// FuzzChunking: how the input is cut does not matter, with no limit and with
// limits so small that most is skipped; and a stanza is skipped if and only if
// it is over a limit.
func FuzzChunking(f *testing.F) {
	for i, s := range nasty {
		f.Add([]byte(s+s), []byte{byte(i), 1, 255})
	}
	f.Fuzz(checkChunking)
}

func checkChunking(t *testing.T, in, cuts []byte) {
	sizes := []int{1}
	for _, c := range cuts {
		sizes = append(sizes, int(c)+1)
	}
	small := Limits{Stanza: 40, Depth: 3, Attrs: 2, Elements: 4}
	whole := map[Limits][]result{}
	for _, l := range []Limits{unlimited, small} {
		whole[l] = all(&chunks{b: in, sizes: []int{1 << 20}, once: true}, l)
		cut := all(&chunks{b: in, sizes: sizes, once: true}, l)
		require.Equal(t, fmt.Sprint(whole[l]), fmt.Sprint(cut))
	}
	for i, st := range whole[unlimited] {
		if st.err != nil {
			break // what is skipped is checked less strictly
		}
		require.Less(t, i, len(whole[small]))
		got := whole[small][i]
		require.Equal(t, over(st, small), got.err != nil, "%v", got)
		if got.err == nil {
			require.Equal(t, st.String(), got.String())
			continue
		}
		var limit *LimitError
		require.ErrorAs(t, got.err, &limit)
		if tag := len(st.Raw) - len(st.Raw[st.at().tagHi:]); tag <= small.Stanza && limit.Which != LimitAttrs {
			require.Equal(t, fmt.Sprint(st.From, st.To, st.ID, st.Type, st.Lang, st.Local, st.NS),
				fmt.Sprint(got.From, got.To, got.ID, got.Type, got.Lang, got.Local, got.NS))
		}
	}
}

// TestGenerated holds the properties of both fuzz targets against trees with
// namespaces at every level, whole and with one piece put where it should not be.
func TestGenerated(t *testing.T) {
	names := rapid.SampledFrom([]string{"a", "b", "p:a", "q:b", "xml:c", "stream:d", "xmlns"})
	attrs := rapid.SliceOfN(rapid.SampledFrom([]string{
		" a='1'", " b = '&lt;\t>'", " from=\"f'\"", " p:a=''", " q:a='2'", " xml:lang='x'", " xmlns='u'", " xmlns=''", " xmlns='jabber:client'",
		" xmlns='jabber:server'", " xmlns:p='u'", " xmlns:q='u'", " xmlns:p='v'", " xmlns:q=''", " xmlns:stream='w'",
	}), 0, 3)
	texts := rapid.SampledFrom([]string{"", " ", "é\r\n&#x1F600;", "]]", "&amp;>", "<![CDATA[<a>]] ]]>", "<![CDATA[]]>"})
	pieces := rapid.SampledFrom([]string{"<", ">", "'", "</a>", "<a>", "]]>", "<![CDATA[", "&", "=", "/", "<!--", "\xc3", ":", " "})
	var element func(t *rapid.T, depth int) string
	element = func(t *rapid.T, depth int) string {
		name := names.Draw(t, "name")
		start := "<" + name + strings.Join(attrs.Draw(t, "attrs"), "")
		if depth == 0 || rapid.IntRange(0, 3).Draw(t, "closed") == 0 {
			return start + "/>"
		}
		start += ">" + texts.Draw(t, "text")
		for range rapid.IntRange(0, 3).Draw(t, "children") {
			start += element(t, depth-1) + texts.Draw(t, "text")
		}
		return start + "</" + name + ">"
	}
	accepted := 0
	rapid.Check(t, func(rt *rapid.T) {
		in := element(rt, 4) + " " + element(rt, 1)
		if rapid.Bool().Draw(rt, "spoil") {
			at := rapid.IntRange(0, len(in)).Draw(rt, "at")
			in = in[:at] + pieces.Draw(rt, "piece") + in[at:]
		}
		rt.Log(in)
		if got := all(strings.NewReader(in), unlimited); got[0].err == nil {
			accepted++
		}
		checkSplit(t, in)
		checkChunking(t, []byte(in), rapid.SliceOfN(rapid.Byte(), 0, 4).Draw(rt, "cuts"))
	})
	require.NotZero(t, accepted)
}

// over says whether the stanza is over a limit.
func over(st result, l Limits) bool {
	var count, depth, attrs int
	var visit func(Element, int)
	visit = func(e Element, d int) {
		n := 0
		e.Attrs(func(_, _ []byte) bool { n++; return true })
		count, depth, attrs = count+1, max(depth, d), max(attrs, n)
		for c := range e.Children {
			visit(c, d+1)
		}
	}
	visit(st.Element, 1)
	return len(st.Raw) > l.Stanza || depth > l.Depth || attrs > l.Attrs || count > l.Elements
}

func BenchmarkEncodingXML(b *testing.B) {
	d := xml.NewDecoder(io.MultiReader(strings.NewReader(header), &chunks{b: []byte(chat), sizes: []int{1 << 20}}))
	_, err := d.RawToken()
	require.NoError(b, err)
	b.ReportAllocs()
	b.SetBytes(int64(len(chat)))
	for b.Loop() {
		for depth := -1; depth != 0; {
			tok, err := d.RawToken()
			if err != nil {
				b.Fatal(err)
			}
			switch tok.(type) {
			case xml.StartElement:
				depth = max(depth, 0) + 1
			case xml.EndElement:
				depth--
			}
		}
	}
}
