package store

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"baton/desk"
	"baton/handoff"
)

const domain = "handoff.example.com"

// at returns a moment, n seconds into the test's day.
func at(n int) time.Time {
	return time.Date(2026, 11, 23, 12, 0, n, 123456000, time.UTC)
}

// waiting returns a new conversation, number n, whose first session waits.
func waiting(n int64) *desk.Conversation {
	return &desk.Conversation{
		Conversation: handoff.Conversation{
			Caller: handoff.Party(fmt.Sprintf("caller%d@example.net", n)),
			Phase:  handoff.Waiting, Session: 1, First: 1,
		},
		Domain: domain, Local: fmt.Sprintf("caller.%08d", n), Number: n, Entry: "support", Queue: "support",
		Name: "Caller", Lang: "en", Route: desk.Routing{Since: at(0), Heard: at(0)},
	}
}

// said adds n lines of the caller to a conversation, and their items.
func said(b *desk.Batch, c *desk.Conversation, n int) {
	for range n {
		c.Seq++
		l := desk.Line{
			Conversation: c.Local, Session: c.Session, Seq: c.Seq, Epoch: c.Epoch, At: at(int(c.Seq)),
			By: c.Caller, Role: desk.RoleCaller, Name: c.Name, To: "alice@example.com",
			StanzaID: fmt.Sprintf("s%d", c.Seq), OriginID: fmt.Sprintf("o%d", c.Seq),
			Body: "hello", Payload: []byte("<body>hello</body>"),
		}
		b.Lines = append(b.Lines, l)
		b.Items = append(b.Items, item(c, l))
	}
}

func item(c *desk.Conversation, l desk.Line) *desk.Item {
	return &desk.Item{
		Domain: c.Domain, Conversation: c.Local, Kind: desk.KindLine, To: l.To, At: l.At, Line: &l,
		Effect: handoff.Line{Seq: l.Seq, Epoch: l.Epoch, By: l.By, To: l.To, Private: l.Private},
	}
}

// The generators cover every field with whatever the schema's rules admit.

func word() *rapid.Generator[string] { return rapid.StringN(0, 12, -1) }

func some() *rapid.Generator[string] { return rapid.StringN(1, 12, -1) }

func party() *rapid.Generator[handoff.Party] {
	return rapid.Map(some(), func(s string) handoff.Party { return handoff.Party(s) })
}

func maybe() *rapid.Generator[handoff.Party] {
	return rapid.Map(word(), func(s string) handoff.Party { return handoff.Party(s) })
}

func moment() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.Int64Range(-1<<50, 1<<52), fromMicros)
}

func number(from uint64) *rapid.Generator[uint64] { return rapid.Uint64Range(from, 1<<62) }

// list makes slices that are nil when they are empty, as the store returns them.
func list[T any](g *rapid.Generator[T]) *rapid.Generator[[]T] {
	return rapid.Map(rapid.SliceOfN(g, 0, 3), func(s []T) []T {
		if len(s) == 0 {
			return nil
		}
		return s
	})
}

func fields() *rapid.Generator[[]desk.Field] {
	return list(rapid.Custom(func(t *rapid.T) desk.Field {
		return desk.Field{Var: word().Draw(t, "var"), Label: word().Draw(t, "label"), Value: word().Draw(t, "value")}
	}))
}

// change draws anew whatever of a conversation may change.
func change(t *rapid.T, c *desk.Conversation) {
	c.Phase = handoff.Phase(rapid.IntRange(0, 2).Draw(t, "phase"))
	c.Holder, c.Offer = "", handoff.Offer{}
	if c.Phase == handoff.Active {
		c.Holder = party().Draw(t, "holder")
	}
	if c.Phase != handoff.Idle && rapid.Bool().Draw(t, "offered") {
		c.Offer = handoff.Offer{
			ID: some().Draw(t, "offer"), By: maybe().Draw(t, "offer by"), Ringing: list(maybe()).Draw(t, "ringing"),
			Next: list(maybe()).Draw(t, "next"), Passed: list(maybe()).Draw(t, "passed"),
			Timeout: time.Duration(rapid.Int64().Draw(t, "timeout")), Expires: moment().Draw(t, "expires"),
			Mode: handoff.Mode(rapid.IntRange(0, 4).Draw(t, "mode")),
		}
	}
	c.Guests, c.Aside = list(party()).Draw(t, "guests"), maybe().Draw(t, "aside")
	c.Quiet, c.Was = rapid.Bool().Draw(t, "quiet"), maybe().Draw(t, "was")
	c.Last = handoff.Closed{}
	if rapid.Bool().Draw(t, "closed") {
		c.Last = handoff.Closed{
			ID: word().Draw(t, "last"), State: handoff.State(word().Draw(t, "state")),
			By: maybe().Draw(t, "last by"), Epoch: number(0).Draw(t, "last epoch"),
		}
	}
	c.Session, c.Epoch = number(1).Draw(t, "session"), number(0).Draw(t, "epoch")
	c.Seq = number(c.Seq).Draw(t, "seq") // it never falls
	c.First = rapid.Uint64Range(0, c.Seq+1).Draw(t, "first")
	c.Hops = rapid.IntRange(0, 1<<30).Draw(t, "hops")
	c.Queue, c.Name = word().Draw(t, "queue"), word().Draw(t, "name")
	c.Lang, c.Reach = word().Draw(t, "lang"), word().Draw(t, "reach")
	c.Info = fields().Draw(t, "info")
	c.Route = desk.Routing{
		Since: moment().Draw(t, "since"), Heard: moment().Draw(t, "heard"), PlacedAt: moment().Draw(t, "placed"),
		Closed: moment().Draw(t, "closed until"), Skill: word().Draw(t, "skill"), Last: maybe().Draw(t, "held last"),
		Place: rapid.IntRange(0, 99).Draw(t, "place"),
	}
}

func conversation(t *rapid.T, domain string) *desk.Conversation {
	c := &desk.Conversation{
		Domain: domain, Local: some().Draw(t, "local"), Number: rapid.Int64Range(1, 1<<62).Draw(t, "number"),
		Entry: word().Draw(t, "entry"),
	}
	c.Caller = party().Draw(t, "caller")
	change(t, c)
	return c
}

func line(t *rapid.T, c *desk.Conversation, seq uint64) desk.Line {
	l := desk.Line{
		Conversation: c.Local, Session: number(1).Draw(t, "session"), Seq: seq, Epoch: number(0).Draw(t, "epoch"),
		At: moment().Draw(t, "at"), By: maybe().Draw(t, "by"), Role: desk.Role(word().Draw(t, "role")),
		Name: word().Draw(t, "name"), To: maybe().Draw(t, "to"), StanzaID: word().Draw(t, "stanza"),
		Private: rapid.Bool().Draw(t, "private"),
		Body:    word().Draw(t, "body"), Payload: list(rapid.Byte()).Draw(t, "payload"),
	}
	if rapid.Bool().Draw(t, "has origin") {
		l.OriginID = fmt.Sprint(word().Draw(t, "origin"), seq) // unique
	}
	return l
}

func transfer(t *rapid.T, c *desk.Conversation) desk.Transfer {
	return desk.Transfer{
		ID: some().Draw(t, "transfer"), Domain: c.Domain, Conversation: c.Local,
		Session: number(1).Draw(t, "session"), By: maybe().Draw(t, "by"), ByName: word().Draw(t, "by name"),
		Target: desk.Target{
			Agent: maybe().Draw(t, "agent"), Queue: word().Draw(t, "queue"), Skill: word().Draw(t, "skill"),
		},
		Mode: word().Draw(t, "mode"), Reason: word().Draw(t, "reason"), ReasonLang: word().Draw(t, "lang"),
		Share: desk.Share{None: rapid.Bool().Draw(t, "none"), Last: rapid.IntRange(0, 99).Draw(t, "share")},
		Info:  fields().Draw(t, "info"), Through: number(0).Draw(t, "through"),
		At: moment().Draw(t, "at"), Deadline: moment().Draw(t, "deadline"),
	}
}

func outcome(t *rapid.T, c *desk.Conversation, id string, role handoff.Role) desk.Outcome {
	return desk.Outcome{
		Transfer: id, Domain: c.Domain, Conversation: c.Local, At: moment().Draw(t, "at"),
		Outcome: handoff.Outcome{
			Transfer: id, To: party().Draw(t, "to"), Role: role, State: handoff.State(some().Draw(t, "state")),
			By: maybe().Draw(t, "by"), Epoch: number(0).Draw(t, "epoch"), Reason: word().Draw(t, "reason"),
		},
	}
}
