package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"baton/desk"
	"baton/handoff"
	"baton/integration/client"
)

// evidence is what a run is judged by: what was written, what the clients
// received, and what is in the store.
type evidence struct {
	lines             []line
	carol, alice, bob *person
	events            map[*person][]client.Event
	store             ledgerReader
}

// ledgerReader is the part of the store that has the transfers.
type ledgerReader interface {
	TransferByID(ctx context.Context, domain, id string) (desk.Transfer, error)
	Outcomes(ctx context.Context, domain, id string) ([]desk.Outcome, error)
}

// measure judges the run. A fact that is not as it must be is an error.
func (p *play) measure(ctx context.Context) ([]string, error) {
	ev := evidence{lines: p.lines, carol: p.carol(), alice: p.alice(), bob: p.bob(),
		events: map[*person][]client.Event{}, store: p.app.store}
	for _, c := range p.cast {
		// Whatever the server still had for a client comes before its answer to a ping.
		if err := c.Ping(ctx, ""); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		ev.events[c] = c.Events()
	}
	var facts []string
	for _, f := range []func(context.Context) (string, error){ev.deliveries, ev.lateLine, ev.identity, ev.replay, ev.ledger} {
		fact, err := f(ctx)
		if err != nil {
			return nil, fmt.Errorf("the story was played, but what was measured is not as it must be: %w", err)
		}
		facts = append(facts, fact)
	}
	return facts, nil
}

func (v evidence) cast() []*person { return []*person{v.carol, v.alice, v.bob} }

// deliveries: every line of the dialog has come to the other side exactly once,
// in order.
func (v evidence) deliveries(context.Context) (string, error) {
	said := v.said()
	var came []string
	for _, l := range said {
		n := 0
		for _, c := range v.cast() {
			if (c == v.carol) != (l.by == v.carol) {
				n += v.copies(c, l.text)
			}
		}
		if n != 1 {
			return "", fmt.Errorf("%s's line %q came %d times", l.by.name, l.text, n)
		}
	}
	for _, c := range v.cast() {
		came = came[:0]
		for _, e := range v.events[c] {
			if i := slices.IndexFunc(said, func(l line) bool { return l.text == e.Body }); i >= 0 {
				came = append(came, fmt.Sprintf("%03d", i))
			}
		}
		if !slices.IsSorted(came) {
			return "", fmt.Errorf("%s got lines out of order", c.name)
		}
	}
	return fmt.Sprintf("%d messages between Carol and her agents, each arrived exactly once and in order: none lost, none doubled", len(said)), nil
}

// copies counts how often a line came to somebody: by itself, or, said before
// anybody held the session, in the message that began it.
func (v evidence) copies(c *person, text string) int {
	n := 0
	for _, e := range v.events[c] {
		switch {
		case e.Kind != client.KindMessage || e.Type == "error":
		case e.Body == text:
			n++
		case isHandover(e) && !strings.Contains(e.Body, "Handed over by"):
			for _, q := range quotes(e.Body) {
				if q == text {
					n++
				}
			}
		}
	}
	return n
}

// said is the dialog.
func (v evidence) said() []line {
	return slices.DeleteFunc(slices.Clone(v.lines), func(l line) bool { return l.kind != dialog })
}

// isHandover: the message that begins a holder's chat names the transfer and
// the session.
func isHandover(e client.Event) bool {
	return e.Has(nsHandoff, "outcome") && e.Has(nsHandoff, "session")
}

// quotes returns the lines of the dialog that a message of Baton's quotes.
func quotes(body string) []string {
	var out []string
	for l := range strings.SplitSeq(body, "\n") {
		if q, ok := strings.CutPrefix(l, "> "); ok {
			_, q, _ = strings.Cut(q, ": ") // "14:02 Carol: …"
			out = append(out, q)
		}
	}
	return out
}

// lateLine: what the former holder wrote came back to her, and went nowhere.
func (v evidence) lateLine(context.Context) (string, error) {
	i := slices.IndexFunc(v.lines, func(l line) bool { return l.kind == tooLate })
	if i < 0 {
		return "", errors.New("nobody wrote too late")
	}
	late, back := v.lines[i], 0
	for _, c := range v.cast() {
		for _, e := range v.events[c] {
			switch {
			case c == late.by && e.Type == "error" && e.ID == late.id:
				back++
			case c != late.by && strings.Contains(e.Body, late.text):
				return "", fmt.Errorf("%s's late line came to %s", late.by.name, c.name)
			}
		}
	}
	if back != 1 {
		return "", fmt.Errorf("%s's late line came back %d times", late.by.name, back)
	}
	return late.by.name + "'s message after the handover was refused and told so; it came to nobody", nil
}

// identity: one session identifier for all, an epoch for each holder.
func (v evidence) identity(context.Context) (string, error) {
	var ids []string
	epochs := map[*person][]string{}
	for _, c := range v.cast() {
		for _, e := range v.events[c] {
			s, ok := e.Find(nsHandoff, "session")
			if !ok {
				continue
			}
			ids = append(ids, s.Attr("id"))
			epochs[c] = append(epochs[c], s.Attr("epoch"))
		}
		epochs[c] = slices.Compact(epochs[c])
	}
	slices.Sort(ids)
	if ids = slices.Compact(ids); len(ids) != 1 {
		return "", fmt.Errorf("the session had these identifiers: %v", ids)
	}
	if a, b := epochs[v.alice], epochs[v.bob]; !slices.Equal(a, []string{"1"}) || !slices.Equal(b, []string{"2"}) {
		return "", fmt.Errorf("%s got lines of the epochs %v, %s of %v", v.alice.name, a, v.bob.name, b)
	}
	return "one session all along, " + ids[0] + ": Alice held epoch 1, Bob epoch 2", nil
}

// replay: the new holder got the whole dialog with the session.
func (v evidence) replay(context.Context) (string, error) {
	handover, ok := v.handover()
	if !ok {
		return "", errors.New("no handover message came to Bob")
	}
	var before []string
	var took time.Duration
	for _, l := range v.lines {
		if l.by == v.bob {
			took = handover.At.Sub(l.at)
			break
		}
		if l.kind == dialog {
			before = append(before, l.text)
		}
	}
	if got := quotes(handover.Body); !slices.Equal(got, before) {
		return "", fmt.Errorf("%s got the dialog %q, it was %q", v.bob.name, got, before)
	}
	return fmt.Sprintf("Bob had the %d messages from before, and the chat, %d ms after his y", len(before), took.Milliseconds()), nil
}

// handover is the message that gave Bob the session.
func (v evidence) handover() (client.Event, bool) {
	events := v.events[v.bob]
	i := slices.IndexFunc(events, isHandover)
	if i < 0 {
		return client.Event{}, false
	}
	return events[i], true
}

// ledger: the store has the transfer and how it ended.
func (v evidence) ledger(ctx context.Context) (string, error) {
	handover, _ := v.handover()
	told, _ := handover.Find(nsHandoff, "outcome")
	id := told.Attr("transfer")
	t, err := v.store.TransferByID(ctx, demoService, id)
	if err != nil {
		return "", fmt.Errorf("transfer %q in the store: %w", id, err)
	}
	outcomes, err := v.store.Outcomes(ctx, demoService, id)
	if err != nil {
		return "", err
	}
	for _, o := range outcomes {
		if o.State != handoff.Accepted || string(o.By) != v.bob.address() {
			return "", fmt.Errorf("the ledger says: %s by %s", o.State, o.By)
		}
	}
	if len(outcomes) != 2 {
		return "", fmt.Errorf("the ledger has %d outcomes for 2 parties", len(outcomes))
	}
	return fmt.Sprintf("the ledger in SQLite: %s, %s → %s, “%s”, %s by %s",
		id, t.By, t.Target, t.Reason, outcomes[0].State, outcomes[0].By), nil
}
