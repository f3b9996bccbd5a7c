package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// page prints what was measured.
type page struct{ w io.Writer }

// machine says what everything below depends on.
func (p *page) machine(dir string) error {
	syncs, err := fsyncRate(dir)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.w, "%s, %d processors, %s; the disk syncs 4 KiB %.0f times a second\n", time.Now().Format(time.DateOnly),
		runtime.NumCPU(), runtime.Version(), syncs)
	fmt.Fprintf(p.w, "messages of 0.67 kB in %d conversations; µs are processor time of the component for one message\n", callers)
	return nil
}

func (p *page) missing(name string, err error) {
	fmt.Fprintf(p.w, "left out: %s (%v)\n", name, err)
}

// table prints one load: each contender's figures, and its ratio to the floor.
func (p *page) table(l load, t *tally) {
	fmt.Fprintf(p.w, "\n%s (%d rounds", l, len(t.rounds))
	if t.thrown > 0 {
		fmt.Fprintf(p.w, ", %d thrown away", t.thrown)
	}
	if t.noisy {
		fmt.Fprint(p.w, "; other programs may have been busy in some")
	}
	fmt.Fprintf(p.w, ")\n%-14s %9s %9s %9s %9s %9s   %s\n", "", "µs", "msg/s", "p50 ms", "p99 ms", "allocs", "µs ÷ floor, least – most")
	ms := func(f func(sample) time.Duration) func(sample) float64 {
		return func(s sample) float64 { return milliseconds(f(s)) }
	}
	for i, r := range t.racers {
		ratio := t.against(i, 0, sample.perMessage)
		allocs := "–"
		if t.allocs[i] > 0 {
			allocs = fmt.Sprintf("%.1f", t.allocs[i])
		}
		fmt.Fprintf(p.w, "%-14s %9.1f %9.0f %9.2f %9.2f %9s   %.2f, %.2f – %.2f\n", r.name,
			t.of(i, sample.perMessage).Median, t.of(i, sample.perSecond).Median,
			t.of(i, ms(func(s sample) time.Duration { return s.p50 })).Median,
			t.of(i, ms(func(s sample) time.Duration { return s.p99 })).Median, allocs,
			ratio.Median, ratio.Least, ratio.Most)
	}
	own := slices.IndexFunc(t.racers, func(r *racer) bool { return r.name == "Baton" })
	for i, r := range t.racers {
		if i != own && r.name != "floor" {
			v := t.against(own, i, sample.perMessage)
			fmt.Fprintf(p.w, "Baton ÷ %s: %.2f, %.2f – %.2f\n", r.name, v.Median, v.Least, v.Most)
		}
	}
}

// transfers prints what accepting a transfer took.
func (p *page) transfers(h *handovers) {
	fmt.Fprintf(p.w, "\naccept → first message at the new agent (%d transfers, %d rounds): p50 %.2f ms, p99 %.2f ms\n",
		len(h.accept), len(h.rounds), milliseconds(h.p50), milliseconds(h.p99))
	fmt.Fprintf(p.w, "one round trip (floor) %.3f ms + one commit of one row %.3f ms; p50 is %.2f ms over both, %.2f – %.2f; ÷ both %.2f, %.2f – %.2f\n",
		milliseconds(h.trip), milliseconds(h.commit), h.over.Median, h.over.Least, h.over.Most, h.ratio.Median, h.ratio.Least, h.ratio.Most)
}

// fsyncRate returns how often a second the disk takes 4 KiB for good.
func fsyncRate(dir string) (float64, error) {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	block := make([]byte, 4096)
	began, n := time.Now(), 0
	for time.Since(began) < 500*time.Millisecond {
		if _, err := f.WriteAt(block, 0); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		n++
	}
	return float64(n) / time.Since(began).Seconds(), nil
}
