package main

import (
	"context"
	"os"
	"slices"
	"time"
)

// tally is what was measured of one load.
type tally struct {
	racers []*racer
	rounds [][]sample // by round, then by contender
	thrown int        // rounds in which other programs were busy
	noisy  bool       // such rounds count: there were too few others
	allocs []float64  // objects allocated for a message, by contender; 0: it does not tell
}

// quiet is how much of one processor other programs may use in a round that
// counts.
const quiet = 0.25

// fewest is how many rounds a median is taken of at least.
const fewest = 3

// measure plays rounds until enough of them count, or the time is over: rounds in
// which others were busy then count too, if there is nothing better.
func measure(ctx context.Context, racers []*racer, l load, o options) (*tally, error) {
	t := &tally{racers: racers, noisy: o.keep}
	deadline := time.Now().Add(o.budget)
	told := t.mallocs()
	var thrown [][]sample
	for len(t.rounds) < o.rounds && (time.Now().Before(deadline) || len(t.rounds)+len(thrown) < fewest) {
		began := time.Now()
		idle, err := others(racers)
		if err != nil {
			return nil, err
		}
		round, err := play(ctx, order(racers, len(t.rounds)+len(thrown)), l, o)
		if err != nil {
			return nil, err
		}
		if (len(t.rounds)+len(thrown))%2 == 1 {
			slices.Reverse(round)
		}
		after, err := others(racers)
		if err != nil {
			return nil, err
		}
		if !o.keep && float64(after-idle) > quiet*float64(time.Since(began)) {
			thrown = append(thrown, round)
			continue
		}
		t.rounds = append(t.rounds, round)
	}
	t.allocs = told()
	t.thrown = len(thrown)
	if len(t.rounds) < fewest {
		t.rounds, t.noisy = append(t.rounds, thrown...), true
	}
	return t, nil
}

// play measures each contender once.
func play(ctx context.Context, racers []*racer, l load, o options) ([]sample, error) {
	var round []sample
	for _, r := range racers {
		s, err := drive(ctx, r, l, o.length)
		if err != nil {
			return nil, err
		}
		round = append(round, s)
	}
	return round, nil
}

// mallocs begins to count what contenders allocate; the function it returns says
// how many objects they allocated for each message since.
func (t *tally) mallocs() (end func() []float64) {
	before := make([]uint64, len(t.racers))
	sent := make([]int, len(t.racers))
	for i, r := range t.racers {
		f, _ := r.figures()
		before[i], sent[i] = f.Mallocs, r.far.count()
	}
	return func() []float64 {
		each := make([]float64, len(t.racers))
		for i, r := range t.racers {
			if f, ok := r.figures(); ok {
				each[i] = float64(f.Mallocs-before[i]) / float64(max(r.far.count()-sent[i], 1))
			}
		}
		return each
	}
}

// order turns the contenders round every other time: what comes first finds a
// cooler machine.
func order(racers []*racer, round int) []*racer {
	turn := slices.Clone(racers)
	if round%2 == 1 {
		slices.Reverse(turn)
	}
	return turn
}

// others returns what programs used so far that have nothing to do with this.
func others(racers []*racer) (time.Duration, error) {
	total, err := busy()
	if err != nil {
		return 0, err
	}
	own, err := cpuOf(os.Getpid())
	if err != nil {
		return 0, err
	}
	total -= own
	for _, r := range racers {
		theirs, err := r.all()
		if err != nil {
			return 0, err
		}
		total -= theirs
	}
	return total, nil
}

// spread is a median with what it was taken from.
type spread struct {
	Least  float64 `json:"least"`
	Median float64 `json:"median"`
	Most   float64 `json:"most"`
}

func spreadOf(values []float64) spread {
	v := slices.Sorted(slices.Values(values))
	return spread{v[0], v[len(v)/2], v[len(v)-1]}
}

// of returns the spread of a figure of one contender.
func (t *tally) of(i int, figure func(sample) float64) spread {
	var v []float64
	for _, r := range t.rounds {
		v = append(v, figure(r[i]))
	}
	return spreadOf(v)
}

// against returns the spread of the ratios of one contender to another, each
// of one round.
func (t *tally) against(i, to int, figure func(sample) float64) spread {
	var v []float64
	for _, r := range t.rounds {
		v = append(v, figure(r[i])/figure(r[to]))
	}
	return spreadOf(v)
}
