package main

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"baton/handoff"
	"baton/store"
)

const eraseLong = `Removes everything that is kept of one caller: what they and the agents said,
name and address, collected information, notes, reasons, transfers, undelivered
messages. The database is then written anew, so that no free page holds any of
it; that takes as much free disk space as the database has. What stays: the
highest short number and a hash of each address, so that neither is given out
again.

Stop the service first, and start it afterwards. A caller whose session is open
is refused: have its agent end it (!done), so that the contact leaves the rosters.`

const eraseLimits = `Not reached by this, and yours to clean: what clients of agents and of the caller
keep, the XMPP server's own archive and logs, the log of baton (it names
addresses), backups and snapshots, earlier exports, what other callers said, and
blocks that the disk or its file system has not overwritten yet.
`

func newErase() *cobra.Command {
	var caller string
	var yes bool
	var o store.EraseOptions
	cmd := dataCommand("erase", "Remove everything that is kept of a caller", eraseLong,
		func(cmd *cobra.Command, src store.Source) error {
			who := callerNamed(caller)
			o.Confirm = func(f store.Found) (bool, error) { return confirmErase(cmd, who, f, yes) }
			found, err := store.Erase(cmd.Context(), src, who, o)
			switch {
			case errors.Is(err, store.ErrInUse):
				return fmt.Errorf("%w (erase, then start the service again)", err)
			case errors.Is(err, store.ErrOpen):
				return fmt.Errorf("%w: start the service and have its agent say !done, or add --force and take the contact out of rosters by hand", err)
			case err != nil:
				return err
			}
			done := "Erased: nothing of " + string(who) + " is left in " + src.Path + "."
			if found.Conversations == 0 {
				done = "There was nothing of " + string(who) + " in " + src.Path + "; its free pages are clean now."
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n%s", done, eraseLimits)
			return nil
		})
	cmd.Flags().StringVar(&caller, "caller", "", "the caller's `address`: a JID, or a telephone number as the export shows it")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&o.Force, "force", false, "also while a session of theirs is open")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if callerNamed(caller) == "" {
			return errors.New("whom? Write --caller ADDRESS")
		}
		return nil
	}
	return cmd
}

// confirmErase says what there is and asks, unless that is not wanted.
func confirmErase(cmd *cobra.Command, who handoff.Party, f store.Found, yes bool) (bool, error) {
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "%s: conversations %d (open %d), lines %d, transfers %d, undelivered %d.\n",
		who, f.Conversations, f.Open, f.Lines, f.Transfers, f.Undelivered)
	if f.Elsewhere > 0 {
		fmt.Fprintf(out, "As an agent they said or were told %d lines in other callers' conversations. Those stay.\n", f.Elsewhere)
	}
	if yes {
		return true, nil
	}
	fmt.Fprint(out, "Erase it for good? Write yes: ")
	answer, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	fmt.Fprintln(out)
	if strings.TrimSpace(answer) == "yes" {
		return true, nil
	}
	if err != nil {
		return false, errors.New("nobody answered; add --yes")
	}
	return false, nil
}
