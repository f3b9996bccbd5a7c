package desk

import (
	"slices"
	"strconv"
	"time"

	"baton/handoff"
)

const (
	placeEvery = 30 * time.Second // between two notices of a better place
	waitsKept  = 20               // waits the estimate is made of
	waitsMust  = 5                // with fewer there is none
)

// Texts of package lang that callers are told while they wait.
const (
	TextClosed   = "caller_closed"   // the queue is closed
	TextNext     = "caller_next"     // they are the first in the queue
	TextPlace    = "caller_place"    // Place: their place in the queue
	TextEstimate = "caller_estimate" // Count: minutes it will take about
)

// inform tells a caller who waits what they want to know: that nobody is there at
// this hour, once for each time that the queue is closed; or their place.
func (w *work) inform() {
	c, r := &w.conv, &w.conv.Route
	if c.Phase != handoff.Waiting {
		return
	}
	q, ok := w.d.Directory().Queue(c.Queue)
	if !ok {
		return
	}
	n := handoff.Notice{To: c.Caller, Session: c.Session, Waiting: true}
	if open, next := w.d.serving(c, w.now); len(open) == 0 {
		if c.Offer.Open() || w.now.Before(r.Closed) {
			return
		}
		n.Says, n.Waiting = []handoff.Phrase{{Name: TextClosed}}, false
		if q.Away != "" {
			n.Says = []handoff.Phrase{{Words: q.Away}}
		}
		r.Closed = next
		if next.IsZero() { // it never opens
			r.Closed = w.now.Add(24 * time.Hour)
		}
	} else {
		if !q.TellPosition || !w.better() {
			return
		}
		n.Says = []handoff.Phrase{placed(r.Place)}
		if about := w.d.estimate(c.Queue); r.PlacedAt.IsZero() && about > 0 {
			n.Says = append(n.Says, handoff.Phrase{Name: TextEstimate,
				Args: map[string]string{"Count": strconv.Itoa(int((about + time.Minute - 1) / time.Minute))}})
		}
		r.PlacedAt = w.now
	}
	w.note(n, nil)
	w.changed = true
}

func placed(n int) handoff.Phrase {
	if n == 1 {
		return handoff.Phrase{Name: TextNext}
	}
	return handoff.Phrase{Name: TextPlace, Args: map[string]string{"Place": strconv.Itoa(n)}}
}

// better reports whether there is a place to tell: the first one, unless
// somebody is being asked already, or a better one, not too often.
func (w *work) better() bool {
	c, r := &w.conv, &w.conv.Route
	if told(r.Place, r.PlacedAt, w.now) {
		return false
	}
	n := w.place()
	if r.Place == 0 && n == 1 && c.Offer.Open() || r.Place > 0 && n >= r.Place {
		return false
	}
	r.Place = n
	return true
}

// told reports whether whoever was told that place is not to be told another one yet.
func told(place int, at, now time.Time) bool {
	return place == 1 || place > 0 && now.Before(at.Add(placeEvery))
}

// nearer reports whether somebody who waits may have a better place to be told.
func (d *Desk) nearer(w wait, now time.Time) bool {
	q, _ := d.Directory().Queue(w.queue)
	return q.TellPosition && !told(w.place, w.placedAt, now) &&
		(w.place == 0 || d.ranks.ahead(w.queue, w.order)+1 < w.place)
}

// place returns the session's place in its queue, those of this batch counted.
func (w *work) place() int {
	c := &w.conv
	if wait, ok := w.d.waiting[c.Local]; ok {
		return w.d.ranks.ahead(wait.queue, wait.order) + 1
	}
	n := w.d.position(*c)
	for local, s := range w.b.staged {
		if _, waits := w.d.waiting[local]; !waits && local != c.Local && s.now.Phase == handoff.Waiting && s.now.Queue == c.Queue {
			n++
		}
	}
	return n
}

// waited keeps how long somebody waited. What a closed queue let wait says
// nothing of the next.
func (d *Desk) waited(was, now *Conversation, at time.Time) {
	if was == nil || was.Phase != handoff.Waiting || now.Phase != handoff.Active ||
		was.Route.Closed.After(was.Route.Since) {
		return
	}
	ws := append(d.waits[was.Queue], max(0, at.Sub(was.Route.Since)))
	d.waits[was.Queue] = ws[max(0, len(ws)-waitsKept):]
}

// estimate returns how long somebody has to wait, the median of the last waits;
// 0 when too few are known.
func (d *Desk) estimate(queue string) time.Duration {
	ws := slices.Sorted(slices.Values(d.waits[queue]))
	if len(ws) < waitsMust {
		return 0
	}
	return ws[len(ws)/2]
}
