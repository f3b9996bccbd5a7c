package desk

import (
	"container/heap"
	"time"
)

// alarms says which conversations to look at, and when. An alarm is never taken
// back: whoever is woken looks whether there is something to do.
type alarms struct{ h alarmHeap }

type alarm struct {
	at    time.Time
	local string
}

// set asks for a look at the conversation at the time at.
func (a *alarms) set(at time.Time, local string) { heap.Push(&a.h, alarm{at, local}) }

// due removes and returns the conversations whose time has come.
func (a *alarms) due(now time.Time) []string {
	var locals []string
	for len(a.h) > 0 && !now.Before(a.h[0].at) {
		locals = append(locals, heap.Pop(&a.h).(alarm).local)
	}
	return locals
}

// maxWait bounds how long nobody looks at the alarms: the clock may be stepped
// meanwhile, and what was far away is due.
const maxWait = 15 * time.Second

// wait returns how long no alarm is due, maxWait at most.
func (a *alarms) wait(now time.Time) time.Duration {
	if len(a.h) == 0 {
		return maxWait
	}
	return min(max(a.h[0].at.Sub(now), 0), maxWait)
}

type alarmHeap []alarm

func (h alarmHeap) Len() int           { return len(h) }
func (h alarmHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h alarmHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *alarmHeap) Push(x any)        { *h = append(*h, x.(alarm)) }
func (h *alarmHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
