package stanza

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	isSession = "must be a session identifier such as carol-jones.k3v7tq2m.3"
	isTime    = "must be a time such as 2026-11-23T12:00:30Z"
	isJID     = "which is not an address; write it as name@example.com"
)

type reject struct {
	in   string // without the namespace, which the test adds to the root
	into payload
	want string
}

func rejects() []reject {
	offer := `<offer id='x' session='a.1' from='a@b' expires='2026-11-23T12:00:30Z'>`
	forwarded := `<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay' stamp='2026-11-23T12:00:30Z'/>`
	return []reject{
		{`<connect><caller jid='a@@b'/></connect>`, &Connect{}, `connect/caller: attribute jid is "a@@b", ` + isJID},
		{`<connect><caller/><caller/></connect>`, &Connect{}, `connect: element caller is given more than once`},
		{`<connect><x xmlns='jabber:x:data' type='cancel'/></connect>`, &Connect{}, `connect/x: attribute type is "cancel", must be one of submit, result`},
		{`<connect><x xmlns='jabber:x:data' type='submit'><field/></x></connect>`, &Connect{}, `connect/x/field: attribute var is missing`},
		{`<session epoch='0'/>`, &Session{}, `session: attribute id is missing`},
		{`<session id='a.1'/>`, &Session{}, `session: attribute epoch is missing`},
		{`<session id='a.1' epoch='-1'/>`, &Session{}, `session: attribute epoch is "-1", must be a whole number of 0 or more`},
		{`<session id='a' epoch='0'/>`, &Session{}, `session: attribute id is "a", ` + isSession},
		{`<session id='a.1' epoch='0' state='asleep'/>`, &Session{}, `session: attribute state is "asleep", must be one of waiting, active`},
		{`<session id='a.1' epoch='0' position='0'/>`, &Session{}, `session: attribute position is "0", must be a whole number of 1 or more`},
		{`<transfer/>`, &Transfer{}, `transfer: element target is missing`},
		{`<transfer><target/></transfer>`, &Transfer{}, `transfer/target: attribute jid or queue is missing`},
		{`<transfer><target jid='a@b' queue='q'/></transfer>`, &Transfer{}, `transfer/target: attributes jid and queue exclude each other`},
		{`<transfer><target jid='a@b' skill='fr'/></transfer>`, &Transfer{}, `transfer/target: attribute skill needs attribute queue`},
		{`<transfer><target jid='@'/></transfer>`, &Transfer{}, `transfer/target: attribute jid is "@", ` + isJID},
		{"<transfer><target jid='.\u00ad\ufeff'/></transfer>", &Transfer{}, `transfer/target: attribute jid is ".\u00ad\ufeff", ` + isJID},
		{`<transfer mode='hot'><target queue='q'/></transfer>`, &Transfer{}, `transfer: attribute mode is "hot", must be one of warm, blind, consult, join`},
		{`<transfer session='7'><target queue='q'/></transfer>`, &Transfer{}, `transfer: attribute session is "7", ` + isSession},
		{`<transfer><target queue='q'/><share/></transfer>`, &Transfer{}, `transfer/share: attribute history or last is missing`},
		{`<transfer><target queue='q'/><share last='0'/></transfer>`, &Transfer{}, `transfer/share: attribute last is "0", must be a whole number of 1 or more`},
		{`<transfer><target queue='q'/><share history='some'/></transfer>`, &Transfer{}, `transfer/share: attribute history is "some", must be one of all, none`},
		{`<transfer><target queue='q'/><share history='all' last='2'/></transfer>`, &Transfer{}, `transfer/share: attributes history and last exclude each other`},
		{`<transfer session='a.1' state='offered' expires='2026-11-23T12:00:30Z'/>`, &TransferAnswer{}, `transfer: attribute id is missing`},
		{`<transfer id='x' session='a.1' expires='2026-11-23T12:00:30Z'/>`, &TransferAnswer{}, `transfer: attribute state is missing`},
		{`<transfer id='x' session='a.1' state='offered'/>`, &TransferAnswer{}, `transfer: attribute expires is missing`},
		{`<transfer id='x' session='a.1' state='offered' expires='soon'/>`, &TransferAnswer{}, `transfer: attribute expires is "soon", ` + isTime},
		{`<transfer id='x' session='a.1' state='offered' expires='9999-12-31T23:59:59-01:00'/>`, &TransferAnswer{},
			`transfer: attribute expires is "9999-12-31T23:59:59-01:00", ` + isTime},
		{`<offer id='x' session='a.1' from='a@b' expires='2026-11-23T12:00:30Z'/>`, &Offer{}, `offer: element caller is missing`},
		{`<offer id='x' session='a.1' mode='return' from='a@b' expires='2026-11-23T12:00:30Z'><caller name='A'/></offer>`, &Offer{},
			`offer: attribute mode is "return", must be one of warm, blind, consult, join, reclaim`},
		{`<transfer mode='reclaim'><target queue='q'/></transfer>`, &Transfer{}, `transfer: attribute mode is "reclaim", must be one of warm, blind, consult, join`},
		{offer + `<caller/></offer>`, &Offer{}, `offer/caller: attribute jid or name is missing`},
		{offer + `<caller name='A'/><dialog/></offer>`, &Offer{}, `offer/dialog: attribute count is missing`},
		{offer + `<caller name='A'/><dialog count='0'>` + forwarded + `<message xmlns='jabber:client'/></forwarded></dialog></offer>`, &Offer{},
			`offer/dialog: attribute count is 0, but it holds 1 messages`},
		{offer + `<caller name='A'/><dialog count='1'>` + forwarded + `<message xmlns='jabber:client'/></forwarded></dialog></offer>`, &Offer{},
			`offer/dialog/forwarded/message: element author is missing`},
		{offer + `<caller name='A'/><dialog count='1'>` + forwarded + `<message/></forwarded></dialog></offer>`, &Offer{},
			`offer/dialog/forwarded: element message in namespace jabber:client is missing`},
		{offer + `<caller name='A'/><dialog count='1'>` + forwarded + `<message xmlns='jabber:client'><author xmlns='urn:xmpp:handoff:0' role='boss'/></message></forwarded></dialog></offer>`,
			&Offer{}, `author: attribute role is "boss", must be one of caller, agent, bot, service`},
		{`<author/>`, &Author{}, `author: attribute role is missing`},
		{`<accept/>`, &Accept{}, `accept: attribute id is missing`},
		{`<accept id=''/>`, &Accept{}, `accept: attribute id is missing`},
		{`<accept id='x' id='y'/>`, &Accept{}, `"accept" has the attribute "id" twice`},
		{`<accept id='x'><!-- hm --></accept>`, &Accept{}, `comments, processing instructions and declarations are not allowed`},
		{`<cancel id='x'/>`, &Accept{}, `"cancel" in namespace "urn:xmpp:handoff:0" is not expected here`},
		{`<accept id='x'><a></accept>`, &Accept{}, `the XML is not well-formed: element <a> closed by </accept>`},
		{`<accept id='x'>&unknown;</accept>`, &Accept{}, `the XML is not well-formed: invalid character entity &unknown;`},
		{`<accept id='x'>` + strings.Repeat(`<a>`, 32), &Accept{}, `elements are nested more than 32 deep`},
		{`<decline/>`, &Decline{}, `decline: attribute id is missing`},
		{`<cancel/>`, &Cancel{}, `cancel: attribute id is missing`},
		{`<outcome session='a.1' state='failed'/>`, &Outcome{}, `outcome: attribute transfer is missing`},
		{`<outcome transfer='x' state='failed'/>`, &Outcome{}, `outcome: attribute session is missing`},
		{`<outcome transfer='x' session='a.1'/>`, &Outcome{}, `outcome: attribute state is missing`},
		{`<outcome transfer='x' session='a.1' state='won'/>`, &Outcome{},
			`outcome: attribute state is "won", must be one of accepted, declined, expired, cancelled, failed`},
		{`<disconnect reason='Had enough!'/>`, &Disconnect{},
			`disconnect: attribute reason is "Had enough!", must be one short word such as done, transferred, idle`},
		{`<note/>`, &Note{}, `note: it holds no text`},
		{`<hold state='maybe'/>`, &Hold{}, `hold: attribute state is "maybe", must be one of on, off`},
		{`<listen session='a.0'/>`, &Listen{}, `listen: attribute session is "a.0", ` + isSession},
		{`<parted session='a.1' who='b@c' as='ghost'/>`, &Parted{}, `parted: attribute as is "ghost", must be one of guest, aside`},
		{"<note session='\u202e" + strings.Repeat("a", 50) + "'>x</note>", &Note{},
			`note: attribute session is "\u202e` + strings.Repeat("a", 39) + `…", ` + isSession},
	}
}

func inNS(in string) string {
	end := strings.IndexAny(in, " />")
	return in[:end] + " xmlns='" + NS + "'" + in[end:]
}

func TestRejects(t *testing.T) {
	for _, tt := range rejects() {
		t.Run(tt.in, func(t *testing.T) {
			err := xml.Unmarshal([]byte(inNS(tt.in)), tt.into)
			var refusal *Error
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, tt.want, refusal.Error())
			if strings.HasSuffix(tt.want, isJID) {
				require.Equal(t, JIDMalformed, refusal.Condition)
			} else {
				require.Equal(t, BadRequest, refusal.Condition)
			}
		})
	}
}

func TestRejectsOtherNamespace(t *testing.T) {
	for name, v := range handoffGoldens() {
		b, err := xml.Marshal(v)
		require.NoError(t, err)
		for _, ns := range []string{"", "urn:xmpp:handoff:1", "URN:XMPP:HANDOFF:0"} {
			in := strings.Replace(string(b), `xmlns="`+NS+`"`, `xmlns="`+ns+`"`, 1)
			require.ErrorContains(t, xml.Unmarshal([]byte(in), fresh(v)), "is not expected here", "%s in %q", name, ns)
		}
	}
}

func TestRejectsTooManyAttributes(t *testing.T) {
	in := `<accept id='x'`
	for i := range maxAttrs {
		in += ` a` + string(rune('a'+i/26)) + string(rune('a'+i%26)) + `='1'`
	}
	require.EqualError(t, xml.Unmarshal([]byte(inNS(in+`/>`)), &Accept{}), `"accept" has more than 64 attributes`)
}

// What would be refused is not sent either.
func TestMarshalValidates(t *testing.T) {
	for _, v := range []writable{
		Session{}, Session{ID: SessionID{Conversation: "a b", N: 1}}, Session{ID: SessionID{Conversation: "a"}},
		Transfer{Mode: Warm}, Transfer{Target: Target{Queue: "q"}}, TransferAnswer{ID: "x"}, Offer{}, Author{}, Accept{}, Decline{}, Cancel{}, Outcome{},
		TransferAnswer{ID: "x", Session: carol(1), State: TransferOffered, Expires: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)},
		Disconnect{}, Note{}, Form{}, Message{Type: "shout"}, Message{State: "a b"}, Message{Hints: []Hint{"><x"}},
		Message{Delay: &Delay{}}, Message{Session: &Session{}}, Message{Outcome: &Outcome{}}, Message{Author: &Author{}},
		Forwarded{}, Presence{Type: "shout"}, Presence{Show: "asleep"}, Privilege{NS: "urn:x"}, PrivilegedMessage{NS: "urn:x"},
		PrivilegedMessage{NS: NSPrivilege1}, Roster{Items: []RosterItem{{}}}, DiscoInfo{Features: []string{""}},
		DiscoInfo{Identities: []Identity{{}}}, DiscoItems{Items: []DiscoItem{{}}}, Command{}, Command{Node: "n", Note: "x", Kind: "loud"},
	} {
		_, err := xml.Marshal(v)
		var refusal *Error
		require.ErrorAs(t, err, &refusal, "%#v", v)
		require.Equal(t, v.Validate(), err)
	}
}
