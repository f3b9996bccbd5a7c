package component

import (
	"fmt"
	"strings"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
)

// toldDirectory lists agents and queues, and which of them are not the file's.
func (c *Component) toldDirectory(v lang.Voice) string {
	var b strings.Builder
	b.WriteString(v.Say("directory"))
	listed := map[desk.EntryKind]int{}
	left := 0
	for _, e := range c.cfg.Admin.Entries() {
		switch listed[e.Kind]++; {
		case listed[e.Kind] > historyMost && e.Origin == desk.FromFile:
			left++
		default:
			b.WriteString("\n" + c.entryLine(v, e))
		}
	}
	if left > 0 {
		fmt.Fprintf(&b, "\n… %d", left)
	}
	return b.String()
}

// entryLine says how an agent or a queue is set up, and by whom.
func (c *Component) entryLine(v lang.Voice, e desk.Entry) string {
	ps := agentSettings()
	if e.Kind == desk.QueueEntry {
		ps = queueSettings()
	}
	line := v.Say("entry_"+string(e.Kind), lang.Args{"Name": e.Name})
	var said []string
	for _, p := range ps[1:] {
		value := oneLine(strings.Join(e.Settings[p.key], ", "))
		if value != "" && value != "false" && !(p.key == "overflow_after" && len(e.Settings["overflow"]) == 0) {
			said = append(said, p.key+": "+value)
		}
	}
	if len(said) > 0 {
		line += ": " + strings.Join(said, "; ")
	}
	if e.Origin != desk.FromFile {
		line += " · " + v.Say("origin_by", lang.Args{"Origin": v.Say("origin_" + string(e.Origin)), "By": string(e.By),
			"At": e.At.Local().Format("2006-01-02 15:04")})
	}
	if e.Problem != "" {
		line += " · " + v.Say("origin_left_out", lang.Args{"Problem": oneLine(e.Problem)})
	}
	return line
}

// toldChange says what an administrator did.
func (c *Component) toldChange(v lang.Voice, did desk.Deed, e desk.Entry) string {
	name := map[desk.Deed]string{desk.Add: "did_add", desk.Alter: "did_alter", desk.Remove: "did_remove", desk.Reset: "did_reset"}[did]
	if did == desk.Reset && e.Settings == nil {
		name = "did_reset_none"
	}
	text := v.Say(name, lang.Args{"Name": e.Name})
	if e.Settings != nil {
		text += "\n" + c.entryLine(v, e)
	} else if held := c.heldBy(handoff.Party(e.Name)); e.Kind == desk.AgentEntry && held > 0 {
		text += " " + v.Say("still_holds", lang.Args{"Count": held, "P": c.cfg.Prefix})
	}
	return text
}

// heldBy counts the sessions that somebody holds.
func (c *Component) heldBy(who handoff.Party) int {
	return len(c.desk.OpenWhere(func(s *desk.Conversation) bool { return s.Holder == who }))
}
