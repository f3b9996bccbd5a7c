// Package mobile has the words that the text-message channel, its ways to the
// phones and the store share: what comes from a phone, what goes to one, what
// became of it.
package mobile

import (
	"context"
	"errors"
	"time"

	"baton/sms/gsm"
)

// Inbound is a message from a phone, or a part of one.
type Inbound struct {
	Carrier  string // the way it came
	From, To string // the phone's number and ours, as +15551234567; ours may be a short code
	ID       string // the carrier's own identifier, for good; empty: it gives none

	// Where there is no ID: Print is the same for the same message delivered
	// again, but also for one that says the same; Key is another each time.
	Print, Key string
	Connection string // by which it came

	Ref  int // what parts of one message have in common
	Part gsm.Part
}

// What a Handler answers for a message; nil: it is kept, acknowledge it.
var (
	// ErrReject means that it will not be taken, however often it comes.
	ErrReject = errors.New("not accepted")
	// ErrBusy means that it can be taken later.
	ErrBusy = errors.New("not now")
)

// Submission is one segment on its way to a phone.
type Submission struct {
	From, To string // our number, the phone's
	Text     string // all of the message, for carriers that cut it themselves
	Segment  gsm.Message
	N        int    // which part of Segment; from 1
	Ref      uint16 // the same for all parts of a message
	Key      string // the same whenever this segment is sent again
}

// What a carrier answers for a submission; any other error is tried again for a
// short time.
var (
	// ErrDown means that the carrier cannot be reached for now.
	ErrDown = errors.New("the link to the message centre is down")
	// ErrLater means that the carrier takes no more for now.
	ErrLater = errors.New("the message centre takes no more for now")
	// ErrNever means that this message will not be taken, however often.
	ErrNever = errors.New("the message centre refuses it")
)

// State is what became of a segment.
type State int

// The states of a segment. They are stored.
const (
	Pending   State = iota // the carrier has it
	Delivered              // the phone has it
	Failed                 // the phone will not get it
)

// Report is a delivery receipt.
type Report struct {
	Carrier, ID string // of the message, as its submission was answered
	State       State
	Reason      string // why it failed, in words
}

// Sent is a segment that a carrier accepted.
type Sent struct {
	Carrier, ID  string
	Item         int64 // of the outbox
	N, Total     int
	Domain       string
	Conversation string // localpart
	Seq          uint64 // of the line; 0: the service's own words
	Author       string // of the line
	To           string // the phone's number
	At           time.Time
}

// Verdict is what became of a message: all of its segments arrived, or one will
// not.
type Verdict struct {
	Item         int64
	Conversation string
	Seq          uint64
	Author       string
	State        State // Pending: nothing to tell yet, or told already
	Reason       string
}

// Handler takes what comes from a carrier. A carrier calls Message for one
// message after the other; the rest at any time.
type Handler interface {
	// Up and Down say whether the carrier takes submissions.
	Up(carrier string)
	Down(carrier string)
	// Message returns nil when the message is kept for good.
	Message(ctx context.Context, in Inbound) error
	// Settled says that messages with these keys will not be delivered again.
	Settled(ctx context.Context, keys []string)
	// Report returns nil when the receipt is kept for good, or means nothing.
	Report(ctx context.Context, r Report) error
}
