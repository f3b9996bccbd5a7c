package main

import (
	"fmt"
	"slices"
	"strings"
)

// results are all that a run has measured, and what runs before it left.
type results struct {
	tallies   map[string]*tally // by the load's name
	handovers *handovers
	growth    *growth            // nil: never measured
	through   map[string]through // by server; those that were measured
}

// aim is a line of the table of what is aimed at.
type aim struct {
	what, reach string
	most        float64 // of the measured ratio or figure, for it to be reached
	measure     func(*results) (spread, bool)
	unit        string
	when        string // of what this run did not measure by itself
}

// aims are the figures to reach, in their order.
func aims(res *results) []aim {
	list := []aim{
		{what: "durable, 64 under way", reach: "≤ 3.5 × floor", most: 3.5, measure: costs("w64", "floor"), unit: "×"},
		{what: "", reach: "≤ 1/3 of slixmpp", most: 1.0 / 3, measure: costs("w64", "slixmpp"), unit: "×"},
		{what: "", reach: "≤ 0.8 × bare mellium", most: 0.8, measure: costs("w64", "bare mellium"), unit: "×"},
		{what: "durable, 1,000 a second", reach: "≤ slixmpp", most: 1, measure: costs("r1000", "slixmpp"), unit: "×"},
		{what: "accept → first message", reach: "≤ trip + commit + 0.2 ms", most: 0.2, unit: "ms over",
			measure: func(r *results) (spread, bool) {
				if r.handovers == nil {
					return spread{}, false
				}
				return r.handovers.over, true
			}},
	}
	for _, server := range []string{"ejabberd", "prosody"} {
		t, ok := res.through[server]
		list = append(list,
			aim{what: "durable, through " + server, reach: "≥ 0.95 × floor's msg/s", most: 1 / 0.95, unit: "× (floor's ÷ ours)",
				measure: func(*results) (spread, bool) { return t.Slower, ok }, when: t.Date},
			aim{reach: "≤ 0.65 × slixmpp's µs", most: 0.65, unit: "×",
				measure: func(*results) (spread, bool) { return t.Slixmpp, ok && t.Slixmpp.Median > 0 }, when: t.Date})
	}
	return append(list, grown(res)...)
}

// grown are the aims that only a run with -growth measures.
func grown(res *results) []aim {
	g, when := res.growth, ""
	if g != nil {
		when = g.Date
	}
	figure := func(kind, name string, size int) func(*results) (spread, bool) {
		return func(*results) (spread, bool) {
			v, ok := g.at(kind, name, size)
			return spread{v, v, v}, ok
		}
	}
	return []aim{
		{what: "an open conversation", reach: "≤ 256 B", most: 256, unit: "B", measure: figure(byConversations, "memory", million), when: when},
		{what: "10⁶ open ones loaded", reach: "≤ 1.5 s", most: 1500, unit: "ms", measure: figure(byConversations, "start", million), when: when},
		{what: "", reach: "≤ 2 × a bare SELECT", most: 2, unit: "×", measure: figure(byConversations, "select", million), when: when},
		{what: "MAM page of 50, 10⁶ lines", reach: "≤ that of 10³", most: 1.1, unit: "× (1.1 counts)", when: when,
			measure: func(*results) (spread, bool) {
				v, ok := g.ratio(byLines, "page", million)
				return spread{v, v, v}, ok
			}},
	}
}

const million = 1_000_000

// costs is the ratio of Baton's processor time for a message to another's.
func costs(load, to string) func(*results) (spread, bool) {
	return func(r *results) (spread, bool) {
		t := r.tallies[load]
		if t == nil {
			return spread{}, false
		}
		own, other := t.index("Baton"), t.index(to)
		if own < 0 || other < 0 {
			return spread{}, false
		}
		return t.against(own, other, sample.perMessage), true
	}
}

func (t *tally) index(name string) int {
	return slices.IndexFunc(t.racers, func(r *racer) bool { return r.name == name })
}

// aims prints the table of what is to be reached, and of what was measured.
func (p *page) aims(res *results) {
	fmt.Fprintf(p.w, "\n%-26s %-26s %-10s %-34s %s\n", "aim", "reach", "", "measured", "least – most")
	for _, a := range aims(res) {
		v, ok := a.measure(res)
		verdict, measured, span := "–", "not measured", ""
		if ok {
			verdict = "not yet"
			if v.Median <= a.most {
				verdict = "reached"
			}
			measured = short(v.Median) + " " + a.unit
			if v.Least != v.Most {
				span = short(v.Least) + " – " + short(v.Most)
			}
			if a.when != "" {
				span = strings.TrimSpace(span + " (" + a.when + ")")
			}
		}
		line := fmt.Sprintf("%-26s %-26s %-10s %-34s %s", a.what, a.reach, verdict, measured, span)
		fmt.Fprintln(p.w, strings.TrimRight(line, " "))
	}
	fmt.Fprintln(p.w, "The hot path without a journal is no mode of Baton's: its allocations and instructions are bounded by tests.")
}

// short prints a figure with three digits that count.
func short(v float64) string {
	switch {
	case v >= 100 || v <= -100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10 || v <= -10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}
