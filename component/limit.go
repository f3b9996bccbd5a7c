package component

import (
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"baton/handoff"
	"baton/stanza"
)

// Rate is how much one sender may send: Count stanzas in every Per, and at
// once as many as in ten seconds, or Count if that is more.
type Rate struct {
	Count int // 0: as much as they like
	Per   time.Duration
}

// Shares of Rate.
const (
	agentShare  = 10 // an agent, or a server, for one caller
	domainShare = 50 // all callers of one domain
	newShare    = 5  // sessions that callers of one domain open
)

// How many refusals of a flood are written, a second and at once: one answer
// to each stanza would make the flood twice as large.
const (
	refusalsEach, refusalsEachMost = 1, 3
	refusalsAll, refusalsAllMost   = 100, 200
)

// How many senders and domains are remembered, twice as many at most. Who is
// forgotten begins with a full bucket; their domain's is still there.
const (
	maxSenders = 4096
	maxDomains = 1024
)

// verdict is what becomes of a stanza by how much its sender sent before.
type verdict uint8

const (
	pass verdict = iota
	refuse
	ignore // refused before, and told so
)

// limiter is a token bucket for each sender and for each domain. What we asked
// for, and errors, which nobody answers, are not counted.
type limiter struct {
	c       *Component
	mu      sync.Mutex
	senders recent[*allowance]
	domains recent[*allowance]
	told    bucket // refusals written to anybody
}

// allowance is what a sender, or a domain, has left.
type allowance struct{ stanzas, sessions, refusals bucket }

// take counts a stanza.
func (l *limiter) take(in incoming) verdict {
	rate := l.c.cfg.Rate
	if rate.Count <= 0 || in.header.Type == "error" || in.header.Kind == "iq" && in.header.Type == "result" || l.c.trusted(in.from) {
		return pass
	}
	_, isAgent := l.c.agent(in.header.From)
	share := 1
	if isAgent || !strings.Contains(string(in.from), "@") {
		share = agentShare
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.senders.get(string(in.from), maxSenders)
	ok := a.stanzas.take(now, rate.times(share))
	if ok && !isAgent {
		ok = l.domains.get(serverOf(string(in.from)), maxDomains).stanzas.take(now, rate.times(domainShare))
	}
	switch {
	case ok:
		return pass
	case in.header.Kind == "presence":
		return ignore
	}
	return l.tellLocked(a, now)
}

// opens counts a session that a caller opens: each costs the agents more than
// a line does.
func (l *limiter) opens(caller handoff.Party) verdict {
	rate := l.c.cfg.Rate
	if rate.Count <= 0 {
		return pass
	}
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.domains.get(serverOf(string(caller)), maxDomains).sessions.take(now, rate.times(newShare)) {
		return pass
	}
	return l.tellLocked(l.senders.get(string(caller), maxSenders), now)
}

func (l *limiter) tellLocked(a *allowance, now time.Time) verdict {
	if a.refusals.take(now, flow{refusalsEach, refusalsEachMost}) && l.told.take(now, flow{refusalsAll, refusalsAllMost}) {
		return refuse
	}
	return ignore
}

// trusted reports whether a sender is our own server: us, or a host that agents
// live at.
func (c *Component) trusted(from handoff.Party) bool {
	if strings.Contains(string(from), "@") {
		return false
	}
	if strings.EqualFold(string(from), c.cfg.Domain) {
		return true
	}
	for _, a := range c.desk.Directory().Agents {
		if serverOf(string(a.JID)) == string(from) {
			return true
		}
	}
	return false
}

// within reports whether a stanza is to be dealt with, and answers it if that
// is all that happens to it.
func (c *Component) within(in incoming, v verdict) bool {
	if v == pass {
		return true
	}
	c.provoked(in, "too much at once, refused", "kind", in.header.Kind)
	if v == refuse {
		c.fail(in.header, stanza.ResourceConstraint, c.voiceFrom(in.header).Say("too_much"))
	}
	return false
}

// flow is a rate: so many a second, most at once.
type flow struct{ each, most float64 }

func (r Rate) times(share int) flow {
	each := float64(r.Count*share) / r.Per.Seconds()
	return flow{each, max(10*each, float64(r.Count*share))}
}

// bucket counts tokens down, and up again with time.
type bucket struct {
	used float64
	at   time.Time
}

func (b *bucket) take(now time.Time, f flow) bool {
	b.used = max(0, b.used-f.each*now.Sub(b.at).Seconds())
	b.at = now
	if b.used+1 > f.most {
		return false
	}
	b.used++
	return true
}

// recent keeps what belongs to the keys used last: of as many as it is told,
// and never of more than twice as many. Keys are hashed: a long one takes no
// more room.
type recent[V any] struct {
	seed        maphash.Seed
	now, before map[uint64]V
	fresh       func() V
}

func newRecent[V any](fresh func() V) recent[V] {
	return recent[V]{seed: maphash.MakeSeed(), fresh: fresh}
}

func (r *recent[V]) get(key string, size int) V {
	h := maphash.String(r.seed, key)
	if v, ok := r.now[h]; ok {
		return v
	}
	v, ok := r.before[h]
	if !ok {
		v = r.fresh()
	}
	if r.now == nil || len(r.now) >= size {
		r.before, r.now = r.now, make(map[uint64]V)
	}
	r.now[h] = v
	return v
}
