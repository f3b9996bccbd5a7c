package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"baton/config"
	"baton/handoff"
	"baton/store"
)

// dataCommand makes a command that works on the database which a configuration
// names.
func dataCommand(use, short, long string, run func(cmd *cobra.Command, src store.Source) error) *cobra.Command {
	return settingsCommand(use, short, long, func(cmd *cobra.Command, _ config.Config, src store.Source) error { return run(cmd, src) })
}

// settingsCommand is dataCommand for one that needs the settings too.
func settingsCommand(use, short, long string, run func(cmd *cobra.Command, cfg config.Config, src store.Source) error) *cobra.Command {
	var file string
	cmd := &cobra.Command{Use: use, Short: short, Long: long, Args: cobra.NoArgs}
	cmd.Flags().StringVarP(&file, "config", "c", "", "configuration `file` (YAML, TOML or JSON)")
	config.AddFlags(cmd.Flags())
	cmd.RunE = running(func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(file, cmd.Flags())
		if err != nil {
			return err
		}
		src, err := source(cfg)
		if err != nil {
			return err
		}
		return run(cmd, cfg, src)
	})
	return cmd
}

// source is where the configuration keeps its data, named in full: a relative
// path in it counts from the working directory by now.
func source(cfg config.Config) (store.Source, error) {
	if cfg.Store.Engine != config.SQLite {
		return store.Source{}, fmt.Errorf("store: %s is not built into this version; write sqlite:baton.db", cfg.Store.Engine)
	}
	path, err := filepath.Abs(cfg.StorePath())
	if err != nil {
		return store.Source{}, fmt.Errorf("data_dir: %w; write a whole path, for example /var/lib/baton", err)
	}
	return store.ParseSource("sqlite:"+path, filepath.Dir(path))
}

// callerNamed is a caller as the database has them: an XMPP address without its
// resource and as the server writes it, anything else as it is.
func callerNamed(text string) handoff.Party {
	if !strings.Contains(text, "@") {
		return handoff.Party(text)
	}
	bare, _, _ := strings.Cut(text, "/")
	return handoff.Party(strings.ToLower(bare))
}
