package desk

import (
	"cmp"
	"slices"
	"time"
)

// ranks is the order in each queue of those who wait.
type ranks map[string][]rank

type rank struct {
	order uint64
	since time.Time
}

func (r ranks) search(queue string, order uint64) (int, bool) {
	return slices.BinarySearchFunc(r[queue], order, func(a rank, o uint64) int { return cmp.Compare(a.order, o) })
}

// put adds who waits in a queue, or tells since when.
func (r ranks) put(queue string, order uint64, since time.Time) {
	i, ok := r.search(queue, order)
	if !ok {
		r[queue] = slices.Insert(r[queue], i, rank{})
	}
	r[queue][i] = rank{order, since}
}

func (r ranks) remove(queue string, order uint64) {
	i, ok := r.search(queue, order)
	if ok {
		r[queue] = slices.Delete(r[queue], i, i+1)
	}
	if len(r[queue]) == 0 {
		delete(r, queue)
	}
}

// ahead returns how many wait for a queue before somebody of that order.
func (r ranks) ahead(queue string, order uint64) int {
	i, _ := r.search(queue, order)
	return i
}

// longest returns since when the first of a queue waits.
func (r ranks) longest(queue string) (since time.Time) {
	for _, w := range r[queue] {
		if since.IsZero() || w.since.Before(since) {
			since = w.since
		}
	}
	return since
}
