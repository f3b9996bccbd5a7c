package component

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"time"

	"baton/desk"
)

// ejabberd takes any number of connections of one component and spreads what it
// routes among them at random, even within one conversation. Two copies of this
// program would each see half of a dialog. The server also routes the pings by
// which a link is tried (selfPing), so sooner or later a copy gets the other's.

// twin finds out that another program serves our domain. Who was started last
// stops serving, for good: every copy comes to the same one by itself, the one
// that served undisturbed goes on, and coming back to look would take half of
// what people say each time. The process stays, to say so where it is asked.
type twin struct {
	c    *Component
	mark string // begins the ids of our own pings; of a later start it is greater

	mu     sync.Mutex
	others map[string]sighting // by mark
	proven time.Time           // when last there was proof of one; zero: never
	said   time.Time
	aside  bool
}

// sighting is when pings of another program came.
type sighting struct{ first, last time.Time }

const (
	markPrefix = "baton"
	maxTwins   = 16
	sayTwin    = time.Minute // between two log lines
)

func newTwin(c *Component) twin {
	return twin{c: c, others: map[string]sighting{},
		mark: fmt.Sprintf("%s%016x%s", markPrefix, time.Now().UnixMicro(), rand.Text()[:8])}
}

// markOf returns the part of a ping's id that names the program that sent it,
// "" where it is another make.
func (t *twin) markOf(id string) string {
	if len(id) < len(t.mark) || !strings.HasPrefix(id, markPrefix) {
		return ""
	}
	return id[:len(t.mark)]
}

// heard takes an IQ that asks us something. One that comes from our own domain
// was sent over a connection of that name. Of a process that has just died there may
// be one late ping; one that goes on sending them is there.
func (t *twin) heard(in incoming) {
	if in.to.kind != kindService || !strings.EqualFold(in.header.From, t.c.cfg.Domain) {
		return
	}
	now, mark := time.Now(), t.markOf(in.header.ID)
	if mark == t.mark {
		return
	}
	t.mu.Lock()
	for m, s := range t.others {
		if now.Sub(s.last) > t.while() {
			delete(t.others, m)
		}
	}
	s, known := t.others[mark]
	if !known && len(t.others) >= maxTwins {
		t.mu.Unlock()
		return
	}
	if !known {
		s.first = now
	}
	s.last = now
	t.others[mark] = s
	if now.Sub(s.first) < t.c.cfg.SelfPing/2 {
		t.mu.Unlock()
		if !known {
			t.probe(int(t.c.cfg.SelfPing / time.Second))
		}
		return
	}
	t.proven = now
	leaves := !t.aside && mark != "" && mark < t.mark
	t.aside = t.aside || leaves
	say := now.Sub(t.said) >= sayTwin || leaves
	if say {
		t.said = now
	}
	t.mu.Unlock()
	if say {
		t.c.log.Error(t.why(leaves), "domain", t.c.cfg.Domain)
	}
	if l := t.c.link.Load(); leaves && l != nil {
		t.c.desk.Outbox().Down(desk.XMPP)
		l.close() // in order: what was read is taken
		l.conn.SetReadDeadline(now.Add(closeTimeout))
	}
}

// probe sends a ping a second for a while: if another program is there, it gets
// some of them, does the same, and both know before long.
func (t *twin) probe(left int) {
	if left == 0 {
		return
	}
	t.c.iqs.send(t.c.cfg.Domain, t.c.cfg.Domain, "get", []byte("<ping xmlns='urn:xmpp:ping'/>"), t.c.cfg.SelfPing, func(reply, error) {})
	time.AfterFunc(time.Second, func() { t.probe(left - 1) })
}

// while is how long a proof counts, and how long sightings belong together.
func (t *twin) while() time.Duration { return 6 * t.c.cfg.SelfPing }

func (t *twin) why(aside bool) string {
	if aside {
		return fmt.Sprintf("another program was connected as %s before this one, and the server spreads messages among both: "+
			"this one has stopped serving; stop it, or stop the other and then start this one again", t.c.cfg.Domain)
	}
	return fmt.Sprintf("another program is connected as %s, and the server spreads messages among both: "+
		"stop it; one connection serves a domain", t.c.cfg.Domain)
}

// reason returns why we are not to be relied on, "" when there is no twin.
func (t *twin) reason() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.aside:
		return t.why(true)
	case !t.proven.IsZero() && time.Since(t.proven) <= t.while():
		return t.why(false)
	}
	return ""
}

// stays waits for ctx to end if this program is the one that has to stop; false
// if it goes on.
func (t *twin) stays(ctx context.Context) bool {
	t.mu.Lock()
	aside := t.aside
	t.mu.Unlock()
	if aside {
		t.c.note(t.why(true))
		<-ctx.Done()
	}
	return aside
}
