package simulation

import (
	"testing/synctest"
	"time"

	"baton/desk"
	"baton/stanza"
)

// play plays a history and returns what was wrong with it.
func (w *world) play(steps []step) []string {
	if err := w.start(); err != nil {
		return []string{err.Error()}
	}
	defer func() {
		w.halt()
		w.store.Close()
	}()
	w.wait(time.Second)
	for i, s := range steps {
		w.at.Store(int64(i + 1))
		if err := w.step(s); err != nil {
			w.wrong("%v", err)
		}
		if len(w.errs) > 0 {
			return w.errs
		}
	}
	w.at.Add(1)
	w.finish()
	return w.errs
}

func (w *world) step(s step) error {
	w.disturbed.Store(w.server.unsure())
	w.fresh, w.asked = w.fresh[:0], w.asked[:0]
	switch {
	case w.talks(s):
	case s.do == kills || s.do == stops || s.do == failsStore:
		if err := w.faults(s); err != nil {
			return err
		}
	default:
		w.happens(s)
	}
	synctest.Wait()
	if w.dead.Load() {
		if err := w.restart(time.Duration(s.c%15) * time.Second); err != nil {
			return err
		}
		synctest.Wait()
	}
	w.answered()
	time.Sleep(s.wait)
	synctest.Wait()
	if w.dead.Load() {
		if err := w.restart(time.Duration(s.c%15) * time.Second); err != nil {
			return err
		}
	}
	w.book.mu.Lock()
	defer w.book.mu.Unlock()
	for _, b := range w.book.broken {
		w.wrong("%s", b)
	}
	return nil
}

// unsure reports whether the link is of a kind that may lose something.
func (s *server) unsure() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hung || s.left > 0
}

// answered checks that whoever sent something in this step knows what became of
// it.
func (w *world) answered() {
	if w.disturbed.Load() {
		return
	}
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	w.book.mu.Lock()
	defer w.book.mu.Unlock()
	for _, s := range w.fresh {
		if s.text == "" {
			continue
		}
		n := w.book.bodies[s.text]
		errors := len(w.user(s.by).answers[s.id]) - s.answered
		switch {
		case n == nil && errors == 0 && !s.word:
			w.wrong("%q of %s was neither taken in nor refused", s.text, name(s.by))
		case n != nil && n.By != s.by:
			w.wrong("%q was said by %s and journalled for %s", s.text, name(s.by), name(n.By))
		case n != nil && errors > 0:
			w.wrong("%q of %s was refused and taken in", s.text, name(s.by))
		}
	}
	for _, q := range w.asked {
		if n := len(w.user(q.by).answers[q.id]); n != 1 {
			w.wrong("the request %s of %s was answered %d times", q.id, name(q.by), n)
		}
	}
}

// rest is how long after the last fault nothing may be pending.
const rest = 30 * time.Second

// finish ends all faults, and then every session, and checks the whole.
func (w *world) finish() {
	w.say("", "all faults end")
	w.keeper.mu.Lock()
	w.keeper.fault, w.keeper.kill = "", 0
	w.keeper.mu.Unlock()
	w.server.locked(w.server.heal)
	w.connected()
	w.wait(rest)
	if w.dead.Load() { // it came to the last commit before its end only now
		w.wrong("killed at rest")
		return
	}
	w.resting()
	w.say("", "the clock is put right")
	w.offset.Store(w.latest)
	w.waiting()
	w.say("", "everybody hangs up")
	w.book.mu.Lock()
	var all []desk.Conversation
	for _, l := range w.book.order {
		all = append(all, w.book.convs[l])
	}
	w.book.mu.Unlock()
	for _, c := range all {
		w.ask(c.Caller, at(c.Entry), "<disconnect xmlns='"+stanza.NS+"' reason='done' session='"+c.SessionID()+"'/>")
	}
	w.wait(rest)
	w.resting()
	w.verify()
}

// connected waits until the component is, as long as it may pause between two
// attempts: that is when the last fault is over.
func (w *world) connected() {
	for range 45 {
		synctest.Wait()
		if up, _ := w.component.Connected(); up {
			return
		}
		time.Sleep(time.Second)
	}
}

// heal ends all troubles, and everybody is there. A connection that hangs is
// found dead: no user of XMPP can end that fault.
func (s *server) heal() {
	if s.hung {
		s.cut("that hung")
	}
	s.left = 0
	s.up = later(time.Time{}, time.Now().Add(2*time.Second))
	for _, p := range append(append(staff[:0:0], staff...), callers...) {
		u := s.user(string(p))
		u.dead, u.slow, u.bounces, u.refuses = false, 0, 0, 0
		if u.agent {
			u.online, u.away = true, false
			s.presence(u)
		}
	}
}
