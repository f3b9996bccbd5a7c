package doctor_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"baton/config"
	"baton/desk"
	"baton/doctor"
	"baton/store"
)

// Agents and queues are looked at as the service has them, and which of them are
// not the file's is said.
func TestDirectory(t *testing.T) {
	for name, tt := range map[string]struct {
		changes []desk.Change
		want    line
		config  line
	}{
		"as in the file": {nil, line{}, line{"configuration", ok, "2 agents, 1 queue", ""}},
		"changed": {[]desk.Change{{Kind: desk.AgentEntry, Name: "bob@example.com"}, {Kind: desk.QueueEntry, Name: "vip", Settings: `{"name":"vip"}`}},
			line{"agents and queues", ok, "changed by administrators: agent bob@example.com (removed by sue@example.com), queue vip (added by sue@example.com)", ""},
			line{"configuration", degraded, "1 agent, 2 queues; nobody answers vip", "agents.list"}},
		"left out": {[]desk.Change{{Kind: desk.AgentEntry, Name: "kim@example.com", Settings: `{"jid":"kim@example.com","queues":["gone"]}`}},
			line{"agents and queues", degraded, `left out, as the configuration does not go with it any more: agent kim@example.com: queues[0]: found "gone"`, "reset"},
			line{"configuration", ok, "2 agents, 1 queue", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t)
				for i := range b.cfg.Agents.List {
					b.cfg.Agents.List[i].Capacity, b.cfg.Agents.List[i].Roles = 4, []config.Role{config.RoleAgent}
				}
				s, err := store.Open(b.ctx, b.src, store.Options{})
				require.NoError(t, err)
				for i, c := range tt.changes {
					c.Domain, c.By, c.At = ours, "sue@example.com", time.Unix(int64(i), 0)
					require.NoError(t, s.KeepChange(b.ctx, c))
				}
				require.NoError(t, s.Close())
				found, err := b.run()
				require.NoError(t, err)
				want := map[string]line{tt.config.name: tt.config}
				if tt.want.name == "" {
					require.NotContains(t, found, "agents and queues")
				} else {
					want[tt.want.name] = tt.want
				}
				for name, l := range want {
					require.Equal(t, l.status, found[name].Status, "%+v", found[name])
					require.Contains(t, found[name].Text, l.text)
					require.Contains(t, found[name].Fix, l.fix)
				}
				require.Equal(t, doctor.OK, found["login"].Status, "the rest is checked too")
			})
		})
	}
}
