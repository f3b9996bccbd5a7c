package simulation

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"baton/desk"
)

// fewest is how many histories find every mutant, with a margin: it takes up to 20.
const fewest = 100

var (
	flagSeed  = flag.Uint64("seed", 0, "the first seed; TestHistory plays this one")
	flagN     = flag.Uint64("histories", usual, "how many histories")
	flagSteps = flag.Int("steps", 100, "how many steps each has")
	flagFile  = flag.Uint64("file", 50, "one history of so many is on a real database; 0: none")
)

// mutant is a fault put into the system on purpose. The zero mutant is none.
type mutant struct {
	name      string
	out       func(*world, out) []out
	committed func(*world, *desk.Batch)
	restored  func(*desk.Snapshot)
	lies      bool // commits are confirmed before they are written
	forgetful bool // repeated messages are not known again
	loses     bool // a session at a restart
}

// result is what playing a history came to.
type result struct {
	wrong []string
	story []string
	seen  string // what everybody was shown
}

// run plays steps in a bubble of their own.
func run(t *testing.T, m mutant, steps []step, file, tell bool) (r result) {
	var told *[]string
	if tell {
		told = &r.story
	}
	dir := ""
	if file {
		dir = scratch(t)
		defer os.RemoveAll(dir)
	}
	synctest.Test(t, func(*testing.T) {
		w := newWorld(m, dir, told)
		r.wrong = w.play(steps)
		if tell {
			r.seen = w.seen()
		}
	})
	return r
}

// scratch makes a folder for a database, in memory where the system has that.
func scratch(t *testing.T) string {
	base := "/dev/shm"
	if info, err := os.Stat(base); err != nil || !info.IsDir() {
		base = ""
	}
	dir, err := os.MkdirTemp(base, "simulation")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestHistories plays histories on all processors.
func TestHistories(t *testing.T) {
	n := *flagN
	if testing.Short() {
		n = min(n, 50)
	}
	var next, done atomic.Uint64
	began := time.Now()
	t.Run("all", func(t *testing.T) {
		for range runtime.GOMAXPROCS(0) {
			t.Run("worker", func(t *testing.T) {
				t.Parallel()
				for !t.Failed() {
					i := next.Add(1) - 1
					if i >= n {
						return
					}
					seed := *flagSeed + i
					steps := draw(seed, *flagSteps)
					file := onFile(seed)
					if r := run(t, mutant{}, steps, file, false); len(r.wrong) > 0 {
						report(t, seed, steps, file, r)
					}
					done.Add(1)
				}
			})
		}
	})
	if !t.Failed() && (n == 0 || done.Load() != n) {
		t.Errorf("%d of %d histories were played", done.Load(), n)
	}
	took := time.Since(began)
	t.Logf("%d histories of %d steps in %v: %.0f a second", done.Load(), *flagSteps, took.Round(time.Millisecond),
		float64(done.Load())/took.Seconds())
}

func onFile(seed uint64) bool { return *flagFile > 0 && seed%*flagFile == 0 }

// TestHistory plays one history and tells it.
func TestHistory(t *testing.T) {
	steps := draw(*flagSeed, *flagSteps)
	r := run(t, mutant{}, steps, onFile(*flagSeed), true)
	if testing.Verbose() || len(r.wrong) > 0 {
		t.Log(strings.Join(r.story, "\n"))
	}
	if len(r.wrong) > 0 {
		t.Errorf("wrong: %s", strings.Join(r.wrong, "\n"))
	}
}

// TestKnownHistories plays those that once showed a fault.
func TestKnownHistories(t *testing.T) {
	for seed, fault := range map[uint64]string{
		10722: "a waiting session was forgotten when the clock was stepped back and put right",
	} {
		if r := run(t, mutant{}, draw(seed, 100), false, false); len(r.wrong) > 0 {
			t.Errorf("seed %d, %s: %s", seed, fault, strings.Join(r.wrong, "\n"))
		}
	}
}

// report shrinks a failing history and tells it.
func report(t *testing.T, seed uint64, steps []step, file bool, r result) {
	small, last := shrink(t, steps, r)
	t.Errorf("seed %d: %s\n\nthe same with %d of its %d steps:\n%s\n\nplay the whole again: go test ./integration/simulation -run 'TestHistory$' -v -seed=%d -steps=%d%s",
		seed, strings.Join(r.wrong, "\n"), len(small), len(steps), strings.Join(last.story, "\n"), seed, len(steps), fileFlag(file))
}

func fileFlag(file bool) string {
	if file {
		return ""
	}
	return " -file=0"
}

// shrink leaves out steps as long as something is wrong, for a while.
func shrink(t *testing.T, steps []step, r result) ([]step, result) {
	until := time.Now().Add(15 * time.Second)
	best := run(t, mutant{}, steps, false, true)
	if len(best.wrong) == 0 {
		best.story = append(best.story, "(played again, nothing was wrong: a race; play it several times)")
		return steps, best
	}
	for size := len(steps) / 2; size > 0; size /= 2 {
		for i := 0; i+size <= len(steps) && time.Now().Before(until); {
			less := slices.Delete(slices.Clone(steps), i, i+size)
			if try := run(t, mutant{}, less, false, true); len(try.wrong) > 0 {
				steps, best = less, try
			} else {
				i += size
			}
		}
	}
	return steps, best
}

// seen tells what everybody was shown in which step, before the end.
func (w *world) seen() string {
	var all []string
	for _, u := range w.server.users {
		for _, m := range u.got {
			if m.step == int(w.at.Load()) { // the end, where many things happen at once
				continue
			}
			if len(m.id) == 26 { // drawn by the component, of lines that are not repeated
				m.id = "…"
			}
			all = append(all, fmt.Sprintf("%3d %s %v %s %s", m.step, u.jid, m, m.transfer, m.state))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}
