package main

import (
	"io"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGrowth measures the smallest sizes: the rows that are copied by SQL must be
// what the program takes for its own.
func TestGrowth(t *testing.T) {
	dir, show := t.TempDir(), &page{w: io.Discard}
	bin, err := build(t.Context(), dir, options{})
	require.NoError(t, err)
	floor, err := enter(t.Context(), dir, "floor", plain(filepath.Join(bin, "floor")))
	require.NoError(t, err)
	t.Cleanup(floor.stop)
	seed, err := plant(t.Context(), dir, baton{program: options{}.program(bin)})
	require.NoError(t, err)
	for _, by := range []string{byConversations, byLines} {
		plot, err := seed.copy(filepath.Join(dir, by))
		require.NoError(t, err)
		const size = 2000
		p, err := plot.point(t.Context(), show, floor, by, size)
		require.NoError(t, err)
		for _, q := range quantities() {
			if q.name != "memory" || by == byConversations {
				require.Positive(t, p.Figures[q.name], "%s by %s", q.title, by)
			}
		}
		db, err := plot.openDatabase(t.Context())
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		var open, lines int
		require.NoError(t, db.QueryRow("SELECT count(*) FROM conversations WHERE phase <> 0").Scan(&open))
		require.NoError(t, db.QueryRow("SELECT count(*) FROM dialog WHERE stanza LIKE 's%'").Scan(&lines))
		require.Equal(t, map[string]int{byConversations: size, byLines: 1000}[by], open)
		// Those that the sessions began with count too, and are none of the copies.
		require.InDelta(t, map[string]int{byConversations: 1000, byLines: size}[by], lines, 100)
		require.Equal(t, (relays+1)*(relayed+relayed), plot.next, "messages were relayed, and only once")
	}
}
