package desk_test

import (
	"context"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"baton/desk"
	"baton/handoff"
)

// permit is what a supervisor may hear: the lines after from, of one session, up
// to through.
type permit struct {
	local         string
	who           handoff.Party
	session       uint64
	from, through uint64
}

// overseers are the agents of a wild scene: Adam is a supervisor beside his work,
// and Sue does nothing else.
func overseers() []desk.Agent {
	all := agents()
	for i := range all {
		if all[i].JID == adam {
			all[i].Roles = []string{"supervisor"}
		}
	}
	return append(all, desk.Agent{JID: sue, Name: "Sue", Roles: []string{"supervisor"}})
}

// listens has somebody listen, or no longer.
func (w *wild) listens() desk.Request {
	c := w.someChat()
	if c == nil {
		return nil
	}
	return desk.Listen{Oversight: desk.Oversight{By: draw(w, "listener", sue, sue, adam, bob), Local: c.local()},
		Off: rapid.IntRange(0, 3).Draw(w.rt, "off") == 0}
}

// permit notes who may hear what from now on.
func (w *wild) permit(req desk.Request, res desk.Result, err error) {
	r, ok := req.(desk.Listen)
	if !ok || err != nil || res.Duplicate {
		return
	}
	require.NotEqual(w.rt, bob, r.By, "he is no supervisor")
	for i, p := range w.permits {
		if p.local == r.Local && p.who == r.By {
			w.permits[i].through = min(p.through, res.Conversation.Seq)
		}
	}
	if res.On {
		w.permits = append(w.permits, permit{r.Local, r.By, res.Conversation.Session, res.Conversation.Seq, 1 << 40})
	}
}

// forbid ends all permits: nobody listens after a restart.
func (w *wild) forbid() {
	for i, p := range w.permits {
		conv, err := w.file.ByLocal(context.Background(), domain, p.local)
		require.NoError(w.rt, err)
		w.permits[i].through = min(p.through, conv.Seq)
	}
}

// checkHeard compares what supervisors heard with what they were permitted to:
// each line once, in order, none left out before it ended, and none of their own.
func (w *wild) checkHeard() {
	heard := map[permit][]uint64{}
	seen := map[int64]bool{}
	for _, it := range w.courier.all() {
		e, ok := it.Effect.(handoff.Copy)
		if !ok || seen[it.ID] {
			continue
		}
		seen[it.ID] = true
		require.Equal(w.rt, desk.KindHeard, it.Kind)
		require.NotEqual(w.rt, it.To, e.By, "nobody hears their own")
		i := slices.IndexFunc(w.permits, func(p permit) bool {
			return p.local == it.Conversation && p.who == it.To && e.Seq > p.from && e.Seq <= p.through
		})
		require.GreaterOrEqual(w.rt, i, 0, "line %d of %s to %s, who was not permitted to hear it", e.Seq, it.Conversation, it.To)
		heard[w.permits[i]] = append(heard[w.permits[i]], e.Seq)
	}
	for p, got := range heard {
		var all []uint64
		lines, err := w.file.Lines(context.Background(), domain, p.local, 1, 1<<40, 0)
		require.NoError(w.rt, err)
		for _, l := range lines {
			if l.Seq > p.from && l.Seq <= p.through && l.Session == p.session && l.By != p.who {
				all = append(all, l.Seq)
			}
		}
		require.LessOrEqual(w.rt, len(got), len(all))
		require.Equal(w.rt, all[:len(got)], got, "%s heard it all, once and in order, while they did", p.who)
	}
}

func (w *wild) holds() desk.Request {
	c := w.someChat()
	if c == nil {
		return nil
	}
	h := desk.Hold{Local: c.local(), By: w.anyAgent(), Set: draw(w, "set", desk.Toggle, desk.On, desk.Off)}
	if now := c.now().Holder; now != "" && rapid.IntRange(0, 3).Draw(w.rt, "whoever") > 0 {
		h.By = now
	}
	return h
}
