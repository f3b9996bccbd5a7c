package component

import (
	"crypto/rand"
	"sync"
	"time"
)

// Bounds of forms that wait to be filled in.
const (
	maxForms     = 1000
	maxFormsEach = 8 // of one agent
	formLife     = 10 * time.Minute
)

// asOf is what a form was made for: the session and epoch, or the entry and how it
// was then.
type asOf struct {
	session, epoch uint64

	entry string
	shown map[string][]string
}

// formKey names a form that waits: its identifier counts only from the client
// it was sent to, to the address it came from, and for the same command.
type formKey struct{ id, from, at, node string }

type openForm struct {
	asOf
	until time.Time
	order uint64
}

// forms are the forms that wait to be filled in. They are not kept across a
// restart.
type forms struct {
	mu    sync.Mutex
	by    map[formKey]openForm
	count uint64
}

// open notes a form and returns its identifier. Where too many are open the
// oldest is forgotten.
func (f *forms) open(from, at, node string, as asOf) string {
	k := formKey{rand.Text(), from, at, node}
	f.keep(k, as)
	return k.id
}

// keep is open for a form that goes on where another ended.
func (f *forms) keep(key formKey, as asOf) {
	from := key.from
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.by == nil {
		f.by = map[formKey]openForm{}
	}
	now := time.Now()
	var own, all []formKey
	for k, o := range f.by {
		switch {
		case !now.Before(o.until):
			delete(f.by, k)
			continue
		case bare(k.from) == bare(from):
			own = append(own, k)
		}
		all = append(all, k)
	}
	if len(own) >= maxFormsEach {
		f.forgetOldest(own)
	} else if len(all) >= maxForms {
		f.forgetOldest(all)
	}
	f.count++
	f.by[key] = openForm{as, now.Add(formLife), f.count}
}

func (f *forms) forgetOldest(of []formKey) {
	oldest := of[0]
	for _, k := range of {
		if f.by[k].order < f.by[oldest].order {
			oldest = k
		}
	}
	delete(f.by, oldest)
}

// get returns what a form that is open was made for.
func (f *forms) get(k formKey) (asOf, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, ok := f.by[k]
	return o.asOf, ok && time.Now().Before(o.until)
}

// take returns what a form was made for and forgets it: it is submitted once.
func (f *forms) take(k formKey) (asOf, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	o, ok := f.by[k]
	delete(f.by, k)
	return o.asOf, ok && time.Now().Before(o.until)
}
