package desk

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// A flood of new sessions is bounded, whoever it comes from.
func TestAdmit(t *testing.T) {
	d := &Desk{waiting: map[string]wait{}}
	w := &work{d: d}
	for i := range maxWaiting {
		require.NoError(t, w.admit())
		d.waiting[fmt.Sprint(i)] = wait{}
	}
	require.ErrorIs(t, w.admit(), ErrFull)
	delete(d.waiting, "0")
	require.NoError(t, w.admit())
}
