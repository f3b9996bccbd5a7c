package handoff

import (
	"encoding/binary"
	"hash/maphash"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// audit walks like walk and checks the key: whenever a world comes under a key
// that is known, what can follow from it is, by its keys, what can follow from
// the world that had the key first. So nothing is overlooked by taking the two
// for one.
func (x *explorer) audit() error {
	futures := map[uint64]uint64{}
	w := x.start()
	return x.auditFrom(w, x.shell.key(w), futures)
}

// found is a world and its key.
type found struct {
	key   uint64
	world *world
}

func (x *explorer) auditFrom(w *world, k uint64, futures map[uint64]uint64) error {
	future, after, err := x.future(w)
	if err != nil {
		return err
	}
	if first, known := futures[k]; known {
		if first != future {
			return breaks(theKey, "two worlds with one key have different futures; one is %s", show(w.conv))
		}
		return nil
	}
	futures[k] = future
	x.tally.states++
	for _, f := range after {
		if err := x.auditFrom(f.world, f.key, futures); err != nil {
			return err
		}
	}
	return nil
}

// future returns what can follow from w, and a hash of all its keys.
func (x *explorer) future(w *world) (uint64, []found, error) {
	var after []found
	for _, a := range x.actions(w) {
		next := new(world)
		same, err := x.apply(w, next, a)
		if err != nil {
			return 0, nil, err
		}
		if !same {
			after = append(after, found{x.shell.key(next), next})
		}
	}
	keys := make([]uint64, len(after))
	for i, f := range after {
		keys[i] = f.key
	}
	slices.Sort(keys)
	var b []byte
	for _, k := range slices.Compact(keys) {
		b = binary.LittleEndian.AppendUint64(b, k)
	}
	return maphash.Bytes(keySeed, b), after, nil
}

// TestKey audits the key that the explorer goes by.
func TestKey(t *testing.T) {
	t.Parallel()
	for _, b := range keyBounds() {
		x := newExplorer(shipped(), b)
		require.NoError(t, x.audit(), "%v", b)
		t.Logf("KEY %v: states=%d", b, x.tally.states)
	}
}

func keyBounds() []bounds {
	every := []Mode{Warm, Blind, Consult, Join}
	small := []bounds{
		{name: "any mode", budget: budget{sessions: 1, transfers: 2, repeats: 1}, agents: 2, modes: every, reclaim: true, together: true},
		{name: "crashes", budget: budget{sessions: 1, messages: 1, transfers: 1, repeats: 1, crashes: 1}, agents: 2, release: true},
		{name: "two instances", budget: budget{sessions: 1, messages: 1, transfers: 1, takeovers: 1}, agents: 2, modes: []Mode{Warm}, together: true},
	}
	switch {
	case underRace:
		return small[1:]
	case *modelSize == "short":
		return small
	}
	return append(small,
		bounds{name: "lines", budget: budget{sessions: 1, messages: 2, transfers: 2}, agents: 2, modes: []Mode{Consult, Join}, together: true},
		bounds{name: "three agents", budget: budget{sessions: 1, transfers: 3}, agents: 3, modes: []Mode{Warm, Join}, together: true},
		bounds{name: "two instances", budget: budget{sessions: 1, transfers: 2, takeovers: 1, crashes: 1}, agents: 2, modes: []Mode{Warm}, release: true, together: true},
	)
}
