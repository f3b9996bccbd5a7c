package wire

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func nested(depth int) string {
	return strings.Repeat("<a>", depth) + strings.Repeat("</a>", depth)
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d=''", i)
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	const root = "<m from='f' to='t' id='i' type='y' xml:lang='l'>"
	const known = "m jabber:component:accept f t i y l"
	fill := func(n int) string { return strings.Repeat("x", n) }
	tests := map[string]struct {
		in    string
		which string // "": passes
		known string
	}{
		"bytes at the limit":     {root + fill(1024-len(root)-len("</m>")) + "</m>", "", known},
		"bytes over":             {root + fill(1025-len(root)-len("</m>")) + "</m>", LimitStanza, known},
		"far over":               {root + fill(99999) + "</m>", LimitStanza, known},
		"CDATA over":             {root + "<![CDATA[" + fill(5000) + "</m>]]></m>", LimitStanza, known},
		"many small over":        {root + strings.Repeat("<a b='>'>"+fill(200)+"</a>", 8) + "</m>", LimitStanza, known},
		"one tag too long":       {root + "<a b='/" + fill(5000) + ">' /><c/></m>", LimitStanza, known},
		"one tag too long, 2":    {root + "<a b='" + fill(5000) + "/'>" + "</a></m>", LimitStanza, known},
		"one end tag too long":   {root + "<a></a" + strings.Repeat(" ", 5000) + "></m>", LimitStanza, known},
		"one name too long":      {root + "<" + fill(5000) + "></" + fill(5000) + "></m>", LimitStanza, known},
		"root too long":          {root[:len(root)-1] + " z='" + fill(5000) + "/>'><b>/></b></m>", LimitStanza, known},
		"root too long, closed":  {"<m from='f' z='" + fill(5000) + "'/>", LimitStanza, "m jabber:component:accept f    "},
		"root too early long":    {"<m z='" + fill(5000) + "' from='f'/>", LimitStanza, "m jabber:component:accept     "},
		"root too long, prefix":  {"<p:m xmlns:p='u' from='f' z='" + fill(5000) + "' xmlns:q='v'/>", LimitStanza, "m u f    "},
		"root too long, unbound": {"<q:m xmlns:p='u' z='" + fill(5000) + "' xmlns:q='v'/>", LimitStanza, "m      "},
		"root name too long":     {"<" + fill(5000) + "/>", LimitStanza, "*"},
		"root name far too long": {"<" + fill(5000) + " from='f'><" + fill(5000) + "/></" + fill(5000) + ">", LimitStanza, "*"},
		"depth at the limit":     {nested(4), "", "a jabber:component:accept     "},
		"depth over":             {root + nested(4) + "</m>", LimitDepth, known},
		"depth far over":         {root + nested(100) + nested(3) + "</m>", LimitDepth, known},
		"depth, self-closed":     {root + "<a><a><a><a/></a></a></a></m>", LimitDepth, known},
		"attributes at limit":    {"<m><a" + attributes(6) + "/></m>", "", "m jabber:component:accept     "},
		"attributes over":        {root + "<a" + attributes(7) + "/></m>", LimitAttrs, known},
		"of the root":            {root[:len(root)-1] + attributes(2) + "/>", LimitAttrs, known},
		"elements at the limit":  {root + strings.Repeat("<a/>", 9) + "</m>", "", known},
		"elements over":          {root + strings.Repeat("<a/>", 10) + "</m>", LimitElements, known},
	}
	l := Limits{Stanza: 1024, Depth: 4, Attrs: 6, Elements: 10}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := []byte("<before/>" + tt.in + " <after>1</after>")
			want := ""
			for _, size := range []int{1 << 20, 1, 2, 700, 1024, 4096} {
				got := all(&chunks{b: in, sizes: []int{size}, once: true}, l)
				if want == "" {
					want = fmt.Sprint(got)
				}
				require.Equal(t, want, fmt.Sprint(got), "in pieces of %d", size)
				require.Len(t, got, 4)
				require.Equal(t, "<after>1</after>", string(got[2].Raw))
				require.Equal(t, io.EOF, got[3].err)
				st := got[1]
				if tt.which == "" {
					require.NoError(t, st.err)
					require.Equal(t, tt.in, string(st.Raw))
				} else {
					var limit *LimitError
					require.ErrorAs(t, st.err, &limit)
					require.Equal(t, tt.which, limit.Which)
					require.ErrorContains(t, limit, tt.which)
					require.Nil(t, st.Raw)
					require.Empty(t, st.Inner())
					require.False(t, st.Portable())
					_, ok := st.Attr("nosuch") // the root's tag may be cut off
					require.False(t, ok)
					for range st.Children {
						t.Fatal("no children are known")
					}
				}
				if tt.known != "*" {
					require.Equal(t, tt.known, fmt.Sprintf("%s %s %s %s %s %s %s",
						st.Local, st.NS, st.From, st.To, st.ID, st.Type, st.Lang))
				} else {
					require.Nil(t, st.From)
				}
			}
		})
	}
}

func TestSkippingStillChecks(t *testing.T) {
	long := strings.Repeat("x", 300)
	for in, want := range map[string]error{
		"<m>" + long + "</n>":                        ErrNotWellFormed,
		"<m>" + long + "<a></m>":                     ErrNotWellFormed,
		"<m>" + long + "\x00</m>":                    ErrNotWellFormed,
		"<m>" + long + "&nbsp;</m>":                  ErrNotWellFormed,
		"<m>" + long + "<a b='1' b='2'/></m>":        ErrNotWellFormed,
		"<m>" + long + "<!-- --></m>":                ErrRestrictedXML,
		"<m>" + long + "<?a?></m>":                   ErrRestrictedXML,
		"<m><" + long + "></m>":                      ErrNotWellFormed,
		"<m></m" + long + "></m>":                    ErrNotWellFormed,
		"<m>" + long:                                 io.ErrUnexpectedEOF,
		"</m" + strings.Repeat(" ", 300) + ">":       ErrTooLarge,
		"<m>" + strings.Repeat(long, 4) + "</m>":     ErrTooLarge,
		"<m><a b='" + strings.Repeat(long, 4) + "'/": ErrTooLarge,
		"<m b='" + strings.Repeat(long, 4):           ErrTooLarge,
		"<m>" + nested(4) + "</n>":                   ErrNotWellFormed,
	} {
		for _, size := range []int{1 << 20, 1} {
			got := all(&chunks{b: []byte(in), sizes: []int{size}, once: true}, Limits{Stanza: 128, Depth: 3, Skip: 1024})
			require.Len(t, got, 1, in)
			require.ErrorIs(t, got[0].err, want, in)
		}
	}
	// documented: beyond the depth limit names need not match
	got := all(strings.NewReader("<a><b><c></d></b></a><ok/>"), Limits{Depth: 2})
	require.Len(t, got, 3)
	require.Equal(t, "<ok/>", string(got[1].Raw))
}

func TestMemoryIsBounded(t *testing.T) {
	const limit = 64 << 10
	for name, piece := range map[string]string{
		"text":           "xxxxxxxxxxxxxxxxxx",
		"elements":       "<a b='c'>d</a>",
		"ever deeper":    "<a>",
		"ever deeper, 2": "<a b='c'>text",
		"long tags":      "<a b='" + strings.Repeat("x", limit-9) + "'/>",
		"too long tags":  "<a b='" + strings.Repeat("x", limit) + "'/>",
	} {
		t.Run(name, func(t *testing.T) {
			s := New(io.MultiReader(strings.NewReader("<m from='f'>"),
				&chunks{b: bytes.Repeat([]byte(piece), 1+limit/len(piece)), sizes: []int{1460, 1 << 20}}), Limits{Skip: 8 << 20})
			_, err := s.Next()
			require.Equal(t, ErrTooLarge, err)
			require.LessOrEqual(t, len(s.buf), 4*limit)
			require.LessOrEqual(t, cap(s.d.els), 2048)
			require.LessOrEqual(t, cap(s.skip.names), 64)
			require.LessOrEqual(t, cap(s.tag.attrs), 128)
		})
	}
}
