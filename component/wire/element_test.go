package wire

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestChildren(t *testing.T) {
	st := one(t, `<m>t<a>1<b><c/></b>2<b x='"' y = "'&gt;"/>3</a> <d/><a>4</a><e></e>u</m>`)
	var got []string
	for c := range st.Children {
		got = append(got, fmt.Sprintf("%s %s %t", c.Raw, c.Inner(), c.SelfClosed()))
	}
	require.Equal(t, []string{
		`<a>1<b><c/></b>2<b x='"' y = "'&gt;"/>3</a> 1<b><c/></b>2<b x='"' y = "'&gt;"/>3 false`,
		"<d/>  true", "<a>4</a> 4 false", "<e></e>  false",
	}, got)
	require.Equal(t, "t u", string(st.AppendText(nil)))

	a, ok := st.Child(NSComponent, "a")
	require.True(t, ok)
	require.Equal(t, "pre123", string(a.AppendText([]byte("pre"))))
	got = nil
	for b := range a.Children {
		y, ok := b.Attr("y")
		got = append(got, fmt.Sprintf("%s %s %t", b.Raw, y, ok))
		b.Attrs(func(n, v []byte) bool { got = append(got, fmt.Sprintf("%s=%s", n, v)); return true })
	}
	require.Equal(t, []string{"<b><c/></b>  false", `<b x='"' y = "'&gt;"/> '&gt; true`, `x="`, "y='&gt;"}, got)

	_, ok = st.Child("other", "a")
	require.False(t, ok)
	for range (Element{}).Children {
		t.Fatal("the zero element has no children")
	}
	require.Nil(t, Element{}.AppendText(nil))
	require.Nil(t, Element{}.Inner())
	require.False(t, Element{}.Portable())
	require.False(t, Element{}.SelfClosed())
}

func TestNamespaces(t *testing.T) {
	const none = "none"
	tests := []struct{ root, child, ns string }{
		{`<m>`, `<c/>`, NSComponent},
		{`<m xmlns='jabber:client'>`, `<c/>`, NSClient},
		{`<m xmlns='u'>`, `<c/>`, "u"},
		{`<m xmlns='u'>`, `<c xmlns='v'/>`, "v"},
		{`<m xmlns='u'>`, `<c xmlns=''/>`, ""},
		{`<m xmlns:p='u'>`, `<c/>`, NSComponent},
		{`<m xmlns:p='u'>`, `<p:c/>`, "u"},
		{`<m xmlns:p='u'>`, `<p:c xmlns:p='v'/>`, "v"},
		{`<m xmlns:pp='u'>`, `<p:c/>`, none},
		{`<m xmlns:p='u'>`, `<pp:c/>`, none},
		{`<m xmlns:p="u">`, `<p:c xmlns='v'/>`, "u"},
		{`<m>`, `<xml:c/>`, nsXML},
		{`<m>`, `<stream:c/>`, NSStream},
		{`<m xmlns:stream='u'>`, `<stream:c/>`, "u"},
	}
	for _, tt := range tests {
		t.Run(tt.root+tt.child, func(t *testing.T) {
			st := one(t, tt.root+"<x xmlns='other' xmlns:p='other'/>"+tt.child+"</m>")
			var last Element
			for c := range st.Children {
				last = c
			}
			ns := string(last.NS)
			if last.NS == nil {
				ns = none
			}
			require.Equal(t, tt.ns, ns)
			require.Equal(t, "c", string(last.Local))
		})
	}
	st := one(t, `<p:m xmlns:p='jabber:client'><a xmlns:q='u'><b><q:c/></b></a></p:m>`)
	require.True(t, st.Is(NSClient, "m"))
	a, _ := st.Child(NSComponent, "a")
	b, _ := a.Child(NSComponent, "b")
	_, ok := b.Child("u", "c")
	require.True(t, ok, "a prefix bound two levels up")
	require.True(t, IsStanzaNS([]byte(NSServer)))
	require.False(t, IsStanzaNS(nil))
}

func TestPortable(t *testing.T) {
	const plain = "<m>"
	many := strings.Repeat("<p:b/>", maxPrefixed)
	tests := []struct {
		root, child string
		want        bool
	}{
		{plain, `<body>hi</body>`, true},
		{`<m xmlns='jabber:client'>`, `<body>hi</body>`, true},
		{`<m xmlns='jabber:server'>`, `<body>hi</body>`, true},
		{`<m xmlns='u'>`, `<body>hi</body>`, false},
		{`<m xmlns='u'>`, `<x xmlns='v'><y/></x>`, true},
		{`<m xmlns='u'>`, `<x xmlns=''><y/></x>`, true},
		{plain, `<x xmlns='jabber:client'/>`, true},
		// nobody but an attacker writes these; the receiver would not take them for what we do
		{plain, `<body xmlns='jabber:server'/>`, false},
		{plain, `<body xmlns='jabber:component:accept'/>`, false},
		{`<m xmlns:p='u'>`, `<p:x/>`, false},
		{`<m xmlns:p='u'>`, `<x p:y=''/>`, false},
		{`<m xmlns:p='u'>`, `<x xmlns='v'><y><p:z/></y></x>`, false},
		{`<m xmlns:p='u'>`, `<x xmlns='v'><y><z p:a=''/></y></x>`, false},
		{`<m xmlns:p='u'>`, `<x xmlns:p='v'><y><p:z p:a='' p:b=''/></y></x>`, true},
		{`<m xmlns='u'>`, `<p:x xmlns:p='v'/>`, true},
		{`<m xmlns='u'>`, `<p:x xmlns:p='v'><y/></p:x>`, false},
		{plain, `<p:x xmlns:p='v'><y/></p:x>`, true},
		{plain, `<x><p:y xmlns:p='v'/><p:z/></x>`, false},
		{plain, `<x xml:lang='de'><xml:y/></x>`, true},
		{plain, `<stream:x/>`, false},
		{plain, `<x p:y=''/>`, false},
		{plain, `<xmlns:x/>`, false},
		{plain, `<x xmlns:p='' a='p:'/>`, false},
		{plain, `<x xmlns:xml='http://www.w3.org/XML/1998/namespace'/>`, false},
		{plain, `<x xmlns:xmlns='u'/>`, false},
		{plain, `<x xmlns:p='http://www.w3.org/2000/xmlns/'/>`, false},
		{plain, `<x xmlns='http&#58;//www.w3.org/2000/xmlns/'/>`, false},
		{plain, `<x xmlns:p='u' xmlns:q='u' p:a='' q:a=''/>`, false},
		{plain, `<x xmlns:p='u' xmlns:q='v' p:a='' q:b=''/>`, true},
		{plain, `<é/>`, false},
		{plain, `<x><y é=''/></x>`, false},
		{plain, `<x xmlns:p='u'>` + many + `</x>`, true},
		{plain, `<x xmlns:p='u'>` + many + `<p:b/></x>`, false},
		{plain, `<x xmlns:p='u'>` + many + `<b p:a=''/></x>`, false},
	}
	for _, tt := range tests {
		t.Run(tt.root+tt.child, func(t *testing.T) {
			// what surrounds the child has no influence on it
			st := one(t, tt.root+`<p:n xmlns:p='u' xmlns='w'/>`+tt.child+`<p:n xmlns:q='u'/></m>`)
			var kids []Element
			for c := range st.Children {
				kids = append(kids, c)
			}
			require.Len(t, kids, 3)
			require.Equal(t, tt.want, kids[1].Portable())
		})
	}
}

func TestAppendText(t *testing.T) {
	for in, want := range map[string]string{
		"":                                     "",
		"a&amp;b&#x1F600;":                     "a&b\U0001F600",
		"a\r\nb\rc\n\r\r\n":                    "a\nb\nc\n\n\n",
		"&#13;\n&#13;&#10;":                    "\r\n\r\n",
		"\r<![CDATA[\n]]>":                     "\n\n",
		"x<![CDATA[<b>&amp;\r\n]]]]>&gt;<y/>":  "x<b>&amp;\n]]>",
		"<![CDATA[]]><y>no</y><![CDATA[<y>]]>": "<y>",
		"]] > ]>":                              "]] > ]>",
	} {
		require.Equal(t, want, string(one(t, "<m>"+in+"</m>").AppendText(nil)), "%q", in)
	}
}
