package doctor

import (
	"context"
	"errors"

	"baton/component"
	"baton/config"
)

// beside does what can be done beside a running service without disturbing it:
// nothing that takes a login, nor a write.
func (v *visit) beside(ctx context.Context) {
	v.part = partLink
	v.add("the rest", NotChecked, needLink+": a second login would take messages from the running service",
		"stop Baton, run doctor, start it again. How rosters are written is in its log (msg=rosters)")
	if v.cfg.Roster.EjabberdAPI == "" || v.cfg.Roster.Strategy != config.RosterAuto && v.cfg.Roster.Strategy != config.RosterEjabberdAPI {
		return
	}
	for _, host := range v.cfg.Agents.Domains {
		v.part = host
		agents := v.agentsOf(host)
		if len(agents) == 0 || ctx.Err() != nil {
			continue
		}
		one, cancel := step(ctx)
		ask := func(agent string) error { return component.EjabberdAccount(one, v.probe(), agent) }
		if err := ask(agents[0]); err == nil || errors.Is(err, component.ErrNoAccount) || v.cfg.Roster.Strategy == config.RosterEjabberdAPI {
			v.on = ejabberd
			v.tellAccounts(one, agents, ask)
		}
		cancel()
	}
}
