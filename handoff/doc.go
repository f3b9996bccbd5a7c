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
//	           Connect                       Accept, Assign
//	Idle ───────────────────▶ Waiting ─────────────────────────▶ Active
//	  ▲                        │    ▲                          (epoch + 1)
//	  │  Disconnect            │    │                           │  │   ▲
//	  ├────────────────────────┘    │                           │  │   │
//	  │                             │ (nobody took it)          │  │   │
//	  │  Disconnect                 └── stays Waiting           │  │   │
//	  └─────────────────────────────────────────────────────────┘  │   │
//	                                                 Transfer      │   │
//	                        an offer is open  ◀────────────────────┘   │
//	                               │                                   │
//	                               ├── Accept: epoch + 1, new holder ──┤
//	                               └── Decline, Tick, Cancel, Gone: ───┘
//	                                   the holder keeps everything
//
// An offer may be open in Waiting (the service asks an agent to take a new
// session) and in Active (the holder hands the session on). It leaves open
// exactly once, and each party it concerns gets exactly one [Outcome].
//
// # Ownership
//
// The epoch counts changes of holder over the conversation's whole life and is
// set once for each holder. A line's number, epoch and addressee are fixed by
// the Step that journals it and never looked up again, so that a line can never
// be shown to an agent who did not hold the session when it was said. The
// stream of an epoch begins with the dialog so far ([Replay]) and ends with the
// last line before the next accept.
package handoff
