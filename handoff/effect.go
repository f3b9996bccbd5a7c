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
	Private    bool // between holder and consulted agent: never for the caller
}

// Copy shows a line to one more party: a guest, or the holder where a guest
// said it.
type Copy struct {
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
	AsHolder Role = iota + 1 // made the transfer: the holder, or who asks for the session back
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

// Bind makes the conversation a contact of whoever came in: its new holder, a
// guest, the agent who is consulted.
type Bind struct {
	To    Party
	Epoch uint64
}

// Replay begins the stream of whoever came in with the dialog First..Through,
// private lines left out. First is above Through when nothing was said yet.
type Replay struct {
	To             Party
	Epoch          uint64
	First, Through uint64
	From           Party // who handed the session on, let go of it, or invited; nobody for a new one, or one's own again
	Transfer       string
	Mode           Mode `json:",omitempty"` // left out when warm, as stored items of version 1 have it
}

// Unbind takes the conversation out of the contacts of whoever left.
type Unbind struct {
	To    Party
	Epoch uint64 // the epoch in which they left
}

// Reasons of a leg that ends while the session goes on.
const (
	ReasonTransferred = "transferred" // with another holder, or waiting for one
	ReasonLeft        = "left"        // without this guest or consulted agent
)

// Leave disconnects one leg: a former holder's, a guest's, or when the session
// ends that of whoever did not end it themselves.
type Leave struct {
	To     Party
	Reason string
	Epoch  uint64 // the conversation's epoch after it
	By     Party  // who ended it or took over

	Session uint64 `json:",omitempty"` // the session they took part in; 0 in items stored by version 1
}

// Parted tells the holder that a guest, or whom they consult (Aside), has left
// of their own accord.
type Parted struct {
	To, Who Party
	Aside   bool
	Epoch   uint64
}

// Moved says that the caller now talks with somebody else, or for the first
// time with somebody.
type Moved struct {
	From, To Party
	Epoch    uint64
	Session  uint64 `json:",omitempty"` // 0 in items stored by version 1
}

// Undelivered tells To that something could not be brought to Who. No step has
// it as an effect: the outbox finds out later.
type Undelivered struct {
	To, Who Party
	By      Party  // who said it, where it was a line
	What    string // the kind of what was given up, as it is stored
	Seq     uint64 // of the line, where it was one
	Reason  string // why, in words
}

// Surrender takes the copy of the dialog that To's own server archived from
// them, for Heir, who holds the session in their place. No step has it as an
// effect: it follows from Moved where the settings ask for it.
type Surrender struct {
	To, Heir Party
	Epoch    uint64 // the one that began with Heir
}

// Notice tells the caller how things stand while nobody talks with them. No step
// has it as an effect: it is a matter of queues.
type Notice struct {
	To      Party
	Session uint64
	Says    []Phrase
	Waiting bool `json:",omitempty"` // worth nothing once the session no longer waits
}

// Phrase is a sentence in whatever language its reader has: a text's name and
// what stands in its gaps, or the operator's own words.
type Phrase struct {
	Name  string            `json:",omitempty"`
	Args  map[string]string `json:",omitempty"`
	Words string            `json:",omitempty"`
}

// Ended says that the session is over.
type Ended struct{ Session uint64 }

func (Opened) effect()  {}
func (Line) effect()    {}
func (Copy) effect()    {}
func (Ring) effect()    {}
func (Outcome) effect() {}
func (Bind) effect()    {}
func (Replay) effect()  {}
func (Unbind) effect()  {}
func (Leave) effect()   {}
func (Parted) effect()  {}
func (Moved) effect()   {}
func (Ended) effect()   {}

func (Undelivered) effect() {}
func (Surrender) effect()   {}
func (Notice) effect()      {}
