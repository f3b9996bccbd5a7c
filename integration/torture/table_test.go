package torture

import (
	"fmt"
	"slices"
	"strings"
)

// table shows the verdict to people.
func (v *verdict) table(name string, seed uint64) string {
	var b strings.Builder
	cycles, kinds := 0, []string{}
	for _, f := range []fault{kill, early, stop, cut, restart} {
		cycles += v.cycles[f]
		kinds = append(kinds, fmt.Sprintf("%s %d", f, v.cycles[f]))
	}
	row := func(what string, value any) { fmt.Fprintf(&b, "  %-48s %v\n", what, value) }
	fmt.Fprintf(&b, "%s, seed %d\n", name, seed)
	row("cycles", fmt.Sprintf("%d (%s)", cycles, strings.Join(kinds, ", ")))
	row("lines said", v.said)
	row("lines journalled", v.journalled)
	row("deliveries", v.deliveries)
	row("transfers by agents, and sessions given out", fmt.Sprintf("%d, %d", v.transfers, v.given))
	row("lost", v.lost)
	row("doubled, visibly", v.doubled)
	row("reordered", v.reordered)
	row("kept by the server and shown late", v.late)
	row("misdelivered", v.misdelivered)
	row("outcomes, not exactly one for each party", v.outcomes)
	row("came back and journalled all the same", v.contradicted)
	for _, f := range []fault{kill, early, stop, cut, restart} {
		n := slices.Sorted(slices.Values(v.window[f]))
		if len(n) == 0 {
			continue
		}
		total := 0
		for _, one := range n {
			total += one
		}
		row("neither journalled nor told, per "+string(f), fmt.Sprintf("min %d, median %d, max %d, in all %d",
			n[0], n[len(n)/2], n[len(n)-1], total))
	}
	return b.String()
}
