package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"baton/store"
)

func newMigrate() *cobra.Command {
	return dataCommand("migrate", "Bring the database up to this version",
		`Brings the database up to the schema of this version, as serve does by itself,
and says from where to where. The service must not run.`,
		func(cmd *cobra.Command, src store.Source) error {
			from, to, err := store.Migrate(cmd.Context(), src, store.Options{})
			if err != nil {
				return err
			}
			if from == to {
				fmt.Fprintf(cmd.OutOrStdout(), "%s is at schema %d already.\n", src.Path, to)
				return nil
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s was at schema %d and is at %d now.\n", src.Path, from, to)
			return nil
		})
}
