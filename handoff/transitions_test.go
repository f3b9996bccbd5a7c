package handoff

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// transitionsFile is the page that TestTransitions keeps.
const transitionsFile = "../docs/transitions.md"

// transitionBounds are what the table is made from: three agents, every mode,
// three transfers.
func transitionBounds() bounds {
	return bounds{budget: budget{sessions: 2, messages: 1, transfers: 3}, agents: 3,
		modes: []Mode{Warm, Blind, Consult, Join}, reclaim: true, release: true, pairs: true, all: true}
}

// TestTransitions fails where docs/transitions.md is not what the code does.
func TestTransitions(t *testing.T) {
	t.Parallel()
	got := transitionsPage(transitions())
	if *update {
		require.NoError(t, os.WriteFile(transitionsFile, []byte(got), 0o644))
	}
	want, err := os.ReadFile(transitionsFile)
	require.NoError(t, err)
	require.Equal(t, string(want), got, "the table drifted: go test ./handoff -run TestTransitions -update, and look at the difference")
}

// change of one kind of state by one kind of event.
type transitionRow struct{ state, event, by, result string }

// transitions steps every event in every conversation within the bounds, and
// says what follows in terms of states and roles.
func transitions() map[transitionRow]bool {
	b := transitionBounds()
	x := newExplorer(shipped(), b)
	rows := map[transitionRow]bool{}
	var visit func(w *world)
	visit = func(w *world) {
		if !x.seen.add(x.shell.key(w)) {
			return
		}
		made := b.transfers - w.left.transfers
		for _, e := range x.menus[made][laneOf(w.conv.Holder)] {
			next, fx, err := w.conv.Step(w.now, e)
			row := transitionRow{stateName(w.conv), eventName(w, e), roleOf(w, authorOf(e)), resultOf(w, next, fx, err)}
			if err != nil { // whatever it was about
				row.event, _, _ = strings.Cut(row.event, " ")
			}
			if row.event != "" {
				rows[row] = true
			}
			if err != nil || !w.allows(e) || len(fx) == 0 && sameConversation(w.conv, next) {
				continue
			}
			after := *w
			after.conv = next
			after.left.spend(e)
			visit(&after)
		}
		if o := w.conv.Offer; o.Open() && w.now.Before(o.Expires) {
			late := *w
			late.now = o.Expires
			visit(&late)
		}
	}
	visit(x.start())
	return rows
}

// stateName is the phase, and whose offer is open in which mode.
func stateName(c Conversation) string {
	switch {
	case !c.Offer.Open():
		return c.Phase.String()
	case c.Offer.By == "":
		return c.Phase.String() + ", offered by the service"
	}
	return c.Phase.String() + ", " + c.Offer.Mode.String() + " offer"
}

func authorOf(e Event) Party {
	switch e := e.(type) {
	case Say:
		return e.By
	case Transfer:
		return e.By
	case Reclaim:
		return e.By
	case Accept:
		return e.By
	case Decline:
		return e.By
	case Cancel:
		return e.By
	case Gone:
		return e.Who
	case Release:
		return e.By
	case Part:
		return e.By
	case Resume:
		return e.By
	case Disconnect:
		return e.By
	}
	return ""
}

// roleOf says what p is to the conversation, the weightiest first.
func roleOf(w *world, p Party) string {
	c := w.conv
	late := c.Offer.Open() && !w.now.Before(c.Offer.Expires)
	switch {
	case p == "":
		return "service"
	case p == c.Caller:
		return "caller"
	case p == c.Holder:
		return "holder"
	case p == c.Offer.By:
		return "maker of the offer"
	case c.Offer.Rings(p) && late:
		return "target too late"
	case c.Offer.Rings(p):
		return "target"
	case slices.Contains(c.Offer.Passed, p):
		return "target who let it pass"
	case slices.Contains(c.Offer.Next, p):
		return "target later on"
	case p == c.Aside:
		return "consulted agent"
	case slices.Contains(c.Guests, p):
		return "guest"
	}
	return "another agent"
}

// eventName returns the event's name; none for one that the table leaves out:
// answers to what is neither the open offer nor the last, lists of candidates.
func eventName(w *world, e Event) string {
	c := w.conv
	name := strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", e), "handoff."))
	about := func(id string) string {
		switch {
		case c.Offer.Open() && id == c.Offer.ID:
			return name
		case id == c.Last.ID && c.Last.State == Accepted:
			return name + " of the transfer last accepted"
		case id == c.Last.ID:
			return name + " of an offer that is over"
		}
		return ""
	}
	switch e := e.(type) {
	case Accept:
		return about(e.ID)
	case Decline:
		return about(e.ID)
	case Cancel:
		return about(e.ID)
	case Say:
		if e.Aloud {
			return name + " aloud"
		}
	case Transfer:
		if len(e.Candidates) != 1 {
			return ""
		}
		return name + " (" + e.Mode.String() + ") to " + roleOf(w, e.Candidates[0])
	case Assign:
		return name + " to " + roleOf(w, e.To)
	case Part:
		if e.By == e.Who {
			return name
		}
		return name + " from " + roleOf(w, e.Who)
	case Tick:
		if c.Offer.Open() && !w.now.Before(c.Offer.Expires) {
			return name + " (overdue)"
		}
	}
	return name
}

// resultOf says in words what a step did.
func resultOf(w *world, after Conversation, fx []Effect, err error) string {
	before := w.conv
	if err != nil {
		return "refused: " + strings.TrimPrefix(err.Error(), "handoff: ")
	}
	if len(fx) == 0 && sameConversation(before, after) {
		return "nothing"
	}
	var did []string
	add := func(when bool, format string, args ...any) {
		if when {
			did = append(did, fmt.Sprintf(format, args...))
		}
	}
	took := after.Epoch > before.Epoch
	add(after.Phase != before.Phase, "**%v**", after.Phase)
	add(took, "epoch + 1, held by %s", roleOf(w, after.Holder))
	did = append(did, offerChange(before, after)...)
	add(len(after.Guests) > len(before.Guests), "a guest more")
	add(len(after.Guests) < len(before.Guests) && after.Phase != Idle && !took, "a guest less")
	add(after.Aside != "" && before.Aside == "", "somebody aside")
	add(after.Aside == "" && before.Aside != "" && after.Phase != Idle, "nobody aside")
	add(after.Quiet && !before.Quiet, "the holder is told before they are heard again")
	add(before.Quiet && !after.Quiet && after.Holder == before.Holder, "the holder is heard again")
	add(after.Hops > before.Hops, "a hop")
	for _, f := range fx {
		if l, ok := f.(Line); ok {
			to := "the replay only"
			if l.To != "" {
				to = roleOf(w, l.To)
			}
			did = append(did, map[bool]string{false: "line to ", true: "private line to "}[l.Private]+to)
		}
	}
	add(slices.ContainsFunc(fx, func(f Effect) bool { _, ok := f.(Copy); return ok }), "copies to the others")
	return strings.Join(did, "; ")
}

func offerChange(before, after Conversation) []string {
	b, a := before.Offer, after.Offer
	var did []string
	if b.Open() && b.ID != a.ID {
		state := after.Last.State
		if after.Last.ID != b.ID {
			state = Cancelled // and another took its place
		}
		did = append(did, "offer "+string(state))
	}
	switch {
	case a.Open() && !b.Open():
		did = append(did, a.Mode.String()+" offer opens")
	case a.Open() && a.Mode != b.Mode:
		did = append(did, "the offer goes on, "+a.Mode.String())
	case a.Open() && len(a.Passed) > len(b.Passed) && len(a.Ringing) < len(b.Ringing):
		did = append(did, "the others ring on")
	case a.Open() && len(a.Passed) > len(b.Passed):
		did = append(did, "the next is asked")
	case a.Open() && len(a.Next) < len(b.Next):
		did = append(did, "not to be asked any more")
	}
	return did
}

const transitionsHead = `# Transitions

Made from the code by ` + "`go test ./handoff -run TestTransitions -update`" + `; a test fails when this page and
the code differ. It says what ` + "`handoff.Conversation.Step`" + ` answers in each state to each event, by whoever may
try it: every conversation was visited that three agents can bring about in two sessions with one line and three
transfers of any mode. Several lines for one event and one party differ in what the state's name does not say:
whether others are asked still, whether somebody is consulted or there as a guest, how often the session was handed
on. Refusals are not told apart by what the event was about.

A state is the phase and the open offer's mode. *Waiting* is a session nobody holds; *the service* makes the offers of
sessions that wait. A *target* is anybody the offer rings for; of a reclaim that is the holder.
`

// transitionsPage writes the table, a section for each state.
func transitionsPage(rows map[transitionRow]bool) string {
	states := map[string]map[transitionRow][]string{} // by state; event and result: by whom
	for r := range rows {
		if states[r.state] == nil {
			states[r.state] = map[transitionRow][]string{}
		}
		k := transitionRow{event: r.event, result: r.result}
		states[r.state][k] = append(states[r.state][k], r.by)
	}
	b := &strings.Builder{}
	b.WriteString(transitionsHead)
	for _, s := range slices.Sorted(maps.Keys(states)) {
		fmt.Fprintf(b, "\n## %s\n\n| event | by | result |\n|---|---|---|\n", s)
		var lines []string
		for k, by := range states[s] {
			slices.Sort(by)
			lines = append(lines, fmt.Sprintf("| %s | %s | %s |", k.event, strings.Join(by, ", "), k.result))
		}
		slices.Sort(lines)
		b.WriteString(strings.Join(lines, "\n") + "\n")
	}
	return b.String()
}
