package handoff

import (
	"testing"
	"time"
)

// TestModeStories goes through each mode to its ends. Alice holds the session
// since epoch 1 in all of them.
func TestModeStories(t *testing.T) {
	t.Parallel()
	const m = time.Minute
	to := func(id string, mode Mode, by Party, ps ...Party) Transfer {
		return Transfer{ID: id, By: by, Mode: mode, Candidates: ps, Timeout: m, MaxHops: 1}
	}
	const letGo = "leave alice transferred by alice e1; unbind alice e1"
	const aside = "bind bob e1; tell bob(target) x-1 accepted by bob e1; replay bob e1 1-0 from alice x-1 consult; tell alice(holder) x-1 accepted by bob e1"
	const guest = "bind bob e1; tell bob(target) x-1 accepted by bob e1; replay bob e1 1-0 from alice x-1 join; tell alice(holder) x-1 accepted by bob e1"
	stories := map[string][]beat{
		"blind: nobody takes it, and it waits": {
			{0, to("x-1", Blind, alice, bob), "ring x-1 bob until 1m0s; " + letGo},
			{0, Say{By: carol}, "line 1 e1 carol>-"}, {0, Say{By: alice}, "!holder"}, {0, Cancel{"x-1", alice}, "!holder"},
			{m, Tick{}, "tell bob(target) x-1 expired by - e1 no answer; tell alice(holder) x-1 expired by - e1 no answer"},
			{m, Say{By: carol}, "line 2 e1 carol>-"},
			{m, Assign{"x-2", chris}, "bind chris e2; tell chris(target) x-2 accepted by chris e2; replay chris e2 1-2 from alice x-2; moved alice>chris e2"}},
		"blind: taken, and a hop": {
			{0, to("x-1", Blind, alice, bob), "ring x-1 bob until 1m0s; " + letGo},
			{0, Accept{"x-1", bob}, "bind bob e2; tell bob(target) x-1 accepted by bob e2; replay bob e2 1-0 from alice x-1 blind; tell alice(holder) x-1 accepted by bob e2; moved alice>bob e2"},
			{0, Accept{"x-1", bob}, "!="}, {0, to("x-2", Warm, bob, chris), "!hops"}, {0, to("x-2", Blind, bob, chris), "!hops"},
			{0, to("x-2", Join, bob, chris), "ring x-2 chris until 1m0s"}},
		"warm: the holder is gone, and the offer outlives them": {
			{0, to("x-1", Warm, alice, bob), "ring x-1 bob until 1m0s"},
			{0, Release{"x-2", "", "gone"}, "tell alice(holder) x-2 accepted by - e1 gone; leave alice gone by - e1; unbind alice e1"},
			{0, Release{"x-3", "", "gone"}, "!holder"}, {0, to("x-3", Warm, "", chris), "!transfer"},
			{0, Accept{"x-1", bob}, "bind bob e2; tell bob(target) x-1 accepted by bob e2; replay bob e2 1-0 from alice x-1 blind; tell alice(holder) x-1 accepted by bob e2; moved alice>bob e2"}},
		"consult: private, aloud, and over": {
			{0, to("x-1", Consult, alice, bob), "ring x-1 bob until 1m0s"}, {0, Accept{"x-1", bob}, aside},
			{0, Say{By: alice}, "line 1 e1 alice>bob private"}, {0, Say{By: bob}, "line 2 e1 bob>alice private"},
			{0, Say{By: carol}, "line 3 e1 carol>alice"}, {0, Say{By: alice, Aloud: true}, "line 4 e1 alice>carol"},
			{0, Part{alice, bob}, "leave bob left by alice e1; unbind bob e1"}, {0, Part{bob, bob}, "!target"},
			{0, Say{By: bob}, "!holder"}, {0, Say{By: alice}, "line 5 e1 alice>carol"}, {0, Accept{"x-1", bob}, "!answered"}},
		"consult: whoever is consulted takes it at once": {
			{0, to("x-1", Consult, alice, bob), "ring x-1 bob until 1m0s"}, {0, Accept{"x-1", bob}, aside}, {0, Say{By: bob}, "line 1 e1 bob>alice private"},
			{0, to("x-2", Warm, alice, bob), "bind bob e2; tell bob(target) x-2 accepted by bob e2; replay bob e2 1-1 from alice x-2; tell alice(holder) x-2 accepted by bob e2; leave alice transferred by bob e2; unbind alice e1; moved alice>bob e2"},
			{0, Accept{"x-2", bob}, "!="}, {0, to("x-3", Warm, bob, alice), "!hops"}},
		"consult: another takes it, and whoever was consulted leaves": {
			{0, to("x-1", Consult, alice, bob), "ring x-1 bob until 1m0s"}, {0, Accept{"x-1", bob}, aside},
			{0, to("x-2", Warm, alice, chris), "ring x-2 chris until 1m0s"},
			{0, Accept{"x-2", chris}, "bind chris e2; tell chris(target) x-2 accepted by chris e2; replay chris e2 1-0 from alice x-2; tell alice(holder) x-2 accepted by chris e2; leave bob left by alice e2; unbind bob e1; leave alice transferred by chris e2; unbind alice e1; moved alice>chris e2"}},
		"consult: an open one ends when the holder leaves": {
			{0, to("x-1", Consult, alice, bob), "ring x-1 bob until 1m0s"},
			{0, Release{"x-2", alice, "returned"}, "tell alice(holder) x-2 accepted by alice e1 returned; tell bob(target) x-1 failed by alice e1 the holder left; tell alice(holder) x-1 failed by alice e1 the holder left; leave alice returned by alice e1; unbind alice e1"},
			{0, Accept{"x-1", bob}, "!over"}},
		"join: all hear all, and the guest stays": {
			{0, to("x-1", Join, alice, bob), "ring x-1 bob until 1m0s"}, {0, Accept{"x-1", bob}, guest}, {0, Accept{"x-1", bob}, "!="},
			{0, Say{By: carol}, "line 1 e1 carol>alice; copy 1 e1 carol>bob"}, {0, Say{By: alice}, "line 2 e1 alice>carol; copy 2 e1 alice>bob"},
			{0, Say{By: bob}, "line 3 e1 bob>carol; copy 3 e1 bob>alice"},
			{0, Release{"x-2", alice, "returned"}, "tell alice(holder) x-2 accepted by alice e1 returned; leave alice returned by alice e1; unbind alice e1"},
			{0, Accept{"x-1", bob}, "!="}, // there still
			{0, Say{By: carol}, "line 4 e1 carol>-; copy 4 e1 carol>bob"}, {0, Say{By: bob}, "line 5 e1 bob>carol"},
			{0, Assign{"x-3", bob}, "bind bob e2; tell bob(target) x-3 accepted by bob e2; replay bob e2 1-5 from alice x-3; moved alice>bob e2"},
			{0, Say{By: carol}, "line 6 e2 carol>bob"}},
		"join: what is said aside is not for guests": {
			{0, to("x-1", Join, alice, bob), "ring x-1 bob until 1m0s"}, {0, Accept{"x-1", bob}, guest},
			{0, to("x-2", Consult, alice, chris), "ring x-2 chris until 1m0s"},
			{0, Accept{"x-2", chris}, "bind chris e1; tell chris(target) x-2 accepted by chris e1; replay chris e1 1-0 from alice x-2 consult; tell alice(holder) x-2 accepted by chris e1"},
			{0, Say{By: alice}, "line 1 e1 alice>chris private"}, {0, Say{By: bob}, "line 2 e1 bob>carol; copy 2 e1 bob>alice"},
			{0, Disconnect{alice, "done"}, "leave bob done by alice e1; unbind bob e1; leave chris done by alice e1; unbind chris e1; unbind alice e1; leave carol done by alice e1; ended s1"}},
		"reclaim: the holder gives it back, and it is no hop": {
			{0, Reclaim{"x-1", bob, m}, "ring x-1 alice until 1m0s"}, {0, to("x-2", Warm, alice, chris), "!transfer"}, {0, Reclaim{"x-2", chris, m}, "!transfer"},
			{0, Accept{"x-1", alice}, "bind bob e2; tell bob(holder) x-1 accepted by bob e2; replay bob e2 1-0 from alice x-1 reclaim; tell alice(target) x-1 accepted by bob e2; leave alice transferred by bob e2; unbind alice e1; moved alice>bob e2"},
			{0, Accept{"x-1", alice}, "!="}, {0, Accept{"x-1", bob}, "!answered"}, {0, to("x-2", Warm, bob, chris), "ring x-2 chris until 1m0s"}},
		"reclaim: refused": {
			{0, Reclaim{"x-1", bob, m}, "ring x-1 alice until 1m0s"},
			{0, Decline{"x-1", alice, "no"}, "tell alice(target) x-1 declined by alice e1 no; tell bob(holder) x-1 declined by alice e1 no"}},
		"reclaim: the holder ends the session instead": {
			{0, Reclaim{"x-1", bob, m}, "ring x-1 alice until 1m0s"},
			{0, Disconnect{alice, "done"}, "tell alice(target) x-1 failed by alice e1 the session ended; tell bob(holder) x-1 failed by alice e1 the session ended; unbind alice e1; leave carol done by alice e1; ended s1"}},
		"reclaim: from the queue, at once, under an offer": {
			{0, to("x-1", Blind, alice, bob), "ring x-1 bob until 1m0s; " + letGo},
			{0, Reclaim{"x-2", alice, m}, "tell bob(target) x-1 cancelled by alice e1; tell alice(holder) x-1 cancelled by alice e1; bind alice e2; tell alice(holder) x-2 accepted by alice e2; replay alice e2 1-0 from - x-2 reclaim; moved ->alice e2"},
			{0, Accept{"x-1", bob}, "!unknown"}, {0, to("x-3", Warm, alice, bob), "ring x-3 bob until 1m0s"}},
	}
	for title, beats := range stories {
		t.Run(title, func(t *testing.T) { play(t, held(), beats) })
	}
}
