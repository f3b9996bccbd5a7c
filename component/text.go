package component

import (
	"fmt"
	"strings"
	"time"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
)

// now is the time for what people read.
func (c *Component) now() time.Time { return time.Now() }

// offerText asks an agent whether they take a session.
func (c *Component) offerText(v lang.Voice, conv desk.Conversation, t desk.Transfer, d dialog, left time.Duration) string {
	var b strings.Builder
	args := lang.Args{"Name": conv.Name, "Tag": conv.Tag(), "By": t.ByName, "For": c.forWhom(v, t)}
	kind := "offer"
	switch {
	case t.By == "":
		kind = "offer_new"
	case t.Mode == handoff.Consult.String():
		kind = "offer_consult"
	case t.Mode == handoff.Join.String():
		kind = "offer_join"
	case t.Mode == handoff.Reclaimed.String():
		kind = "offer_reclaim"
	}
	b.WriteString(c.cfg.Mark + v.Say(kind, args))
	c.context(&b, v, t)
	question := "take_it"
	switch kind {
	case "offer_consult", "offer_join", "offer_reclaim":
		question = kind + "_it"
	}
	if kind != "offer_reclaim" { // who is asked has the dialog
		c.quote(&b, v, d, 6, dialogBytes/8)
	}
	seconds := max(int(left.Round(time.Second)/time.Second), 1)
	b.WriteString("\n" + v.Say(question, args) + " " + v.Say("reply_y_n", lang.Args{"Seconds": seconds}))
	return b.String()
}

// modeReturn is the mode of the ledger's line of a session that went back to
// its queue.
const modeReturn = "return"

func (c *Component) forWhom(v lang.Voice, t desk.Transfer) string {
	if t.Target.Agent != "" {
		return v.Say("for_you")
	}
	return c.desk.Directory().Title(t.Target.Queue)
}

// context writes what was collected, and the note.
func (c *Component) context(b *strings.Builder, v lang.Voice, t desk.Transfer) {
	c.collected(b, t.Info)
	if t.Reason != "" {
		b.WriteString("\n" + v.Say("why", lang.Args{"Reason": oneLine(c.disarm(t.Reason))}))
	}
}

// collected writes what was collected about a caller.
func (c *Component) collected(b *strings.Builder, info []desk.Field) {
	for _, f := range info {
		label := f.Label
		if label == "" {
			label = f.Var
		}
		fmt.Fprintf(b, "\n%s: %s", c.disarm(cleanName(label)), oneLine(balanced(printable(f.Value))))
	}
}

// oneLine makes a text that cannot begin a line of its own.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// handoverText is the handover message.
func (c *Component) handoverText(v lang.Voice, conv desk.Conversation, t desk.Transfer, d dialog, e handoff.Replay) string {
	dir := c.desk.Directory()
	kind := "handover"
	switch {
	case e.Mode == handoff.Consult:
		kind = "handover_consult"
	case e.Mode == handoff.Join:
		kind = "handover_join"
	case e.Mode == handoff.Reclaimed:
		kind = "handover_reclaim"
	case t.By == "" && t.Target.Agent != "" && t.ByName != dir.NameOf(e.To) && e.From == "":
		kind = "handover_given_new"
	case t.By == "" && t.Target.Agent != "" && t.ByName != dir.NameOf(e.To):
		kind = "handover_given"
	case t.By == "" && t.Target.Agent != "" && e.From == "":
		kind = "handover_taken_new"
	case t.By == "" && t.Target.Agent != "":
		kind = "handover_taken"
	case e.From != "" && t.By == "":
		kind = "handover_queue"
	case e.From == "":
		kind = "handover_new"
	case c.forWhom(v, t) == dir.Title(conv.Entry): // back where it came in
		kind = "handover_back"
	}
	var b strings.Builder
	b.WriteString(c.cfg.Mark + v.Say(kind, lang.Args{"From": dir.NameOf(e.From), "By": t.ByName, "Entry": dir.Title(conv.Entry), "For": c.forWhom(v, t),
		"Queue": dir.Title(conv.Queue), "Tag": conv.Tag(), "Name": conv.Name, "P": c.cfg.Prefix}))
	b.WriteString("\n" + v.Say("customer_is", lang.Args{"Name": conv.Name}))
	c.context(&b, v, t)
	c.quote(&b, v, d, dialogLines, dialogBytes)
	return b.String()
}

// quote writes the newest lines of a dialog that fit into so many lines and
// encoded bytes, and how many are left out.
func (c *Component) quote(b *strings.Builder, v lang.Voice, d dialog, most, size int) {
	var quoted []string
	left := int(d.count)
	for i := len(d.lines) - 1; i >= 0 && len(quoted) < most; i-- {
		l := d.lines[i]
		if l.Body == "" { // a reaction, a retraction
			left--
			continue
		}
		who := c.nameIn(l)
		switch {
		case l.Role == desk.RoleNote:
			who = v.Say("note_by", lang.Args{"Name": who})
		case l.Private: // who reads that was there, or is a supervisor
			who = v.Say("private_by", lang.Args{"Name": who})
		}
		q := fmt.Sprintf("\n> %s %s: %s", l.At.Local().Format("15:04"), who,
			strings.Join(strings.FieldsFunc(l.Body, isLineEnd), " ⏎ ")) // nobody can forge another's line
		if size -= encodedLen(q); size < 0 {
			break
		}
		quoted = append(quoted, q)
		left--
	}
	if left > 0 {
		b.WriteString("\n" + v.Say("earlier", lang.Args{"Count": left}))
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
