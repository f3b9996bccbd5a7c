package main

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"baton/config"
	"baton/fault"
)

func newServe() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Connect to the XMPP server and serve until SIGTERM",
		Args:  cobra.NoArgs,
	}
	cmd.Flags().StringVarP(&file, "config", "c", "", "configuration `file` (YAML, TOML or JSON)")
	config.AddFlags(cmd.Flags())
	cmd.RunE = running(func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(file, cmd.Flags())
		if err != nil {
			return err
		}
		log := newLogger(cmd.ErrOrStderr(), cfg.Log)
		fault.Point("start.configured")
		a, err := newApp(cmd.Context(), cfg, log)
		switch {
		case err != nil && cmd.Context().Err() != nil: // it failed because it was told to stop
			log.Info("told to stop while starting", "error", err)
			return nil
		case err != nil:
			return err
		}
		fmt.Fprint(cmd.OutOrStdout(), summary(a.office.Config(), a.listening()))
		hup := make(chan os.Signal, 1)
		signal.Notify(hup, syscall.SIGHUP)
		defer func() { signal.Stop(hup); close(hup) }()
		go reloads(hup, a, func() (config.Config, error) { return config.Load(file, cmd.Flags()) })
		return a.run(cmd.Context())
	})
	return cmd
}

// reloads reads the configuration again at every signal. A broken one changes
// nothing.
func reloads(hup <-chan os.Signal, a *app, load func() (config.Config, error)) {
	for range hup {
		cfg, err := load()
		if err != nil {
			a.log.Error("the configuration was read again and is broken; nothing has changed", "error", err)
			continue
		}
		restart := a.reload(cfg)
		cfg = a.office.Config()
		a.log.Info("the configuration was read again", "agents", len(cfg.Agents.List), "queues", len(cfg.Queues))
		if len(restart) > 0 {
			a.log.Warn("these settings take effect at the next start", "settings", restart)
		}
	}
}

func newLogger(w io.Writer, c config.Log) *slog.Logger {
	opts := &slog.HandlerOptions{Level: c.Level.Slog()}
	if c.Format == config.LogJSON {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// summary says, at the start, what runs and where.
func summary(cfg config.Config, listening string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "baton %s\n", version)
	fmt.Fprintf(&b, "  component  %s at %s\n", cfg.Component.Domain, cfg.Component.Address)
	fmt.Fprintf(&b, "  store      sqlite, %s\n", cfg.StorePath())
	fmt.Fprintf(&b, "  agents     %d of %s\n", len(cfg.Agents.List), strings.Join(cfg.Agents.Domains, ", "))
	fmt.Fprintf(&b, "  rosters    %s\n", cfg.Roster.Strategy)
	if listening != "" {
		fmt.Fprintf(&b, "  health     http://%s/readyz\n", listening)
		if cfg.Web.Enabled {
			fmt.Fprintf(&b, "  chat page  %s/chat\n", cmp.Or(cfg.Web.PublicURL, "http://"+listening))
		}
	}
	for _, q := range cfg.Queues {
		var who []string
		for _, a := range cfg.Agents.List {
			for _, name := range a.Queues {
				if name == q.Name {
					who = append(who, a.JID.Localpart())
				}
			}
		}
		if len(who) == 0 {
			who = []string{"nobody: add agents to it"}
		}
		fmt.Fprintf(&b, "  queue      %s@%s (%s)\n", q.Name, cfg.Component.Domain, strings.Join(who, ", "))
	}
	return b.String()
}
