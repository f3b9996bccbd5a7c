package main

import (
	"bufio"
	"errors"

	"github.com/spf13/cobra"

	"baton/store"
)

func newExport() *cobra.Command {
	var caller string
	var f store.Filter
	cmd := dataCommand("export", "Write the archive and the ledger of transfers as JSON lines",
		`Writes everything that is kept of conversations to standard output, one JSON
object a line: conversations, sessions, lines, epochs, transfers, outcomes, and
what is not delivered. It shows one moment, changes nothing, and may run beside
the service. docs/operations.md explains the fields.`,
		func(cmd *cobra.Command, src store.Source) error {
			f.Caller = callerNamed(caller)
			out := bufio.NewWriter(cmd.OutOrStdout())
			_, err := store.Export(cmd.Context(), src, f, out)
			return errors.Join(err, out.Flush())
		})
	cmd.Flags().StringVar(&caller, "caller", "", "only conversations of the caller with this `address`")
	cmd.Flags().StringVar(&f.Conversation, "conversation", "", "only the conversation with this `id`, as in carol-jones.k3v9tq2m")
	return cmd
}
