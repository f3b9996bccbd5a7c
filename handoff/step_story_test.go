package handoff

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// beat is one line of a story: when, what, and the effects it has; or, after
// "!", the error's word, or "!=" when nothing is to be done.
type beat struct {
	at    time.Duration
	event Event
	want  string
}

// play steps through a story and returns the conversation after each beat.
func play(t *testing.T, c Conversation, beats []beat) []Conversation {
	t.Helper()
	var all []Conversation
	for i, b := range beats {
		next, fx, err := c.Step(epochOfTests.Add(b.at), b.event)
		got := showAll(fx)
		if got == "" {
			got = "!" + verdict(c, next, fx, err)
		}
		require.Equal(t, b.want, got, "beat %d: %T%+v", i+1, b.event, b.event)
		c, all = next, append(all, next)
	}
	return all
}

// held is a session that alice holds since epoch 1, without a line.
func held() Conversation {
	return must(Conversation{Caller: carol}, Connect{}, Assign{"x-0", alice})
}

func TestStories(t *testing.T) {
	t.Parallel()
	m := time.Minute
	one := Transfer{ID: "x-1", By: alice, Candidates: []Party{bob, chris}, Timeout: m}
	all := one
	all.All = true
	onlyBob := Transfer{ID: "x-1", By: alice, Candidates: []Party{bob}, Timeout: m}
	hop := func(id string, by, to Party) Transfer {
		return Transfer{ID: id, By: by, Candidates: []Party{to}, Timeout: m, MaxHops: 1}
	}
	const chrisRings, chrisLater = "; ring x-1 chris until 1m0s", "; ring x-1 chris until 2m0s"
	taken := "bind bob e2; tell bob(target) x-1 accepted by bob e2; replay bob e2 1-0 from alice x-1; tell alice(holder) x-1 accepted by bob e2; leave alice transferred by bob e2; unbind alice e1; moved alice>bob e2"
	stories := map[string][]beat{
		"accept the instant before expiry": {
			{0, onlyBob, "ring x-1 bob until 1m0s"}, {m - 1, Accept{"x-1", bob}, taken}},
		"accept at expiry": {
			{0, onlyBob, "ring x-1 bob until 1m0s"},
			{m, Accept{"x-1", bob}, "!over"},
			{m, Tick{}, "tell bob(target) x-1 expired by - e1 no answer; tell alice(holder) x-1 expired by - e1 no answer"},
			{m, Tick{}, "!="},
			{0, Accept{"x-1", bob}, "!over"}, // the clock went back: nothing revives
		},
		"accept after cancel": {
			{0, onlyBob, "ring x-1 bob until 1m0s"},
			{0, Cancel{"x-1", alice}, "tell bob(target) x-1 cancelled by alice e1; tell alice(holder) x-1 cancelled by alice e1"},
			{0, Accept{"x-1", bob}, "!over"}, {0, Cancel{"x-1", alice}, "!over"}, {0, Decline{"x-1", bob, ""}, "!over"}},
		"repeated accept": {
			{0, onlyBob, "ring x-1 bob until 1m0s"}, {0, Accept{"x-1", bob}, taken},
			{0, Accept{"x-1", bob}, "!="}, {9 * m, Accept{"x-1", bob}, "!="},
			{0, Accept{"x-1", chris}, "!answered"}, {0, Accept{"x-1", alice}, "!answered"}},
		"repeated accept under the next offer": {
			{0, onlyBob, "ring x-1 bob until 1m0s"}, {0, Accept{"x-1", bob}, taken},
			{0, hop("x-2", bob, chris), "!hops"}, {0, Transfer{ID: "x-2", By: bob, Candidates: []Party{chris}, Timeout: m}, "ring x-2 chris until 1m0s"},
			{0, Accept{"x-1", bob}, "!="}},
		"ring one: decline, expiry, gone, then nobody": {
			{0, Transfer{ID: "x-1", By: alice, Candidates: []Party{bob, chris, bob, alice, carol}, Timeout: m}, "ring x-1 bob until 1m0s"},
			{0, Decline{"x-1", bob, "busy"}, "tell bob(target) x-1 declined by bob e1 busy" + chrisRings},
			{0, Accept{"x-1", bob}, "!over"}, {0, Decline{"x-1", bob, ""}, "!over"},
			{0, Gone{chris}, "tell chris(target) x-1 failed by chris e1 the target is gone; tell alice(holder) x-1 failed by chris e1 the target is gone"},
			{0, Gone{chris}, "!="}, {0, Accept{"x-1", chris}, "!over"}},
		"ring one: expiry asks the next for a full time": {
			{0, one, "ring x-1 bob until 1m0s"}, {m - 1, Tick{}, "!="},
			{m, Tick{}, "tell bob(target) x-1 expired by - e1 no answer" + chrisLater},
			{m, Accept{"x-1", bob}, "!over"},
			{2 * m, Tick{}, "tell chris(target) x-1 expired by - e1 no answer; tell alice(holder) x-1 expired by - e1 no answer"}},
		"ring one: who left before their turn is not asked": {
			{0, one, "ring x-1 bob until 1m0s"}, {0, Gone{chris}, "!+"},
			{0, Decline{"x-1", bob, ""}, "tell bob(target) x-1 declined by bob e1; tell alice(holder) x-1 declined by bob e1"}},
		"ring all: all let it pass": {
			{0, all, "ring x-1 bob until 1m0s; ring x-1 chris until 1m0s"},
			{0, Decline{"x-1", chris, ""}, "tell chris(target) x-1 declined by chris e1"},
			{m, Tick{}, "tell bob(target) x-1 expired by - e1 no answer; tell alice(holder) x-1 expired by - e1 no answer"}},
		"ring all: first wins": {
			{0, all, "ring x-1 bob until 1m0s; ring x-1 chris until 1m0s"},
			{0, Accept{"x-1", chris}, "bind chris e2; tell chris(target) x-1 accepted by chris e2; replay chris e2 1-0 from alice x-1; tell bob(target) x-1 accepted by chris e2; tell alice(holder) x-1 accepted by chris e2; leave alice transferred by chris e2; unbind alice e1; moved alice>chris e2"},
			{0, Accept{"x-1", bob}, "!answered"}, {0, Decline{"x-1", bob, ""}, "!answered"}},
		"the hop limit is the session's": {
			{0, hop("x-1", alice, bob), "ring x-1 bob until 1m0s"}, {0, Accept{"x-1", bob}, taken},
			{0, hop("x-2", bob, alice), "!hops"},
			{0, Disconnect{bob, "done"}, "unbind bob e2; leave carol done by bob e2; ended s1"},
			{0, Connect{}, "opened s2"},
			{0, Assign{"x-3", bob}, "bind bob e3; tell bob(target) x-3 accepted by bob e3; replay bob e3 1-0 from - x-3; moved ->bob e3"},
			{0, hop("x-4", bob, alice), "ring x-4 alice until 1m0s"}},
		"the target is the holder": {
			{0, hop("x-1", alice, alice), "!isholder"}, {0, hop("x-1", alice, carol), "!nobody"},
			{0, hop("x-1", alice, ""), "!nobody"}, {0, Transfer{ID: "x-1", By: alice, Timeout: m}, "!nobody"}},
		"malformed": {
			{0, Transfer{By: alice, Candidates: []Party{bob}, Timeout: m}, "!bad"}, {0, Transfer{ID: "x-1", By: alice, Candidates: []Party{bob}}, "!bad"},
			{0, Assign{"", bob}, "!bad"}, {0, Assign{"x-1", ""}, "!bad"}, {0, nil, "!handoff: unknown event"}},
	}
	for title, beats := range stories {
		t.Run(title, func(t *testing.T) { play(t, held(), beats) })
	}
}

// TestReplayIsTheSessions checks that a new holder gets the session's own
// lines: those of waiting too, none of an earlier session's.
func TestReplayIsTheSessions(t *testing.T) {
	t.Parallel()
	offer := Transfer{ID: "x-1", By: alice, Candidates: []Party{bob}, Timeout: ringTime}
	play(t, held(), []beat{
		{0, Say{By: carol}, "line 1 e1 carol>alice"}, {0, Disconnect{carol, "done"}, "leave alice done by carol e1; unbind alice e1; ended s1"},
		{0, Connect{}, "opened s2"}, {0, Say{By: carol}, "line 2 e1 carol>-"}, {0, Say{By: alice}, "!holder"},
		{0, Assign{"x-0b", alice}, "bind alice e2; tell alice(target) x-0b accepted by alice e2; replay alice e2 2-2 from - x-0b; moved ->alice e2"},
		{0, Say{By: alice}, "line 3 e2 alice>carol"}, {0, offer, "ring x-1 bob until 1m0s"}, {0, Say{By: carol}, "line 4 e2 carol>alice"},
		{0, Accept{"x-1", bob}, "bind bob e3; tell bob(target) x-1 accepted by bob e3; replay bob e3 2-4 from alice x-1; tell alice(holder) x-1 accepted by bob e3; leave alice transferred by bob e3; unbind alice e2; moved alice>bob e3"},
		{0, Say{By: carol}, "line 5 e3 carol>bob"}, {0, Say{By: alice}, "!holder"},
	})
}

// TestEpochIsSetOnce checks that the epoch rises by one with each change of
// holder, and with nothing else.
func TestEpochIsSetOnce(t *testing.T) {
	t.Parallel()
	for _, s := range situations() {
		for _, e := range situationsEvents() {
			next, fx, err := s.conv.Step(s.now, e.event)
			took := next.Holder != s.conv.Holder && next.Holder != ""
			want := s.conv.Epoch
			if took {
				want++
			}
			require.NotEqual(t, took && err != nil, true)
			require.Equal(t, want, next.Epoch, "%s: %s", s.name, e.name)
			require.Equal(t, took, slices.ContainsFunc(fx, func(f Effect) bool { _, ok := f.(Bind); return ok }), "%s: %s", s.name, e.name)
		}
	}
}

// TestUntil checks the latest time a transfer has its outcome by.
func TestUntil(t *testing.T) {
	t.Parallel()
	c := must(held(), Transfer{ID: "x-1", By: alice, Candidates: []Party{bob, chris}, Timeout: ringTime})
	until := c.Offer.Until()
	require.Equal(t, epochOfTests.Add(2*ringTime), until)
	for c.Offer.Open() {
		require.False(t, c.Offer.Expires.After(until))
		c, _, _ = c.Step(c.Offer.Expires, Tick{})
	}
	require.Equal(t, Expired, c.Last.State)
}
