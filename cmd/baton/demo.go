package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"baton/integration/prosody"
)

// demo plays the story of a handover on a throwaway server: see demo_story.go.
type demo struct {
	out    io.Writer
	screen *screen
	server startServer

	live   bool   // people watch: people's pauses between what they write
	stay   bool   // afterwards, let people log in themselves
	keep   bool   // leave the folder
	sms    bool   // a second act, by text message
	record string // file for the transcript as JSON; empty: none
}

func newDemo() *cobra.Command { return demoCommand(prosody.Start) }

func demoCommand(server startServer) *cobra.Command {
	d := &demo{server: server}
	var width int
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play the story of a handover on a throwaway Prosody",
		Long: `Starts a throwaway Prosody on free loopback ports and Baton beside it, logs in a
caller and two agents with real XMPP clients, plays the story of a handover and
shows what each of them sees. On a terminal it then lets you log in with your own
client until Ctrl-C. Everything it started and wrote is gone at the end.`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().BoolVar(&d.stay, "stay", false, "afterwards stay up for your own client, until Ctrl-C (default: on a terminal)")
	cmd.Flags().BoolVar(&d.keep, "keep", false, "keep the folder with data and logs, also after a failure")
	cmd.Flags().BoolVar(&d.sms, "sms", false, "play a second act, with a phone and a message centre (SMPP)")
	cmd.Flags().IntVar(&width, "width", 0, "lay the transcript out for so many `columns` (default: the terminal's, else 100)")
	cmd.Flags().StringVar(&d.record, "record", "", "write the transcript to a `file` too, as JSON")
	cmd.RunE = running(func(cmd *cobra.Command, _ []string) error {
		d.out = cmd.OutOrStdout()
		columns, terminal := terminalWidth(d.out)
		d.live = terminal
		if !cmd.Flags().Changed("stay") {
			d.stay = terminal
		}
		if width > 0 {
			columns = width
		}
		d.screen = newScreen(d.out, columns, terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb")
		ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGHUP) // the terminal was closed: clean up too
		defer stop()
		return d.run(ctx)
	})
	return cmd
}

// errStopped ends a story before its end.
var errStopped = errors.New("the demo was stopped before the end of its story")

// errNoFolder: nothing could begin.
var errNoFolder = errors.New("no folder can be made for the demo; set TMPDIR to one that can be written")

// run is the whole demo. However it ends, nothing is left of it.
func (d *demo) run(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	s := &stage{server: d.server, fell: cancel, progress: d.screen.progress, phones: d.sms}
	told := false
	err := d.perform(ctx, s, &told)
	switch {
	case parent.Err() != nil && told:
		err = nil // Ctrl-C is how a demo that stays up ends
	case parent.Err() != nil:
		err = errStopped
	case err != nil:
		fmt.Fprint(d.out, s.logs())
		err = explain(err)
	}
	if cleaned := s.strike(d.keep); cleaned != nil {
		return errors.Join(err, cleaned)
	}
	switch {
	case s.dir == "":
	case d.keep:
		fmt.Fprintln(d.out, "\nKept, data and logs:", s.dir)
	default:
		fmt.Fprintln(d.out, "\nCleaned up.")
	}
	return err
}

const advice = `
What to do: run it once more; a machine that is very busy may be too slow for a step.
If it fails again, run bin/baton demo --keep, which leaves data and whole logs in a folder,
and report it with them`

// explain says, with a failure, what can be done about it.
func explain(err error) error {
	switch {
	case errors.Is(err, prosody.ErrNotInstalled):
		return fmt.Errorf("the demo needs the XMPP server Prosody; make demo installs it. %w", err)
	case errors.Is(err, errNoFolder):
		return err
	}
	return fmt.Errorf("the demo failed: %w\n%s", err, advice)
}

// perform sets up, plays the story, judges it, and stays as long as it should.
// told becomes true when the story is over.
func (d *demo) perform(ctx context.Context, s *stage, told *bool) error {
	d.screen.title()
	if err := s.setUp(ctx); err != nil {
		return err
	}
	p := &play{stage: s, screen: d.screen, live: d.live}
	if err := p.story(ctx); err != nil {
		return err
	}
	facts, err := p.measure(ctx)
	if err != nil {
		return err
	}
	d.screen.facts(facts)
	if d.sms {
		if err := p.phoneAct(ctx); err != nil {
			return err
		}
	}
	if d.record != "" {
		if err := writeRecord(d.record, p.entries); err != nil {
			return err
		}
	}
	*told = true
	if !d.stay {
		return nil
	}
	s.logOut()
	d.screen.invitation(s.prosody.C2S, s.app.listening(), s.cast)
	<-ctx.Done()
	return context.Cause(ctx)
}
