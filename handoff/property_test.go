package handoff

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestRandomLives lets rapid play long lives with three agents, a clock that
// jumps both ways, rows performed late, twice and again after crashes. The
// rules are the explorer's own.
func TestRandomLives(t *testing.T) {
	t.Parallel()
	var lives, handed int
	rapid.Check(t, func(t *rapid.T) {
		l := &life{t: t, w: world{now: epochOfTests, conv: Conversation{Caller: carol}}}
		l.shell = shell{step: l.step}
		for range rapid.IntRange(60, 300).Draw(t, "length") {
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0:
				l.again()
			case 1, 2, 3:
				l.perform()
			default:
				l.happen()
			}
			require.NoError(t, l.w.settled())
		}
		l.rest()
		lives++
		for i, r := range l.w.past.reigns {
			if i > 0 && l.w.past.reigns[i-1].session == r.session {
				handed++
			}
		}
	})
	if lives >= 100 { // -rapid.checks may ask for fewer
		require.Greater(t, handed, lives/10, "too few sessions were handed on for the lives to mean anything")
	}
	t.Logf("LIVES %d, sessions handed on %d times", lives, handed)
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
			e := rapid.SampledFrom([]Event{Decline{"x-1", who, ""}, Gone{who}, Tick{}, Say{carol}}).Draw(t, "event")
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
	changed, err := l.shell.commit(&l.w, &next, e)
	require.NoError(l.t, err, "%T%+v", e, e)
	if !changed {
		return
	}
	l.w = next
	switch e.(type) {
	case Transfer, Assign:
		l.made++
	}
}

// passTime moves the clock: by any amount, either way, or to the very end of
// the offer.
func (l *life) passTime() {
	switch rapid.IntRange(0, 9).Draw(l.t, "clock") {
	case 0:
		l.w.now = l.w.now.Add(time.Duration(rapid.Int64Range(-int64(ringTime), 2*int64(ringTime)).Draw(l.t, "time")))
	case 1:
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
	if rapid.IntRange(0, 3).Draw(l.t, "any") == 0 {
		return l.anything(fresh)
	}
	agents := rapid.Permutation(parties[2:]).Draw(l.t, "agents")
	ask := Transfer{ID: fresh, By: c.Holder, Candidates: slices.Concat(agents, agents[1:]), All: rapid.Bool().Draw(l.t, "all"), Timeout: ringTime, MaxHops: rapid.IntRange(0, 4).Draw(l.t, "hops")}
	switch {
	case c.Phase == Idle:
		return Connect{}
	case c.Offer.Open():
		id, who := c.Offer.ID, rapid.SampledFrom(c.Offer.Ringing).Draw(l.t, "rung")
		return rapid.SampledFrom([]Event{Accept{id, who}, Accept{id, who}, Decline{id, who, "no"}, Gone{who}, Tick{}, Cancel{id, c.Offer.By}, Say{c.Caller}, Say{c.Holder}}).Draw(l.t, "answer")
	}
	return rapid.SampledFrom([]Event{ask, ask, Say{c.Caller}, Say{c.Holder}, Accept{c.Last.ID, c.Last.By}}).Draw(l.t, "next")
}

func (l *life) anything(fresh string) Event {
	t, c := l.t, l.w.conv
	anyone := rapid.SampledFrom(parties[:])
	who := anyone.Draw(t, "who")
	id := rapid.SampledFrom([]string{c.Offer.ID, c.Last.ID, transferID(1), ""}).Draw(t, "id")
	ask := Transfer{ID: fresh, By: who, Candidates: rapid.SliceOfN(anyone, 0, 4).Draw(t, "candidates"), Timeout: ringTime * time.Duration(rapid.IntRange(-1, 2).Draw(t, "timeout"))}
	return rapid.SampledFrom([]Event{Connect{}, Say{who}, ask, Assign{fresh, who}, Accept{id, who}, Decline{id, who, "no"},
		Cancel{id, who}, Gone{who}, Tick{}, Disconnect{who, "done"}}).Draw(t, "event")
}

// perform carries out the next rows of one lane.
func (l *life) perform() {
	i := rapid.IntRange(1, len(parties)-1).Draw(l.t, "lane")
	for range rapid.IntRange(1, 4).Draw(l.t, "rows") {
		if ln := &l.w.lanes[i]; ln.next < len(ln.rows) {
			require.NoError(l.t, l.shell.performNext(&l.w, i, ln.next, false))
		}
	}
}

// again is a late copy, or a crash that finds rows not confirmed.
func (l *life) again() {
	i := rapid.IntRange(1, len(parties)-1).Draw(l.t, "lane")
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

// rest performs everything that is left: then all must have converged.
func (l *life) rest() {
	for i := range l.w.lanes {
		for ln := &l.w.lanes[i]; ln.next < len(ln.rows); {
			require.NoError(l.t, l.shell.performNext(&l.w, i, ln.next, false))
		}
	}
	require.True(l.t, l.w.resting())
	require.NoError(l.t, l.w.settled())
}
