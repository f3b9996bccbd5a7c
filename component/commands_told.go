package component

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

func toldTransfer(c *Component, v lang.Voice, _ ask, _ input, res desk.Result) string {
	dir := c.desk.Directory()
	to := dir.Title(res.Transfer.Target.Queue)
	if res.Transfer.Target.Agent != "" {
		to = dir.NameOf(res.Transfer.Target.Agent)
	}
	args := lang.Args{"To": to, "P": c.cfg.Prefix}
	switch {
	case res.Conversation.Offer.ID != res.Transfer.ID: // to the agent consulted: moved at once
		return ""
	case res.Transfer.Mode == handoff.Blind.String():
		return v.Say("offered_blind", args)
	case res.Transfer.Mode == handoff.Consult.String():
		return v.Say("offered_consult", args)
	case res.Transfer.Mode == handoff.Join.String():
		return v.Say("offered_join", args)
	}
	return v.Say("offered", args)
}

// Reply is a canned reply.
type Reply struct{ Name, Text string }

// cannedReply says a canned reply to the caller; without a name it lists them.
func cannedReply(c *Component, a ask, x input) (desk.Request, error) {
	if x.name == "" {
		return nil, nil
	}
	for _, r := range c.cfg.Replies {
		if strings.EqualFold(r.Name, x.name) {
			return desk.AgentSays{Local: a.local, By: a.by, Text: c.text(a, r.Text)}, nil
		}
	}
	return nil, &said{stanza.ItemNotFound, "no_reply", lang.Args{"Name": x.name, "P": c.cfg.Prefix}}
}

func toldReply(c *Component, v lang.Voice, _ ask, x input, res desk.Result) string {
	if x.name != "" {
		return v.Say("replied", lang.Args{"Text": oneLine(res.Line.Body)})
	}
	if len(c.cfg.Replies) == 0 {
		return v.Say("no_replies")
	}
	var b strings.Builder
	b.WriteString(v.Say("replies"))
	all := c.cfg.Replies
	for _, r := range all[:min(len(all), historyMost)] {
		fmt.Fprintf(&b, "\n%sr %s – %s", c.cfg.Prefix, r.Name, cutShort(oneLine(r.Text), settingMost))
	}
	return b.String() + andMore(v, len(all)-historyMost)
}

func toldInfo(c *Component, v lang.Voice, _ ask, _ input, res desk.Result) string {
	conv := res.Conversation
	if len(conv.Info) == 0 {
		return v.Say("info_none", lang.Args{"Name": conv.Name, "P": c.cfg.Prefix})
	}
	var b strings.Builder
	b.WriteString(v.Say("info_known", lang.Args{"Name": conv.Name}))
	c.collected(&b, conv.Info)
	return b.String()
}

// toldWho says who takes part in a conversation.
func toldWho(c *Component, v lang.Voice, _ ask, _ input, res desk.Result) string {
	conv, dir := res.Conversation, c.desk.Directory()
	names := func(who []handoff.Party) string {
		var all []string
		for _, p := range who {
			all = append(all, dir.NameOf(p))
		}
		return strings.Join(all, ", ")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s (%s) · %s", conv.Tag(), conv.Name, conv.Caller, dir.Title(conv.Queue))
	line := func(name string, who ...handoff.Party) {
		who = slices.DeleteFunc(who, func(p handoff.Party) bool { return p == "" })
		if len(who) > 0 {
			b.WriteString("\n" + v.Say(name, lang.Args{"Who": names(who)}))
		}
	}
	switch conv.Phase {
	case handoff.Idle:
		b.WriteString("\n" + v.Say("who_over"))
	case handoff.Waiting:
		b.WriteString("\n" + v.Say("who_waits", lang.Args{"Since": clock(conv.Route.Since)}))
	}
	line("who_holds", conv.Holder)
	line("who_joined", conv.Guests...)
	line("who_advises", conv.Aside)
	line("who_asked", conv.Offer.Ringing...)
	c.collected(&b, conv.Info)
	return b.String()
}

// clock is a time as people read it: of today.
func clock(t time.Time) string { return t.Local().Format("15:04") }

// Bounds of !history.
const (
	historyLines = 20
	historyMost  = 100
	historyBytes = 12 << 10
)

// history returns the newest lines that the asker may read.
func history(ctx context.Context, c *Component, v lang.Voice, a ask, x input, res desk.Result) (string, error) {
	if c.cfg.Archive == nil {
		return v.Say("history_none"), nil
	}
	view, err := c.desk.View(ctx, c.cfg.Archive, res.Conversation, res.Standing, a.by)
	if err != nil {
		return "", err
	}
	n := min(max(x.count, 0), historyMost)
	if n == 0 {
		n = historyLines
	}
	lines, more, err := c.cfg.Archive.ArchivePage(ctx, desk.ArchiveQuery{Domain: c.cfg.Domain, Local: a.local,
		View: view, Backward: true, Limit: n, Bytes: 4 * historyBytes})
	if err != nil {
		return "", fmt.Errorf("%w: %w", desk.ErrStore, err)
	}
	if !c.stands(ctx, archiveQuery{by: a.by, conv: res.Conversation, standing: res.Standing}) {
		return "", &said{stanza.Gone, "moved_meanwhile", nil}
	}
	if len(lines) == 0 {
		return v.Say("history_none"), nil
	}
	var b strings.Builder
	b.WriteString(v.Say("history_of", lang.Args{"Name": res.Conversation.Name, "Tag": res.Conversation.Tag()}))
	if more {
		b.WriteString("\n" + v.Say("history_more", lang.Args{"P": c.cfg.Prefix, "Most": historyMost}))
	}
	c.quote(&b, v, dialog{lines: lines, count: uint64(len(lines))}, n, historyBytes)
	return b.String(), nil
}

// offersTo lists the open sessions that an agent is asked to take.
func (c *Component) offersTo(who handoff.Party) []desk.Conversation {
	return c.desk.OpenWhere(func(o *desk.Conversation) bool { return o.Offer.Rings(who) })
}

// waitingFor lists the sessions that wait where an agent works.
func (c *Component) waitingFor(a desk.Agent) []desk.Conversation {
	return c.desk.OpenWhere(func(o *desk.Conversation) bool {
		return o.Phase == handoff.Waiting && (a.Oversees() || slices.Contains(a.Queues, o.Queue))
	})
}

// toldQueues says how full the queues are that somebody works for.
func toldQueues(c *Component, v lang.Voice, a desk.Agent) string {
	figures := c.desk.Figures()
	theirs := slices.DeleteFunc(slices.Clone(figures.Queues), func(q desk.QueueFigures) bool {
		return !a.Oversees() && !slices.Contains(a.Queues, q.Name)
	})
	var lines []string
	for _, q := range fullest(theirs) {
		line := v.Say("queue_line", lang.Args{"Queue": q.Title, "Waiting": q.Waiting, "Free": q.Available, "Online": q.Online})
		if q.Waiting > 0 {
			line += " " + v.Say("queue_since", lang.Args{"Since": clock(q.Since)})
		}
		if !q.Open {
			line += " " + v.Say("queue_closed")
		}
		lines = append(lines, line)
	}
	if more := strings.TrimPrefix(andMore(v, len(theirs)-historyMost), "\n"); more != "" {
		lines = append(lines, more)
	}
	if f, ok := figures.Agent(a.JID); ok {
		lines = append(lines, v.Say("queue_you", lang.Args{"Load": load(v, f)}))
		if f.Paused {
			lines = append(lines, v.Say("queue_paused", lang.Args{"P": c.cfg.Prefix}))
		}
	}
	return strings.Join(lines, "\n")
}

// fullest are those of many queues that are worth knowing of; of a few, all.
func fullest(all []desk.QueueFigures) []desk.QueueFigures {
	if len(all) <= historyMost {
		return all
	}
	return slices.SortedStableFunc(slices.Values(all), func(p, q desk.QueueFigures) int { return q.Waiting - p.Waiting })[:historyMost]
}

// load is how many sessions an agent is in, of how many they can be.
func load(v lang.Voice, f desk.AgentFigures) string {
	if f.Capacity == 0 {
		return fmt.Sprint(f.Held)
	}
	return v.Say("load", lang.Args{"Held": f.Held, "Capacity": f.Capacity})
}

// toldAgents says how the agents are of the queues that somebody works for.
func toldAgents(c *Component, v lang.Voice, a desk.Agent) string {
	var all []desk.AgentFigures
	for _, f := range c.desk.Figures().Agents {
		shares := slices.ContainsFunc(f.Queues, func(q string) bool { return slices.Contains(a.Queues, q) })
		if f.JID == a.JID || shares || a.Oversees() {
			all = append(all, f)
		}
	}
	if len(all) > historyMost { // those first who are worth knowing of
		slices.SortStableFunc(all, func(f, g desk.AgentFigures) int { return standsAt(f, a) - standsAt(g, a) })
	}
	var b strings.Builder
	b.WriteString(v.Say("agents"))
	for _, f := range all[:min(len(all), historyMost)] {
		fmt.Fprintf(&b, "\n%s (%s): %s, %s", f.Name, f.JID, v.Say("agent_"+condOf(f)), load(v, f))
	}
	return b.String() + andMore(v, len(all)-historyMost)
}

// standsAt says where in a long list an agent stands: who reads it first, then who
// is free, then who is there.
func standsAt(f desk.AgentFigures, reader desk.Agent) int {
	switch {
	case f.JID == reader.JID:
		return 0
	case f.Available:
		return 1
	case f.Online:
		return 2
	}
	return 3
}

// condOf says in a word how an agent is: the texts agent_free and so on.
func condOf(f desk.AgentFigures) string {
	switch {
	case !f.Online:
		return "offline"
	case f.Paused:
		return "paused"
	case f.Available:
		return "free"
	case f.Capacity > 0 && f.Held >= f.Capacity:
		return "full"
	}
	return "away"
}

// toldSessions lists the open sessions.
func toldSessions(c *Component, v lang.Voice) string {
	open, dir := c.desk.Open(), c.desk.Directory()
	if len(open) == 0 {
		return v.Say("sessions_none")
	}
	var b strings.Builder
	b.WriteString(v.Say("sessions"))
	for _, o := range open[:min(len(open), historyMost)] {
		state := v.Say("session_waits", lang.Args{"Since": clock(o.Route.Since)})
		if o.Phase == handoff.Active {
			state = v.Say("session_held", lang.Args{"Who": dir.NameOf(o.Holder), "Heard": clock(o.Route.Heard)})
		}
		fmt.Fprintf(&b, "\n%s %s · %s · %s", o.Tag(), o.Name, dir.Title(o.Queue), state)
	}
	return b.String() + andMore(v, len(open)-historyMost)
}
