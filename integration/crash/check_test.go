//go:build linux

package crash

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// verdict is what a run came to.
type verdict struct {
	lost, doubled, astray int
	faults                []string
}

func (v *verdict) add(n *int, why string) {
	*n++
	v.faults = append(v.faults, why)
}

// checkCommitted looks at what a crash left: what anybody has seen or been
// answered was committed before, and what nobody was told of is counted.
func (p *play) checkCommitted(db *sql.DB) {
	p.t.Helper()
	kept := map[string]bool{}
	for _, e := range journal(p.t, db) {
		kept[e.body] = true
	}
	if len(kept) > 0 {
		for _, o := range outcomes(p.t, db) {
			kept[o.transfer+o.state] = true
		}
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	for _, l := range p.lines {
		back := p.user(l.by).refused[l.id] != ""
		require.False(p.t, back && kept[l.text], "%s was told that %q is not delivered, and it is journalled", l.by, l.text)
		if l.sent && !kept[l.text] && !back {
			p.window++
		}
	}
	for name, u := range p.s.users {
		for _, m := range u.got {
			require.True(p.t, !m.isCopy() || kept[m.text()], "%s saw %q before its commit", name, m.body)
			require.True(p.t, m.state == "" || kept[m.transfer+m.state], "%s learnt the outcome of %s before its commit", name, m.transfer)
		}
	}
	if p.user("carol").answered["connect"] {
		require.Equal(p.t, 1, number(p, db, "SELECT count(*) FROM conversations"), "an answer before its commit")
	}
}

// text returns the text of a copy without what is put in front of it.
func (m *message) text() string {
	if _, text, ok := strings.Cut(m.body, "] "); ok && strings.HasPrefix(m.body, "[") {
		return text
	}
	return m.body
}

type outcome struct{ transfer, party, state string }

func outcomes(t *testing.T, db *sql.DB) []outcome {
	t.Helper()
	return rows(t, db, "SELECT transfer, party, state FROM outcomes",
		func(o *outcome) []any { return []any{&o.transfer, &o.party, &o.state} })
}

// check compares what people saw with what is journalled, after the program has
// ended.
func (p *play) check(s story) (v verdict) {
	p.t.Helper()
	db := p.copied()
	defer db.Close()
	require.Zero(p.t, number(p, db, "SELECT count(*) FROM outbox"), "the outbox has drained")
	require.Equal(p.t, s.dead, number(p, db, "SELECT count(*) FROM dead_letters"), "dead letters")
	require.Equal(p.t, s.dead, p.user("alice").count(func(m *message) bool { return strings.Contains(m.body, "Not delivered") }),
		"who wrote what cannot be sent is told once")

	entries := journal(p.t, db)
	p.checkLines(&v, entries)
	p.checkOrder(&v, entries)
	p.checkOutcomes(&v, db)
	p.checkOthers(&v)
	return v
}

func number(p *play, db *sql.DB, query string) (n int) {
	p.t.Helper()
	require.NoError(p.t, db.QueryRowContext(p.t.Context(), query).Scan(&n))
	return n
}

// checkLines: everything said is journalled once, and seen exactly once by
// exactly those it is for.
func (p *play) checkLines(v *verdict, entries []entry) {
	p.t.Helper()
	require.Len(p.t, entries, len(p.lines))
	for _, l := range p.lines {
		i := slices.IndexFunc(entries, func(e entry) bool { return e.body == l.text })
		require.GreaterOrEqual(p.t, i, 0, "%q is not journalled in the end", l.text)
		require.Equal(p.t, bare(p.user(l.by).full), entries[i].author)
		if to := entries[i].recipient; len(l.to) > 0 {
			require.True(p.t, slices.ContainsFunc(l.to, func(who string) bool { return bare(p.user(who).full) == to }), "%q is for %s", l.text, to)
		}
		for addr, u := range p.s.users {
			name, _, _ := strings.Cut(addr, "@")
			for_ := slices.Contains(l.to, name)
			switch n := u.shown(l.text); {
			case for_ && n == 0:
				v.add(&v.lost, name+" never saw "+l.text)
			case for_ && n > 1:
				v.add(&v.doubled, name+" saw twice "+l.text)
			case !for_ && n > 0:
				v.add(&v.astray, name+" saw "+l.text)
			case !for_ && l.private && name != l.by && u.count(func(m *message) bool { return strings.Contains(m.body, l.text) }) > 0:
				v.add(&v.astray, name+" was shown in private "+l.text)
			}
		}
	}
}

// checkOrder: first copies come in the journal's order, and a repeated id is the
// same message.
func (p *play) checkOrder(v *verdict, entries []entry) {
	for name, u := range p.s.users {
		if u.changed != "" {
			v.add(&v.doubled, name+" saw two texts with one id: "+u.changed)
		}
		last := 0
		for _, m := range u.got {
			if !m.isCopy() {
				continue
			}
			i := slices.IndexFunc(entries, func(e entry) bool { return m.text() == e.body })
			if i < 0 {
				v.add(&v.astray, name+" saw what is not journalled: "+m.body)
				continue
			}
			if entries[i].seq < last {
				v.add(&v.doubled, name+" saw out of order "+m.body)
			}
			last = entries[i].seq
		}
	}
}

// checkOutcomes: each party of each transfer has learnt its outcome exactly
// once.
func (p *play) checkOutcomes(v *verdict, db *sql.DB) {
	p.t.Helper()
	written := outcomes(p.t, db)
	require.NotEmpty(p.t, written)
	seen := map[outcome]int{}
	for addr, u := range p.s.users {
		for _, m := range u.got {
			if m.state != "" {
				seen[outcome{m.transfer, addr, m.state}]++
			}
		}
	}
	for _, o := range written {
		switch n := seen[o]; {
		case n == 0:
			v.add(&v.lost, o.party+" never learnt that "+o.transfer+" was "+o.state)
		case n > 1:
			v.add(&v.doubled, o.party+" learnt twice that "+o.transfer+" was "+o.state)
		}
		delete(seen, o)
	}
	for o := range seen {
		v.add(&v.astray, o.party+" learnt of "+o.transfer+" what is not in the ledger: "+o.state)
	}
}

// checkOthers: who has no part in it got nothing, and nobody keeps a contact
// of a session that is not theirs any more.
func (p *play) checkOthers(v *verdict) {
	for _, m := range p.user("eve").got {
		v.add(&v.astray, "eve got "+m.id)
	}
	for name, u := range p.s.users {
		for contact := range u.roster {
			if !strings.HasPrefix(contact, "desk@") && !(p.holds(name) && contact == p.conv) {
				v.add(&v.astray, name+" keeps the contact "+contact)
			}
		}
	}
}

// holds reports whether somebody holds the session when a story ends.
func (p *play) holds(addr string) bool {
	return strings.HasPrefix(addr, "alice@") && p.user("carol").count(func(m *message) bool { return strings.Contains(m.body, "has ended") }) == 0
}
