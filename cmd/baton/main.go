// Command baton hands instant-message sessions from one agent to another: an
// external component for the XMPP server that is there already. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"baton/config"
)

// version is set when the program is built.
var version = "unknown"

// Exit statuses.
const (
	exitFailed = 1 // failed while running
	exitUsage  = 2 // wrong usage or configuration
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	profiled := startProfile()
	status := run(ctx, os.Args[1:])
	profiled()
	stop()
	os.Exit(status)
}

// run executes one command line and returns the exit status.
func run(ctx context.Context, args []string) int {
	root := newRoot()
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errSaid):
		return exitFailed
	}
	fmt.Fprintln(root.ErrOrStderr(), "baton:", err)
	var failed *failure
	var settings *config.Error
	switch {
	case errors.As(err, &settings):
		return exitUsage
	case errors.As(err, &failed):
		return exitFailed
	}
	fmt.Fprintf(root.ErrOrStderr(), "See %s --help.\n", cmd.CommandPath())
	return exitUsage
}

// failure is an error of something that ran, as against one of how it was
// called.
type failure struct{ error }

func (f *failure) Unwrap() error { return f.error }

// running makes a command's errors failures.
func running(f func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := f(cmd, args); err != nil {
			return &failure{err}
		}
		return nil
	}
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "baton",
		Short:         "Hands instant-message sessions from one agent to another",
		Version:       version,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(newServe(), newDemo(), newExport(), newErase(), newMigrate(), newDoctor(), &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		Run:   func(cmd *cobra.Command, _ []string) { fmt.Fprintln(cmd.OutOrStdout(), "baton", version) },
	})
	return root
}
