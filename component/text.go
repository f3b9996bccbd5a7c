package component

import (
	"fmt"
	"strings"
	"time"

	"baton/desk"
	"baton/handoff"
)

// now is the time for what people read.
func (c *Component) now() time.Time { return time.Now() }

// offerText asks an agent whether they take a session.
func (c *Component) offerText(conv desk.Conversation, t desk.Transfer, d dialog, left time.Duration) string {
	var b strings.Builder
	if t.By == "" {
		fmt.Fprintf(&b, "%s*%s* for %s · %s", c.cfg.Mark, conv.Name, c.desk.Directory().Title(conv.Entry), conv.Tag())
	} else {
		fmt.Fprintf(&b, "%s*%s* from %s for %s · %s", c.cfg.Mark, conv.Name, t.ByName, c.forWhom(t), conv.Tag())
	}
	c.context(&b, t)
	c.quote(&b, d, 6, dialogBytes/8)
	fmt.Fprintf(&b, "\nTake it? Reply y or n (%d s).", max(int(left.Round(time.Second)/time.Second), 1))
	return b.String()
}

func (c *Component) forWhom(t desk.Transfer) string {
	if t.Target.Agent != "" {
		return "you"
	}
	return c.desk.Directory().Title(t.Target.Queue)
}

// context writes what was collected, and the note.
func (c *Component) context(b *strings.Builder, t desk.Transfer) {
	for _, f := range t.Info {
		label := f.Label
		if label == "" {
			label = f.Var
		}
		fmt.Fprintf(b, "\n%s: %s", c.disarm(cleanName(label)), oneLine(f.Value))
	}
	if t.Reason != "" {
		fmt.Fprintf(b, "\nNote: %s", oneLine(c.disarm(t.Reason)))
	}
}

// oneLine makes a text that cannot begin a line of its own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// handoverText is the handover message.
func (c *Component) handoverText(conv desk.Conversation, t desk.Transfer, d dialog, from handoff.Party) string {
	var b strings.Builder
	dir := c.desk.Directory()
	if from == "" {
		fmt.Fprintf(&b, "%s*New session* (%s) · %s", c.cfg.Mark, dir.Title(conv.Entry), conv.Tag())
	} else {
		fmt.Fprintf(&b, "%s*Handed over by %s* (%s → %s) · %s", c.cfg.Mark, dir.NameOf(from),
			dir.Title(conv.Entry), c.forWhom(t), conv.Tag())
	}
	fmt.Fprintf(&b, "\nCustomer: %s", conv.Name)
	c.context(&b, t)
	c.quote(&b, d, dialogLines, dialogBytes)
	return b.String()
}

// quote writes the newest lines of a dialog that fit into so many lines and
// encoded bytes, and how many are left out.
func (c *Component) quote(b *strings.Builder, d dialog, most, size int) {
	var quoted []string
	left := int(d.count)
	for i := len(d.lines) - 1; i >= 0 && len(quoted) < most; i-- {
		l := d.lines[i]
		if l.Body == "" { // a reaction, a retraction
			left--
			continue
		}
		q := fmt.Sprintf("\n> %s %s: %s", l.At.Local().Format("15:04"), c.nameIn(l),
			strings.Join(strings.FieldsFunc(l.Body, isLineEnd), " ⏎ ")) // nobody can forge another's line
		if size -= encodedLen(q); size < 0 {
			break
		}
		quoted = append(quoted, q)
		left--
	}
	if left > 0 {
		fmt.Fprintf(b, "\n… %d earlier %s", left, plural(left, "line", "lines"))
	}
	for i := len(quoted) - 1; i >= 0; i-- {
		b.WriteString(quoted[i])
	}
}

func (c *Component) nameIn(l desk.Line) string {
	name := cleanName(l.Name)
	if name == "" {
		name = string(l.By)
	}
	first, _, _ := strings.Cut(name, " ")
	return first
}

// encodedLen returns how many bytes a text takes up at most in a stanza,
// whoever encodes it.
func encodedLen(s string) int {
	n := len(s)
	for i := range len(s) {
		switch s[i] {
		case '<', '>', '&', '\'', '"', '\n', '\r', '\t':
			n += 5
		}
	}
	return n
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// outcomeText says in words how a transfer ended for whoever learns it.
func (c *Component) outcomeText(conv desk.Conversation, t desk.Transfer, e handoff.Outcome) string {
	dir := c.desk.Directory()
	by := dir.NameOf(e.By)
	why := ""
	if e.Reason != "" && e.State == handoff.Declined {
		why = ": " + oneLine(c.disarm(e.Reason))
	}
	if e.Role == handoff.AsTarget {
		return targetText(conv, by, e)
	}
	to := dir.NameOf(t.Target.Agent)
	if t.Target.Queue != "" {
		to = dir.Title(t.Target.Queue)
	}
	if e.State != handoff.Accepted && (conv.Phase == handoff.Idle || conv.Session != t.Session) {
		return "The transfer ended with the session."
	}
	switch e.State {
	case handoff.Accepted:
		return fmt.Sprintf("Transferred: %s took over. Closed for you.", by)
	case handoff.Declined:
		return fmt.Sprintf("%s declined%s. You keep this chat.", by, why)
	case handoff.Expired:
		return fmt.Sprintf("No answer from %s. You keep this chat.", to)
	case handoff.Cancelled:
		return "Transfer taken back. You keep this chat."
	}
	if t.Target.Queue != "" {
		return fmt.Sprintf("Nobody of %s is there any more. You keep this chat.", to)
	}
	return fmt.Sprintf("%s is gone. You keep this chat.", to)
}

// targetText says it to somebody who was asked.
func targetText(conv desk.Conversation, by string, e handoff.Outcome) string {
	who := fmt.Sprintf("%s (%s)", conv.Tag(), conv.Name)
	if e.State != handoff.Accepted && conv.Phase == handoff.Idle {
		return "The offer of " + who + " is over: the session has ended."
	}
	switch e.State {
	case handoff.Accepted:
		if e.By == e.To {
			return "You took " + who + "."
		}
		return fmt.Sprintf("%s was taken by %s.", who, by)
	case handoff.Declined:
		return "You declined " + who + "."
	case handoff.Expired:
		return "The offer of " + who + " has expired."
	case handoff.Cancelled:
		return fmt.Sprintf("%s took the offer of %s back.", by, who)
	}
	return "The offer of " + who + " is over."
}
