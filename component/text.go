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
	who := fmt.Sprintf("*%s*", conv.Name)
	question := "Take it?"
	b.WriteString(c.cfg.Mark)
	switch {
	case t.By == "":
		fmt.Fprintf(&b, "%s for %s · %s", who, c.forWhom(t), conv.Tag())
	case t.Mode == handoff.Consult.String():
		fmt.Fprintf(&b, "%s asks for your advice on %s · %s", t.ByName, who, conv.Tag())
		question = "Talk with " + t.ByName + ", unseen by the customer?"
	case t.Mode == handoff.Join.String():
		fmt.Fprintf(&b, "%s asks you to join the chat with %s · %s", t.ByName, who, conv.Tag())
		question = "Join?"
	case t.Mode == handoff.Reclaimed.String():
		fmt.Fprintf(&b, "%s asks for %s back · %s", t.ByName, who, conv.Tag())
		question = "Give it back?"
	default:
		fmt.Fprintf(&b, "%s from %s for %s · %s", who, t.ByName, c.forWhom(t), conv.Tag())
	}
	c.context(&b, t)
	if t.Mode != handoff.Reclaimed.String() { // who is asked has the dialog
		c.quote(&b, d, 6, dialogBytes/8)
	}
	fmt.Fprintf(&b, "\n%s Reply y or n (%d s).", question, max(int(left.Round(time.Second)/time.Second), 1))
	return b.String()
}

// modeReturn is the mode of the ledger's line of a session that went back to
// its queue.
const modeReturn = "return"

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
		fmt.Fprintf(b, "\n%s: %s", c.disarm(cleanName(label)), oneLine(balanced(printable(f.Value))))
	}
	if t.Reason != "" {
		fmt.Fprintf(b, "\nNote: %s", oneLine(c.disarm(t.Reason)))
	}
}

// oneLine makes a text that cannot begin a line of its own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// handoverText is the handover message.
func (c *Component) handoverText(conv desk.Conversation, t desk.Transfer, d dialog, e handoff.Replay) string {
	var b strings.Builder
	dir := c.desk.Directory()
	from := dir.NameOf(e.From)
	b.WriteString(c.cfg.Mark)
	switch {
	case e.Mode == handoff.Consult:
		fmt.Fprintf(&b, "*%s asks for your advice* · %s\nOnly %s sees what you write here. %sdone ends it.", from, conv.Tag(), from, c.cfg.Prefix)
	case e.Mode == handoff.Join:
		fmt.Fprintf(&b, "*You joined %s* · %s\n%s sees what you write here. %sdone leaves.", from, conv.Tag(), conv.Name, c.cfg.Prefix)
	case e.Mode == handoff.Reclaimed:
		fmt.Fprintf(&b, "*Yours again* · %s", conv.Tag())
	case e.From != "" && t.By == "":
		fmt.Fprintf(&b, "*From the queue* (%s), before with %s · %s", c.forWhom(t), from, conv.Tag())
	case e.From == "":
		fmt.Fprintf(&b, "*New session* (%s) · %s", c.forWhom(t), conv.Tag())
	default:
		fmt.Fprintf(&b, "*Handed over by %s* (%s → %s) · %s", from, dir.Title(conv.Entry), c.forWhom(t), conv.Tag())
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
	if l.Role == desk.RoleCaller && c.taken(first) {
		first += customer
	}
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
