package component_test

import (
	"context"
	"log/slog"
	"slices"

	"mellium.im/xmpp/jid"

	"baton/admin"
	"baton/component"
	"baton/config"
	"baton/desk"
)

// administered reports whether a scenario has an administrator: agents and queues
// can then be changed, and are a configuration file's.
func (o *office) administered() bool {
	return slices.ContainsFunc(o.directory.Agents, func(a desk.Agent) bool { return slices.Contains(a.Roles, "admin") })
}

// file is the configuration file that a scenario's config stands for.
func (o *office) file() config.Config {
	cfg := config.Default()
	cfg.Component.Domain = ourDomain
	cfg.Agents.Domains = []string{"example.com"}
	for _, a := range o.directory.Agents {
		agent := config.Agent{JID: jid.MustParse(string(a.JID)), Name: a.Name, Queues: a.Queues, Skills: a.Skills, Lang: a.Lang,
			Capacity: a.Capacity, Kind: config.Person}
		if agent.Capacity == 0 {
			agent.Capacity = 4
		}
		if a.Bot {
			agent.Kind = config.Bot
		}
		for _, r := range a.Roles {
			agent.Roles = append(agent.Roles, config.Role(r))
		}
		if len(agent.Roles) == 0 {
			agent.Roles = []config.Role{config.RoleAgent}
		}
		cfg.Agents.List = append(cfg.Agents.List, agent)
	}
	for _, q := range o.directory.Queues {
		cfg.Queues = append(cfg.Queues, config.Queue{Name: q.Name, Title: q.Title, Greeting: q.Greeting, Assign: config.AssignOffer,
			Ring: config.RingOne, Share: cfg.Transfer.Share})
	}
	return cfg
}

// open opens the office of a scenario with an administrator, as cmd/baton does.
func (o *office) open(kept desk.Changes, log *slog.Logger) (*admin.Office, *desk.Directory, error) {
	if !o.administered() {
		return nil, &o.directory, nil
	}
	staff, err := admin.Open(context.Background(), o.file(), kept, log)
	if err != nil {
		return nil, nil, err
	}
	return staff, admin.Directory(staff.Config()), nil
}

// serve lets the component change agents and queues.
func serve(staff *admin.Office, d *desk.Desk, c func() *component.Component, cfg *component.Config) {
	if staff == nil {
		return
	}
	cfg.Admin = staff
	staff.Serve(d, func(config.Config) { c().Reconfigured() })
}
