package desk

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"baton/handoff"
)

// Conversation is the durable record of one caller at one queue: what package
// handoff decides on, and what people know of the caller.
type Conversation struct {
	handoff.Conversation

	Key     int64 // the store's own key; 0 until the first commit
	Version int64 // rises with every commit: compare and set

	Domain string // the component domain it lives on
	Local  string // localpart of its address, "carol-jones.k3v7tq2m"
	Number int64  // short number for people to type, "#42"
	Entry  string // the queue the caller writes to
	Queue  string // the queue that serves it now

	Name  string  // the caller's name, cleaned of control characters
	Lang  string  // the caller's language, a BCP 47 tag or empty
	Reach string  // where the caller was last seen, a full JID for XMPP
	Info  []Field // what was collected about the caller, in order

	Route Routing
}

// SessionID returns the identifier of the open or last session,
// "carol-jones.k3v7tq2m.3".
func (c Conversation) SessionID() string {
	return c.Local + "." + strconv.FormatUint(c.Session, 10)
}

// Tag returns the short number as people write it, "#42".
func (c Conversation) Tag() string { return fmt.Sprintf("#%d", c.Number) }

// Field is one piece of collected information.
type Field struct {
	Var   string `json:"var"`
	Label string `json:"label,omitempty"`
	Value string `json:"value"`
}

// maxInfo bounds how many fields are kept of a session: they ride in every offer.
const maxInfo = 32

// mergeInfo returns old with the fields of more put over it: same Var replaces,
// new ones follow while there is room.
func mergeInfo(old, more []Field) []Field {
	out := append([]Field(nil), old...)
next:
	for _, f := range more {
		for i := range out {
			if out[i].Var == f.Var {
				out[i].Value = f.Value
				if f.Label != "" {
					out[i].Label = f.Label
				}
				continue next
			}
		}
		if len(out) < maxInfo {
			out = append(out, f)
		}
	}
	return out
}

// Role says in what capacity a line was said.
type Role string

// The roles of protocol.md, section 2.
const (
	RoleCaller  Role = "caller"
	RoleAgent   Role = "agent"
	RoleBot     Role = "bot"
	RoleService Role = "service"
)

// Line is one journalled line of a dialog. Seq, Epoch and To never change.
type Line struct {
	Conversation string // localpart
	Session      uint64
	Seq, Epoch   uint64
	At           time.Time
	By           handoff.Party
	Role         Role
	Name         string        // the author's name as it was then
	To           handoff.Party // nobody: the session waited
	Private      bool          // between holder and consulted agent: never for the caller
	StanzaID     string        // the stanza's id as it was sent
	OriginID     string        // XEP-0359; with By the key of de-duplication
	Body         string        // its text
	Payload      []byte        // the allowed child elements, body included, byte for byte
}

// Epoch is one stretch in which one agent held a conversation.
type Epoch struct {
	Conversation   string
	Epoch, Session uint64
	Holder         handoff.Party
	Transfer       string
	First, Through uint64 // the dialog that moved to the holder, empty when First > Through
	At             time.Time
}

// Transfer is a line of the ledger: written when the transfer opens and never
// changed; how it ended is in its outcomes.
type Transfer struct {
	ID           string
	Domain       string
	Conversation string
	Session      uint64
	By           handoff.Party // nobody: the service offered a session that waited
	ByName       string        // who offers it, as people read it
	Target       Target
	Mode         string // warm, blind, consult, join; reclaim and return, which have no target to ask
	Reason       string
	ReasonLang   string
	Share        Share
	Info         []Field // as it stood when the transfer opened
	Through      uint64  // the last line of the dialog when it opened
	At           time.Time
	Deadline     time.Time // when it has its outcome at the latest
}

// Target is whom a transfer is meant for: an agent, or any of a queue.
type Target struct {
	Agent handoff.Party `json:"agent,omitempty"`
	Queue string        `json:"queue,omitempty"`
	Skill string        `json:"skill,omitempty"`
}

// String returns the target as it is typed.
func (t Target) String() string {
	if t.Agent != "" {
		return string(t.Agent)
	}
	return strings.TrimSuffix(t.Queue+"/"+t.Skill, "/")
}

// Share says how much of the dialog the target sees: everything, nothing, or
// the Last lines when that is above 0.
type Share struct {
	None bool `json:"none,omitempty"`
	Last int  `json:"last,omitempty"`
}

// Outcome is how a transfer ended for one party: at most one for each.
type Outcome struct {
	Transfer     string
	Domain       string
	Conversation string
	handoff.Outcome
	At time.Time
}

// Kind names what an outbox item does; it is stored.
type Kind string

// The kinds of items, one for each effect that leaves the house.
const (
	KindOpened  Kind = "opened"  // to the caller: the session began
	KindLine    Kind = "line"    // a line to its addressee
	KindRing    Kind = "ring"    // the offer to a target
	KindOutcome Kind = "outcome" // how a transfer ended
	KindBind    Kind = "bind"    // the contact into the holder's roster
	KindReplay  Kind = "replay"  // the handover message
	KindUnbind  Kind = "unbind"  // the contact out of a former holder's roster
	KindLeave   Kind = "leave"   // disconnect of one leg
	KindParted  Kind = "parted"  // to the holder: a guest, or whom they consult, left
	KindMoved   Kind = "moved"   // to the caller: somebody else talks now

	KindNotice      Kind = "notice"      // to the caller: how things stand while they wait
	KindUndelivered Kind = "undelivered" // something else was given up
	KindSurrender   Kind = "surrender"   // a former holder's own copy from their server's archive
	KindHeard       Kind = "heard"       // a line to a supervisor who listens
	KindHeardOf     Kind = "heard-of"    // to the same: who takes part has changed
	KindUnheard     Kind = "unheard"     // to the same: that is over
)

// Item is an entry of the outbox: committed with the state it follows from,
// performed at least once, in order for each lane.
type Item struct {
	ID           int64 // set by the store; ascends
	Domain       string
	Conversation string
	Kind         Kind
	To           handoff.Party
	Effect       handoff.Effect // what to do
	Line         *Line          // for KindLine
	At           time.Time      // when it was committed
	Tries        int            // attempts that failed
}

// forListeners reports whether it is for a supervisor who listens.
func (k Kind) forListeners() bool { return k == KindHeard || k == KindHeardOf || k == KindUnheard }

// same reports whether other is the same item, whatever was tried since.
func (i Item) same(other Item) bool { return i.ID == other.ID }

// Lane is what keeps its order: one receiver in one conversation. Putting the
// contact into the receiver's roster is apart from it, because a roster that
// cannot be written must not hold up what is said; taking it out comes last. So
// is what a supervisor hears who takes no part. A poison item holds up only its
// own lane.
type Lane struct {
	Conversation string
	To           handoff.Party
	Bind         bool
	Heard        bool
}

// Lane returns the item's lane.
func (i Item) Lane() Lane {
	if i.Kind == KindSurrender {
		return surrenders(i.Conversation)
	}
	return Lane{Conversation: i.Conversation, To: i.To, Bind: i.Kind == KindBind, Heard: i.Kind.forListeners()}
}
