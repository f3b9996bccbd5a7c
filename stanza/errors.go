package stanza

import (
	"bytes"
	"encoding/xml"
	"fmt"

	xmpp "mellium.im/xmpp/stanza"
)

// Condition is a stanza error condition (RFC 6120 §8.3.3) that the service
// uses; [Conditions] says when.
type Condition string

// The conditions in use. No other leaves the service.
const (
	ItemNotFound         Condition = "item-not-found"
	Forbidden            Condition = "forbidden"
	Conflict             Condition = "conflict"
	Gone                 Condition = "gone"
	RecipientUnavailable Condition = "recipient-unavailable"
	ResourceConstraint   Condition = "resource-constraint"
	NotAcceptable        Condition = "not-acceptable"
	BadRequest           Condition = "bad-request"
	JIDMalformed         Condition = "jid-malformed"
	NotAllowed           Condition = "not-allowed"
	ServiceUnavailable   Condition = "service-unavailable"

	FeatureNotImplemented Condition = "feature-not-implemented"
)

// ConditionInfo is one row of the table of errors.
type ConditionInfo struct {
	Condition Condition
	Type      xmpp.ErrorType
	Text      string // said when there is nothing more exact to say
}

// Conditions is the table of errors: every condition the service answers with,
// its type and its default text.
func Conditions() []ConditionInfo {
	return []ConditionInfo{
		{ItemNotFound, xmpp.Cancel, "There is no such session, transfer or queue here. Check the identifier."},
		{Forbidden, xmpp.Auth, "Only the agent who holds this conversation, or to whom it is offered, may do this."},
		{Conflict, xmpp.Cancel, "A transfer of this conversation is already open, or the offer was already answered. Wait for its outcome."},
		{Gone, xmpp.Cancel, "This session has ended, or the offer has expired or was cancelled. Nothing more can be done with it."},
		{RecipientUnavailable, xmpp.Wait, "Nobody is there to take this conversation now. Try again later or choose another target."},
		{ResourceConstraint, xmpp.Wait, "A limit is reached: the target has no room, or too much was sent at once. Try again in a moment."},
		{NotAcceptable, xmpp.Modify, "This cannot be passed on as it is. Choose another target, or switch off end-to-end encryption."},
		{BadRequest, xmpp.Modify, "This request is malformed. Compare it with the protocol urn:xmpp:handoff:0."},
		{JIDMalformed, xmpp.Modify, "An address in this request is not valid. Write it as name@example.com."},
		{NotAllowed, xmpp.Cancel, "You no longer hold this conversation, so this was not delivered."},
		{ServiceUnavailable, xmpp.Cancel, "This address does not offer that. Ask it for its features (service discovery)."},
		{FeatureNotImplemented, xmpp.Cancel, "This part of the request is not served here. Leave it out."},
	}
}

// info returns the condition's row; one that is not in the table counts as
// bad-request, so that what leaves is always in the table.
func (c Condition) info() ConditionInfo {
	var fallback ConditionInfo
	for _, row := range Conditions() {
		if row.Condition == c {
			return row
		}
		if row.Condition == BadRequest {
			fallback = row
		}
	}
	return fallback
}

// Type returns the error type that goes with the condition.
func (c Condition) Type() xmpp.ErrorType { return c.info().Type }

// Text returns the condition's default text.
func (c Condition) Text() string { return c.info().Text }

// Error is a refusal: what is wrong, and the condition to answer it with.
type Error struct {
	Condition Condition
	Text      string // for people; the condition's default text if empty
}

// Error returns the text, fit to be shown to whoever sent the request.
func (e *Error) Error() string {
	if e.Text == "" {
		return e.Condition.Text()
	}
	return e.Text
}

func refuse(format string, args ...any) error {
	return &Error{Condition: BadRequest, Text: fmt.Sprintf(format, args...)}
}

// ErrorReply returns the <error/> payload for the condition (RFC 6120 §8.3.2)
// with the text, or with the condition's default text if it is empty. It goes
// into a stanza of type error; see [Header.Fail] for the whole of it.
func ErrorReply(c Condition, text string) []byte {
	var b bytes.Buffer
	e := xml.NewEncoder(&b)
	// Writing a tree of our own to memory has no way to fail.
	_ = errorNode(c, text).write(e, "")
	_ = e.Flush()
	return b.Bytes()
}

func errorNode(c Condition, text string) *node {
	row := c.info()
	if text == "" {
		text = row.Text
	}
	return el("", "error",
		el(NSErrors, string(row.Condition)),
		textEl(NSErrors, "text", text),
	).attr("type", string(row.Type))
}
