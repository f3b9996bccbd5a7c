package component

import (
	"context"
	"errors"
	"fmt"
	"time"

	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// What to change where copies cannot be taken as the settings say.
const (
	copiesTodo = "Prosody: load mod_baton_archive, and set baton_archive_component; " +
		"ejabberd: allow remove_mam_for_user_with_peer in api_permissions, and set roster.ejabberd_api"
	moduleTodo = "under the agents' VirtualHost in Prosody, set baton_archive_component = %q"
)

// find finds out how a server's archives are got at, and says so.
func (x *copies) find(ctx context.Context, host string) archivist {
	mode := x.c.desk.Policy().Copies
	log := x.c.log.With("host", host)
	m := archiveModule{x.c, host}
	err := m.query(ctx)
	if err == nil {
		log.Info("archive copies", "server_copy", mode, "by", m.name())
		return m
	}
	todo := copiesTodo
	var refused *refusedError
	if errors.As(err, &refused) && refused.condition == string(stanza.Forbidden) {
		todo = fmt.Sprintf(moduleTodo, x.c.cfg.Domain)
	}
	apiErr := x.tryAPI(ctx, host)
	switch {
	case ctx.Err() != nil:
		return nil
	case apiErr == nil && mode == desk.CopiesMove:
		log.Info("archive copies", "server_copy", desk.CopiesGo, "by", x.c.rosters.api.name(),
			"why", "ejabberd's API can remove, not insert; the handover message gives the new holder the dialog")
		return x.c.rosters.api
	case apiErr == nil:
		log.Info("archive copies", "server_copy", mode, "by", x.c.rosters.api.name())
		return x.c.rosters.api
	}
	log.Warn("archive copies", "server_copy", "keep", "why", fmt.Sprintf("no module of Prosody (%v), no API of ejabberd (%v)", err, apiErr),
		"to_change", todo)
	return nil
}

// tryAPI finds out whether ejabberd's API removes copies: those with our domain
// itself, of which there are none.
func (x *copies) tryAPI(ctx context.Context, host string) error {
	api := x.c.rosters.api
	if api == nil {
		return errors.New("roster.ejabberd_api is empty")
	}
	for again := false; ; again = true {
		err := error(errNoAccount)
		if agents := x.c.rosters.agentsOf(host); len(agents) > 0 {
			err = api.removeCopy(ctx, agents[0], x.c.cfg.Domain)
		}
		if err == nil || again {
			return err
		}
		select {
		case <-time.After(apiPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// removeCopy takes a conversation out of an agent's archive. It is content where
// there is none.
func (e *ejabberdAPI) removeCopy(ctx context.Context, agent handoff.Party, contact string) error {
	args := accountArgs(agent)
	args["with"] = contact
	var result any
	return e.call(ctx, "remove_mam_for_user_with_peer", args, &result)
}
