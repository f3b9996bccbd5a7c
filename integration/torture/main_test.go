package torture

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/program"
	"baton/integration/server"
)

var (
	cyclesFlag = flag.Int("cycles", 8, "cycles on each make of server")
	seedFlag   = flag.Uint64("seed", 0, "seed of the moments and kinds of faults; 0: from the clock")
	withinFlag = flag.Duration("within", 20*time.Second, "after this long no further cycle begins; 0: all are done")
	onFlag     = flag.String("on", "", "one make of server only")
	onlyFlag   = flag.String("only", "", "one kind of fault only: kill, early, stop, cut, restart")
)

func TestMain(m *testing.M) {
	flag.Parse()
	status, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "torture:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}

// runAll builds the program, without the race detector: a fault should strike
// the program that people run.
func runAll(m *testing.M) (int, error) {
	dir, _, err := program.Folder("baton-torture-")
	if err != nil {
		return 1, err
	}
	defer os.RemoveAll(dir)
	if binary, err = program.Build(dir); err != nil {
		return 1, err
	}
	return m.Run(), nil
}

// binary is the program under test.
var binary string

func TestTorture(t *testing.T) {
	seed := cmp.Or(*seedFlag, uint64(time.Now().UnixNano())%1_000_000+1)
	for _, name := range server.Makes() {
		if *onFlag != "" && *onFlag != name {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := begin(t, name, seed)
			w.torture(*cyclesFlag)
			w.settle()
			v := w.judge()
			t.Logf("\n%s", v.table(name, seed))
			for _, s := range v.stories {
				t.Log(s)
			}
			require.Greater(t, v.said, 0)
			require.Greater(t, v.given, 0, "agents got sessions")
			require.True(t, v.clean(), "run it again with SEED=%d", seed)
		})
	}
}
