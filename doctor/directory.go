package doctor

import (
	"context"
	"fmt"
	"strings"

	"baton/admin"
	"baton/desk"
	"baton/store"
)

// staff takes agents and queues as the service has them: the file's with what
// administrators changed. What stands in the way of reading that is told later.
func (v *visit) staff(ctx context.Context) (changed []desk.Entry) {
	ctx, cancel := step(ctx)
	defer cancel()
	db, err := store.Inspect(ctx, v.o.Source)
	if db != nil {
		defer db.Close()
	}
	if err != nil {
		return nil
	}
	stored, err := db.Changes(ctx, v.cfg.Component.Domain)
	if err != nil {
		return nil
	}
	if merged, entries, err := admin.Look(v.cfg, stored); err == nil {
		v.cfg, changed = merged, entries
	}
	return changed
}

// directory tells which agents and queues are not as the file has them.
func (v *visit) directory(changed []desk.Entry) {
	if len(changed) == 0 {
		return
	}
	var all, left []string
	for _, e := range changed {
		all = append(all, fmt.Sprintf("%s %s (%s by %s)", e.Kind, e.Name, e.Origin, e.By))
		if e.Problem != "" {
			left = append(left, e.Problem)
		}
	}
	text := "changed by administrators: " + strings.Join(all, ", ")
	if len(left) == 0 {
		v.ok("agents and queues", "%s", text)
		return
	}
	v.add("agents and queues", Degraded, text+"; left out, as the configuration does not go with it any more: "+strings.Join(left, "; "),
		"change the configuration, or have an administrator reset the entry (the ad-hoc command reset)")
}
