package component

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

func limited(rate Rate, log *slog.Logger) *Component {
	dir := &desk.Directory{Agents: []desk.Agent{{JID: "alice@example.com", Name: "Alice"}}}
	return New(Config{Domain: "handoff.example.com", Rate: rate, Log: log, Desk: desk.New(desk.Config{Directory: dir})})
}

// sends counts what becomes of n stanzas sent at once.
func (c *Component) sends(n int, kind, typ, from string) (count [3]int) {
	in := incoming{header: stanza.Header{Kind: kind, Type: typ, From: from}, from: handoff.Party(bare(from))}
	for range n {
		count[c.limit.take(in)]++
	}
	return count
}

func TestLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := limited(Rate{20, time.Second}, nil)
		require.Equal(t, [3]int{200, 3, 297}, c.sends(500, "message", "chat", "carol@example.net/a"), "ten seconds' worth at once")
		require.Equal(t, [3]int{0, 0, 9}, c.sends(9, "message", "chat", "carol@example.net/b"), "another resource is nobody else")
		require.Equal(t, [3]int{200, 0, 300}, c.sends(500, "presence", "subscribe", "dave@example.net/a"), "never answered")
		time.Sleep(time.Second)
		require.Equal(t, [3]int{20, 1, 29}, c.sends(50, "iq", "get", "carol@example.net/a"), "and as many as come back")

		for typ, kind := range map[string]string{"result": "iq", "error": "message"} {
			require.Equal(t, [3]int{5000, 0, 0}, c.sends(5000, kind, typ, "carol@example.net/a"), "answers are what we asked for")
		}
		for _, server := range []string{"example.com", "example.com/x", "handoff.example.com", "HANDOFF.example.com"} {
			require.Equal(t, [3]int{5000, 0, 0}, c.sends(5000, "iq", "get", server), "our own server")
		}
		require.Equal(t, 2000, c.sends(5000, "message", "chat", "alice@example.com/a")[pass], "an agent")
		require.Equal(t, 2000, c.sends(5000, "iq", "get", "example.org")[pass], "another's server")
		require.Equal(t, [3]int{9, 0, 0}, limited(Rate{}, nil).sends(9, "iq", "get", "x@y"), "no limit")
		require.Equal(t, 100, limited(Rate{100, time.Minute}, nil).sends(500, "iq", "get", "x@y")[pass], "by the minute")
	})
}

// A hundred thousand senders of one domain are bounded together, take up no more
// room than some thousands, and are told no oftener than all may be.
func TestLimiterManySenders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := limited(Rate{20, time.Second}, nil)
		var all [3]int
		for i := range 100_000 {
			for v, n := range c.sends(1, "message", "chat", fmt.Sprintf("m%d@example.net/a", i)) {
				all[v] += n
			}
		}
		require.Equal(t, [3]int{10_000, 200, 89_800}, all)
		require.Equal(t, 1, c.sends(1, "message", "chat", "carol@example.org/a")[pass], "another domain")
		for i := range 10_000 {
			c.sends(1, "message", "chat", fmt.Sprintf("m@d%d.example/a", i))
		}
		require.LessOrEqual(t, len(c.limit.senders.now)+len(c.limit.senders.before), 2*maxSenders)
		require.LessOrEqual(t, len(c.limit.domains.now)+len(c.limit.domains.before), 2*maxDomains)

		opened := 0
		for i := range 10_000 {
			if c.limit.opens(handoff.Party(fmt.Sprintf("n%d@example.com", i))) == pass {
				opened++
			}
		}
		require.Equal(t, 1000, opened, "sessions of one domain")
	})
}

// What strangers provoke is logged once a minute for each, with how often it
// was, and no more than some lines for all of them.
func TestProvoked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		c := limited(Rate{}, slog.New(slog.NewTextHandler(&out, nil)))
		lines := func() []string {
			defer out.Reset()
			return strings.Split(strings.TrimSpace(out.String()), "\n")
		}
		from := func(who string) incoming { return incoming{header: stanza.Header{From: who}} }
		for range 500 {
			c.provoked(from("mallory@example.org/a"), "too large")
		}
		c.provoked(from("mallory@example.org/a"), "too many")
		require.Len(t, lines(), 2)
		time.Sleep(time.Minute)
		c.provoked(from("mallory@example.org/b"), "too large")
		require.Regexp(t, `msg="too large" from=mallory@example.org/b more_since=499$`, lines()[0])

		for i := range 100_000 {
			c.provoked(from(fmt.Sprintf("m%d@example.org", i)), "too large")
		}
		require.LessOrEqual(t, len(lines()), logAllMost)
		require.LessOrEqual(t, len(c.calm.lines.now)+len(c.calm.lines.before), 2*maxSenders)
		time.Sleep(time.Minute)
		c.provoked(from(strings.Repeat("x", 9999)), "too large")
		last := lines()[0]
		require.Regexp(t, `others_not_logged=\d{5}$`, last)
		require.Less(t, len(last), 400, "an address is cut short")
	})
}
