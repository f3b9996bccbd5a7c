package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// options are the command line.
type options struct {
	full    bool
	rounds  int
	length  time.Duration // of a measurement
	keep    bool          // rounds of a busy machine too
	only    string
	profile string
	before  string // another build of Baton
}

func main() {
	var o options
	flag.BoolVar(&o.full, "full", false, "all windows and rates, more rounds (about 25 minutes)")
	flag.IntVar(&o.rounds, "rounds", 0, "rounds that count; 0: 7, with -full 11")
	flag.DurationVar(&o.length, "length", 0, "length of one measurement; 0: 1s, with -full 3s")
	flag.BoolVar(&o.keep, "noisy", false, "count rounds too in which other programs were busy")
	flag.StringVar(&o.only, "only", "", "one `load` only: w1, w8, w64, r200, r1000, r4000")
	flag.StringVar(&o.profile, "profile", "", "write Baton's processor profile to this `file`")
	flag.StringVar(&o.before, "before", "", "another build of Baton, a `file`, to compare with")
	flag.IntVar(&callers, "callers", callers, "conversations that take turns, 1,000 at most")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// loads are what is asked of the contenders: so many messages under way, or so
// many a second.
func loads(o options) []load {
	all := []load{{window: 1}, {window: 8}, {window: 64}, {rate: 200}, {rate: 1000}, {rate: 4000}}
	short := []string{"w1", "w64", "r200", "r1000"}
	return slices.DeleteFunc(all, func(l load) bool {
		return o.only != "" && l.name() != o.only || o.only == "" && !o.full && !slices.Contains(short, l.name())
	})
}

func run(ctx context.Context, o options) error {
	if o.rounds == 0 {
		o.rounds = 7
		if o.full {
			o.rounds = 11
		}
	}
	if o.length == 0 {
		o.length = time.Second
		if o.full {
			o.length = 3 * time.Second
		}
	}
	dir, err := os.MkdirTemp("", "baton-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	show := &page{w: os.Stdout}
	if err := show.machine(dir); err != nil {
		return err
	}
	bin, err := build(ctx, dir, o)
	if err != nil {
		return err
	}
	racers, err := start(ctx, dir, bin, show, o)
	defer func() {
		for _, r := range racers {
			r.stop()
		}
	}()
	if err != nil {
		return err
	}
	for _, l := range loads(o) {
		t, err := measure(ctx, racers, l, o)
		if err != nil {
			return err
		}
		show.table(l, t)
	}
	return nil
}
