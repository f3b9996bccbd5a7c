package desk

import (
	"container/heap"
	"time"
)

// alarms says which conversations to look at, and when. An alarm is never taken
// back: whoever is woken looks whether there is something to do.
type alarms struct{ h alarmHeap }

// alarm is for who is at a place of the shelf, unless the place was given back
// meanwhile.
type alarm struct {
	at        int64 // µs since 1970
	id, times uint32
}

// ring is when an alarm rings, in µs since 1970, not before at.
func ring(at time.Time) int64 { return at.Add(time.Microsecond - 1).UnixMicro() }

// alarm asks for a look at the conversation at a place of the shelf; at place 0
// there is none.
func (d *Desk) alarm(id uint32, at time.Time) {
	if id != 0 {
		heap.Push(&d.alarms.h, alarm{ring(at), id, d.shelf.at(id).times})
	}
}

// due removes and returns alarms whose time has come, most at a time.
func (a *alarms) due(now time.Time, most int) []alarm {
	var due []alarm
	for len(due) < most && len(a.h) > 0 && a.h[0].at <= now.UnixMicro() {
		due = append(due, heap.Pop(&a.h).(alarm))
	}
	return due
}

// maxWait bounds how long nobody looks at the alarms: the clock may be stepped
// meanwhile, and what was far away is due.
const maxWait = 15 * time.Second

// wait returns how long no alarm is due, maxWait at most.
func (a *alarms) wait(now time.Time) time.Duration {
	if len(a.h) == 0 {
		return maxWait
	}
	return min(max(time.UnixMicro(a.h[0].at).Sub(now), 0), maxWait)
}

type alarmHeap []alarm

func (h alarmHeap) Len() int           { return len(h) }
func (h alarmHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h alarmHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *alarmHeap) Push(x any)        { *h = append(*h, x.(alarm)) }
func (h *alarmHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
