package desk

import (
	"context"
	"errors"
	"time"
)

// What a Channel answers for an item it could not carry out.
var (
	// ErrDown means that the way is closed for now: everything waits until the
	// channel says it is up again. It does not count as an attempt.
	ErrDown = errors.New("desk: the channel is down")
	// ErrNever means that trying again is pointless: the item goes to the dead
	// letters. Any other error is tried again.
	ErrNever = errors.New("desk: cannot be delivered")
	// ErrLater means that the way to the receiver is closed for now, not the
	// receiver: it is tried for much longer before it is given up.
	ErrLater = errors.New("desk: cannot be delivered for now")
	// ErrUnreachable means that the receiver is not to be reached there, whatever
	// is sent. A session whose holder cannot be reached goes to somebody else.
	ErrUnreachable = errors.New("desk: the receiver cannot be reached")
	// ErrProvisional is no failure: the receiver's side has the item, but an end
	// without order may still lose it there. The item is not done, and others
	// need not wait for it. Done is called once more when it is known.
	ErrProvisional = errors.New("desk: not known for good yet")
)

// Channel carries items out to parties.
type Channel interface {
	// Perform starts carrying item out and returns without waiting for its
	// confirmation. It calls done exactly once, or before that with
	// ErrProvisional, at any time and from any goroutine: with nil when the
	// receiver's side has it. Calls of one
	// lane come in order. The lane's next item follows no earlier than hold
	// after it.
	Perform(ctx context.Context, item Item, done func(error)) (hold time.Duration)
}

// Observer learns what happened, for metrics and logs. Its methods must not
// block and are called after the commit.
type Observer interface {
	Committed(requests, lines int, took time.Duration)
	Delivered(kind Kind, took time.Duration)
	Buried(d Dead)
}
