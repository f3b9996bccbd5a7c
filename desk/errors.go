package desk

import (
	"errors"
	"fmt"
)

// What the desk refuses, beside package handoff's refusals. Nothing changed.
var (
	// ErrHidden means that the sender may not know whether there is such a
	// conversation, transfer or queue.
	ErrHidden = errors.New("desk: no such address")
	// ErrFormer means that the sender held the session and no longer does.
	ErrFormer = errors.New("desk: the session was handed on")
	// ErrUnavailable means that the target is offline, or nobody of the queue
	// can take the session now.
	ErrUnavailable = errors.New("desk: the target is not available")
	// ErrBusy means that the target is at capacity.
	ErrBusy = errors.New("desk: the target is at capacity")
	// ErrFull means that too much is waiting; try again later.
	ErrFull = errors.New("desk: too much is waiting")
	// ErrStore means that the store could not commit; nothing changed, try
	// again later.
	ErrStore = errors.New("desk: the store cannot commit")
	// ErrStopped means that the desk is closing.
	ErrStopped = errors.New("desk: closing down")
)

// A Refusal is a refusal with something a person can act on.
type Refusal struct {
	Err  error  // one of the sentinels of desk or handoff
	Text string // a sentence for the person who asked, in English

	Format string // what Text was made of, for another language
	Args   []any
}

func (r *Refusal) Error() string { return r.Text }

// Unwrap makes errors.Is see the sentinel.
func (r *Refusal) Unwrap() error { return r.Err }

func refuse(err error, format string, args ...any) error {
	return &Refusal{Err: err, Text: fmt.Sprintf(format, args...), Format: format, Args: args}
}
