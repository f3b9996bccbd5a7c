package handoff

import (
	"fmt"
	"strings"
)

// show writes a conversation in one line, as the tables of these tests do.
func show(c Conversation) string {
	b := &strings.Builder{}
	fmt.Fprintf(b, "%v %s s%d e%d n%d h%d", c.Phase, name(c.Holder), c.Session, c.Epoch, c.Seq, c.Hops)
	if c.Aside != "" {
		fmt.Fprintf(b, " aside %s", c.Aside)
	}
	if c.Quiet {
		b.WriteString(" quiet")
	}
	if c.Was != "" {
		fmt.Fprintf(b, " was %s", c.Was)
	}
	if len(c.Guests) > 0 {
		fmt.Fprintf(b, " with %s", names(c.Guests))
	}
	if o := c.Offer; o.Open() {
		fmt.Fprintf(b, " | %s by %s%s rings %s", o.ID, name(o.By), inMode(o.Mode), names(o.Ringing))
		if len(o.Next) > 0 {
			fmt.Fprintf(b, " then %s", names(o.Next))
		}
		if len(o.Passed) > 0 {
			fmt.Fprintf(b, " passed %s", names(o.Passed))
		}
		fmt.Fprintf(b, " until %v", o.Expires.Sub(epochOfTests))
	}
	if l := c.Last; l.ID != "" {
		fmt.Fprintf(b, " | last %s %s", l.ID, l.State)
		if l.By != "" {
			fmt.Fprintf(b, " %s e%d", l.By, l.Epoch)
		}
	}
	return b.String()
}

// showAll writes effects in order, in one line.
func showAll(fx []Effect) string {
	var all []string
	for _, f := range fx {
		all = append(all, showEffect(f))
	}
	return strings.Join(all, "; ")
}

func showEffect(fx Effect) string {
	switch f := fx.(type) {
	case Opened:
		return fmt.Sprintf("opened s%d", f.Session)
	case Line:
		private := ""
		if f.Private {
			private = " private"
		}
		return fmt.Sprintf("line %d e%d %s>%s%s", f.Seq, f.Epoch, f.By, name(f.To), private)
	case Copy:
		return fmt.Sprintf("copy %d e%d %s>%s", f.Seq, f.Epoch, f.By, f.To)
	case Ring:
		return fmt.Sprintf("ring %s %s until %v", f.Transfer, f.To, f.Expires.Sub(epochOfTests))
	case Outcome:
		role := map[Role]string{AsHolder: "holder", AsTarget: "target"}[f.Role]
		return strings.TrimSpace(fmt.Sprintf("tell %s(%s) %s %s by %s e%d %s", f.To, role, f.Transfer, f.State, name(f.By), f.Epoch, f.Reason))
	case Bind:
		return fmt.Sprintf("bind %s e%d", f.To, f.Epoch)
	case Replay:
		return fmt.Sprintf("replay %s e%d %d-%d from %s %s%s", f.To, f.Epoch, f.First, f.Through, name(f.From), f.Transfer, inMode(f.Mode))
	case Unbind:
		return fmt.Sprintf("unbind %s e%d", f.To, f.Epoch)
	case Leave:
		return fmt.Sprintf("leave %s %s by %s e%d", f.To, f.Reason, name(f.By), f.Epoch)
	case Parted:
		aside := ""
		if f.Aside {
			aside = " aside"
		}
		return fmt.Sprintf("parted %s>%s e%d%s", f.Who, f.To, f.Epoch, aside)
	case Moved:
		return fmt.Sprintf("moved %s>%s e%d", name(f.From), f.To, f.Epoch)
	case Ended:
		return fmt.Sprintf("ended s%d", f.Session)
	}
	return fmt.Sprintf("%#v", fx)
}

// inMode says nothing of a warm transfer.
func inMode(m Mode) string {
	if m == Warm {
		return ""
	}
	return " " + m.String()
}

func name(p Party) string {
	if p == "" {
		return "-"
	}
	return string(p)
}

func names(ps []Party) string {
	var all []string
	for _, p := range ps {
		all = append(all, name(p))
	}
	return strings.Join(all, ",")
}

// sentinels are the words the tables use for errors.
var sentinels = map[string]error{
	"session": ErrNoSession, "open": ErrOpen, "holder": ErrNotHolder, "target": ErrNotTarget,
	"transfer": ErrTransfer, "answered": ErrAnswered, "over": ErrOver, "unknown": ErrUnknown,
	"isholder": ErrIsHolder, "nobody": ErrNobody, "hops": ErrHops, "quiet": ErrQuiet, "held": ErrHeld, "bad": errBadEvent,
}

// verdict is a table's word for what Step answered: an error's, "=" for
// nothing to do, "+" for a change.
func verdict(before, after Conversation, fx []Effect, err error) string {
	for word, sentinel := range sentinels {
		if err == sentinel {
			return word
		}
	}
	switch {
	case err != nil:
		return err.Error()
	case len(fx) == 0 && sameConversation(before, after):
		return "="
	}
	return "+"
}
