package handoff

import "errors"

// What Step refuses. Nothing has changed when it returns one of these.
var (
	ErrNoSession  = errors.New("handoff: no session is open")
	ErrOpen       = errors.New("handoff: the session is open already")
	ErrNotHolder  = errors.New("handoff: not the holder of this session")
	ErrNotTarget  = errors.New("handoff: this offer is somebody else's")
	ErrTransfer   = errors.New("handoff: a transfer is open already")
	ErrAnswered   = errors.New("handoff: the offer has been taken by somebody else")
	ErrOver       = errors.New("handoff: the offer is over")
	ErrUnknown    = errors.New("handoff: no such transfer")
	ErrIsHolder   = errors.New("handoff: the target holds the session already")
	ErrNobody     = errors.New("handoff: there is nobody to offer it to")
	ErrQuiet      = errors.New("handoff: the consultation has ended meanwhile")
	ErrHops       = errors.New("handoff: the session was handed on too often")
	ErrHeld       = errors.New("handoff: somebody holds the session")
	errBadEvent   = errors.New("handoff: malformed event")
	errUnexpected = errors.New("handoff: unknown event")
)
