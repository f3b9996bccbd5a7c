package handoff

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// verdicts is what Step answers to every event, by whoever may try it, in
// every situation: an error, "=" for nothing to do, or "+" for a change, which
// changes then spells out.
const verdicts = `
event                       idle     waiting  asked    active   handing  all      late     moved    ended
connect                     +        open     open     open     open     open     open     open     +
say carol                   session  +        +        +        +        +        +        +        session
say alice                   session  holder   holder   +        +        +        +        holder   session
say bob                     session  holder   holder   holder   holder   holder   holder   +        session
say chris                   session  holder   holder   holder   holder   holder   holder   holder   session
say -                       session  holder   holder   holder   holder   holder   holder   holder   session
offer - to chris            session  +        transfer held     held     held     held     held     session
offer carol to chris        session  holder   holder   holder   holder   holder   holder   holder   session
offer alice to chris        session  holder   holder   +        transfer transfer transfer holder   session
offer bob to chris          session  holder   holder   holder   holder   holder   holder   +        session
offer alice to alice        session  holder   holder   isholder transfer transfer transfer holder   session
offer bob to bob            session  holder   holder   holder   holder   holder   holder   isholder session
offer - to carol            session  nobody   transfer held     held     held     held     held     session
assign chris                session  +        transfer held     held     held     held     held     session
assign carol                bad      bad      bad      bad      bad      bad      bad      bad      bad
accept x-1 alice            unknown  unknown  +        =        =        =        =        unknown  unknown
decline x-1 alice           unknown  unknown  +        answered answered answered answered unknown  unknown
cancel x-1 alice            unknown  unknown  holder   answered answered answered answered unknown  unknown
accept x-1 bob              unknown  unknown  target   answered answered answered answered unknown  unknown
decline x-1 bob             unknown  unknown  target   answered answered answered answered unknown  unknown
cancel x-1 bob              unknown  unknown  holder   answered answered answered answered unknown  unknown
accept x-1 chris            unknown  unknown  target   answered answered answered answered unknown  unknown
decline x-1 chris           unknown  unknown  target   answered answered answered answered unknown  unknown
cancel x-1 chris            unknown  unknown  holder   answered answered answered answered unknown  unknown
accept x-1 carol            unknown  unknown  target   answered answered answered answered unknown  unknown
decline x-1 carol           unknown  unknown  target   answered answered answered answered unknown  unknown
cancel x-1 carol            unknown  unknown  holder   answered answered answered answered unknown  unknown
accept x-1 -                unknown  unknown  target   answered answered answered answered unknown  unknown
decline x-1 -               unknown  unknown  target   answered answered answered answered unknown  unknown
cancel x-1 -                unknown  unknown  +        answered answered answered answered unknown  unknown
accept x-2 alice            unknown  unknown  unknown  unknown  target   target   target   answered answered
decline x-2 alice           unknown  unknown  unknown  unknown  target   target   target   answered answered
cancel x-2 alice            unknown  unknown  unknown  unknown  +        +        +        answered answered
accept x-2 bob              unknown  unknown  unknown  unknown  +        +        over     =        answered
decline x-2 bob             unknown  unknown  unknown  unknown  +        +        +        answered answered
cancel x-2 bob              unknown  unknown  unknown  unknown  holder   holder   holder   answered answered
accept x-2 chris            unknown  unknown  unknown  unknown  target   +        target   answered answered
decline x-2 chris           unknown  unknown  unknown  unknown  target   +        target   answered answered
cancel x-2 chris            unknown  unknown  unknown  unknown  holder   holder   holder   answered answered
accept x-2 carol            unknown  unknown  unknown  unknown  target   target   target   answered answered
decline x-2 carol           unknown  unknown  unknown  unknown  target   target   target   answered answered
cancel x-2 carol            unknown  unknown  unknown  unknown  holder   holder   holder   answered answered
accept x-2 -                unknown  unknown  unknown  unknown  target   target   target   answered answered
decline x-2 -               unknown  unknown  unknown  unknown  target   target   target   answered answered
cancel x-2 -                unknown  unknown  unknown  unknown  holder   holder   holder   answered answered
accept x-8 alice            unknown  unknown  unknown  unknown  unknown  unknown  unknown  unknown  unknown
decline x-8 alice           unknown  unknown  unknown  unknown  unknown  unknown  unknown  unknown  unknown
cancel x-8 alice            unknown  unknown  unknown  unknown  unknown  unknown  unknown  unknown  unknown
gone alice                  =        =        +        =        =        =        =        =        =
end alice                   session  holder   holder   +        +        +        +        holder   session
gone bob                    =        =        +        =        +        +        +        =        =
end bob                     session  holder   holder   holder   holder   holder   holder   +        session
gone chris                  =        =        =        =        +        +        +        =        =
end chris                   session  holder   holder   holder   holder   holder   holder   holder   session
gone carol                  =        =        =        =        =        =        =        =        =
end carol                   session  +        +        +        +        +        +        +        session
gone -                      =        =        =        =        =        =        =        =        =
end -                       session  +        +        +        +        +        +        +        session
tick                        =        =        =        =        =        =        +        =        =
`

// TestVerdicts goes through every event in every situation; what changes
// something is spelt out in the table of changes.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	requireVerdicts(t, verdicts, situations(), situationsEvents())
	spelt := map[string]bool{}
	for _, c := range changes() {
		spelt[c.in+": "+c.event] = true
	}
	for _, s := range situations() {
		for _, e := range situationsEvents() {
			next, fx, err := s.conv.Step(s.now, e.event)
			require.Equal(t, verdict(s.conv, next, fx, err) == "+", spelt[s.name+": "+e.name], "%s: %s in the table of changes", s.name, e.name)
		}
	}
}

func requireVerdicts(t *testing.T, table string, situations []situation, events []namedEvent) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(table), "\n")
	head := strings.Fields(lines[0])[1:]
	require.Len(t, lines, len(events)+1, "a line for each event")
	for row, e := range events {
		line, cells := lines[row+1], strings.Fields(lines[row+1][eventColumn:])
		require.Equal(t, e.name, strings.TrimSpace(line[:eventColumn]))
		require.Len(t, cells, len(head), e.name)
		for col, s := range situations {
			require.Equal(t, s.name, head[col])
			next, fx, err := s.conv.Step(s.now, e.event)
			require.Equal(t, cells[col], verdict(s.conv, next, fx, err), "%s: %s", s.name, e.name)
			if err != nil {
				require.True(t, sameConversation(s.conv, next), "%s: %s was refused and changed something", s.name, e.name)
				require.Empty(t, fx)
			}
		}
	}
}

// eventColumn is the width of the table's first column.
const eventColumn = 28

// TestChanges checks the state after each change and its effects in order.
func TestChanges(t *testing.T) {
	t.Parallel()
	events := map[string]Event{}
	for _, e := range situationsEvents() {
		events[e.name] = e.event
	}
	byName := map[string]situation{}
	for _, s := range situations() {
		byName[s.name] = s
	}
	for _, c := range changes() {
		t.Run(c.in+"/"+c.event, func(t *testing.T) {
			s, e := byName[c.in], events[c.event]
			require.NotNil(t, e)
			next, fx, err := s.conv.Step(s.now, e)
			require.NoError(t, err)
			require.Equal(t, c.state, show(next))
			require.Equal(t, c.fx, showAll(fx))
		})
	}
}
