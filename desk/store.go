package desk

import (
	"context"
	"errors"
	"time"

	"baton/handoff"
)

// What a Store answers.
var (
	// ErrNotFound means that there is no such record.
	ErrNotFound = errors.New("desk: not found")
	// ErrStale means that a conversation moved on since it was loaded; nothing
	// of the batch was committed.
	ErrStale = errors.New("desk: the conversation moved on")
	// ErrConflict means that a record exists already that may exist only once,
	// or breaks another rule of the store; nothing of the batch was committed.
	ErrConflict = errors.New("desk: the record breaks a rule of the store")
	// ErrUnknownOutcome means that the transaction failed while it was being
	// made durable: whether it was committed is what the next load says.
	ErrUnknownOutcome = errors.New("desk: unknown whether the batch was committed")
)

// Batch is what one transaction commits: all of it or nothing.
type Batch struct {
	// Conversations that are new (Key 0) or changed. Version is the version
	// they were loaded with (0 for new); Commit replaces exactly that one,
	// raises it, and fails with ErrStale otherwise. It sets Key of new ones.
	Conversations []*Conversation
	Lines         []Line // each of a conversation in Conversations, up to its Seq, which never falls
	Epochs        []Epoch
	Transfers     []Transfer
	Outcomes      []Outcome
	Items         []*Item // Commit sets ID, ascending in this order
	Done          []int64 // outbox items that were confirmed
	Buried        []Dead  // outbox items given up: they move to the dead letters
	Pauses        []Paused

	// Conversations that are over and whose callers begin another one in the
	// same batch; as for the others, Version must be the one loaded.
	Forgotten []*Conversation
}

// Empty reports whether there is nothing to commit.
func (b *Batch) Empty() bool {
	return len(b.Conversations)+len(b.Lines)+len(b.Epochs)+len(b.Transfers)+
		len(b.Outcomes)+len(b.Items)+len(b.Done)+len(b.Buried)+len(b.Pauses)+len(b.Forgotten) == 0
}

// Snapshot is what a desk starts from, beside the open conversations.
type Snapshot struct {
	Items      []Item   // the outbox in order of ID, lines included
	NextNumber int64    // the first short number not given out yet
	Paused     []Paused // agents who take a break
}

// Dead is an outbox item that was given up.
type Dead struct {
	Item   Item
	Reason string
	At     time.Time // when it was given up

	Unreachable bool // the receiver is at fault, not the item; not kept
	again       bool // burying it failed: it may have been committed all the same
}

// Store keeps what must survive. Its methods may be called from several
// goroutines; Commit calls never overlap. One domain has one desk.
type Store interface {
	// Restore returns what a desk starts from, and calls open with every conversation
	// that has an open session: there may be a million, so that open has the record
	// only until it returns, though its texts and slices for good. A nil open: they
	// are not asked for.
	Restore(ctx context.Context, domain string, open func(*Conversation)) (Snapshot, error)
	Commit(ctx context.Context, b *Batch) error

	// The conversation of a caller at a queue, by localpart, or by number;
	// ErrNotFound when there is none.
	ByCaller(ctx context.Context, domain, entry string, caller handoff.Party) (Conversation, error)
	ByLocal(ctx context.Context, domain, local string) (Conversation, error)
	ByNumber(ctx context.Context, domain string, number int64) (Conversation, error)

	// Lines returns the newest limit lines with first <= Seq <= through, oldest
	// of them first; a limit of 0 means all.
	Lines(ctx context.Context, domain, local string, first, through uint64, limit int) ([]Line, error)
	// LineBySeq and LineByStanza find one line, for references to it; the latter looks
	// through the last so many of the conversation, 0: through all.
	LineBySeq(ctx context.Context, domain, local string, seq uint64) (Line, error)
	LineByStanza(ctx context.Context, domain, local string, by handoff.Party, id string, among int) (Line, error)
	// LineByOrigin finds the line that a repeated message is a copy of.
	LineByOrigin(ctx context.Context, domain, local string, by handoff.Party, origin string) (Line, error)

	// TransferByID finds a line of the ledger; Outcomes how it ended so far.
	TransferByID(ctx context.Context, domain, id string) (Transfer, error)
	Outcomes(ctx context.Context, domain, id string) ([]Outcome, error)
	// Held returns the last session in which who held the conversation, and the last
	// epoch, both 0 if they never did.
	Held(ctx context.Context, domain, local string, who handoff.Party) (session, epoch uint64, err error)

	// Pending reports whether an item is in the outbox still.
	Pending(ctx context.Context, id int64) (bool, error)
	// Retry records a failed attempt.
	Retry(ctx context.Context, id int64, tries int) error
}
