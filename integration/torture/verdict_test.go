package torture

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// verdict is the final count.
type verdict struct {
	cycles                               map[fault]int
	said, journalled, deliveries         int
	transfers, given                     int // by agents; by the service, to whoever is free
	lost, doubled, reordered             int
	late                                 int // shown late out of the server's own store of messages for those offline
	misdelivered, outcomes, contradicted int
	window                               map[fault][]int
	stories                              []string // of the first faults found
}

func (v *verdict) clean() bool {
	return v.lost+v.doubled+v.reordered+v.misdelivered+v.outcomes+v.contradicted == 0
}

// find counts a fault and tells its story.
func (v *verdict) find(count *int, format string, args ...any) {
	if *count++; len(v.stories) < 40 {
		v.stories = append(v.stories, fmt.Sprintf(format, args...))
	}
}

// judge compares the journal with what everybody was shown. Nothing may be
// under way any more.
func (w *world) judge() *verdict {
	w.t.Helper()
	v := &verdict{cycles: map[fault]int{}, window: map[fault][]int{}}
	before := w.journal
	w.baton.Stop(w.t)
	w.flush()
	w.journal = newJournal()
	file := w.copied()
	w.journal.read(w, file)
	w.journal.readRest(w, file)
	for body, l := range before.lines {
		if now, ok := w.journal.lines[body]; !ok {
			v.find(&v.lost, "%q was journalled and is not any more", body)
		} else if now != l {
			v.find(&v.misdelivered, "%q was journalled as %+v and is now %+v", body, l, now)
		}
	}
	for _, body := range w.journal.twice {
		v.find(&v.doubled, "%q is journalled twice", body)
	}
	v.journalled = len(w.journal.lines)
	v.windows(w)
	v.sayings(w)
	for _, p := range w.people {
		v.person(w, p)
	}
	v.handovers(w)
	v.results(w)
	return v
}

// windows counts what each fault left in the window; errors that came late are
// no part of it.
func (v *verdict) windows(w *world) {
	for _, s := range w.faults {
		v.cycles[s.fault]++
		n := 0
		for id, p := range s.missing {
			if _, told := p.back[id]; !told {
				n++
			}
		}
		v.window[s.fault] = append(v.window[s.fault], n)
	}
}

// sayings checks what those were told who said something.
func (v *verdict) sayings(w *world) {
	for _, c := range w.callers {
		v.said += len(c.said)
		for _, s := range c.said {
			if _, ok := w.journal.lines[s.body]; s.receipt && !ok {
				v.find(&v.lost, "%q has a receipt and is not journalled", s.body)
			}
		}
	}
	for _, a := range w.agents {
		v.said += len(a.said)
	}
	for body, l := range w.journal.lines {
		author := w.person(l.author)
		if author == nil || !strings.HasPrefix(body, author.name+" ") {
			v.find(&v.misdelivered, "%q is journalled as said by %s", body, l.author)
			continue
		}
		if condition, ok := author.back[l.stanza]; ok {
			v.find(&v.contradicted, "%q (%s) came back as %s and is journalled: %+v", body, l.stanza, condition, l)
		}
		if holder := w.journal.epochs[key{l.conv, l.epoch}].holder; l.recipient != queueless && l.author != holder && l.recipient != holder {
			v.find(&v.misdelivered, "%q of epoch %d, held by %s, is from %s to %s", body, l.epoch, holder, l.author, l.recipient)
		}
	}
}

// queueless is the addressee of what is said while nobody holds the session.
const queueless = ""

func (w *world) person(jid string) *person {
	for _, p := range w.people {
		if p.jid() == jid {
			return p
		}
	}
	return nil
}

// person checks what one person was shown against what was journalled for them.
func (v *verdict) person(w *world, p *person) {
	ids, seen, last := map[string]string{}, map[string]bool{}, map[string]int{}
	for _, s := range p.got {
		if !numbered.MatchString(s.body) {
			continue
		}
		l, ok := w.journal.lines[s.body]
		conv := localpart(s.from)
		if s.from == queue {
			conv = l.conv // callers see one address only
		}
		switch first, again := ids[s.body]; {
		case !ok:
			v.find(&v.lost, "%s was shown %q, which is not journalled", p.name, s.body)
			continue
		case l.recipient != p.jid(), conv != l.conv, s.epoch >= 0 && s.epoch != l.epoch:
			v.find(&v.misdelivered, "%s was shown %q from %s in epoch %d; it is %+v", p.name, s.body, s.from, s.epoch, l)
			continue
		case again && first != s.id:
			v.find(&v.doubled, "%s was shown %q as %s and as %s", p.name, s.body, first, s.id)
			continue
		case again:
			continue
		}
		ids[s.body] = s.id
		if seen[s.id] {
			v.find(&v.doubled, "%s was shown two texts as %s, %q is one", p.name, s.id, s.body)
		}
		seen[s.id] = true
		switch {
		case l.seq < last[l.conv] && s.kept:
			v.late++
		case l.seq < last[l.conv]:
			v.find(&v.reordered, "%s was shown %q, line %d, after line %d", p.name, s.body, l.seq, last[l.conv])
		}
		last[l.conv] = max(last[l.conv], l.seq)
	}
	v.deliveries += len(ids)
	for body, l := range w.journal.lines {
		if _, ok := ids[body]; l.recipient == p.jid() && !ok {
			v.find(&v.lost, "%s never got %q: %+v", p.name, body, l)
		}
	}
}

var quote = regexp.MustCompile(`(?m)^> \d\d:\d\d \w+: (.*)$`)

// handovers checks that each holder was shown the dialog that moved to them,
// once, and nothing beyond it.
func (v *verdict) handovers(w *world) {
	type place struct {
		who string
		key
	}
	shownTo := map[place]shown{}
	for _, a := range w.agents {
		for _, s := range a.got {
			if numbered.MatchString(s.body) || s.epoch < 0 || s.from == desk || !strings.Contains(s.body, "\nCustomer: ") {
				continue
			}
			at := place{a.jid(), key{localpart(s.from), s.epoch}}
			if old, again := shownTo[at]; again && old.id != s.id {
				v.find(&v.doubled, "%s got two handover messages of %s, epoch %d", a.name, s.from, s.epoch)
			}
			shownTo[at] = s
			if holder := w.journal.epochs[at.key].holder; holder != a.jid() {
				v.find(&v.misdelivered, "%s got the handover message of %s, epoch %d, held by %s", a.name, s.from, s.epoch, holder)
			}
		}
	}
	for k, e := range w.journal.epochs {
		s, ok := shownTo[place{e.holder, k}]
		if !ok {
			v.find(&v.lost, "%s never got the handover message of %s, epoch %d", e.holder, k.conv, k.n)
			continue
		}
		var quoted, moved []string
		for _, m := range quote.FindAllStringSubmatch(s.body, -1) {
			quoted = append(quoted, m[1])
		}
		for seq := max(e.first, 1); seq <= e.through; seq++ {
			moved = append(moved, w.journal.bySeq[key{k.conv, seq}])
		}
		if strings.Contains(s.body, " earlier lines") || strings.Contains(s.body, " earlier line") {
			moved = moved[max(0, len(moved)-len(quoted)):]
		}
		if !slices.Equal(quoted, moved) {
			v.find(&v.lost, "%s, epoch %d: %s was handed over %d lines %.200q…, not the %d lines %d–%d %.200q…",
				k.conv, k.n, e.holder, len(quoted), quoted, len(moved), e.first, e.through, moved)
		}
	}
}

// results checks that each party of each transfer learnt exactly one outcome.
func (v *verdict) results(w *world) {
	type place struct{ transfer, who string }
	learnt := map[place]map[string]string{} // states by id of the message
	for _, a := range w.agents {
		for _, s := range a.got {
			if s.transfer != "" {
				at := place{s.transfer, a.jid()}
				if learnt[at] == nil {
					learnt[at] = map[string]string{}
				}
				learnt[at][s.id] = s.state
			}
		}
	}
	expected := map[place]bool{}
	ended := map[string]bool{}
	for o, n := range w.journal.outcomes {
		at := place{o.transfer, o.party}
		if n > 1 || expected[at] {
			v.find(&v.outcomes, "transfer %s has more than one outcome for %s", o.transfer, o.party)
		}
		expected[at], ended[o.transfer] = true, true
		states := learnt[at]
		if len(states) != 1 {
			v.find(&v.outcomes, "%s learnt %d outcomes %v of transfer %s, journalled %s", o.party, len(states), states, o.transfer, o.state)
			continue
		}
		for _, state := range states {
			if state != o.state {
				v.find(&v.outcomes, "%s learnt %s of transfer %s, journalled %s", o.party, state, o.transfer, o.state)
			}
		}
	}
	for at := range learnt {
		if !expected[at] {
			v.find(&v.outcomes, "%s learnt an outcome of transfer %s that is not journalled", at.who, at.transfer)
		}
	}
	for id, maker := range w.journal.makers {
		if maker == "" {
			v.given++
		} else {
			v.transfers++
		}
		if !ended[id] || maker != "" && !expected[place{id, maker}] {
			v.find(&v.outcomes, "transfer %s of %q has no outcome", id, maker)
		}
	}
}
