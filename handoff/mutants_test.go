package handoff

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// mutant is a fault put in on purpose. The explorer must find each; otherwise
// it proves nothing about the code without them.
type mutant struct {
	name   string
	broken string // what it does wrong
	caught int    // the invariant that finds it
	in     bounds // where it is looked for
	shell  func(*shell)
}

// theKey is what finds a fault of the checker's own key.
const theKey = -1

// The bounds in which mutants are looked for.
var (
	handing = bounds{name: "handing on", budget: budget{sessions: 1, messages: 2, transfers: 2, repeats: 1, crashes: 1}, agents: 2,
		modes: []Mode{Warm}, all: true, together: true}
	another = bounds{name: "two instances", budget: budget{sessions: 1, messages: 2, transfers: 2, takeovers: 1}, agents: 2, modes: []Mode{Warm}}
	beside  = bounds{name: "others beside the holder", budget: budget{sessions: 1, messages: 1, transfers: 3}, agents: 3, modes: []Mode{Warm, Consult, Join}}
	letting = bounds{name: "letting go", budget: budget{sessions: 1, messages: 1, transfers: 2}, agents: 2,
		modes: []Mode{Warm, Blind, Consult}, reclaim: true, release: true}
	keyed = bounds{name: "letting go, at once", budget: budget{sessions: 1, transfers: 2}, agents: 2,
		modes: []Mode{Warm, Blind, Consult}, reclaim: true, together: true}
	near    = bounds{name: "beside the holder, at once", budget: budget{sessions: 1, transfers: 3}, agents: 2, modes: []Mode{Consult, Join}, together: true}
	leaving = bounds{name: "leaving under an offer", budget: budget{sessions: 1, transfers: 3}, agents: 2, modes: []Mode{Warm}, release: true, together: true}
)

// mutants is the public table of the faults the explorer is known to find.
func mutants() []mutant {
	return []mutant{
		// Faults of Step: handing on.
		{"same-epoch", "a new holder without a new epoch", 1, handing, after(sameEpoch)},
		{"epoch-per-accept", "a repeated accept begins another epoch", 10, handing, after(epochPerAccept)},
		{"uncounted-line", "a line's number is given out again", 2, handing, after(uncountedLine)},
		{"stale-line", "a caller's line goes to who held before", 3, handing, after(staleLine)},
		{"former-speaks", "lines of a former holder are journalled", 8, handing, after(formerSpeaks)},
		{"late-accept", "lets an accept in after expiry", 10, handing, lateAccept},
		{"two-outcomes", "tells the holder twice", 10, handing, after(twoOutcomes)},
		{"silent-loser", "whoever lost a ring-all isn't told", 10, handing, after(silentLoser)},
		{"anyone-cancels", "a target takes the offer back", 10, handing, anyoneCancels},
		{"one-no-ends-all", "one decline ends the offer for all who ring", 10, handing, after(oneNoEndsAll)},
		{"open-after-accept", "the accepted offer stays open", 11, handing, after(openAfterAccept)},
		{"open-after-end", "the session ends under an offer left open", 11, handing, after(openAfterEnd)},
		{"asks-holder", "the holder is a target", 11, handing, after(asksHolder)},
		{"short-replay", "the replay stops one line early", 12, handing, after(shortReplay)},
		{"kept-contact", "the former holder keeps the contact", 12, handing, after(keptContact)},
		{"revived", "a tick gives an overdue offer more time", 14, handing, after(revived)},
		{"day-long-offer", "the second to be asked has a day", 17, pairs(handing), after(dayLong)},
		// Faults of Step: the other modes.
		{"blind-drops-caller", "a blind offer that nobody takes ends the session", 1, letting, after(blindDrops)},
		{"blind-keeps-holder", "a blind transfer leaves the holder in place", 1, letting, after(blindKeeps)},
		{"blind-cancelled", "who let go takes the offer back", 10, letting, after(blindCancelled)},
		{"blind-uncounted", "a blind transfer is no hop", 0, letting, after(blindUncounted)},
		{"return-drops-offer", "a holder who leaves takes the open offer along, untold", 10, leaving, after(returnDropsOffer)},
		{"reclaim-forces", "a session is taken back without asking", 1, letting, after(reclaimForces)},
		{"reclaim-forgets-asker", "who asked for the session back isn't told", 10, letting, after(reclaimForgets)},
		{"consult-moves-epoch", "consulting begins an epoch", 1, beside, after(consultMovesEpoch)},
		{"consult-heard", "the caller hears what is said aside", 3, beside, after(consultHeard)},
		{"consult-copied", "guests hear what is said aside", 3, beside, after(consultCopied)},
		{"consult-asks", "a transfer to the consulted agent rings", 1, beside, after(consultAsks)},
		{"aside-stays", "the consulted agent stays with the next holder", 3, beside, after(asideStays)},
		{"loud-again", "the consulted agent left, and what was meant for them goes to the caller", 3, beside, after(loudAgain)},
		{"parted-hears", "a guest who left still gets copies", 3, beside, after(partedHears)},
		{"guest-forgotten", "guests keep the contact after the end", 12, beside, after(guestForgotten)},
		{"join-moves", "who joins becomes the holder", 1, beside, after(joinMoves)},
		// Faults of the outbox and of the commit.
		{"no-compare", "commits over what was committed meanwhile", 1, another, func(s *shell) { s.noCompare = true }},
		{"late-address", "looks the addressee up when sending", 3, handing, func(s *shell) { s.address = holderOfNow }},
		{"line-cleared-when-sent", "a line is done when sent, not when confirmed", 4, handing, cleared[Line]},
		{"unordered", "a receiver's rows are performed in any order", 5, handing, func(s *shell) { s.noOrder = true }},
		{"fresh-ids", "a retransmission gets a new id", 6, handing, func(s *shell) { s.freshIDs = true }},
		{"outcome-cleared-when-sent", "an outcome is done when sent, not when confirmed", 10, handing, cleared[Outcome]},
		{"no-recheck", "contacts change without a look at who takes part", 13, handing, func(s *shell) { s.noRecheck = true }},
		{"no-token", "a cursor moves on after another instance took over", 15, another, func(s *shell) { s.noToken = true }},
		{"sent-early", "sends before the commit", 16, handing, func(s *shell) { s.sendEarly = true }},
		{"no-resume", "what a crash left is not taken up again", 17, handing, func(s *shell) { s.noResume = true }},
		// Faults of the checker's own key: it would take two worlds for one.
		{"key-forgets-guests", "takes worlds for one that differ in who joined", theKey, near, forgets(func(w *world) { w.conv.Guests = nil })},
		{"key-forgets-aside", "the same, in who is consulted", theKey, near, forgets(func(w *world) { w.conv.Aside = "" })},
		{"key-forgets-quiet", "in whether the holder knows that the consultation has ended", theKey, near, forgets(func(w *world) { w.conv.Quiet = false })},
		{"key-forgets-mode", "in the open offer's mode", theKey, keyed, forgets(func(w *world) { w.conv.Offer.Mode = Warm })},
		{"key-forgets-next", "in who is asked next", theKey, pairs(keyed), forgets(func(w *world) { w.conv.Offer.Next = nil })},
		{"key-forgets-time", "in whether the offer is overdue", theKey, keyed, forgets(func(w *world) { w.now = epochOfTests })},
		{"key-forgets-outbox", "in what is still to be told the caller", theKey, keyed, forgets(func(w *world) { w.lanes[1] = lane{} })},
		{"key-forgets-ghost", "in what a paused instance is about to do", theKey, another, forgets(func(w *world) { w.ghost = ghost{} })},
	}
}

func pairs(b bounds) bounds {
	b.name += ", one after another"
	b.agents, b.pairs = 3, true
	return b
}

func TestMutants(t *testing.T) {
	t.Parallel()
	var killed atomic.Int32
	t.Cleanup(func() { t.Logf("MUTANTS %d of %d killed", killed.Load(), len(mutants())) })
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			s := shipped()
			m.shell(&s)
			x := newExplorer(s, m.in)
			look, by := x.nearest, fmt.Sprintf("invariant %d", m.caught)
			if m.caught == theKey {
				look, by = x.audit, "the audit of the key"
			}
			err := look()
			var found *breach
			require.ErrorAs(t, err, &found, "the explorer did not notice: %s", m.broken)
			require.Equal(t, m.caught, found.no, "%v", err)
			killed.Add(1)
			t.Logf("MUTANT %s (%s) killed by %s after %d states", m.name, m.broken, by, x.tally.states)
			if *modelSize == "short" {
				t.Log(err)
			}
		})
	}
}
