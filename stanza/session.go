package stanza

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"mellium.im/xmpp/jid"
)

// SessionID names one session: the N-th, from 1, of a conversation.
type SessionID struct {
	Conversation string // localpart of the conversation's address
	N            uint
}

// ParseSessionID reads <conversation>.<n>, the form [SessionID.String] writes.
// Its error tells what such an identifier looks like.
func ParseSessionID(s string) (SessionID, error) {
	bad := fmt.Errorf("%s, must be a session identifier such as carol-jones.k3v7tq2m.3", quote(s))
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 {
		return SessionID{}, bad
	}
	n, err := strconv.ParseUint(s[dot+1:], 10, 32)
	if err != nil {
		return SessionID{}, bad
	}
	id := SessionID{Conversation: s[:dot], N: uint(n)}
	if !id.valid() || id.String() != s { // one session, one spelling: no leading zeros
		return SessionID{}, bad
	}
	return id, nil
}

// String returns <conversation>.<n>, and nothing for the zero SessionID.
func (id SessionID) String() string {
	if id.IsZero() {
		return ""
	}
	return id.Conversation + "." + strconv.FormatUint(uint64(id.N), 10)
}

// IsZero tells whether the identifier was left out.
func (id SessionID) IsZero() bool { return id == SessionID{} }

// valid tells whether the conversation is a localpart in its normal form.
func (id SessionID) valid() bool {
	if id.N == 0 || id.Conversation == "" {
		return false
	}
	j, err := jid.New(id.Conversation, "example.com", "")
	return err == nil && j.Localpart() == id.Conversation
}

// check refuses an identifier that cannot be written; required also a zero one.
func (id SessionID) check(p place, attr string, required bool) {
	switch {
	case id.IsZero() && required:
		p.need(attr, "")
	case !id.IsZero() && !id.valid():
		p.fail("attribute %s is %s, must be a session identifier such as carol-jones.k3v7tq2m.3", attr, quote(id.String()))
	}
}

// SessionState is where a session stands for its caller.
type SessionState string

// States of a session.
const (
	SessionWaiting SessionState = "waiting" // in the queue, nobody holds it
	SessionActive  SessionState = "active"  // somebody holds it
)

// Session answers connect and accept, and marks relayed messages.
type Session struct {
	ID       SessionID
	State    SessionState // empty on messages
	Position uint64       // place in the queue from 1; 0: not waiting or not told
	Epoch    uint64       // changes of holder so far in the conversation's life
}

func (s *Session) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "session"} }

func (s *Session) read(r reader) {
	*s = Session{
		ID:       r.session("id"),
		State:    SessionState(r.str("state")),
		Position: r.uint("position", 1),
		Epoch:    r.needUint("epoch"),
	}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (s Session) Validate() error {
	p := at("session")
	s.ID.check(p, "id", true)
	oneOf(p, "state", s.State, "", SessionWaiting, SessionActive)
	return p.result()
}

func (s Session) node() *node {
	return el(NS, "session").attr("id", s.ID.String()).attr("state", string(s.State)).
		attr("position", formatUint(s.Position)).attr("epoch", strconv.FormatUint(s.Epoch, 10))
}

// UnmarshalXML implements [xml.Unmarshaler].
func (s *Session) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, s)
}

// MarshalXML implements [xml.Marshaler].
func (s Session) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, s) }
