package stanza

import (
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	xmpp "mellium.im/xmpp/stanza"
	"mellium.im/xmpp/version"
	"mellium.im/xmpp/xtime"
)

const someIQ = `<iq from='bob@example.com/x' to='carol-jones.k3v7tq2m@handoff.example.com' id='i"1' type='set' xml:lang='de'>` +
	`<decline xmlns='urn:xmpp:handoff:0' id='x-1'><reason>Pause</reason></decline></iq>`

func TestParse(t *testing.T) {
	st, err := Parse([]byte(someIQ))
	require.NoError(t, err)
	require.Equal(t, Header{
		Kind: "iq", From: "bob@example.com/x", To: "carol-jones.k3v7tq2m@handoff.example.com", ID: `i"1`, Type: "set", Lang: "de",
	}, st.Header)
	require.Equal(t, xml.Name{Space: NS, Local: "decline"}, st.Payload())
	require.True(t, st.Has(NS, "decline"))
	require.False(t, st.Has("urn:z", "decline"))

	var d Decline
	require.NoError(t, st.Decode(&d))
	require.Equal(t, Decline{ID: "x-1", Reason: Texts{{Lang: "de", Value: "Pause"}}}, d, "the stanza's language is the reason's")
	require.EqualError(t, st.Decode(&Accept{}), "iq: the element expected here is missing")
	require.ErrorContains(t, st.Decode(&xmlNothing{}), "a type of package stanza")
}

func TestParseKinds(t *testing.T) {
	for _, ns := range []string{"", "jabber:component:accept", "jabber:client", "jabber:server"} {
		st, err := Parse([]byte(`<message xmlns='` + ns + `' from='♥@host' type='chat'><body>hi</body></message>`))
		require.NoError(t, err)
		var m Message
		require.NoError(t, st.Decode(&m))
		require.Equal(t, Message{From: "♥@host", Type: xmpp.ChatMessage, Body: "hi"}, m)
	}
	st, err := Parse([]byte(`<s:presence xmlns:s='jabber:component:accept' from='a@b/c'><s:show>dnd</s:show></s:presence>`))
	require.NoError(t, err)
	var p Presence
	require.NoError(t, st.Decode(&p))
	require.Equal(t, Presence{From: "a@b/c", Show: DoNotDisturb}, p)
	require.Equal(t, xml.Name{Space: "jabber:component:accept", Local: "show"}, st.Payload())

	st, err = Parse([]byte(`<iq type='get'><query xmlns='http://jabber.org/protocol/disco#info' node='n#v'/></iq>`))
	require.NoError(t, err)
	require.Equal(t, "n#v", st.Node(NSDiscoInfo, "query"))
	require.Empty(t, st.Node(NSDiscoItems, "query"))

	st, err = Parse([]byte(`<iq type='result'/>`))
	require.NoError(t, err)
	require.Empty(t, st.Payload())
}

func TestParseRejects(t *testing.T) {
	for in, want := range map[string]string{
		``:                               "there is no stanza",
		` `:                              "it does not begin with an iq, message or presence",
		`hello`:                          "it does not begin with an iq, message or presence",
		`<!DOCTYPE iq><iq/>`:             "it does not begin with an iq, message or presence",
		`<?xml version='1.0'?><iq/>`:     "it does not begin with an iq, message or presence",
		`<stream/>`:                      "it does not begin with an iq, message or presence",
		`<iq xmlns='urn:z'/>`:            "it does not begin with an iq, message or presence",
		`<z:iq/>`:                        "it does not begin with an iq, message or presence",
		`<iq`:                            "the XML is not well-formed: unexpected EOF",
		`<iq><a></iq>`:                   "the XML is not well-formed: element <a> closed by </iq>",
		"<iq>\x01</iq>":                  "the XML is not well-formed: illegal character code U+0001",
		"<iq id='\xff'/>":                "the XML is not well-formed: invalid UTF-8",
		`<iq/><iq/>`:                     "something follows the stanza",
		`<iq/> `:                         "something follows the stanza",
		`<iq><?php evil()?></iq>`:        "comments, processing instructions and declarations are not allowed",
		`<iq xmlns:a='u' xmlns:a='v' />`: `"iq" has the attribute "a" twice`,
	} {
		_, err := Parse([]byte(in))
		var refusal *Error
		require.ErrorAs(t, err, &refusal, in)
		require.Equal(t, &Error{Condition: BadRequest, Text: want}, refusal, in)
	}
}

func TestAnswers(t *testing.T) {
	st, err := Parse([]byte(someIQ))
	require.NoError(t, err)

	b, err := st.Result()
	require.NoError(t, err)
	require.Equal(t, `<iq from="carol-jones.k3v7tq2m@handoff.example.com" to="bob@example.com/x" id="i&#34;1" type="result"></iq>`, string(b))

	b, err = st.Result(&Session{ID: carol(3), State: SessionActive, Epoch: 2})
	require.NoError(t, err)
	require.Equal(t, `<iq from="carol-jones.k3v7tq2m@handoff.example.com" to="bob@example.com/x" id="i&#34;1" type="result">`+
		`<session xmlns="urn:xmpp:handoff:0" id="carol-jones.k3v7tq2m.3" state="active" epoch="2"></session></iq>`, string(b))

	require.Equal(t, `<iq from="carol-jones.k3v7tq2m@handoff.example.com" to="bob@example.com/x" id="i&#34;1" type="error">`+
		`<error type="cancel"><gone xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"></gone>`+
		`<text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">over</text></error></iq>`, string(st.Fail(Gone, "over")))

	_, err = st.Result(&Session{})
	require.EqualError(t, err, "session: attribute id is missing")
	_, err = Header{}.Encode()
	require.Error(t, err)
}

// mellium's payloads for what this package leaves to it.
func TestAnswersWithMellium(t *testing.T) {
	h := Header{Kind: "iq", From: "a", To: "b", ID: "1", Type: "get"}
	b, err := h.Result(version.Query{Name: "Baton", Version: "1"})
	require.NoError(t, err)
	require.Equal(t, `<iq from="b" to="a" id="1" type="result"><query xmlns="jabber:iq:version"><name>Baton</name><version>1</version></query></iq>`, string(b))
	b, err = h.Result(xtime.Time{Time: noon().In(time.FixedZone("", 3600))})
	require.NoError(t, err)
	require.Equal(t, `<iq from="b" to="a" id="1" type="result"><time xmlns="urn:xmpp:time"><tzo>+01:00</tzo><utc>2026-11-23T12:00:30Z</utc></time></iq>`, string(b))
}

// The table is the one in the protocol, no more and no less.
func TestConditions(t *testing.T) {
	want := map[Condition]xmpp.ErrorType{
		"item-not-found": "cancel", "forbidden": "auth", "conflict": "cancel", "gone": "cancel", "recipient-unavailable": "wait",
		"resource-constraint": "wait", "not-acceptable": "modify", "bad-request": "modify", "jid-malformed": "modify",
		"not-allowed": "cancel", "service-unavailable": "cancel", "feature-not-implemented": "cancel",
	}
	require.Len(t, Conditions(), len(want))
	for _, row := range Conditions() {
		require.Equal(t, want[row.Condition], row.Condition.Type(), row.Condition)
		require.NotEmpty(t, row.Condition.Text())
		require.Equal(t, `<error type="`+string(row.Type)+`"><`+string(row.Condition)+` xmlns="`+NSErrors+`"></`+string(row.Condition)+`>`+
			`<text xmlns="`+NSErrors+`">`+row.Text+`</text></error>`, string(ErrorReply(row.Condition, "")))
		require.EqualError(t, &Error{Condition: row.Condition}, row.Text)
	}
	require.Equal(t, ErrorReply(BadRequest, "x"), ErrorReply("made-up", "x"), "only what is in the table leaves")
}

func TestFailure(t *testing.T) {
	h := Header{Kind: "message", From: "bob@example.com", To: "desk@handoff.example.com", ID: "m1", Type: "chat"}
	st, err := Parse(h.Fail(ResourceConstraint, `slow </text> down`))
	require.NoError(t, err)
	failure, ok := st.Failure()
	require.True(t, ok)
	require.Equal(t, xmpp.Error{Type: xmpp.Wait, Condition: xmpp.ResourceConstraint, Text: map[string]string{"": `slow </text> down`}}, failure)
	require.Empty(t, st.Payload())

	st, err = Parse([]byte(`<message type='error'><body>hi</body></message>`))
	require.NoError(t, err)
	failure, ok = st.Failure()
	require.True(t, ok)
	require.Equal(t, xmpp.Error{Type: xmpp.Cancel, Condition: xmpp.UndefinedCondition}, failure)

	st, err = Parse([]byte(strings.Replace(someIQ, "</iq>", "<error type='cancel'/></iq>", 1)))
	require.NoError(t, err)
	_, ok = st.Failure()
	require.False(t, ok, "an error element in a stanza that is none says nothing")
}

// xmlNothing is an xml.Unmarshaler of somebody else's.
type xmlNothing struct{}

func (*xmlNothing) UnmarshalXML(*xml.Decoder, xml.StartElement) error { return nil }
