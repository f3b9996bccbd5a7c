package handoff

import "time"

// Effect is something that must be done because of a step, after the step is
// committed. Doing it twice must be the same as doing it once. The types in this
// file are all there are.
type Effect interface{ effect() }

// Opened says that a session began.
type Opened struct{ Session uint64 }

// Line is a line of the dialog with its place fixed for good. To is nobody
// where it was said to a session that waits; whoever takes the session then
// finds it in the replay.
type Line struct {
	Seq, Epoch uint64
	By, To     Party
}

// Ring tells a target of the offer.
type Ring struct {
	Transfer string
	To       Party
	Expires  time.Time
}

// Role says in what capacity a party learns an outcome.
type Role uint8

// The roles in a transfer.
const (
	AsHolder Role = iota + 1 // made the transfer
	AsTarget                 // was asked
)

// Outcome tells one party how a transfer ended for them: exactly one for each
// transfer and party.
type Outcome struct {
	Transfer string
	To       Party
	Role     Role
	State    State
	By       Party  // who brought it about, where somebody did
	Epoch    uint64 // the conversation's epoch after it
	Reason   string
}

// Bind makes the conversation a contact of its new holder.
type Bind struct {
	To    Party
	Epoch uint64
}

// Replay begins the new epoch's stream with the dialog First..Through. First is
// above Through when nothing was said yet.
type Replay struct {
	To             Party
	Epoch          uint64
	First, Through uint64
	From           Party // the former holder; nobody for a session that waited
	Transfer       string
}

// Unbind takes the conversation out of a former holder's contacts.
type Unbind struct {
	To    Party
	Epoch uint64 // the epoch that party held
}

// Leave disconnects one leg: a former holder's after a transfer (Reason
// "transferred"), or whichever side did not end the session itself.
type Leave struct {
	To     Party
	Reason string
	Epoch  uint64 // the conversation's epoch after it
	By     Party  // who ended it or took over
}

// Moved says that the caller now talks with somebody else, or for the first
// time with somebody.
type Moved struct {
	From, To Party
	Epoch    uint64
}

// Ended says that the session is over.
type Ended struct{ Session uint64 }

func (Opened) effect()  {}
func (Line) effect()    {}
func (Ring) effect()    {}
func (Outcome) effect() {}
func (Bind) effect()    {}
func (Replay) effect()  {}
func (Unbind) effect()  {}
func (Leave) effect()   {}
func (Moved) effect()   {}
func (Ended) effect()   {}
