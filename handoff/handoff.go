package handoff

import (
	"slices"
	"time"
)

// Party is the address of someone who takes part: a bare JID for whoever
// speaks XMPP, an opaque string otherwise. The zero Party is nobody; as the
// author of an event it is the service itself.
type Party string

// Phase says whether a session is open and whether somebody holds it.
type Phase uint8

// The phases of a conversation.
const (
	Idle    Phase = iota // no session is open
	Waiting              // a session is open and nobody holds it
	Active               // a session is open and Holder holds it
)

// String returns the phase's name as the ledger and the documentation use it.
func (p Phase) String() string {
	switch p {
	case Idle:
		return "idle"
	case Waiting:
		return "waiting"
	case Active:
		return "active"
	}
	return "invalid"
}

// Mode says how a session is handed on.
type Mode uint8

// The modes of a transfer.
const (
	Warm      Mode = iota // the holder keeps the caller until the target accepts
	Blind                 // the holder lets go at once; until somebody takes it, it waits
	Consult               // accepted, the target talks with the holder in private; nothing moves
	Join                  // accepted, the target is there beside the holder; nothing moves
	Reclaimed             // a former holder asks for it back, and the holder answers
)

// String returns the mode's name on the wire.
func (m Mode) String() string {
	switch m {
	case Warm:
		return "warm"
	case Blind:
		return "blind"
	case Consult:
		return "consult"
	case Join:
		return "join"
	case Reclaimed:
		return "reclaim"
	}
	return "invalid"
}

// State says how a transfer ended; the zero State is a transfer still open.
type State string

// The states a transfer can end in.
const (
	Accepted  State = "accepted"
	Declined  State = "declined"
	Expired   State = "expired"
	Cancelled State = "cancelled"
	Failed    State = "failed" // the target left, or the session ended under the offer
)

// Conversation is all there is to know, for deciding, about one caller at one
// queue. The zero value, with Caller set, is a conversation nobody has begun.
// It is a value: Step returns the next one and leaves its receiver untouched.
type Conversation struct {
	Caller Party
	Holder Party // set exactly in phase Active
	Phase  Phase
	Guests []Party // joined beside the holder, in the order they came
	Aside  Party   // talks with the holder in private; nobody mostly
	Quiet  bool    // whom the holder consulted has left: nothing the holder says goes out before they know
	Was    Party   // who held the session before it waited; nobody when nobody did

	Session uint64 // number of the open or last session, from 1
	Epoch   uint64 // changes of holder so far
	Seq     uint64 // number of the last journalled line
	First   uint64 // number the open or last session's first line has, or will have
	Hops    int    // transfers accepted in the open or last session

	Offer Offer  // the open offer; Offer.ID is empty when there is none
	Last  Closed // the last transfer that ended
}

// Has reports whether p takes part now on the agents' side.
func (c Conversation) Has(p Party) bool {
	return p != "" && (p == c.Holder || p == c.Aside || slices.Contains(c.Guests, p))
}

// Offer is a transfer that is open.
type Offer struct {
	ID      string
	By      Party // who made it: the holder, for a blind one who was it, or nobody: the service
	Mode    Mode
	Ringing []Party       // who may accept now
	Next    []Party       // who is asked after them, in order
	Passed  []Party       // who was asked and let it pass
	Timeout time.Duration // how long each of them may ring
	Expires time.Time     // when those ringing now stop
}

// Open reports whether there is an offer to answer.
func (o Offer) Open() bool { return o.ID != "" }

// Rings reports whether p may accept now.
func (o Offer) Rings(p Party) bool { return slices.Contains(o.Ringing, p) }

// Until returns the latest time at which the transfer has its outcome: each
// one still to be asked may let the offer ring to its end.
func (o Offer) Until() time.Time {
	return o.Expires.Add(time.Duration(len(o.Next)) * o.Timeout)
}

// Closed is what is remembered of the last transfer, so that a repeated answer
// gets the first answer's result.
type Closed struct {
	ID    string
	State State
	By    Party  // whose answer it was, when accepted
	Epoch uint64 // the epoch it began, when accepted; 0 when the session did not move
}
