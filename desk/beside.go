package desk

import (
	"slices"
	"sync"

	"baton/handoff"
)

// beside is what goes with an open session and is not kept: the session's end
// ends it, and so does a restart. Once published it never changes.
type beside struct {
	session   uint64
	hold      hold
	listeners []listener
}

func (b *beside) empty() bool {
	return b == nil || b.hold == hold{} && len(b.listeners) == 0
}

// besides are those of all sessions, by localpart.
type besides struct {
	mu sync.RWMutex
	by map[string]*beside
}

func (s *besides) of(local string) *beside {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.by[local]
}

// put publishes what a batch that is committed has changed.
func (s *besides) put(changed map[string]*beside) {
	if len(changed) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = map[string]*beside{}
	}
	for local, b := range changed {
		if b.empty() {
			delete(s.by, local)
		} else {
			s.by[local] = b
		}
	}
}

// seen returns what goes with the session, as far as the batch has taken it; nil
// where nothing does.
func (w *work) seen() *beside {
	if w.beside != nil {
		return w.beside
	}
	return w.seenBefore()
}

// own returns the same to be changed by this request.
func (w *work) own() *beside {
	if w.beside == nil {
		w.beside = &beside{session: w.conv.Session}
		if b := w.seenBefore(); b != nil {
			w.beside = &beside{b.session, b.hold, slices.Clone(b.listeners)}
		}
	}
	return w.beside
}

// seenBefore is seen as it was before the request. What went with an earlier
// session, of whose end we never learned, goes with none.
func (w *work) seenBefore() *beside {
	b, ok := w.b.beside[w.conv.Local]
	if !ok {
		b = w.d.besides.of(w.conv.Local)
	}
	if b != nil && b.session != w.conv.Session {
		return nil
	}
	return b
}

// accompany has what goes with the session follow what the request has done to
// it.
func (w *work) accompany() {
	if w.seen().empty() {
		return
	}
	b, c := w.own(), &w.conv
	w.overhear()
	if c.Phase == handoff.Idle {
		*b = beside{}
		return
	}
	if b.hold.epoch != c.Epoch || b.hold.by != c.Holder {
		b.hold = hold{}
	}
	for _, l := range w.lines {
		b.hold.on = b.hold.on && (l.By != b.hold.by || l.Private)
	}
}
