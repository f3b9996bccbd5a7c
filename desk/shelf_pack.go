package desk

import (
	"encoding/binary"
	"strings"
	"time"

	"baton/handoff"
)

// What a packed conversation holds beside what all of them have.
const (
	hasOffer = 1 << iota
	hasLast
	hasInfo
	hasBeside // guests, or a consultation
	hasWas
	hasSince
	hasHeard
	hasRoute // skill, place, and what the caller was told of them
	isQuiet
	lastHolds // who held it last is who holds it
	reaches   // its caller's address begins where they were last seen

	phaseShift = iota
)

// pack appends c. Localpart, caller and entry come first: it is found by them.
func (ws *words) pack(b []byte, c *Conversation) []byte {
	r := &c.Route
	has := flagsOf(c)
	b = binary.AppendUvarint(b, has)
	b = addText(b, c.Local)
	if has&reaches != 0 {
		b = addText(b, c.Reach)
		b = binary.AppendUvarint(b, uint64(len(c.Caller)))
	} else {
		b = addText(b, string(c.Caller))
		b = addText(b, c.Reach)
	}
	b = ws.add(b, c.Entry)
	b = ws.add(b, c.Queue)
	b = ws.add(b, c.Domain)
	b = ws.add(b, string(c.Holder))
	if has&lastHolds == 0 {
		b = ws.add(b, string(r.Last))
	}
	b = addText(b, c.Name)
	b = addText(b, c.Lang)
	b = addNumbers(b, uint64(c.Key), uint64(c.Version), uint64(c.Number), c.Session, c.Epoch, c.Seq, c.First, uint64(c.Hops))
	if has&hasOffer != 0 {
		b = ws.addOffer(b, &c.Offer)
	}
	if has&hasLast != 0 {
		b = addText(b, c.Last.ID)
		b = ws.add(b, string(c.Last.State))
		b = ws.add(b, string(c.Last.By))
		b = addNumbers(b, c.Last.Epoch)
	}
	if has&hasInfo != 0 {
		b = addNumbers(b, uint64(len(c.Info)))
		for _, f := range c.Info {
			b = addText(addText(addText(b, f.Var), f.Label), f.Value)
		}
	}
	if has&hasBeside != 0 {
		b = ws.add(ws.addAll(b, c.Guests), string(c.Aside))
	}
	if has&hasWas != 0 {
		b = ws.add(b, string(c.Was))
	}
	if has&hasSince != 0 {
		b = addTime(b, r.Since)
	}
	if has&hasHeard != 0 {
		b = addTime(b, r.Heard)
	}
	if has&hasRoute != 0 {
		b = addTime(addTime(addNumbers(ws.add(b, r.Skill), uint64(r.Place)), r.PlacedAt), r.Closed)
	}
	return b
}

func flagsOf(c *Conversation) uint64 {
	r, has := &c.Route, uint64(c.Phase)<<phaseShift
	set := func(flag uint64, there bool) {
		if there {
			has |= flag
		}
	}
	o := &c.Offer
	set(hasOffer, o.ID != "" || o.By != "" || o.Mode != 0 || len(o.Ringing)+len(o.Next)+len(o.Passed) > 0 ||
		o.Timeout != 0 || !o.Expires.IsZero())
	set(hasLast, c.Last != handoff.Closed{})
	set(hasInfo, len(c.Info) > 0)
	set(hasBeside, len(c.Guests) > 0 || c.Aside != "")
	set(hasWas, c.Was != "")
	set(hasSince, !r.Since.IsZero())
	set(hasHeard, !r.Heard.IsZero())
	set(hasRoute, r.Skill != "" || r.Place != 0 || !r.PlacedAt.IsZero() || !r.Closed.IsZero())
	set(isQuiet, c.Quiet)
	set(lastHolds, r.Last == c.Holder)
	set(reaches, strings.HasPrefix(c.Reach, string(c.Caller)))
	return has
}

func (ws *words) addOffer(b []byte, o *handoff.Offer) []byte {
	b = addText(b, o.ID)
	b = ws.add(b, string(o.By))
	b = addNumbers(b, uint64(o.Mode), uint64(o.Timeout))
	b = addTime(b, o.Expires)
	b = ws.addAll(b, o.Ringing)
	b = ws.addAll(b, o.Next)
	return ws.addAll(b, o.Passed)
}

// unpack returns what was packed. Its texts are parts of packed.
func (ws *words) unpack(packed string) *Conversation {
	c := new(Conversation)
	ws.unpackInto(c, packed)
	return c
}

func (ws *words) unpackInto(c *Conversation, packed string) {
	p := reader{packed, ws.list}
	has := p.number()
	*c = Conversation{Local: p.text()}
	c.Phase, c.Quiet = handoff.Phase(has>>phaseShift), has&isQuiet != 0
	c.Caller, c.Reach = p.who(has)
	c.Entry, c.Queue, c.Domain, c.Holder = p.word(), p.word(), p.word(), handoff.Party(p.word())
	r := &c.Route
	if r.Last = c.Holder; has&lastHolds == 0 {
		r.Last = handoff.Party(p.word())
	}
	c.Name, c.Lang = p.text(), p.text()
	c.Key, c.Version, c.Number = int64(p.number()), int64(p.number()), int64(p.number())
	c.Session, c.Epoch, c.Seq, c.First, c.Hops = p.number(), p.number(), p.number(), p.number(), int(p.number())
	if has&hasOffer != 0 {
		c.Offer = p.offer()
	}
	if has&hasLast != 0 {
		c.Last = handoff.Closed{ID: p.text(), State: handoff.State(p.word()), By: handoff.Party(p.word()), Epoch: p.number()}
	}
	if has&hasInfo != 0 {
		c.Info = make([]Field, p.number())
		for i := range c.Info {
			c.Info[i] = Field{Var: p.text(), Label: p.text(), Value: p.text()}
		}
	}
	if has&hasBeside != 0 {
		c.Guests, c.Aside = p.all(), handoff.Party(p.word())
	}
	if has&hasWas != 0 {
		c.Was = handoff.Party(p.word())
	}
	if has&hasSince != 0 {
		r.Since = p.time()
	}
	if has&hasHeard != 0 {
		r.Heard = p.time()
	}
	if has&hasRoute != 0 {
		r.Skill, r.Place, r.PlacedAt, r.Closed = p.word(), int(p.number()), p.time(), p.time()
	}
}

// unpackLocal and unpackCaller read what a conversation is found by.
func unpackLocal(packed string) string {
	p := reader{rest: packed}
	p.number()
	return p.text()
}

func (ws *words) unpackCaller(packed string) callerKey {
	p := reader{packed, ws.list}
	has := p.number()
	p.text()
	caller, _ := p.who(has)
	return callerKey{p.word(), caller}
}

func addText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

func addNumbers(b []byte, ns ...uint64) []byte {
	for _, n := range ns {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

// addTime keeps a time exactly, though not its place on earth.
func addTime(b []byte, t time.Time) []byte {
	return binary.AppendUvarint(binary.AppendVarint(b, t.Unix()), uint64(t.Nanosecond()))
}

// reader takes what was packed apart.
type reader struct {
	rest  string
	words []string
}

func (p *reader) number() (n uint64) {
	for i := range len(p.rest) {
		b := p.rest[i]
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			p.rest = p.rest[i+1:]
			return n
		}
	}
	return n
}

func (p *reader) text() string { return p.take(p.number()) }

func (p *reader) take(n uint64) (s string) {
	s, p.rest = p.rest[:n], p.rest[n:]
	return s
}

// word reads what words.add wrote.
func (p *reader) word() string {
	n := p.number()
	if n&1 != 0 {
		return p.take(n >> 1)
	}
	return p.words[n>>1]
}

func (p *reader) all() []handoff.Party {
	n := p.number()
	if n == 0 {
		return nil
	}
	all := make([]handoff.Party, n)
	for i := range all {
		all[i] = handoff.Party(p.word())
	}
	return all
}

func (p *reader) who(has uint64) (caller handoff.Party, reach string) {
	if has&reaches == 0 {
		return handoff.Party(p.text()), p.text()
	}
	reach = p.text()
	return handoff.Party(reach[:p.number()]), reach
}

func (p *reader) time() time.Time {
	n := p.number()
	sec := int64(n>>1) ^ -int64(n&1) // as encoding/binary's Varint
	return time.Unix(sec, int64(p.number())).UTC()
}

func (p *reader) offer() handoff.Offer {
	return handoff.Offer{ID: p.text(), By: handoff.Party(p.word()), Mode: handoff.Mode(p.number()),
		Timeout: time.Duration(p.number()), Expires: p.time(), Ringing: p.all(), Next: p.all(), Passed: p.all()}
}

// mostWords and longestWord bound what words keeps.
const (
	mostWords   = 1 << 14
	longestWord = 256
)

// words gives small numbers to what many conversations have in common: queues,
// agents, the domain. None is forgotten: there are few, and never more than
// mostWords.
type words struct {
	numbers map[string]uint64
	list    []string
}

func newWords() words { return words{map[string]uint64{"": 0}, []string{""}} }

// add appends the number of a word, or the word where it has none.
func (ws *words) add(b []byte, w string) []byte {
	n, ok := ws.numbers[w]
	if !ok && (len(ws.list) >= mostWords || len(w) > longestWord) {
		return append(binary.AppendUvarint(b, uint64(len(w))<<1|1), w...)
	}
	if !ok {
		w = strings.Clone(w)
		n = uint64(len(ws.list))
		ws.numbers[w], ws.list = n, append(ws.list, w)
	}
	return binary.AppendUvarint(b, n<<1)
}

func (ws *words) addAll(b []byte, who []handoff.Party) []byte {
	b = binary.AppendUvarint(b, uint64(len(who)))
	for _, p := range who {
		b = ws.add(b, string(p))
	}
	return b
}
