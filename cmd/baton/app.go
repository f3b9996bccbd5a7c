package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"reflect"
	"sync"
	"time"

	"baton/admin"
	"baton/component"
	"baton/config"
	"baton/desk"
	"baton/fault"
	"baton/sms"
	"baton/store"
	"baton/web"
)

// app is everything a running service consists of; the end-to-end tests and
// the demo run the same.
type app struct {
	cfg       config.Config
	log       *slog.Logger
	store     *store.SQLite
	office    *admin.Office
	desk      *desk.Desk
	component *component.Component
	http      net.Listener // nil: none
	web       *web.Server  // nil: none
	sms       *sms.Server  // nil: none
}

// newApp opens and loads what the service needs. Call run, or close.
func newApp(ctx context.Context, cfg config.Config, log *slog.Logger) (*app, error) {
	src, err := source(cfg)
	if err != nil {
		return nil, err
	}
	tlsConfig, err := cfg.Component.TLSConfig()
	if err != nil {
		return nil, err
	}
	a := &app{cfg: cfg, log: log}
	if a.store, err = store.Open(ctx, src, store.Options{Logger: log}); err != nil {
		return nil, err
	}
	fault.Point("start.opened")
	if a.office, err = admin.Open(ctx, cfg, a.store, log); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	cfg = a.office.Config()
	a.desk = desk.New(desk.Config{
		Domain: cfg.Component.Domain, Store: a.store, Directory: admin.Directory(cfg), Log: log, Policy: policy(cfg),
	})
	if err := a.desk.Restore(ctx); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	fault.Point("start.restored")
	a.component = component.New(component.Config{
		Domain: cfg.Component.Domain, Address: cfg.Component.Address.String(), Secret: cfg.Component.Secret.Reveal(),
		Dial: dialer(cfg.Component.Address, tlsConfig), Desk: a.desk, Archive: a.store, Admin: a.office, Log: log, Version: version,
		Prefix: cfg.Chat.Prefix, Mark: cfg.Chat.SystemMark, Settle: cfg.Chat.Settle, Replies: replies(cfg.Chat),
		RosterGroup: func(queue string) string {
			if cfg.Roster.Group == config.Default().Roster.Group {
				return "" // in the agent's language
			}
			return cfg.Roster.GroupFor(queue)
		},
		Roster: string(cfg.Roster.Strategy), EjabberdAPI: cfg.Roster.EjabberdAPI,
		MaxStanza: int(cfg.Limits.Stanza), MaxBody: int(cfg.Limits.Body),
		Rate: component.Rate{Count: cfg.Limits.Rate.Count, Per: cfg.Limits.Rate.Per}, AskVersion: true,
	})
	if a.sms, err = newSMS(cfg, a); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	if cfg.HTTP.Listen != "" {
		if a.http, err = net.Listen("tcp", cfg.HTTP.Listen); err != nil {
			return nil, errors.Join(fmt.Errorf("http.listen: %w; choose another address, or \"\" for none", err), a.store.Close())
		}
		if a.web, err = newWeb(cfg, a); err != nil {
			return nil, errors.Join(err, a.http.Close(), a.store.Close())
		}
	}
	a.office.Serve(a.desk, a.reconfigured)
	return a, nil
}

// listening returns the address of the web server, empty if there is none.
func (a *app) listening() string {
	if a.http == nil {
		return ""
	}
	return a.http.Addr().String()
}

// run serves until ctx ends, then closes in reverse order: the link first, so
// that nothing new comes in, the desk when all that was read is committed, the
// store last.
func (a *app) run(ctx context.Context) error {
	inner, stopDesk := context.WithCancel(context.WithoutCancel(ctx))
	var wg sync.WaitGroup
	wg.Go(func() { a.desk.Run(inner) })
	wg.Go(func() {
		a.store.Retain(inner, store.Retention{Lines: a.cfg.Archive.Retention, Memory: a.cfg.Session.Memory}, time.Now)
	})
	if a.web != nil {
		wg.Go(func() { a.web.Run(inner) })
	}
	stopPhones := a.runSMS(inner)
	server := newHTTP(a)
	if a.http != nil {
		wg.Go(func() { a.serveHTTP(server) })
	}
	err := a.component.Run(ctx)
	fault.Point("stop.link-closed")
	a.log.Info("closing")
	a.closeHTTP(server)
	stopPhones()
	stopDesk()
	wg.Wait()
	fault.Point("stop.desk-ended")
	return errors.Join(err, a.store.Close())
}

// dialer returns how to reach the server.
func dialer(to config.Endpoint, tc *tls.Config) func(context.Context) (net.Conn, error) {
	d := net.Dialer{Timeout: 10 * time.Second}
	if tc == nil {
		return func(ctx context.Context) (net.Conn, error) { return d.DialContext(ctx, to.Network, to.Address) }
	}
	td := tls.Dialer{NetDialer: &d, Config: tc}
	return func(ctx context.Context) (net.Conn, error) { return td.DialContext(ctx, to.Network, to.Address) }
}

// reload puts a configuration read again in force, as far as that can be done
// while running: agents, queues, offers and transfers. It returns the sections
// that need a restart.
func (a *app) reload(cfg config.Config) (restart []string) {
	a.office.Rebase(cfg, policy(cfg))
	for _, s := range []struct {
		name     string
		was, now any
	}{
		{"component", a.cfg.Component, cfg.Component},
		{"store", a.cfg.Store, cfg.Store},
		{"data_dir", a.cfg.DataDir, cfg.DataDir},
		{"chat", a.cfg.Chat, cfg.Chat},
		{"roster", a.cfg.Roster, cfg.Roster},
		{"archive.retention", a.cfg.Archive.Retention, cfg.Archive.Retention},
		{"limits", a.cfg.Limits, cfg.Limits},
		{"http", a.cfg.HTTP, cfg.HTTP},
		{"web", a.cfg.Web, cfg.Web},
		{"sms", a.cfg.SMS, cfg.SMS},
		{"log", a.cfg.Log, cfg.Log},
	} {
		if !reflect.DeepEqual(s.was, s.now) {
			restart = append(restart, s.name)
		}
	}
	return restart
}

// reconfigured tells the channels of other agents and queues, which the desk has.
func (a *app) reconfigured(cfg config.Config) {
	a.component.Reconfigured()
	if a.web != nil {
		a.web.Configure(webQueues(cfg))
	}
}

func policy(cfg config.Config) desk.Policy {
	return desk.Policy{OfferTimeout: cfg.Offer.Timeout, MaxHops: cfg.Transfer.MaxHops,
		TellCaller: cfg.Transfer.TellCaller, IDFormat: cfg.Session.Address, Inbox: cfg.Limits.Inbox,
		CommitInterval: cfg.Limits.CommitInterval,
		Grace:          cfg.Session.Grace, Idle: cfg.Session.Idle, Memory: cfg.Session.Memory,
		FormerReadsOwn: cfg.Archive.FormerHolder == config.FormerOwn, Copies: copies(cfg.Archive)}
}

// copies says what becomes of the copy of the dialog that a former holder's own
// server has. Whoever may read what they took part in may keep it.
func copies(a config.Archive) desk.Copies {
	if a.FormerHolder == config.FormerOwn || a.ServerCopy == config.CopyKeep {
		return desk.CopiesStay
	}
	return desk.Copies(a.ServerCopy)
}

// replies are the canned replies.
func replies(c config.Chat) (out []component.Reply) {
	for _, r := range c.Replies {
		out = append(out, component.Reply{Name: r.Name, Text: r.Text})
	}
	return out
}
