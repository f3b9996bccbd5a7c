package component_test

import (
	"context"
	"crypto/sha1" // #nosec: XEP-0115 asks for it
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// discovered is a disco#info answer as this file reads it, with nothing of the
// program's own.
type discovered struct {
	Query struct {
		Node     string `xml:"node,attr"`
		Identity []struct {
			Category string `xml:"category,attr"`
			Type     string `xml:"type,attr"`
			Lang     string `xml:"http://www.w3.org/XML/1998/namespace lang,attr"`
			Name     string `xml:"name,attr"`
		} `xml:"identity"`
		Feature []struct {
			Var string `xml:"var,attr"`
		} `xml:"feature"`
		Form []struct {
			Field []struct {
				Var   string   `xml:"var,attr"`
				Value []string `xml:"value"`
			} `xml:"field"`
		} `xml:"jabber:x:data x"`
	} `xml:"http://jabber.org/protocol/disco#info query"`
}

// hash is XEP-0115 §5.1, step by step.
func (d discovered) hash() string {
	var s strings.Builder
	list := func(all []string) {
		slices.Sort(all)
		for _, a := range all {
			s.WriteString(a + "<")
		}
	}
	var identities, features []string
	for _, i := range d.Query.Identity {
		identities = append(identities, fmt.Sprintf("%s/%s/%s/%s", i.Category, i.Type, i.Lang, i.Name))
	}
	list(identities)
	for _, f := range d.Query.Feature {
		features = append(features, f.Var)
	}
	list(features)
	for _, form := range d.Query.Form {
		var fields []string
		for _, f := range form.Field {
			slices.Sort(f.Value)
			if values := strings.Join(f.Value, "<"); f.Var == "FORM_TYPE" {
				s.WriteString(values + "<")
			} else {
				fields = append(fields, f.Var+"<"+values)
			}
		}
		list(fields)
	}
	sum := sha1.Sum([]byte(s.String()))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func discover(t *testing.T, raw string) (d discovered) {
	t.Helper()
	require.NoError(t, xml.Unmarshal([]byte(raw), &d), raw)
	require.NotEmpty(t, d.Query.Feature, raw)
	return d
}

// The example of XEP-0115 §5.3: this file's own way to the hash is right.
func TestCapsExample(t *testing.T) {
	d := discover(t, `<iq><query xmlns='http://jabber.org/protocol/disco#info' node='http://psi-im.org#q07IKJEyjvHSyhy//CH0CxmKi8w='>
	<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/><identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>
	<feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>
	<feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/>
	<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>
	<field var='ip_version'><value>ipv4</value><value>ipv6</value></field><field var='os'><value>Mac</value></field>
	<field var='os_version'><value>10.5.1</value></field><field var='software'><value>Psi</value></field>
	<field var='software_version'><value>0.11</value></field></x></query></iq>`)
	require.Equal(t, "q07IKJEyjvHSyhy//CH0CxmKi8w=", d.hash())
	d = discover(t, `<iq><query xmlns='http://jabber.org/protocol/disco#info'><identity category='client' type='pc' name='Exodus 0.9.1'/>
	<feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>
	<feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/></query></iq>`)
	require.Equal(t, "QgayPKawpkPSDYmwT/WM94uAlu0=", d.hash())
}

// The hash in a contact's presence is that of the answer to whoever got it, asked
// with the hash's node and without; and an agents' server, which asks in its own
// name, gets the same.
func TestCapsMatch(t *testing.T) {
	inUTC(t)
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t.TempDir())
		play := withSlowArchive(t, w, func(context.Context) {})
		asked := func(in string) string {
			t.Helper()
			play("in " + in)
			all := w.server.left()
			require.Len(t, all, 1, in)
			w.server.expected(all[0])
			return all[0].raw
		}
		hashes := map[string]bool{}
		for _, contact := range []string{"carol.$c", "desk", "support"} {
			var p struct {
				Caps struct {
					Hash string `xml:"hash,attr"`
					Node string `xml:"node,attr"`
					Ver  string `xml:"ver,attr"`
				} `xml:"http://jabber.org/protocol/caps c"`
			}
			raw := asked("<presence type='probe' from='alice@example.com' to='" + contact + "@handoff.example.com'/>")
			require.NoError(t, xml.Unmarshal([]byte(raw), &p))
			require.Equal(t, "sha-1", p.Caps.Hash)
			hashes[p.Caps.Ver] = true
			node := " node='" + p.Caps.Node + "#" + p.Caps.Ver + "'"
			for _, from := range []string{"alice@example.com/a", "alice@example.com", "example.com"} {
				ask := "<iq type='get' id='q' from='" + from + "' to='" + contact + "@handoff.example.com/chat'><query xmlns='http://jabber.org/protocol/disco#info'"
				d := discover(t, asked(ask+node+"/></iq>"))
				require.Equal(t, p.Caps.Ver, d.hash(), "%s asks %s", from, contact)
				require.Equal(t, p.Caps.Node+"#"+p.Caps.Ver, d.Query.Node)
				require.Contains(t, asked(ask+" node='"+p.Caps.Node+"#else'/></iq>"), "<item-not-found ")
				if from != "example.com" {
					require.Equal(t, p.Caps.Ver, discover(t, asked(ask+"/></iq>")).hash())
				}
			}
		}
		require.Len(t, hashes, 3)
		for _, from := range []string{"example.org", "mallory@example.com/m"} { // nobody's server, no agent
			raw := asked("<iq type='get' id='q' from='" + from + "' to='carol.$c@handoff.example.com/chat'>" +
				"<query xmlns='http://jabber.org/protocol/disco#info' node='urn:xmpp:handoff:0#x'/></iq>")
			require.Contains(t, raw, "<item-not-found ")
		}
		require.NoError(t, w.halt())
	})
}
