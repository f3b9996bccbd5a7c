// Command screenshots takes the pictures of docs/agents.md: a transfer from Gajim to Dino, each with a screen, a home
// and a session bus of its own, on a throwaway Prosody and a real `baton serve`.
//
//	go run ./integration/screenshots -baton bin/baton -to docs
//
// `make screenshots` does that. Everything in the pictures was typed into these clients, or received by them.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	// wholeRun bounds everything; it takes about a minute.
	wholeRun = 4 * time.Minute
	// patience bounds each thing that is waited for.
	patience = 40 * time.Second
)

func main() {
	baton := flag.String("baton", "bin/baton", "the `program` to be shown")
	to := flag.String("to", "docs", "`folder` for the pictures")
	keep := flag.Bool("keep", false, "keep the folder with homes and logs, and say where it is")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, wholeRun)
	defer cancel()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := run(ctx, log, *baton, *to, *keep); err != nil {
		fmt.Fprintln(os.Stderr, "screenshots:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, log *slog.Logger, baton, to string, keep bool) (err error) {
	w, err := build(ctx, log, baton, true)
	if w != nil {
		defer func() {
			if err != nil {
				err = fmt.Errorf("%w\n%s", err, w.logs())
			}
			if closing := w.close(keep); err == nil {
				err = closing
			}
		}()
	}
	if err != nil {
		return err
	}
	return w.play(ctx, to)
}
