package wire

import (
	"errors"
	"fmt"
	"math"
)

// Errors that end the stream; Next repeats them. Besides these Next returns
// io.EOF (the connection ended between two stanzas, without an end tag),
// io.ErrUnexpectedEOF (within one) and the reader's own errors, after which
// it may be called again: it goes on where it stopped.
var (
	// ErrClosed: the peer closed the stream with its end tag.
	ErrClosed = errors.New("the peer closed the stream")
	// ErrRestrictedXML: a comment, processing instruction or DTD (RFC 6120
	// §11.1); the stream error is restricted-xml.
	ErrRestrictedXML = errors.New("comments, processing instructions and DTDs are not allowed in a stream")
	// ErrNotWellFormed: the stream error is not-well-formed. The error returned
	// wraps it and says what and at which byte, never any of the bytes.
	ErrNotWellFormed = errors.New("XML not well-formed")
	// ErrTooLarge: a stanza went on beyond Limits.Skip; the stream error is
	// policy-violation.
	ErrTooLarge = errors.New("stanza too large even to skip")
)

// Which limit a stanza went over.
const (
	LimitStanza   = "bytes"
	LimitDepth    = "depth"
	LimitAttrs    = "attributes per element"
	LimitElements = "elements"
)

// A LimitError reports a stanza that was skipped for going over a limit. It
// does not end the stream.
type LimitError struct {
	Which string // LimitStanza, LimitDepth, LimitAttrs or LimitElements
	Limit int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("stanza skipped: more than %d %s", e.Limit, e.Which)
}

// Limits of one stanza. A value of 0 or less stands for the default.
type Limits struct {
	Stanza   int // bytes of one stanza (64 KiB)
	Depth    int // nested elements, the stanza being 1 (32)
	Attrs    int // attributes of one element, namespace declarations included (64)
	Elements int // elements of one stanza, itself included (1,000)
	Skip     int // bytes of a stanza being skipped before ErrTooLarge (64 MiB)
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, def int) {
		if *v <= 0 {
			*v = def
		}
		*v = min(*v, math.MaxInt32/4) // offsets are 32 bits wide
	}
	set(&l.Stanza, 64<<10)
	set(&l.Depth, 32)
	set(&l.Attrs, 64)
	set(&l.Elements, 1000)
	set(&l.Skip, 64<<20)
	l.Stanza = max(l.Stanza, len("</a>"))
	l.Skip = max(l.Skip, l.Stanza)
	return l
}
