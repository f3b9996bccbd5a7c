package main

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"mellium.im/xmpp/jid"

	"baton/config"
	"baton/desk"
)

// What an administrator changes is what the desk and the chat page go by, when the
// file is read again and after a restart too.
func TestChangedWhileRunning(t *testing.T) {
	cfg := config.Default()
	cfg.Component.Domain, cfg.Component.Secret, cfg.DataDir = "handoff.example.com", "s3cret", t.TempDir()
	cfg.HTTP.Listen, cfg.Web.Enabled = "127.0.0.1:0", true
	cfg.Agents.Domains = []string{"example.com"}
	cfg.Agents.List = []config.Agent{{JID: jid.MustParse("sue@example.com"), Roles: []config.Role{config.RoleAdmin}, Kind: config.Person, Capacity: 4}}
	cfg.Queues = []config.Queue{{Name: "support", Title: "Support", Assign: config.AssignOffer, Ring: config.RingOne}}

	running := func(do func(a *app)) {
		a, err := newApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		ctx, stop := context.WithCancel(context.Background())
		var wg sync.WaitGroup
		wg.Go(func() { a.desk.Run(ctx) })
		do(a)
		stop()
		wg.Wait()
		require.NoError(t, a.http.Close())
		require.NoError(t, a.store.Close())
	}
	there := func(a *app) {
		t.Helper()
		_, ok := a.desk.Directory().Queue("vip")
		require.True(t, ok)
		agent, _ := a.desk.Directory().Agent("bob@example.com")
		require.Equal(t, []string{"vip"}, agent.Queues)
		page := httptest.NewRecorder()
		a.web.Handler().ServeHTTP(page, httptest.NewRequest("GET", "http://127.0.0.1/html?queue=vip", nil))
		require.Contains(t, page.Body.String(), "vip")
		require.Contains(t, summary(a.office.Config(), ""), "queue      vip@handoff.example.com (bob)")
	}
	running(func(a *app) {
		for _, e := range []desk.Edit{
			{Kind: desk.QueueEntry, Do: desk.Add, Settings: map[string][]string{"name": {"vip"}}},
			{Kind: desk.AgentEntry, Do: desk.Add, Settings: map[string][]string{"jid": {"bob@example.com"}, "queues": {"vip"}}},
		} {
			e.By = "sue@example.com"
			_, err := a.office.Change(t.Context(), e)
			require.NoError(t, err)
		}
		there(a)
		more := cfg
		more.Offer.Timeout = 7e9
		require.Empty(t, a.reload(more))
		there(a)
		require.Equal(t, more.Offer.Timeout, a.desk.Policy().OfferTimeout)
	})
	running(there)
}
