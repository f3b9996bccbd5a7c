package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"baton/config"
	"baton/metrics"
	"baton/web"
)

// newWeb makes the chat page; nil where it is not wanted.
func newWeb(cfg config.Config, a *app) (*web.Server, error) {
	if !cfg.Web.Enabled {
		return nil, nil
	}
	var style []byte
	if cfg.Web.StyleFile != "" {
		var err error
		if style, err = os.ReadFile(cfg.Web.StyleFile); err != nil {
			return nil, fmt.Errorf("web.style_file: %w", err)
		}
	}
	public := cfg.Public()
	if cfg.Web.PublicURL == "" { // the port may be any that was free
		public = "http://" + a.listening()
	}
	return web.New(web.Config{
		Desk: a.desk, Mailbox: a.store, Dir: filepath.Join(cfg.DataDir, "files"), Log: a.log,
		PublicURL: public, EmbedOrigins: cfg.Web.EmbedOrigins, TrustedProxies: cfg.Web.Prefixes(),
		IdentitySecret: []byte(cfg.Web.IdentitySecret.Reveal()), Style: style, Queues: webQueues(cfg),
		MaxBody: int(cfg.Limits.Body), MaxFile: int64(cfg.Web.Files.Max), MaxFiles: int64(cfg.Web.Files.Total),
		FileTypes: cfg.Web.Files.Accepted(), Remember: cfg.Session.Memory,
		Sessions: web.Rate(cfg.Web.Sessions), Messages: web.Rate(cfg.Web.Messages),
		SafeText: a.component.SafeText, SafeName: a.component.SafeName,
	})
}

// webQueues are the queues that visitors may write to.
func webQueues(cfg config.Config) []web.Queue {
	var out []web.Queue
	for _, q := range cfg.Queues {
		if len(cfg.Web.Queues) > 0 && !slices.Contains(cfg.Web.Queues, q.Name) {
			continue
		}
		wq := web.Queue{Name: q.Name, Title: q.Title, Away: q.Away, Open: q.Hours.Open}
		for _, f := range q.Form {
			wq.Form = append(wq.Form, web.Field{Name: f.Name, Label: f.Label, Kind: web.Kind(f.Type), Required: f.Required,
				Options: f.Options})
		}
		out = append(out, wq)
	}
	return out
}

// newHTTP makes the web server: health, and the chat page where it is wanted.
func newHTTP(a *app) *http.Server {
	mux := http.NewServeMux()
	health := metrics.Health(metrics.Check{Name: "server", Ok: a.component.Connected})
	mux.Handle("/healthz", health)
	mux.Handle("/readyz", health)
	if a.web != nil {
		mux.Handle("/", a.web.Handler())
	}
	if a.sms != nil {
		mux.Handle("/sms/", a.sms.Handler())
	}
	return &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn)}
}

// serveHTTP answers until the server is closed.
func (a *app) serveHTTP(server *http.Server) {
	if err := server.Serve(a.http); !errors.Is(err, http.ErrServerClosed) {
		a.log.Error("the web server ended", "error", err)
	}
}

// closeHTTP lets the answers under way end, for a moment.
func (a *app) closeHTTP(server *http.Server) {
	if a.web != nil {
		a.web.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if server.Shutdown(ctx) != nil {
		server.Close()
	}
}
