package desk

import "time"

// Hours are a queue's opening hours.
type Hours interface {
	// Opens returns the first moment from at on at which the queue is open, at
	// itself while it is; the zero time where it never opens.
	Opens(at time.Time) time.Time
}

// open reports whether the queue is open.
func (q Queue) open(at time.Time) bool {
	return q.Hours == nil || q.Hours.Opens(at).Equal(at)
}
