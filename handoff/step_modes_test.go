package handoff

import "testing"

// modeSituations are those that the other modes make of the ones before.
//
//	asking      alice holds; her x-2 asks bob whether she may consult him
//	consulting  the same, and bob said yes
//	joined      alice holds, bob joined her by x-2
//	blind       alice let go of it blindly: x-2 rings bob, then chris
//	reclaiming  bob took alice's x-2; by x-3 she asks for it back
//	returned    bob took alice's x-2 and returned it
func modeSituations() []situation {
	byName := map[string]Conversation{}
	for _, s := range situations() {
		byName[s.name] = s.conv
	}
	two := Transfer{ID: "x-2", By: alice, Mode: Consult, Candidates: []Party{bob}, Timeout: ringTime}
	asking := must(byName["active"], two)
	consulting := must(asking, Accept{"x-2", bob})
	two.Mode = Join
	joined := must(byName["active"], two, Accept{"x-2", bob})
	two.Mode, two.Candidates = Blind, []Party{bob, chris}
	blind := must(byName["active"], two)
	reclaiming := must(byName["moved"], Reclaim{"x-3", alice, ringTime})
	returned := must(byName["moved"], Release{"x-3", bob, "returned"})
	return []situation{
		{"asking", asking, epochOfTests}, {"consulting", consulting, epochOfTests}, {"joined", joined, epochOfTests},
		{"blind", blind, epochOfTests}, {"reclaiming", reclaiming, epochOfTests}, {"returned", returned, epochOfTests},
	}
}

// modeEvents are those that only the other modes know, and answers to x-3.
func modeEvents() []namedEvent {
	to := func(m Mode, by, p Party) namedEvent {
		return namedEvent{m.String() + " " + name(by) + " to " + name(p),
			Transfer{ID: "x-9", By: by, Mode: m, Candidates: []Party{p}, Timeout: ringTime, MaxHops: 8}}
	}
	events := []namedEvent{{"say alice aloud", Say{alice, true}}, {"say bob aloud", Say{bob, true}},
		to(Blind, alice, chris), to(Consult, alice, chris), to(Join, alice, chris), to(Blind, bob, chris), to(Join, bob, chris),
		to(Warm, alice, bob), to(Blind, alice, bob), to(Consult, alice, bob), to(Join, alice, bob), to(Blind, "", bob), to(Reclaimed, alice, bob)}
	for _, p := range []Party{alice, bob, carol, ""} {
		events = append(events, namedEvent{"reclaim " + name(p), Reclaim{"x-9", p, ringTime}},
			namedEvent{"return " + name(p), Release{"x-9", p, "returned"}})
	}
	for _, by := range []Party{alice, bob, chris, carol, ""} {
		events = append(events, namedEvent{"part " + name(by) + " from bob", Part{by, bob}})
	}
	for _, p := range []Party{alice, bob} {
		events = append(events, namedEvent{"accept x-3 " + name(p), Accept{"x-3", p}},
			namedEvent{"decline x-3 " + name(p), Decline{"x-3", p, "busy"}}, namedEvent{"cancel x-3 " + name(p), Cancel{"x-3", p}})
	}
	return append(events, namedEvent{"part - from alice", Part{"", alice}})
}

func TestModeVerdicts(t *testing.T) {
	t.Parallel()
	requireVerdicts(t, oldVerdicts, situations(), modeEvents())
	requireVerdicts(t, modeVerdicts, modeSituations(), append(situationsEvents(), modeEvents()...))
}

// oldVerdicts is what Step answers to the other modes' events in the situations
// of verdicts.
const oldVerdicts = `
event                       idle       waiting    asked      active     handing    all        late       moved      ended
say alice aloud             session    holder     holder     +          +          +          +          holder     session
say bob aloud               session    holder     holder     holder     holder     holder     holder     +          session
blind alice to chris        session    holder     holder     +          transfer   transfer   transfer   holder     session
consult alice to chris      session    holder     holder     +          transfer   transfer   transfer   holder     session
join alice to chris         session    holder     holder     +          transfer   transfer   transfer   holder     session
blind bob to chris          session    holder     holder     holder     holder     holder     holder     +          session
join bob to chris           session    holder     holder     holder     holder     holder     holder     +          session
warm alice to bob           session    holder     holder     +          transfer   transfer   transfer   holder     session
blind alice to bob          session    holder     holder     +          transfer   transfer   transfer   holder     session
consult alice to bob        session    holder     holder     +          transfer   transfer   transfer   holder     session
join alice to bob           session    holder     holder     +          transfer   transfer   transfer   holder     session
blind - to bob              bad        bad        bad        bad        bad        bad        bad        bad        bad
reclaim alice to bob        bad        bad        bad        bad        bad        bad        bad        bad        bad
reclaim alice               session    +          +          isholder   isholder   isholder   isholder   +          session
return alice                session    holder     holder     +          +          +          +          holder     session
reclaim bob                 session    +          +          +          transfer   transfer   transfer   isholder   session
return bob                  session    holder     holder     holder     holder     holder     holder     +          session
reclaim carol               bad        bad        bad        bad        bad        bad        bad        bad        bad
return carol                session    holder     holder     holder     holder     holder     holder     holder     session
reclaim -                   bad        bad        bad        bad        bad        bad        bad        bad        bad
return -                    session    holder     holder     +          +          +          +          +          session
part alice from bob         session    holder     holder     target     target     target     target     holder     session
part bob from bob           session    target     target     target     target     target     target     target     session
part chris from bob         session    holder     holder     holder     holder     holder     holder     holder     session
part carol from bob         session    holder     holder     holder     holder     holder     holder     holder     session
part - from bob             session    target     target     target     target     target     target     target     session
accept x-3 alice            unknown    unknown    unknown    unknown    unknown    unknown    unknown    unknown    unknown
decline x-3 alice           unknown    unknown    unknown    unknown    unknown    unknown    unknown    unknown    unknown
cancel x-3 alice            unknown    unknown    unknown    unknown    unknown    unknown    unknown    unknown    unknown
accept x-3 bob              unknown    unknown    unknown    unknown    unknown    unknown    unknown    unknown    unknown
decline x-3 bob             unknown    unknown    unknown    unknown    unknown    unknown    unknown    unknown    unknown
cancel x-3 bob              unknown    unknown    unknown    unknown    unknown    unknown    unknown    unknown    unknown
part - from alice           session    target     target     target     target     target     target     target     session
`

// modeVerdicts is what it answers to any event in theirs.
const modeVerdicts = `
event                       asking     consulting joined     blind      reclaiming returned
connect                     open       open       open       open       open       open
say carol                   +          +          +          +          +          +
say alice                   +          +          +          holder     holder     holder
say bob                     holder     +          +          holder     +          holder
say chris                   holder     holder     holder     holder     holder     holder
say -                       holder     holder     holder     holder     holder     holder
offer - to chris            held       held       held       transfer   held       +
offer carol to chris        holder     holder     holder     holder     holder     holder
offer alice to chris        transfer   +          +          holder     holder     holder
offer bob to chris          holder     holder     holder     holder     transfer   holder
offer alice to alice        transfer   isholder   isholder   holder     holder     holder
offer bob to bob            holder     holder     holder     holder     transfer   holder
offer - to carol            held       held       held       transfer   held       nobody
assign chris                held       held       held       transfer   held       +
assign carol                bad        bad        bad        bad        bad        bad
accept x-1 alice            =          unknown    unknown    answered   unknown    unknown
decline x-1 alice           answered   unknown    unknown    answered   unknown    unknown
cancel x-1 alice            answered   unknown    unknown    answered   unknown    unknown
accept x-1 bob              answered   unknown    unknown    answered   unknown    unknown
decline x-1 bob             answered   unknown    unknown    answered   unknown    unknown
cancel x-1 bob              answered   unknown    unknown    answered   unknown    unknown
accept x-1 chris            answered   unknown    unknown    answered   unknown    unknown
decline x-1 chris           answered   unknown    unknown    answered   unknown    unknown
cancel x-1 chris            answered   unknown    unknown    answered   unknown    unknown
accept x-1 carol            answered   unknown    unknown    answered   unknown    unknown
decline x-1 carol           answered   unknown    unknown    answered   unknown    unknown
cancel x-1 carol            answered   unknown    unknown    answered   unknown    unknown
accept x-1 -                answered   unknown    unknown    answered   unknown    unknown
decline x-1 -               answered   unknown    unknown    answered   unknown    unknown
cancel x-1 -                answered   unknown    unknown    answered   unknown    unknown
accept x-2 alice            target     answered   answered   target     answered   answered
decline x-2 alice           target     answered   answered   target     answered   answered
cancel x-2 alice            +          answered   answered   holder     answered   answered
accept x-2 bob              +          =          =          +          =          answered
decline x-2 bob             +          answered   answered   +          answered   answered
cancel x-2 bob              holder     answered   answered   holder     answered   answered
accept x-2 chris            target     answered   answered   target     answered   answered
decline x-2 chris           target     answered   answered   target     answered   answered
cancel x-2 chris            holder     answered   answered   holder     answered   answered
accept x-2 carol            target     answered   answered   target     answered   answered
decline x-2 carol           target     answered   answered   target     answered   answered
cancel x-2 carol            holder     answered   answered   holder     answered   answered
accept x-2 -                target     answered   answered   target     answered   answered
decline x-2 -               target     answered   answered   target     answered   answered
cancel x-2 -                holder     answered   answered   holder     answered   answered
accept x-8 alice            unknown    unknown    unknown    unknown    unknown    unknown
decline x-8 alice           unknown    unknown    unknown    unknown    unknown    unknown
cancel x-8 alice            unknown    unknown    unknown    unknown    unknown    unknown
gone alice                  =          =          =          =          =          =
end alice                   +          +          +          holder     holder     holder
gone bob                    +          =          =          +          +          =
end bob                     holder     holder     holder     holder     +          holder
gone chris                  =          =          =          +          =          =
end chris                   holder     holder     holder     holder     holder     holder
gone carol                  =          =          =          =          =          =
end carol                   +          +          +          +          +          +
gone -                      =          =          =          =          =          =
end -                       +          +          +          +          +          +
tick                        =          =          =          =          =          =
say alice aloud             +          +          +          holder     holder     holder
say bob aloud               holder     +          +          holder     +          holder
blind alice to chris        transfer   +          +          holder     holder     holder
consult alice to chris      transfer   transfer   +          holder     holder     holder
join alice to chris         transfer   +          +          holder     holder     holder
blind bob to chris          holder     holder     holder     holder     transfer   holder
join bob to chris           holder     holder     holder     holder     transfer   holder
warm alice to bob           transfer   +          +          holder     holder     holder
blind alice to bob          transfer   +          +          holder     holder     holder
consult alice to bob        transfer   transfer   isholder   holder     holder     holder
join alice to bob           transfer   isholder   isholder   holder     holder     holder
blind - to bob              bad        bad        bad        bad        bad        bad
reclaim alice to bob        bad        bad        bad        bad        bad        bad
reclaim alice               isholder   isholder   isholder   +          transfer   +
return alice                +          +          +          holder     holder     holder
reclaim bob                 transfer   +          +          +          isholder   +
return bob                  holder     holder     holder     holder     +          holder
reclaim carol               bad        bad        bad        bad        bad        bad
return carol                holder     holder     holder     holder     holder     holder
reclaim -                   bad        bad        bad        bad        bad        bad
return -                    +          +          +          holder     +          holder
part alice from bob         target     +          +          holder     holder     holder
part bob from bob           target     +          +          target     target     target
part chris from bob         holder     holder     holder     holder     holder     holder
part carol from bob         holder     holder     holder     holder     holder     holder
part - from bob             target     +          +          target     target     target
accept x-3 alice            unknown    unknown    unknown    unknown    target     unknown
decline x-3 alice           unknown    unknown    unknown    unknown    target     unknown
cancel x-3 alice            unknown    unknown    unknown    unknown    +          unknown
accept x-3 bob              unknown    unknown    unknown    unknown    +          unknown
decline x-3 bob             unknown    unknown    unknown    unknown    +          unknown
cancel x-3 bob              unknown    unknown    unknown    unknown    holder     unknown
part - from alice           target     target     target     target     target     target
`
