package component

import (
	"context"

	"baton/handoff"
	"baton/stanza"
)

// noRoster leaves rosters alone. Messages arrive all the same; whether an agent
// is there is known of those who took the transfer desk among their contacts, and
// of those who write to it.
type noRoster struct{}

func (noRoster) name() string { return RosterNone }
func (noRoster) asks() bool   { return true }

func (noRoster) put(context.Context, handoff.Party, stanza.RosterItem) error { return nil }
func (noRoster) remove(context.Context, handoff.Party, string) error         { return nil }

func (noRoster) get(context.Context, handoff.Party) ([]stanza.RosterItem, error) {
	return nil, errNoRoster
}
