package admin

import (
	"baton/config"
	"baton/desk"
	"baton/handoff"
)

// Directory makes of the settings what the desk knows of agents and queues.
func Directory(cfg config.Config) *desk.Directory {
	dir := &desk.Directory{}
	for _, a := range cfg.Agents.List {
		agent := desk.Agent{JID: handoff.Party(a.JID.Bare().String()), Name: a.Name, Queues: a.Queues, Skills: a.Skills,
			Bot: a.Kind == config.Bot, Capacity: a.Capacity, Lang: a.Lang}
		if agent.Name == "" {
			agent.Name = a.JID.Localpart()
		}
		for _, r := range a.Roles {
			agent.Roles = append(agent.Roles, string(r))
		}
		dir.Agents = append(dir.Agents, agent)
	}
	for _, q := range cfg.Queues {
		share := q.Share
		if share == (config.Share{}) {
			share = cfg.Transfer.Share
		}
		var hours desk.Hours // nil: always open
		if q.Hours.String() != "" {
			hours = q.Hours
		}
		dir.Queues = append(dir.Queues, desk.Queue{Name: q.Name, Title: q.Title, Greeting: q.Greeting,
			Hours: hours, Away: q.Away, Overflow: q.Overflow, OverflowAfter: q.OverflowAfter, TellPosition: q.TellPosition,
			Auto: q.Assign == config.AssignAuto, RingAll: q.Ring == config.RingAll,
			Share: desk.Share{None: share.Mode == config.ShareNone, Last: share.Last}})
	}
	return dir
}
