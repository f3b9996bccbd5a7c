package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"baton/component/wire"
	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// said is a message that a client sends to the component.
type said struct {
	by       handoff.Party
	to       string
	id       string
	text     string // what the journal has of it; empty: a command
	raw      string
	word     bool // it is a command: refused in words
	answered int  // errors for it before this step
}

// asked is an IQ of a client's.
type asked struct {
	by handoff.Party
	id string
}

func pick[E any](of []E, i int) E { return of[i%len(of)] }

// send has a client send a message, if it can.
func (w *world) send(s *said) {
	u := w.user(s.by)
	if !u.online || u.dead {
		return
	}
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	s.answered = len(u.answers[s.id])
	if !w.server.send(s.raw) {
		w.say(s.by, "writes to %s, but the server has no component", s.to)
		return
	}
	w.say(s.by, "writes to %s [%s]: %s", s.to, s.id, s.text)
	w.fresh = append(w.fresh, s)
}

// speak has somebody say something new; prefix is a command that says it.
func (w *world) speak(by handoff.Party, to, prefix string) {
	w.tokens++
	s := &said{by: by, to: to, id: fmt.Sprintf("m%d", w.tokens), text: fmt.Sprintf("text %d of %s.", w.tokens, name(by)), word: prefix != ""}
	s.raw = chat(w.user(by).full, to, s.id, prefix+s.text)
	w.talk = append(w.talk, s)
	w.send(s)
}

// command has somebody type a command.
func (w *world) command(by handoff.Party, to, body string) {
	w.tokens++
	s := &said{by: by, to: to, id: fmt.Sprintf("m%d", w.tokens)}
	s.raw = chat(w.user(by).full, to, s.id, body)
	w.say(by, "types %q to %s", body, to)
	w.send(s)
}

func chat(from, to, id, body string) string {
	b := []byte("<message type='chat'")
	b = wire.AppendAttr(b, "from", from)
	b = wire.AppendAttr(b, "to", to)
	b = wire.AppendAttr(b, "id", id)
	b = append(b, "><body>"...)
	b = wire.AppendEscapedText(b, body)
	return string(b) + "</body><origin-id xmlns='urn:xmpp:sid:0' id='o" + id + "'/></message>"
}

// ask has a client send an IQ.
func (w *world) ask(by handoff.Party, to, payload string) {
	u := w.user(by)
	if !u.online || u.dead {
		return
	}
	w.tokens++
	id := fmt.Sprintf("q%d", w.tokens)
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	w.say(by, "asks %s [%s]: %s", to, id, payload)
	if w.server.send("<iq type='set' from='" + u.full + "' to='" + to + "' id='" + id + "'>" + payload + "</iq>") {
		w.asked = append(w.asked, asked{by, id})
	}
}

func at(local string) string { return local + "@" + domain }

// some returns a conversation that fits; an open one that does not where none
// does; false where there is none at all.
func (w *world) some(i int, fits func(desk.Conversation) bool) (desk.Conversation, bool) {
	w.book.mu.Lock()
	defer w.book.mu.Unlock()
	var best, rest []string
	for _, l := range w.book.order {
		c := w.book.convs[l]
		switch {
		case c.Phase != handoff.Idle && fits(c):
			best = append(best, l)
		case i%16 == 0 || c.Phase != handoff.Idle:
			rest = append(rest, l)
		}
	}
	switch {
	case len(best) > 0 && (i%16 != 0 || len(rest) == 0):
		return w.book.convs[pick(best, i/16)], true
	case len(rest) > 0:
		return w.book.convs[pick(rest, i/16)], true
	}
	return desk.Conversation{}, false
}

// who returns who does something in a conversation: mostly somebody who may.
func who(i int, may ...handoff.Party) handoff.Party {
	may = slices.DeleteFunc(may, func(p handoff.Party) bool { return p == "" })
	if i%8 == 0 || len(may) == 0 {
		return pick(staff, i/8)
	}
	return pick(may, i/8)
}

func held(c desk.Conversation) bool { return c.Holder != "" }

// talks plays what people say and do; false: it is about something else.
func (w *world) talks(s step) bool {
	switch s.do {
	case callerSays:
		w.speak(pick(callers, s.a), at(queues[min(s.b%4/3, 1)]), "")
	case agentSays:
		if c, ok := w.some(s.a, held); ok {
			by := who(s.b, append([]handoff.Party{c.Holder, c.Aside}, c.Guests...)...)
			prefix := ""
			if by == c.Holder && by != robo && c.Aside != "" && s.c%3 == 0 {
				prefix = "!say "
			}
			w.speak(by, at(c.Local), prefix)
		}
	case repeats:
		if n := len(w.talk); n > 0 {
			again := *w.talk[max(n-1-s.a%12, 0)]
			w.send(&again)
		}
	case burst:
		for i := range 2 + s.a%4 {
			do := callerSays
			if (s.b+i)%2 == 0 {
				do = agentSays
			}
			w.talks(step{do: do, a: s.b + 7*i, b: s.c + 5*i, c: s.a + i})
		}
	case handsOver:
		w.hands(s)
	case accepts, declines:
		w.answers(s)
	case cancels:
		if c, ok := w.some(s.a, func(c desk.Conversation) bool { return held(c) && c.Offer.Open() || c.Aside != "" }); ok {
			w.does(who(s.b, c.Holder), c, "!cancel", "<cancel xmlns='"+stanza.NS+"' id='"+c.Offer.ID+"'/>")
		}
	case reclaims:
		if c, ok := w.some(s.a, func(c desk.Conversation) bool { return c.Epoch > 1 }); ok {
			w.does(who(s.b, w.former(c)...), c, "!reclaim", "")
		}
	case returns:
		if c, ok := w.some(s.a, held); ok {
			w.does(who(s.b, c.Holder), c, "!return", "")
		}
	case ends:
		if c, ok := w.some(s.a, held); ok {
			by := who(s.b, append([]handoff.Party{c.Holder, c.Aside}, c.Guests...)...)
			w.does(by, c, "!done", "<disconnect xmlns='"+stanza.NS+"' session='"+c.SessionID()+"' reason='done'/>")
		}
	case hangsUp:
		if c, ok := w.some(s.a, held); ok {
			w.ask(c.Caller, at(c.Entry), "<disconnect xmlns='"+stanza.NS+"' session='"+c.SessionID()+"' reason='done'/>")
		}
	default:
		return false
	}
	return true
}

// does has an agent do something: by words, or natively if it is the bot.
func (w *world) does(by handoff.Party, c desk.Conversation, words, payload string) {
	switch {
	case by != robo:
		w.command(by, at(c.Local), words)
	case payload != "":
		w.ask(by, at(c.Local), payload)
	}
}

func (w *world) former(c desk.Conversation) (out []handoff.Party) {
	w.book.mu.Lock()
	defer w.book.mu.Unlock()
	for _, e := range w.book.epochs[c.Local] {
		if e.Holder != c.Holder && e.Holder != robo {
			out = append(out, e.Holder)
		}
	}
	return out
}

var modes = []string{"transfer", "blind", "consult", "join"}

func (w *world) hands(s step) {
	c, ok := w.some(s.a, func(c desk.Conversation) bool { return held(c) && !c.Offer.Open() })
	if !ok {
		return
	}
	mode := pick(modes, s.b)
	to, target := "", ""
	if s.c%3 == 0 {
		to = pick(queues, s.c/3)
		target = "<target queue='" + to + "'/>"
	} else {
		p := pick(staff, s.c/3)
		if c.Aside != "" && s.c%2 == 0 { // to the one who is consulted
			p, mode = c.Aside, modes[0]
		}
		to, target = string(p), "<target jid='"+string(p)+"'/>"
	}
	payload := "<transfer xmlns='" + stanza.NS + "' session='" + c.SessionID() + "' mode='" +
		strings.Replace(mode, "transfer", "warm", 1) + "'>" + target + "</transfer>"
	w.does(who(s.b/4, c.Holder), c, "!"+mode+" "+to, payload)
}

// answers has somebody answer an offer, in one of the ways there are.
func (w *world) answers(s step) {
	c, ok := w.some(s.a, func(c desk.Conversation) bool { return c.Offer.Open() })
	if !ok {
		return
	}
	by := who(s.b, c.Offer.Ringing...)
	verb, word := "accept", "y"
	if s.do == declines {
		verb, word = "decline", "n"
	}
	switch {
	case by == robo:
		w.ask(by, at(c.Local), "<"+verb+" xmlns='"+stanza.NS+"' id='"+c.Offer.ID+"'/>")
	case s.c%3 == 0:
		w.command(by, at("desk"), word)
	case s.c%3 == 1:
		w.command(by, at("desk"), fmt.Sprintf("%s %d", word, c.Number))
	default:
		w.command(by, at(c.Local), "!"+verb)
	}
}

// happens plays what happens to people, the server and the process.
func (w *world) happens(s step) {
	srv := w.server
	srv.mu.Lock()
	defer srv.mu.Unlock()
	agent := w.user(pick(staff, s.a))
	anyone := w.user(pick(append(slices.Clone(staff), callers...), s.a))
	switch s.do {
	case comesOrGoes:
		w.comesOrGoes(agent, s.b)
	case dies:
		agent.dead = true
		w.say(agent.jid, "'s client dies")
	case dawdles:
		agent.slow = time.Duration(500+s.b%13_000) * time.Millisecond
		w.say(agent.jid, "'s client takes %v to answer", agent.slow)
	case revives:
		agent.dead, agent.slow = false, 0
		w.say(agent.jid, "'s client is well")
	case bounces:
		anyone.bounces += 1 + s.b%2
		if s.b%4 == 0 {
			anyone.bounces = 1000 // until the end
		}
		w.say(anyone.jid, ": the next %d messages to them will bounce", anyone.bounces)
	case refuses:
		agent.refuses += 1 + s.b%2
	case drops:
		srv.cut("")
	case cuts:
		srv.left = 1 + s.a%6
	case outage:
		srv.cut("and the server is away")
		srv.up = time.Now().Add(time.Duration(3+s.a%90) * time.Second)
	case hangs:
		if srv.link != nil {
			w.say("server", "hangs")
			srv.hung = true
			w.disturbed.Store(true)
		}
	case jumps:
		d := pick([]time.Duration{-time.Hour, time.Hour, -10 * time.Second, 10 * time.Second}, s.a)
		w.latest = max(w.latest, w.offset.Add(int64(d)))
		w.say("", "the clock jumps by %v", d)
	}
}

// comesOrGoes changes an agent's presence.
func (w *world) comesOrGoes(u *user, i int) {
	switch {
	case !u.online:
		u.online, u.away, u.dead = true, false, false
		w.say(u.jid, "comes online")
	case i%3 == 0:
		u.away = !u.away
		w.say(u.jid, "is away: %v", u.away)
	case i%3 == 1:
		u.online = false
		w.say(u.jid, "goes offline")
	default:
		return
	}
	if w.server.ready {
		w.server.presence(u)
	}
}

// faults plays what is done to the process and its store.
func (w *world) faults(s step) error {
	switch s.do {
	case kills:
		if s.a%3 == 0 {
			w.keeper.mu.Lock()
			w.keeper.die()
			w.keeper.mu.Unlock()
			return nil
		}
		w.keeper.mu.Lock()
		w.keeper.kill, w.killBefore = 1+s.b%3, s.c%3 == 0
		w.keeper.mu.Unlock()
	case stops:
		w.say("", "the process stops")
		return w.restart(time.Duration(s.a%20) * time.Second)
	case failsStore:
		w.keeper.mu.Lock()
		w.keeper.fault = pick([]string{"refuse", "unknown"}, s.a)
		w.keeper.mu.Unlock()
	}
	return nil
}
