// Package handoff decides who holds a conversation and what must follow.
//
// It is pure: no I/O, no clock, no goroutine, no XMPP. Time is an argument and
// every decision is one call of [Conversation.Step], which takes an [Event] and
// returns the conversation after it, the [Effect] values that must be carried
// out, and nothing else. Whoever calls Step commits both before performing
// anything (package desk does).
//
// # States
//
//	      Connect                     Accept, Assign, Reclaim
//	Idle ─────────▶ Waiting ──────────────────────────────────────▶ Active
//	 ▲                │  ▲                                        (epoch + 1)
//	 │   Disconnect   │  │            Release, blind Transfer         │  │
//	 ├────────────────┘  └────────────────────────────────────────────┤  │
//	 │                                Disconnect                      │  │
//	 └────────────────────────────────────────────────────────────────┘  │
//	                                                                     │
//	an offer opens   Waiting   Transfer by the service                   │
//	in               Active    Transfer by the holder, Reclaim ◀─────────┘
//	                           │
//	and leaves open            ├── Accept: see the modes
//	exactly once, by           ├── Decline, Tick, Gone of the last one asked
//	                           ├── Cancel by its maker, Reclaim of a session that waits
//	                           └── Disconnect; Release, unless it is warm
//
// An offer asks one candidate after another, or all at once; the first accept
// wins. Each party it concerns gets exactly one [Outcome]. The table of every
// event by every party in every state is docs/transitions.md; it is made from
// this code, and a test fails when the two differ.
//
// # Modes
//
//	           while it is open          accepted
//	Warm       the holder holds          the target holds
//	Blind      nobody holds, it waits    the target holds
//	Consult    the holder holds          the target is aside: talks with the holder in private
//	Join       the holder holds          the target is a guest: hears and says what the holder does
//	Reclaimed  the holder holds,         who asked for the session back holds
//	           and is the one asked
//
// Only a change of holder begins an epoch. Warm and blind transfers that are
// accepted count as hops. When the holder leaves under an open warm offer it goes
// on as a blind one; any other needs its holder and fails. A blind offer that
// nobody takes leaves a session that waits. A warm transfer to the agent who is
// aside, and to nobody else, moves the session at once; so does a Reclaim of a
// session that waits. Whoever is aside leaves with the holder they talked with;
// guests stay until they part or the session ends.
//
// # Ownership
//
// The epoch counts changes of holder over the conversation's whole life and is
// set once for each holder. A line's number, epoch and addressees are fixed by
// the Step that journals it and never looked up again, so that a line can never
// be shown to an agent who took no part when it was said. The stream of whoever
// comes in begins with the dialog so far, without private lines ([Replay]), and
// ends when they leave. A line said while nobody holds the session has the epoch
// of who held it last, and is not for them: To says who heard a line, Epoch does
// not.
package handoff
