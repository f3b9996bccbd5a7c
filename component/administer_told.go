package component

import (
	"strings"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
)

// toldDirectory lists agents and queues, and which of them are not the file's.
func (c *Component) toldDirectory(v lang.Voice) string {
	var b strings.Builder
	b.WriteString(v.Say("directory"))
	type sort struct { // what was changed is listed even if the file says much
		kind    desk.EntryKind
		changed bool
	}
	listed := map[sort]int{}
	left := 0
	for _, e := range c.cfg.Admin.Entries() {
		of := sort{e.Kind, e.Origin != desk.FromFile}
		if listed[of] >= historyMost || b.Len() > directoryMax {
			left++
			continue
		}
		listed[of]++
		b.WriteString("\n" + c.entryLine(v, e))
	}
	return b.String() + andMore(v, left)
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
		value := cutShort(oneLine(strings.Join(e.Settings[p.key], ", ")), settingMost)
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

// toldChange says what an administrator did. An agent who was removed was in so many
// sessions of others.
func (c *Component) toldChange(v lang.Voice, did desk.Deed, e desk.Entry, beside int) string {
	name := map[desk.Deed]string{desk.Add: "did_add", desk.Alter: "did_alter", desk.Remove: "did_remove", desk.Reset: "did_reset"}[did]
	if did == desk.Reset && e.Settings == nil {
		name = "did_reset_none"
	}
	text := v.Say(name, lang.Args{"Name": e.Name})
	if e.Settings != nil {
		text += "\n" + c.entryLine(v, e)
		return text
	}
	if e.Kind != desk.AgentEntry {
		return text
	}
	if held := c.heldBy(handoff.Party(e.Name)); held > 0 {
		text += " " + v.Say("still_holds", lang.Args{"Count": held, "P": c.cfg.Prefix})
	}
	if beside > 0 {
		text += " " + v.Say("was_beside", lang.Args{"Count": beside})
	}
	return text
}

// beside counts the sessions of others that somebody takes part in.
func (c *Component) beside(who handoff.Party) int {
	return len(c.desk.OpenWhere(func(s *desk.Conversation) bool { return s.Holder != who && s.Has(who) }))
}

// heldBy counts the sessions that somebody holds.
func (c *Component) heldBy(who handoff.Party) int {
	return len(c.desk.OpenWhere(func(s *desk.Conversation) bool { return s.Holder == who }))
}
