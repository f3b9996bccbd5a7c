package handoff

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestRandomLives lets rapid play long lives with three agents, every mode of
// transfer, a clock that jumps both ways, rows performed late, twice and again after crashes. The
// rules are the explorer's own.
func TestRandomLives(t *testing.T) {
	t.Parallel()
	var lives, handed, joined int
	rapid.Check(t, func(t *rapid.T) {
		l := &life{t: t, w: world{now: epochOfTests, conv: Conversation{Caller: carol}}}
		l.shell = shell{step: l.step}
		for range rapid.IntRange(60, 300).Draw(t, "length") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 9: // small numbers are drawn more often
				l.again()
			case 6, 7, 8:
				l.perform()
			default:
				l.happen()
			}
			require.NoError(t, l.w.settled())
		}
		require.NoError(t, l.shell.drains(l.w))
		lives++
		for _, r := range l.w.past.stays {
			if r.From != "" && r.Mode != Consult && r.Mode != Join {
				handed++
			} else if r.From != "" {
				joined++
			}
		}
	})
	if lives >= 100 { // -rapid.checks may ask for fewer
		require.Greater(t, min(handed, joined), lives/2, "too few sessions were handed on for the lives to mean anything")
	}
	t.Logf("LIVES %d, sessions handed on %d times, joined %d times", lives, handed, joined)
}

// TestValuesNeverChange steps from any earlier value, so that branches share
// slices if Step lets them, and then looks whether the values are what they
// were.
func TestValuesNeverChange(t *testing.T) {
	t.Parallel()
	team := []Party{"a", "b", "c", "d", "e", "f", "g", "h"}
	rapid.Check(t, func(t *rapid.T) {
		ask := rapid.Permutation(team).Draw(t, "team")
		all := rapid.Bool().Draw(t, "all")
		first := must(held(), Transfer{ID: "x-1", By: alice, Candidates: ask, All: all, Timeout: ringTime})
		values := []value{{first, show(first)}}
		for range rapid.IntRange(5, 60).Draw(t, "length") {
			from := values[max(0, len(values)-rapid.IntRange(1, 4).Draw(t, "from"))].conv
			who := rapid.SampledFrom(slices.Concat(from.Offer.Ringing, team)).Draw(t, "who")
			e := rapid.SampledFrom([]Event{Decline{"x-1", who, ""}, Gone{who}, Tick{}, Say{By: carol}}).Draw(t, "event")
			next, _, _ := from.Step(from.Offer.Expires.Add(time.Duration(rapid.IntRange(-1, 0).Draw(t, "late"))), e)
			values = append(values, value{next, show(next)})
		}
		for _, v := range values {
			require.Equal(t, v.text, show(v.conv), "a value that Step returned has changed since")
		}
	})
}

// life is one random sequence.
type life struct {
	t     *rapid.T
	shell shell
	w     world
	made  int // transfers begun
}

// value is a conversation Step returned, and how it looked then.
type value struct {
	conv Conversation
	text string
}

// step is the shipped one, checked to be total and to depend on nothing but
// its arguments.
func (l *life) step(c Conversation, now time.Time, e Event) (Conversation, []Effect, error) {
	before := show(c)
	next, fx, err := c.Step(now, e)
	next2, fx2, err2 := c.Step(now, e)
	require.Equal(l.t, before, show(c), "Step changed its receiver")
	require.True(l.t, reflect.DeepEqual(next, next2) && reflect.DeepEqual(fx, fx2) && err == err2, "Step answered twice differently")
	if err != nil {
		require.Equal(l.t, c, next)
		require.Empty(l.t, fx)
	}
	return next, fx, err
}

// happen moves the clock and commits an event.
func (l *life) happen() {
	l.passTime()
	e := l.event()
	var next world
	changed, err := l.shell.commit(&l.w, &next, &l.w.conv, e)
	require.NoError(l.t, err, "%T%+v", e, e)
	if !changed {
		return
	}
	l.w = next
	switch e.(type) {
	case Transfer, Assign, Reclaim, Release:
		l.made++
	}
}

// passTime moves the clock: by any amount, either way, or to the very end of
// the offer.
func (l *life) passTime() {
	switch rapid.IntRange(0, 9).Draw(l.t, "clock") {
	case 9:
		l.w.now = l.w.now.Add(time.Duration(rapid.Int64Range(-int64(ringTime), 2*int64(ringTime)).Draw(l.t, "time")))
	case 8:
		if l.w.conv.Offer.Open() {
			l.w.now = l.w.conv.Offer.Expires
		}
	default:
		l.w.now = l.w.now.Add(time.Second)
	}
}

// event draws what is likely in the phase, or anything by anybody.
func (l *life) event() Event {
	c := l.w.conv
	fresh := transferID(l.made + 1)
	if rapid.IntRange(0, 3).Draw(l.t, "any") == 3 {
		return l.anything(fresh)
	}
	agents := rapid.Permutation(parties[firstAgent:]).Draw(l.t, "agents")
	mode := Mode(rapid.IntRange(int(Warm), int(Join)).Draw(l.t, "mode"))
	if c.Holder == "" {
		mode = Warm
	}
	ask := Transfer{ID: fresh, By: c.Holder, Mode: mode, Candidates: agents[:rapid.IntRange(1, 3).Draw(l.t, "asked")], All: rapid.Bool().Draw(l.t, "all"),
		Timeout: ringTime, MaxHops: rapid.IntRange(0, 4).Draw(l.t, "hops")}
	says := []Event{Say{By: c.Caller}, Say{By: c.Holder}, Say{By: c.Holder, Aloud: true}, Say{By: agents[0]}}
	switch {
	case c.Phase == Idle:
		return Connect{}
	case c.Offer.Open():
		id, who := c.Offer.ID, rapid.SampledFrom(c.Offer.Ringing).Draw(l.t, "rung")
		return rapid.SampledFrom(append([]Event{Accept{id, who}, Accept{id, who}, Decline{id, who, "no"}}, append(says, Gone{who}, Tick{},
			Cancel{id, c.Offer.By}, Release{fresh, c.Holder, "returned"})...)).Draw(l.t, "answer")
	}
	return rapid.SampledFrom(append([]Event{ask, ask, Reclaim{fresh, agents[0], ringTime}}, append(says, Accept{c.Last.ID, c.Last.By},
		Part{agents[0], agents[0]}, Part{"", agents[0]}, Release{fresh, "", "gone"}, Resume{agents[0]})...)).Draw(l.t, "next")
}

func (l *life) anything(fresh string) Event {
	t, c := l.t, l.w.conv
	anyone := rapid.SampledFrom(parties[:])
	who := anyone.Draw(t, "who")
	id := rapid.SampledFrom([]string{c.Offer.ID, c.Last.ID, transferID(1), ""}).Draw(t, "id")
	ask := Transfer{ID: fresh, By: who, Mode: Mode(rapid.IntRange(0, 5).Draw(t, "mode")), Candidates: rapid.SliceOfN(anyone, 0, 4).Draw(t, "candidates"), Timeout: ringTime * time.Duration(rapid.IntRange(-1, 2).Draw(t, "timeout"))}
	return rapid.SampledFrom([]Event{Connect{}, Say{By: who}, ask, Assign{fresh, who}, Accept{id, who}, Decline{id, who, "no"},
		Cancel{id, who}, Gone{who}, Tick{}, Disconnect{who, "done"}, Say{who, true}, Reclaim{fresh, who, ringTime}, Release{fresh, who, "returned"},
		Part{who, anyone.Draw(t, "whom")}}).Draw(t, "event")
}

// perform carries out the next rows of one lane.
func (l *life) perform() {
	i := rapid.IntRange(1, laneCount-1).Draw(l.t, "lane")
	for range rapid.IntRange(1, 4).Draw(l.t, "rows") {
		if ln := &l.w.lanes[i]; ln.next < len(ln.rows) {
			require.NoError(l.t, l.shell.performNext(&l.w, i, ln.next, false))
		}
	}
}

// again is a late copy, or a crash that finds rows not confirmed.
func (l *life) again() {
	i := rapid.IntRange(1, laneCount-1).Draw(l.t, "lane")
	ln := &l.w.lanes[i]
	if ln.next == 0 {
		return
	}
	k := rapid.IntRange(0, ln.next-1).Draw(l.t, "row")
	if rapid.Bool().Draw(l.t, "crash") {
		ln.next = k
		require.NoError(l.t, survives(&l.w))
		return
	}
	require.NoError(l.t, l.shell.perform(&l.w, i, ln.rows[k]))
}
