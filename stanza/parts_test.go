package stanza

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The vectors of XEP-0115 §5.2 and §5.3.
func TestVer(t *testing.T) {
	features := []string{NSCaps, NSDiscoInfo, NSDiscoItems, "http://jabber.org/protocol/muc"}
	simple := DiscoInfo{
		Identities: []Identity{{Category: "client", Type: "pc", Name: "Exodus 0.9.1"}},
		Features:   features,
	}
	require.Equal(t, "QgayPKawpkPSDYmwT/WM94uAlu0=", simple.Ver())

	full := DiscoInfo{
		Identities: []Identity{
			{Category: "client", Type: "pc", Name: "Psi 0.11", Lang: "en"}, {Category: "client", Type: "pc", Name: "Ψ 0.11", Lang: "el"},
		},
		Features: features,
		Forms: []Form{{Type: FormResult, Fields: []FormField{
			{Var: formTypeVar, Type: Hidden, Values: []string{"urn:xmpp:dataforms:softwareinfo"}},
			{Var: "ip_version", Values: []string{"ipv6", "ipv4"}},
			{Var: "os", Values: []string{"Mac"}}, {Var: "os_version", Values: []string{"10.5.1"}},
			{Var: "software", Values: []string{"Psi"}}, {Var: "software_version", Values: []string{"0.11"}},
		}}},
	}
	require.Equal(t, "q07IKJEyjvHSyhy//CH0CxmKi8w=", full.Ver())
	require.Equal(t, &Caps{Node: "https://example.com", Ver: full.Ver()}, full.Caps("https://example.com"))

	shuffled := DiscoInfo{
		Identities: slices.Clone(full.Identities), Features: slices.Clone(features),
		Forms: append([]Form{{Type: FormResult}}, full.Forms...), // a form without FORM_TYPE does not count
	}
	slices.Reverse(shuffled.Identities)
	slices.Reverse(shuffled.Features)
	require.Equal(t, full.Ver(), shuffled.Ver())
	require.Equal(t, "http://jabber.org/protocol/muc", shuffled.Features[0], "it is left as it was")

	two := Form{Type: FormResult, Fields: []FormField{{Var: formTypeVar, Type: Hidden, Values: []string{"a"}}}}
	require.Equal(t, DiscoInfo{Forms: []Form{two, full.Forms[0]}}.Ver(), DiscoInfo{Forms: []Form{full.Forms[0], two}}.Ver())
	require.NotEqual(t, DiscoInfo{Forms: []Form{two}}.Ver(), DiscoInfo{}.Ver())
}

func TestPrivilegeGrants(t *testing.T) {
	for typ, want := range map[string][2]bool{"none": {}, "get": {true, false}, "set": {false, true}, "both": {true, true}, "": {}} {
		p := Privilege{NS: NSPrivilege2, Perms: []Perm{{Access: "roster", Type: typ}}}
		require.Equal(t, want, [2]bool{p.MayGetRoster(), p.MaySetRoster()}, typ)
		require.False(t, p.MaySend())
	}
	require.True(t, Privilege{Perms: []Perm{{Access: "message", Type: "outgoing"}}}.MaySend())
	require.False(t, Privilege{Perms: []Perm{{Access: "presence", Type: "roster"}}}.MayGetRoster())

	require.ErrorContains(t, xml.Unmarshal([]byte(`<privilege xmlns='urn:xmpp:privilege:2'><perm type='both'/></privilege>`), &Privilege{}),
		"privilege/perm: attribute access is missing")
	require.ErrorContains(t, xml.Unmarshal([]byte(`<privilege xmlns='urn:xmpp:privilege:3'/>`), &Privilege{}), "is not expected here")
	require.ErrorContains(t, xml.Unmarshal([]byte(`<privilege xmlns='urn:xmpp:privilege:2'/>`), &PrivilegedMessage{}),
		"privilege: element forwarded is missing")
}

func TestTextsIn(t *testing.T) {
	ts := Texts{{"de", "Hallo"}, {"fr", "Salut"}, {"", "Hi"}, {"pt-BR", "Oi"}}
	for lang, want := range map[string]string{
		"fr": "Salut", "FR": "Salut", "fr-CA": "Salut", "pt-br": "Oi", "pt": "Oi", "it": "Hi", "": "Hi",
	} {
		require.Equal(t, want, ts.In(lang), lang)
	}
	require.Equal(t, "Hallo", ts[:2].In("it"))
	require.Empty(t, Texts(nil).In("it"))
	require.Nil(t, Say(""))
	require.Equal(t, "x", Say("x").In("de"))
}

func TestInfo(t *testing.T) {
	form := &Form{Type: FormSubmit, Fields: []FormField{
		{Var: formTypeVar, Type: Hidden, Values: []string{"urn:x"}},
		{Type: Fixed, Values: []string{"About you"}},
		{Var: "order", Label: "Order", Values: []string{"4711"}},
		{Var: "empty", Values: []string{""}}, {Var: "none"},
		{Var: "what", Type: TextMulti, Values: []string{"a", "b"}},
		{Var: "order", Values: []string{"4712"}},
	}}
	info := form.Info()
	require.Equal(t, Info{{"order", "Order", "4712"}, {"what", "", "a\nb"}}, info)
	require.Equal(t, info, info.Form().Info())
	require.Equal(t, TextMulti, info.Form().Fields[1].Type)

	merged := info.Merge(Info{{"name", "Name", "Ann"}, {"what", "What", "c"}, {"order", "", "1"}})
	require.Equal(t, Info{{"order", "Order", "1"}, {"what", "What", "c"}, {"name", "Name", "Ann"}}, merged)
	require.Equal(t, "4712", info[0].Value, "the old information is not touched")

	require.Nil(t, (*Form)(nil).Info())
	require.Nil(t, Info(nil).Form())
	require.Nil(t, Info(nil).Merge(nil))
	require.Equal(t, "4711", form.Value("order"))
	require.Equal(t, []string{"a", "b"}, form.Values("what"))
	require.Empty(t, form.Value("none"))
	require.Empty(t, (*Form)(nil).Value("order"))
}

func TestDialogTrim(t *testing.T) {
	size := func(f Forwarded) int {
		b, err := xml.Marshal(f)
		require.NoError(t, err)
		return len(b)
	}
	d := someDialog()
	older, newer := size(d.Messages[0]), size(d.Messages[1])
	for _, tt := range []struct{ most, keeps int }{{older + newer, 2}, {older + newer - 1, 1}, {newer, 1}, {newer - 1, 0}, {0, 0}} {
		d := someDialog()
		require.NoError(t, d.Trim(tt.most))
		require.Equal(t, someDialog().Messages[2-tt.keeps:], d.Messages)
		require.EqualValues(t, 12, d.Count)
	}
	d.Messages[0].Delay = Delay{}
	require.EqualError(t, d.Trim(1<<20), "forwarded/delay: attribute stamp is missing")
}

func TestPhotoHash(t *testing.T) {
	require.Equal(t, "da39a3ee5e6b4b0d3255bfef95601890afd80709", Photo{}.Hash())
	err := xml.Unmarshal([]byte(`<vCard xmlns='vcard-temp'><PHOTO><BINVAL>*</BINVAL></PHOTO></vCard>`), &VCard{})
	require.EqualError(t, err, "vCard/PHOTO/BINVAL: it is not base64")
}

func TestParseSessionID(t *testing.T) {
	id, err := ParseSessionID("carol-jones.k3v7tq2m.3")
	require.NoError(t, err)
	require.Equal(t, carol(3), id)
	require.Equal(t, "carol-jones.k3v7tq2m.3", id.String())
	require.Empty(t, SessionID{}.String())
	require.True(t, SessionID{}.IsZero())

	for _, bad := range []string{
		"", ".", "a", "a.", ".1", "a.0", "a.01", "a.+1", "a.-1", "a.1 ", "a. 1", "a.1.", "a.x", "a.4294967296", "a.٣",
		"Carol.1", "a b.1", "a@b.1", "a/b.1", "a\x00.1", "a\xff.1", strings.Repeat("a", 1024) + ".1",
	} {
		_, err := ParseSessionID(bad)
		require.EqualError(t, err, quote(bad)+", must be a session identifier such as carol-jones.k3v7tq2m.3")
	}
}
