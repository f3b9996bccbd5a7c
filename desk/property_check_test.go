package desk_test

import (
	"context"
	"fmt"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"baton/desk"
	"baton/handoff"
)

func (c *chat) begun() bool {
	_, err := c.file.ByCaller(context.Background(), domain, c.entry, c.who)
	return err == nil
}

// within holds at every moment: nobody has more than they can take, and no
// offer rings for longer than it says.
func (w *wild) within(rt *rapid.T) {
	w.must(desk.Audit{})
	for _, a := range agents() {
		if a.Capacity > 0 {
			res := w.must(desk.Find{By: a.JID})
			require.LessOrEqual(rt, len(res.Found), a.Capacity, "sessions of %s", a.JID)
			for _, c := range res.Found {
				late := time.Since(c.Offer.Expires)
				require.True(rt, !c.Offer.Open() || late <= 0, "overdue since %s", late)
			}
		}
	}
}

// quiesce ends the trouble, and then every session.
func (w *wild) quiesce() {
	w.courier.does(nil)
	w.desk.Outbox().Up(desk.XMPP, w.courier)
	w.pass(5 * time.Minute) // the longest pause and more than all offers
	for _, c := range w.chats() {
		if c.begun() && c.now().Phase != handoff.Idle {
			c.hangsUp()
		}
	}
	w.atRest()
	require.Empty(w.rt, w.courier.kept)
}

// check compares what is on the disk with what was carried.
func (w *wild) check() {
	carried := map[int64]desk.Item{}
	newest := map[desk.Lane]int64{}
	holder := map[string]handoff.Party{} // of conversation and epoch
	guest := map[string]bool{}           // who was ever in a conversation beside its holder
	told := map[string]int64{}           // the item with the outcome of transfer, party and role
	rung := map[string]bool{}
	for _, it := range w.courier.all() {
		if first, again := carried[it.ID]; again {
			require.Equal(w.rt, words(first), words(it))
			require.Equal(w.rt, first.Lane(), it.Lane())
			continue
		}
		carried[it.ID] = it
		require.Less(w.rt, newest[it.Lane()], it.ID, "first performances ascend in each lane")
		newest[it.Lane()] = it.ID
		switch e := it.Effect.(type) {
		case handoff.Replay:
			if e.Mode == handoff.Consult || e.Mode == handoff.Join {
				guest[fmt.Sprint(it.Conversation, e.To)] = true
				continue
			}
			epoch := fmt.Sprint(it.Conversation, e.Epoch)
			require.Empty(w.rt, holder[epoch], "one holder for each epoch")
			holder[epoch] = e.To
		case handoff.Outcome:
			key := fmt.Sprint(e.Transfer, e.To, e.Role)
			require.Zero(w.rt, told[key], "one outcome for each party: %s", key)
			told[key] = it.ID
		case handoff.Ring:
			rung[fmt.Sprint(e.Transfer, e.To, handoff.AsTarget)] = true
		}
	}
	for key := range rung {
		require.NotZero(w.rt, told[key], "who was asked learns how it ended: %s", key)
	}
	w.checkLines(carried, holder, guest)
	w.checkLedger(told)
	w.checkHeard()
}

// checkLines compares the journal with what was taken in and what was carried.
func (w *wild) checkLines(carried map[int64]desk.Item, holder map[string]handoff.Party, guest map[string]bool) {
	byLine := map[string]desk.Item{}
	for _, it := range carried {
		if it.Kind == desk.KindLine {
			key := fmt.Sprint(it.Conversation, it.Line.Seq, it.To)
			require.NotContains(w.rt, byLine, key, "each sees a line once")
			require.NotEqual(w.rt, it.Line.By, it.To, "nobody sees their own")
			if it.Line.Role == desk.RoleNote {
				_, is := w.desk.Directory().Agent(it.To)
				require.True(w.rt, is, "a note to %s", it.To)
			} else {
				require.True(w.rt, !it.Line.Private || it.To == it.Line.To, "a private line to %s", it.To)
			}
			byLine[key] = it
		}
	}
	journalled := 0
	for _, c := range w.conversations() {
		lines, err := w.file.Lines(context.Background(), domain, c.Local, 1, 1<<40, 0)
		require.NoError(w.rt, err)
		origins := map[string]bool{}
		for i, l := range lines {
			journalled++
			require.Equal(w.rt, uint64(i+1), l.Seq, "no gaps")
			if said, ok := w.said[l.Body]; ok {
				require.Equal(w.rt, []any{said.Seq, said.Epoch, said.To, said.By}, []any{l.Seq, l.Epoch, l.To, l.By})
			}
			if l.OriginID != "" {
				require.False(w.rt, origins[fmt.Sprint(l.By, l.OriginID)], "journalled twice")
				origins[fmt.Sprint(l.By, l.OriginID)] = true
			}
			h := holder[fmt.Sprint(l.Conversation, l.Epoch)]
			if l.By == c.Caller {
				require.Contains(w.rt, []handoff.Party{"", h}, l.To, "to whoever held it then")
			} else {
				require.True(w.rt, l.By == h || guest[fmt.Sprint(l.Conversation, l.By)], "%s was in it", l.By)
				if l.Role == desk.RoleNote {
					require.True(w.rt, l.Private)
					require.Empty(w.rt, l.To, "a note is for nobody in particular")
				} else if l.Private {
					require.NotEqual(w.rt, c.Caller, l.To)
					require.Contains(w.rt, []handoff.Party{l.By, l.To}, h)
				} else {
					require.Equal(w.rt, c.Caller, l.To)
				}
			}
			it, ok := byLine[fmt.Sprint(l.Conversation, l.Seq, l.To)]
			require.Equal(w.rt, l.To != "", ok, "carried: line %d of %s to %q", l.Seq, l.Conversation, l.To)
			if ok {
				require.Equal(w.rt, l.To, it.To)
				require.Equal(w.rt, l.Body, it.Line.Body)
			}
		}
	}
	require.GreaterOrEqual(w.rt, journalled, len(w.said), "what was taken in is kept")
	require.LessOrEqual(w.rt, journalled, len(w.said)+w.unsure, "what was refused is not")
}

// checkLedger compares the outcomes on the disk with those that were carried.
func (w *wild) checkLedger(told map[string]int64) {
	transfers := map[string]bool{}
	for _, it := range w.courier.all() {
		switch e := it.Effect.(type) {
		case handoff.Ring:
			transfers[e.Transfer] = true
		case handoff.Outcome:
			transfers[e.Transfer] = true
		}
	}
	kept := 0
	for id := range transfers {
		os, err := w.file.Outcomes(context.Background(), domain, id)
		require.NoError(w.rt, err)
		kept += len(os)
		taken := map[handoff.Party]bool{}
		for _, o := range os {
			require.NotZero(w.rt, told[fmt.Sprint(id, o.To, o.Role)], "an outcome nobody was told of")
			if o.State == handoff.Accepted {
				taken[o.By] = true
			}
		}
		require.LessOrEqual(w.rt, len(taken), 1, "taken by one")
	}
	require.Equal(w.rt, len(told), kept)
}
