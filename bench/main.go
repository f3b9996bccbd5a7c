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
	budget  time.Duration // of a load
	keep    bool          // rounds of a busy machine too
	only    string
	profile string
	baton   string // a build of it; empty: it is built
	before  string // another build of Baton
	through string // a server
	growth  bool
	most    int // conversations and lines
}

func main() {
	var o options
	flag.BoolVar(&o.full, "full", false, "all windows and rates, more rounds (about 30 minutes)")
	flag.IntVar(&o.rounds, "rounds", 0, "rounds that count; 0: 7, with -full 11")
	flag.DurationVar(&o.length, "length", 0, "length of one measurement; 0: 0.8s, with -full 3s")
	flag.BoolVar(&o.keep, "noisy", false, "count rounds too in which other programs were busy")
	flag.StringVar(&o.only, "only", "", "one `load` only: w1, w8, w64, r200, r1000, r4000, transfer; with -growth: conversations, lines")
	flag.StringVar(&o.profile, "profile", "", "write Baton's processor profile to this `file`")
	flag.StringVar(&o.baton, "baton", "", "measure this `file`, go build -tags profile ./cmd/baton made it; empty: build it")
	flag.StringVar(&o.before, "before", "", "another build of Baton, a `file`, to compare with")
	flag.StringVar(&o.through, "through", "", "relay through a real `server` instead: prosody, ejabberd")
	flag.BoolVar(&o.growth, "growth", false, "measure instead how costs grow with conversations and lines, and draw "+growthPicture)
	flag.IntVar(&o.most, "growth-most", 10*million, "the largest size with -growth, 0: only draw again; 10⁷ lines take 4 GB, all a quarter of an hour")
	flag.IntVar(&callers, "callers", callers, "conversations that take turns, 900 at most")
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

// defaults fills in what was not said. A short run takes less than three minutes,
// whatever else the machine does.
func (o *options) defaults() {
	rounds, length, budget := 7, 800*time.Millisecond, 34*time.Second
	if o.full {
		rounds, length, budget = 11, 3*time.Second, 10*time.Minute
	}
	if o.rounds == 0 {
		o.rounds = rounds
	}
	if o.length == 0 {
		o.length = length
	}
	o.budget = budget
}

func run(ctx context.Context, o options) error {
	o.defaults()
	if o.growth && o.most == 0 {
		return redraw()
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
	switch {
	case o.growth:
		return grow(ctx, dir, bin, show, o)
	case o.through != "":
		return runThrough(ctx, dir, bin, show, o)
	}
	return race(ctx, dir, bin, show, o)
}

// race measures all contenders beside each other.
func race(ctx context.Context, dir, bin string, show *page, o options) error {
	racers, err := start(ctx, dir, bin, show, o)
	defer stopAll(racers)
	if err != nil {
		return err
	}
	res, err := earlier()
	if err != nil {
		return err
	}
	for _, l := range loads(o) {
		t, err := measure(ctx, racers, l, o)
		if err != nil {
			return err
		}
		show.table(l, t)
		res.tallies[l.name()] = t
	}
	if o.only == "" || o.only == "transfer" {
		if res.handovers, err = measureTransfers(ctx, dir, racers, o.rounds); err != nil {
			return err
		}
		show.transfers(res.handovers)
	}
	if o.only == "" {
		show.aims(res)
	}
	return nil
}

func stopAll(racers []*racer) {
	for _, r := range racers {
		r.stop()
	}
}
