//go:build linux

package crash

import (
	"fmt"
	"slices"
	"strings"
)

// story is what is played over and over, and how.
type story struct {
	offer string // offer.timeout
	steps []step
	dead  int // lines that are too large to be sent, on purpose
}

// say is the step in which somebody says something and everybody it is for
// sees it.
func say(ls ...said) step {
	return step{"say " + ls[0].text,
		func(p *play) {
			for _, l := range ls {
				p.say(l)
			}
		},
		func(p *play) bool {
			for _, l := range ls {
				for _, to := range l.to {
					if p.user(to).shown(l.text) == 0 {
						return false
					}
				}
			}
			return len(ls[0].to) > 0 || journalled(ls[0].text)(p)
		}}
}

// say has a line said, again when it is not in the journal.
func (p *play) say(l said) {
	l.id = "l-" + strings.ReplaceAll(l.text[:min(12, len(l.text))], " ", "-")
	for i := range p.lines {
		if p.lines[i].id == l.id {
			if !journalled(l.text)(p) {
				p.lines[i].sent = p.write(l.by, p.at(l.at), l.id, l.text)
			}
			return
		}
	}
	l.sent = p.write(l.by, p.at(l.at), l.id, l.text)
	p.lines = append(p.lines, l)
}

// journalled: a line is in the journal.
func journalled(text string) func(p *play) bool {
	return func(p *play) bool { return p.count("SELECT count(*) FROM dialog WHERE body = ?", text) == 1 }
}

func carol(n int, to ...string) said {
	return said{by: "carol", at: "support", text: fmt.Sprintf("carol %02d", n), to: to}
}

func says(by string, n int, to ...string) said {
	return said{by: by, text: fmt.Sprintf("%s %02d", by, n), to: to}
}

func secretly(by string, n int, to string) said {
	l := says(by, n, to)
	l.private = true
	return l
}

// word is the step in which somebody says a command.
func word(by, at, text string, done func(p *play) bool) step {
	return step{by + ": " + text, func(p *play) { p.ask(by, p.at(at), text) }, done}
}

// all of them hold.
func all(conds ...func(p *play) bool) func(p *play) bool {
	return func(p *play) bool {
		for _, c := range conds {
			if !c(p) {
				return false
			}
		}
		return true
	}
}

// rung: so many offers have rung for somebody.
func rung(who string, n int) func(p *play) bool {
	return func(p *play) bool {
		return p.user(who).count(func(m *message) bool {
			return m.from == "desk@"+domain && strings.HasPrefix(m.id, "x-") && m.transfer == "" && strings.Count(m.id, "-") == 1
		}) >= n
	}
}

// told: somebody has learned so many outcomes of that kind.
func told(who, state string, n int) func(p *play) bool {
	return func(p *play) bool {
		return p.user(who).count(func(m *message) bool { return m.state == state }) >= n
	}
}

// took: somebody has so many handover messages. From the first everybody
// knows the conversation's address.
func took(who string, n int) func(p *play) bool {
	return func(p *play) bool {
		is := func(m *message) bool { return m.state == "accepted" && strings.Contains(m.body, "Customer: ") }
		for _, m := range p.user(who).got {
			if is(m) {
				p.conv = m.from
			}
		}
		return p.user(who).count(is) >= n
	}
}

// saw: somebody saw a text so often.
func saw(who, text string, n int) func(p *play) bool {
	return func(p *play) bool {
		return p.user(who).count(func(m *message) bool { return strings.Contains(m.body, text) }) >= n
	}
}

func (u *user) count(is func(*message) bool) (n int) {
	for _, m := range u.got {
		if is(m) {
			n++
		}
	}
	return n
}

// isCopy reports whether a message is the live copy of a line: its id says so.
func (m *message) isCopy() bool {
	conv, rest, _ := strings.Cut(m.id, "-")
	return conv != "x" && (strings.HasPrefix(rest, "a") || strings.HasPrefix(rest, "c"))
}

// shown counts the copies of a line that somebody who knows retransmissions by
// their id sees.
func (u *user) shown(text string) int {
	return u.count(func(m *message) bool { return m.isCopy() && m.text() == text })
}

const moved = "You are now talking with"

// main is the story of every kind of handover, with a restart and a broken link.
func mainStory() story {
	return story{offer: "60s", steps: []step{
		connects, // first of all, so that each first passing up to its commit is that of a request with an answer
		step{"carol writes", func(p *play) { p.say(carol(1)) },
			all(saw("carol", "Hello.", 1), rung("alice", 1), journalled("carol 01"))},
		word("alice", "desk", "y", took("alice", 1)),
		say(carol(2, "alice"), says("alice", 1, "carol"), carol(3, "alice"), says("alice", 2, "carol"), carol(4, "alice")),
		known("bob", "bert"),
		word("alice", "", "!transfer bob", rung("bob", 1)),
		word("bob", "desk", "n", all(told("alice", "declined", 1), told("bob", "declined", 1))),
		word("alice", "", "!transfer bert", rung("bert", 1)),
		word("bert", "desk", "y", all(took("bert", 1), told("alice", "accepted", 2), saw("carol", moved, 1))),
		say(carol(5, "bert"), says("bert", 1, "carol"), carol(6, "bert"), says("bert", 2, "carol")),
		restart, up,
		word("bert", "", "!consult bob", rung("bob", 2)).patiently(),
		word("bob", "desk", "y", all(told("bob", "accepted", 1), told("bert", "accepted", 2))),
		say(secretly("bert", 3, "bob"), secretly("bob", 1, "bert")),
		word("bert", "", "!cancel", saw("bob", "You are not needed here any more", 1)),
		word("bert", "", "!blind alice", rung("alice", 2)),
		say(carol(7)),
		word("alice", "desk", "y", all(took("alice", 2), told("bert", "accepted", 3), saw("alice", "carol 07", 1), saw("carol", moved, 2))),
		word("alice", "", "!join bob", rung("bob", 3)),
		word("bob", "desk", "y", all(told("bob", "accepted", 2), told("alice", "accepted", 4))),
		say(carol(8, "alice", "bob"), says("bob", 2, "carol", "alice"), says("alice", 3, "carol", "bob")),
		word("bob", "", "!done", all(saw("bob", "You left this chat", 1), saw("alice", "Bob has left", 1))),
		say(carol(9, "alice")),
		word("alice", "", "!done", saw("carol", "This chat has ended", 1)),
		step{"carol writes again", func(p *play) { p.say(carol(10)) }, all(rung("alice", 3), journalled("carol 10"))},
		word("alice", "desk", "y", took("alice", 3)),
		word("alice", "", "!done", saw("carol", "This chat has ended", 2)),
		drained,
	}}
}

// known waits until agents are known to be there.
func known(names ...string) step {
	return step{"they are there", func(*play) {}, func(p *play) bool {
		return !slices.ContainsFunc(names, func(name string) bool { return !p.user(name).met })
	}}
}

// patiently makes people try again, as they do after a crash: agents may not
// be known to be there yet.
func (s step) patiently() step {
	do := s.do
	s.do = func(p *play) { p.shaken = true; do(p) }
	return s
}

// troubleStory is what else can happen: a line too large to be sent, an offer
// that nobody answers, a message that comes back, a broken link, a client gone
// silent.
func troubleStory() story {
	return story{offer: "2s", dead: 1, steps: []step{
		connects,
		step{"alice is asked", func(*play) {}, rung("alice", 1)},
		word("alice", "desk", "y", took("alice", 1)).patiently(),
		step{"a line is too large", func(p *play) { p.say(large) }, saw("alice", "Not delivered to Carol", 1)},
		known("bob"),
		word("alice", "", "!transfer bob", rung("bob", 1)),
		step{"bob does not answer", func(p *play) {}, all(told("bob", "expired", 1), told("alice", "expired", 1))},
		word("bob", "", "I am nobody here", func(p *play) bool { return len(p.user("bob").refused) > 0 }),
		step{"a message comes back", func(p *play) { p.bounce("alice 01"); p.say(says("alice", 1, "carol")) },
			func(p *play) bool { return p.user("carol").shown("alice 01") > 0 }},
		step{"the link breaks", (*play).breakLink, func(p *play) bool { return p.s.logins > p.logins }},
		say(carol(1, "alice"), says("alice", 2, "carol")),
		step{"carol's client goes silent", func(p *play) {
			p.s.set(func() { p.user("carol").deaf = true })
			p.say(says("alice", 3, "carol"))
		}, func(p *play) bool { return p.user("carol").shown("alice 03") > 0 }},
		drained,
	}}
}

// large is more than may be sent, where the settings let it in.
var large = said{by: "alice", text: "alice at length " + strings.Repeat("x", 240<<10)}

// drained waits until the rosters are in order: closing does not wait for those,
// and the next start would see to them.
var drained = step{"drained", func(*play) {}, func(p *play) bool {
	return p.count("SELECT count(*) FROM outbox WHERE kind IN ('bind', 'unbind')") == 0
}}

// answered: a request of somebody's had a result.
func answered(who, id string) func(p *play) bool {
	return func(p *play) bool { return p.user(who).answered[id] }
}

var connects = step{"carol connects", (*play).connect, answered("carol", "connect")}

// connect has carol open a session.
func (p *play) connect() {
	p.s.send(fmt.Sprintf("<iq type='set' from='%s' to='%s' id='connect'><connect xmlns='urn:xmpp:handoff:0'/></iq>",
		p.user("carol").full, p.at("support")))
}

// bounce makes the next message with a text come back, once in a story.
func (p *play) bounce(text string) {
	if p.bounced {
		return
	}
	p.bounced = true
	p.s.set(func() { p.s.bounces = text })
}

// breakLink breaks the connection, once in a story.
func (p *play) breakLink() {
	p.shaken = true
	if p.logins == 0 {
		p.s.set(func() { p.logins = p.s.logins })
		p.s.cut()
	}
}
