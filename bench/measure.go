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
}

// quiet is how much of one processor other programs may use in a round that
// counts.
const quiet = 0.25

// measure plays rounds until enough of them count.
func measure(ctx context.Context, racers []*racer, l load, o options) (*tally, error) {
	t := &tally{racers: racers}
	for len(t.rounds) < o.rounds {
		if t.thrown >= 3*o.rounds { // it will not get better
			o.keep = true
		}
		began := time.Now()
		idle, err := others(racers)
		if err != nil {
			return nil, err
		}
		var round []sample
		for _, r := range order(racers, len(t.rounds)+t.thrown) {
			s, err := drive(ctx, r, l, o.length)
			if err != nil {
				return nil, err
			}
			round = append(round, s)
		}
		if (len(t.rounds)+t.thrown)%2 == 1 {
			slices.Reverse(round)
		}
		after, err := others(racers)
		if err != nil {
			return nil, err
		}
		if !o.keep && float64(after-idle) > quiet*float64(time.Since(began)) {
			t.thrown++
			continue
		}
		t.rounds = append(t.rounds, round)
	}
	return t, nil
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
		theirs, err := r.cpu()
		if err != nil {
			return 0, err
		}
		total -= theirs
	}
	return total, nil
}

// spread is a median with what it was taken from.
type spread struct{ least, median, most float64 }

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
