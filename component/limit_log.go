package component

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// How often something that anybody can provoke is logged.
const (
	logEach    = time.Minute // for one sender and message
	logAllMost = 60          // in that time, for all senders together
)

// How often an agent is told the same thing in words, a second and at once:
// what answers for them while they are away must not talk with us for ever.
const (
	hintsEach, hintsMost = 1.0 / 20, 5
)

// throttle bounds what others can make us say, in the log and to themselves.
type throttle struct {
	mu     sync.Mutex
	lines  recent[*logged]
	all    bucket
	unsaid int // lines left out because of all
	hints  recent[*bucket]
}

// logged is a log line about one sender.
type logged struct {
	at   time.Time
	more int // left out since
}

func newThrottle() throttle {
	return throttle{lines: newRecent(func() *logged { return &logged{} }), hints: newRecent(func() *bucket { return &bucket{} })}
}

// provoked logs what a sender has brought about: once a minute, and how many
// there were since the last line. It never holds what they said.
func (c *Component) provoked(in incoming, msg string, args ...any) {
	c.provokedBy(slog.LevelWarn, in.header.From, msg, args...)
}

func (c *Component) provokedBy(level slog.Level, from, msg string, args ...any) {
	t := &c.calm
	now := time.Now()
	t.mu.Lock()
	l := t.lines.get(msg+"\x00"+bare(from), maxSenders)
	if !l.at.IsZero() && now.Sub(l.at) < logEach {
		l.more++
		t.mu.Unlock()
		return
	}
	if !t.all.take(now, flow{logAllMost / logEach.Seconds(), logAllMost}) {
		t.unsaid++
		t.mu.Unlock()
		return
	}
	args = append([]any{"from", short(from)}, args...)
	if l.more > 0 {
		args = append(args, "more_since", l.more)
	}
	if t.unsaid > 0 {
		args = append(args, "others_not_logged", t.unsaid)
	}
	*l, t.unsaid = logged{at: now}, 0
	t.mu.Unlock()
	c.log.Log(context.Background(), level, msg, args...)
}

// short cuts an address to what a log line needs of it.
func short(addr string) string {
	const most = 200
	if len(addr) > most {
		return addr[:most] + "…"
	}
	return addr
}

// hint is say for what may be said again and again to a program that answers
// by itself.
func (c *Component) hint(from, to, text string) {
	t := &c.calm
	t.mu.Lock()
	ok := t.hints.get(from+"\x00"+to+"\x00"+text, maxSenders).take(time.Now(), flow{hintsEach, hintsMost})
	t.mu.Unlock()
	if ok {
		c.say(from, to, text)
	}
}
