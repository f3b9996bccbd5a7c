package handoff

import "time"

// Event is something that happened to a conversation. The types in this file
// are all there are.
type Event interface{ event() }

// Connect opens a session for the caller.
type Connect struct{}

// Say journals one line. Its author is the caller, the holder, the agent the
// holder consults, or a guest.
type Say struct {
	By    Party
	Aloud bool // of a holder who consults: to the caller all the same
}

// Transfer offers the session to others: to the first candidate and then, as
// each lets it pass, to the next, or to all at once. By is the holder; nobody
// means that the service offers a session that waits. A warm transfer to the
// agent who is consulted needs no answer: it moves the session at once.
type Transfer struct {
	ID         string // never used before: one outcome for each transfer depends on it
	By         Party
	Mode       Mode
	Candidates []Party
	All        bool          // ring all candidates at once
	Timeout    time.Duration // how long each may ring, above 0
	MaxHops    int           // most accepted transfers of a session; 0 means no limit
}

// Reclaim asks the holder to give the session back to By, who held it before;
// that By did is for the one who passes the event on to know. A session that
// waits is By's at once.
type Reclaim struct {
	ID      string
	By      Party
	Timeout time.Duration // how long the holder may take to answer, above 0
}

// Assign gives a waiting session to an agent without asking.
type Assign struct {
	ID string
	To Party
}

// Accept takes the session. Only someone it rings for may.
type Accept struct {
	ID string
	By Party
}

// Decline lets the offer pass.
type Decline struct {
	ID     string
	By     Party
	Reason string
}

// Cancel takes the offer back. Only who made it may.
type Cancel struct {
	ID string
	By Party
}

// Gone says that a target can no longer answer.
type Gone struct{ Who Party }

// Tick says that time has passed: offers that are overdue end.
type Tick struct{}

// Release takes the session from its holder and lets it wait for another. By is
// the holder who returns it, or nobody for the service.
type Release struct {
	ID     string // of the ledger's line
	By     Party
	Reason string // a word of the protocol: returned, gone
}

// Part takes Who, a guest or the agent who is consulted, out of the
// conversation. By is Who, the holder, or nobody for the service.
type Part struct{ By, Who Party }

// Resume says that the holder knows that the consultation has ended: what they
// say goes to the caller again.
type Resume struct{ By Party }

// Disconnect ends the session. By is the caller, the holder, or nobody for the
// service.
type Disconnect struct {
	By     Party
	Reason string // a word of the protocol: done, idle
}

func (Connect) event()    {}
func (Say) event()        {}
func (Transfer) event()   {}
func (Assign) event()     {}
func (Accept) event()     {}
func (Decline) event()    {}
func (Cancel) event()     {}
func (Gone) event()       {}
func (Tick) event()       {}
func (Reclaim) event()    {}
func (Release) event()    {}
func (Part) event()       {}
func (Resume) event()     {}
func (Disconnect) event() {}
