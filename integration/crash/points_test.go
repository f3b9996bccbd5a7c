//go:build linux

package crash

import (
	"flag"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"baton/fault"
	"baton/integration/program"
)

var seed = flag.Uint64("seed", uint64(time.Now().UnixNano())%1_000_000, "draws the later passings")

var more = flag.Int("passings", 1, "at how many later passings of each point the program dies, each in a run of its own")

// atOnce is how many runs go on at the same time: mostly they wait.
const atOnce = "8"

// binary is the program under test, with its points, built once by TestMain.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	status, err := runAll(m)
	if err == nil && status == 0 {
		err = goleak.Find()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "crash tests:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}

func runAll(m *testing.M) (int, error) {
	if err := flag.Set("test.parallel", atOnce); err != nil {
		return 1, err
	}
	dir, err := os.MkdirTemp("", "baton-crash-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if binary, err = program.Build(dir, "-tags", "fault"); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// result is a line of the table.
type result struct {
	passings, at            int
	repeated, again, window int
	verdict
}

// run plays a story once; with a fault, env says which.
func run(t *testing.T, s story, env ...string) (*play, result) {
	t.Helper()
	p := newPlay(t, s.offer, env...)
	p.tell(s.steps)
	r := result{again: p.again, window: p.window, verdict: p.check(s)}
	for _, u := range p.s.users {
		r.repeated += u.repeated
	}
	if len(r.faults) > 0 {
		t.Errorf("%s\n%s", strings.Join(r.faults, "\n"), p)
	}
	return p, r
}

// passings reads the points that were passed, in order.
func (p *play) passings() []string {
	text, err := os.ReadFile(filepath.Join(p.dir, "points.log"))
	require.NoError(p.t, err)
	return strings.Fields(string(text))
}

func TestPoints(t *testing.T) {
	t.Logf("seed %d", *seed)
	stories := []story{mainStory(), troubleStory()}
	counts := make([]map[string]int, len(stories))
	t.Run("calm", func(t *testing.T) {
		for i, s := range stories {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				t.Parallel()
				p, _ := run(t, s)
				counts[i] = map[string]int{}
				for _, name := range p.passings() {
					counts[i][name]++
				}
			})
		}
	})
	if t.Failed() {
		return
	}
	var table table
	t.Run("crash", func(t *testing.T) {
		for _, name := range fault.Names() {
			i := 0
			for i+1 < len(stories) && counts[i][name] == 0 {
				i++
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				n := counts[i][name]
				require.Positive(t, n, "no story passes this point")
				r, died := crashAt(t, stories[i], name, 1)
				require.True(t, died, "the program did not die at its first passing")
				table.add(name, n, r)
				for _, at := range later(name, n) {
					if r, died := crashAt(t, stories[i], name, at); died {
						table.add(name, n, r)
					}
				}
			})
		}
	})
	t.Logf("seed %d\n%s", *seed, table.String())
}

// crashAt plays a story with a crash. How often a point is passed differs a
// little from run to run, so a passing that is not reached is halved; false when
// this time there was no second one.
func crashAt(t *testing.T, s story, name string, at int) (result, bool) {
	t.Helper()
	for ; ; at /= 2 {
		p, r := run(t, s, fmt.Sprintf("BATON_FAULT=%s:%d", name, at))
		if r.at = at; p.died || at <= 3 {
			return r, p.died
		}
	}
}

// later draws passings behind the first.
func later(name string, n int) []int {
	h := fnv.New64a()
	h.Write([]byte(name))
	draw := rand.New(rand.NewPCG(*seed, h.Sum64()))
	var out []int
	for range min(*more, n-1) {
		out = append(out, 2+draw.IntN(max(1, n*4/5-1)))
	}
	return out
}

// table collects results of runs that go on at the same time.
type table struct {
	mu   sync.Mutex
	rows map[string][]result
}

func (t *table) add(name string, passings int, r result) {
	r.passings = passings
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.rows == nil {
		t.rows = map[string][]result{}
	}
	t.rows[name] = append(t.rows[name], r)
}

func (t *table) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "point\tpassings\tdied at\tsent again\tasked again\tlost\tdoubled visible\tmisdelivered\tin the XEP-0114 window\t")
	var sum result
	runs := 0
	for _, name := range fault.Names() {
		for _, r := range t.rows[name] {
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", name, r.passings, r.at, r.repeated, r.again, r.lost, r.doubled, r.astray, r.window)
			runs++
			sum.repeated += r.repeated
			sum.again += r.again
			sum.lost += r.lost
			sum.doubled += r.doubled
			sum.astray += r.astray
			sum.window += r.window
		}
	}
	fmt.Fprintf(w, "%d points, %d runs\t\t\t%d\t%d\t%d\t%d\t%d\t%d\t\n", len(t.rows), runs, sum.repeated, sum.again, sum.lost, sum.doubled, sum.astray, sum.window)
	w.Flush()
	return b.String()
}
