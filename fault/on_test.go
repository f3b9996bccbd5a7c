//go:build fault && unix

package fault

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDiesAtThePassingNamed(t *testing.T) {
	log := filepath.Join(t.TempDir(), "points.log")
	c, err := newCounter("store.commit.after:3", log)
	require.NoError(t, err)
	require.False(t, c.pass("store.commit.after"))
	require.False(t, c.pass("store.commit.before"))
	require.False(t, c.pass("store.commit.after"))

	c, err = newCounter("store.commit.after:3", log) // the next life goes on counting
	require.NoError(t, err)
	require.False(t, c.pass("store.commit.before"))
	require.True(t, c.pass("store.commit.after"))
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	require.Equal(t, "store.commit.after\nstore.commit.before\nstore.commit.after\nstore.commit.before\nstore.commit.after\n", string(text))
}

func TestWrongOrders(t *testing.T) {
	for order, says := range map[string]string{
		"store.commit.after":     "the passing to die at",
		"store.commit.after:0":   "the passing to die at",
		"store.commit.after:two": "the passing to die at",
		"store.commit.afther:1":  "there is no point store.commit.afther",
	} {
		_, err := newCounter(order, "")
		require.ErrorContains(t, err, says, order)
	}
}
