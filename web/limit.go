package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Bounds of what is open at the same time.
const (
	maxStreams        = 8  // of one session
	maxAddressStreams = 64 // from one address
	maxKnown          = 8192
)

// limits are what visitors may do.
type limits struct {
	sessions, messages, signs, guesses buckets
	streams, perAddress                counters
	trusted                            []netip.Prefix
}

func newLimits(cfg Config) limits {
	return limits{
		sessions: buckets{rate: cfg.Sessions}, messages: buckets{rate: cfg.Messages},
		signs:   buckets{rate: Rate{Count: 20, Per: 10 * time.Second}},
		guesses: buckets{rate: Rate{Count: 60, Per: time.Minute}},
		streams: counters{most: maxStreams}, perAddress: counters{most: maxAddressStreams},
		trusted: cfg.TrustedProxies,
	}
}

// buckets are token buckets by key.
type buckets struct {
	rate Rate
	mu   sync.Mutex
	all  map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

// take counts one, and reports whether it may be. Of too many keys, those that
// are full again are forgotten; if none is, all are.
func (b *buckets) take(key string, now time.Time) bool {
	if b.rate.Count <= 0 {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.all) >= maxKnown {
		for k, v := range b.all {
			if now.Sub(v.at) > b.rate.Per {
				delete(b.all, k)
			}
		}
		if len(b.all) >= maxKnown {
			b.all = nil
		}
	}
	if b.all == nil {
		b.all = map[string]bucket{}
	}
	most := float64(b.rate.Count)
	v, known := b.all[key]
	if !known {
		v = bucket{most, now}
	}
	v.left = min(most, v.left+max(now.Sub(v.at), 0).Seconds()/b.rate.Per.Seconds()*most)
	v.at = now
	ok := v.left >= 1
	if ok {
		v.left--
	}
	b.all[key] = v
	return ok
}

// counters count what is open by key.
type counters struct {
	most int
	mu   sync.Mutex
	open map[string]int
}

// enter counts one more; false where that would be too many. Leave it again.
func (c *counters) enter(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[key] >= c.most {
		return false
	}
	if c.open == nil {
		c.open = map[string]int{}
	}
	c.open[key]++
	return true
}

func (c *counters) leave(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[key]--; c.open[key] <= 0 {
		delete(c.open, key)
	}
}

// address returns whom a request is counted for: the address it came from, or,
// where that is a proxy of ours, the last address that no such proxy has. Of
// version 6 it is the /64, which one household has whole.
func (l *limits) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	at, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && l.trusts(at); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		at = hop
	}
	at = at.Unmap().WithZone("")
	if at.Is6() {
		p, _ := at.Prefix(64)
		return p.String()
	}
	return at.String()
}

func (l *limits) trusts(a netip.Addr) bool {
	for _, p := range l.trusted {
		if p.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}
