package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/spf13/cobra"

	"baton/admin"
	"baton/component"
	"baton/config"
	"baton/desk"
	"baton/handoff"
	"baton/store"
)

// Formats of an export.
const (
	formatJSON = "json"
	formatPIE  = "xep0227"
)

func newExport() *cobra.Command {
	var caller, account, format string
	var f store.Filter
	cmd := settingsCommand("export", "Write the archive and the ledger of transfers",
		`Writes everything that is kept of conversations to standard output, one JSON
object a line: conversations, sessions, lines, epochs, transfers, outcomes, and
what is not delivered. It shows one moment, changes nothing, and may run beside
the service. docs/operations.md explains the fields.

With --format xep0227 it writes the dialogs as an XMPP server can take them in
(XEP-0227 with message archives), into the archives of those who hold the
conversations now or held them last, or of the account that --account names.`,
		func(cmd *cobra.Command, cfg config.Config, src store.Source) error {
			f.Caller = callerNamed(caller)
			out := bufio.NewWriter(cmd.OutOrStdout())
			err := export(cmd, cfg, src, f, format, callerNamed(account), out)
			return errors.Join(err, out.Flush())
		})
	cmd.Flags().StringVar(&caller, "caller", "", "only conversations of the caller with this `address`")
	cmd.Flags().StringVar(&f.Conversation, "conversation", "", "only the conversation with this `id`, as in carol-jones.k3v7tq2m")
	cmd.Flags().StringVar(&format, "format", formatJSON, "json, or xep0227 for another XMPP server")
	cmd.Flags().StringVar(&account, "account", "", "with xep0227: whose archive it becomes, an agent's `address`")
	return cmd
}

func export(cmd *cobra.Command, cfg config.Config, src store.Source, f store.Filter, format string, account handoff.Party, out io.Writer) error {
	switch {
	case format == formatJSON && account == "":
		_, err := store.Export(cmd.Context(), src, f, out)
		return err
	case format == formatJSON:
		return errors.New("--account goes with --format xep0227")
	case format != formatPIE:
		return fmt.Errorf("there is no format %q: write json or xep0227", format)
	}
	stored, err := store.ReadChanges(cmd.Context(), src, cfg.Component.Domain)
	if err != nil {
		return err
	}
	if cfg, _, err = admin.Look(cfg, stored); err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	c := component.New(component.Config{Domain: cfg.Component.Domain, Mark: cfg.Chat.SystemMark, Log: log,
		Desk: desk.New(desk.Config{Domain: cfg.Component.Domain, Directory: admin.Directory(cfg), Log: log})})
	_, err = store.ExportPIE(cmd.Context(), src, store.PIE{Filter: f, Account: account,
		Copy: func(conv desk.Conversation, who handoff.Party) func([]byte, desk.Line) []byte {
			return c.DialogCopy(conv, who).Append
		},
	}, out)
	return err
}
